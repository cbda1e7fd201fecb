"""Plain values to Settings and back."""

from __future__ import annotations

from decimal import Decimal
from typing import Mapping

from orchestra.config.schema import Leaf, Node, Section, schema
from orchestra.config.settings import Settings

_NOTHING: Mapping[str, object] = {}


def settings_of(values: Mapping[str, object]) -> Settings:
    """The settings that checked plain values stand for; what they lack has its default."""
    settings = _typed(schema(), values)
    assert isinstance(settings, Settings)
    return settings


def values_of(settings: Settings) -> dict[str, object]:
    """Every key as a plain value that JSON can carry, nested like the file."""
    values = _plain(schema(), settings)
    assert isinstance(values, dict)
    return values


def plain_leaf(leaf: Leaf, value: object) -> object:
    """A leaf's value as the file has it."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, str) and {"true", "false"} <= set(leaf.rule.choices):
        return {"true": True, "false": False}.get(value, value)
    return value


def _typed(node: Node, value: object) -> object:
    if isinstance(node, Leaf):
        return _typed_leaf(node, value)
    values = value if isinstance(value, Mapping) else _NOTHING
    if isinstance(node, Section):
        return node.record(**{name: _typed(node.entries[name], below) for name, below in values.items()})
    return {name: _typed(node.entry, below) for name, below in values.items()}


def _typed_leaf(leaf: Leaf, value: object) -> object:
    if value is None:
        return None
    if leaf.kind == "amount":
        return Decimal(str(value))
    if leaf.kind == "list of texts":
        assert isinstance(value, (list, tuple))
        return tuple(value)
    if isinstance(value, bool) and leaf.rule.choices:
        return "true" if value else "false"
    return value


def _plain(node: Node, value: object) -> object:
    if isinstance(node, Leaf):
        return plain_leaf(node, value)
    if isinstance(node, Section):
        return {name: _plain(entry, getattr(value, name)) for name, entry in node.entries.items()}
    assert isinstance(value, Mapping)
    return {name: _plain(node.entry, below) for name, below in value.items()}

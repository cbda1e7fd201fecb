"""The shape of the configuration as a tree, derived from the dataclasses of `settings` and the rules."""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import Any, Callable, Iterator, Mapping, Union

from orchestra.config import settings
from orchestra.config.rules import NAME_FORMS, RULES, Rule
from orchestra.dataclass import dataclass
from orchestra.records import AGENT_ROLES

_LEAF_KINDS = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "Decimal": "amount",
    "bool": "true or false",
    "tuple[str, ...]": "list of texts",
}
"""Annotation to kind. Read as text: Python 3.9 cannot evaluate `str | None`."""


@dataclass(frozen=True)
class Leaf:
    """A single value, or a list of texts."""

    kind: str
    is_nullable: bool
    default: object
    """As the dataclass has it."""
    rule: Rule


@dataclass(frozen=True)
class Section:
    """A mapping with fixed keys."""

    record: Callable[..., Any]
    """The dataclass that it becomes."""
    entries: Mapping[str, Node]
    rule: Rule


@dataclass(frozen=True)
class Named:
    """A mapping whose keys are names that the user chooses."""

    entry: Node
    rule: Rule
    name_form: Callable[[str], str | None] | None
    known_names: tuple[str, ...] | None
    """None: any name of the right form."""
    example_name: str


Node = Union[Leaf, Section, Named]


@lru_cache(maxsize=1)
def schema() -> Section:
    """The whole tree."""
    return _section(settings.Settings, "", Rule("the whole configuration"))


def walk(node: Node, pattern: str = "") -> Iterator[tuple[str, Node]]:
    """Every node below one, in the file's order, with its dotted key; `*` for names."""
    if isinstance(node, Section):
        for name, entry in node.entries.items():
            key = _below(pattern, name)
            yield key, entry
            yield from walk(entry, key)
    elif isinstance(node, Named):
        key = _below(pattern, "*")
        yield key, node.entry
        yield from walk(node.entry, key)


def _section(record: Any, pattern: str, rule: Rule) -> Section:
    entries = {}
    for field in dataclasses.fields(record):
        key = _below(pattern, field.name)
        entries[field.name] = _node(str(field.type), _default(field), key)
    return Section(record, entries, rule)


def _node(annotation: str, default: object, key: str) -> Node:
    plain, _, null = annotation.partition(" | ")
    rule = RULES[key]
    if plain in _LEAF_KINDS:
        return Leaf(_LEAF_KINDS[plain], null == "None", default, rule)
    if plain.startswith("Mapping[str, "):
        return _named(plain[len("Mapping[str, "):-1], key, rule)
    return _section(getattr(settings, plain), key, rule)


def _named(annotation: str, key: str, rule: Rule) -> Named:
    below = _below(key, "*")
    example = RULES[below].example
    if key == "custom_prompts":
        return Named(_node(annotation, None, below), rule, None, AGENT_ROLES, AGENT_ROLES[0])
    name = "X-Team" if key.endswith(".headers") else str(example)
    return Named(_node(annotation, None, below), rule, NAME_FORMS[key], None, name)


def _default(field: dataclasses.Field[Any]) -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _below(pattern: str, name: str) -> str:
    return pattern + "." + name if pattern else name

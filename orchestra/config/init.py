"""A commented configuration file: every key, its default and what it does, with the user's choices switched on."""

from __future__ import annotations

from dataclasses import field
from typing import Iterator, Mapping

from orchestra.config.conversion import plain_leaf
from orchestra.config.key_path import split
from orchestra.config.layers import merge_values, nested
from orchestra.config.schema import Leaf, Named, Node, Section, schema
from orchestra.config.yaml_write import inline, text
from orchestra.dataclass import dataclass

_HEAD = """\
# The configuration of orchestra. Every key stands here with its default.
# To change one, take away the "#" before it and before the section it is in.
# Keys for providers are read from variables such as MOONSHOT_API_KEY and never stand in this file.
"""
_COMMENT_COLUMN = 44


@dataclass(frozen=True)
class LocalServer:
    """A server for models on this machine."""

    name: str
    """As chains will call the provider."""
    base_url: str
    protocol: str = "openai-chat"
    models: tuple[str, ...] = ()
    context_window: int | None = None
    """Of its models, where the server tells it."""


@dataclass(frozen=True)
class InitChoices:
    """What the user chose, or what was found."""

    providers: tuple[str, ...] = ()
    """Built-in providers whose key is set; they need no line, only a remark."""
    servers: tuple[LocalServer, ...] = ()
    chains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Role to chain; a role that is absent keeps the default."""
    values: Mapping[str, object] = field(default_factory=dict)
    """Any other dotted key to its plain value."""


def commented_file(choices: InitChoices = InitChoices()) -> str:
    """A whole file: YAML in which only what was chosen is not commented out.

    A line that starts with `# ` and a letter is a remark; any other `#` at the start switches a key off.
    """
    remark = "# Keys found for: %s.\n" % ", ".join(choices.providers) if choices.providers else ""
    return _HEAD + remark + "\n" + "".join(line + "\n" for line in _entries(schema(), _chosen(choices), 0))


def _chosen(choices: InitChoices) -> dict[str, object]:
    chosen: dict[str, object] = {}
    for key, value in choices.values.items():
        chosen = merge_values(chosen, nested(split(key), value))
    for server in choices.servers:
        said = {"protocol": server.protocol, "base_url": server.base_url}
        about = {} if server.context_window is None else {"context_window": server.context_window}
        models: dict[str, object] = {"models": {model: about for model in server.models}} if server.models else {}
        chosen = merge_values(chosen, nested(("providers", server.name), {**said, **models}))
    for role, chain in choices.chains.items():
        chosen = merge_values(chosen, nested(("agents", role), list(chain)))
    return chosen


def _entries(section: Section, chosen: Mapping[str, object], depth: int) -> Iterator[str]:
    for name, node in section.entries.items():
        yield from _entry(name, node, chosen, depth)


def _entry(name: str, node: Node, chosen: Mapping[str, object], depth: int) -> Iterator[str]:
    is_on = name in chosen
    if isinstance(node, Leaf):
        yield _line(name, _value(node, chosen.get(name), is_on), _comment(node), depth, is_on)
        return
    below = chosen.get(name)
    inner: Mapping[str, object] = below if isinstance(below, Mapping) else {}
    yield _line(name, "", node.rule.comment, depth, is_on)
    if isinstance(node, Section):
        yield from _entries(node, inner, depth + 1)
    else:
        yield from _named(node, inner, depth + 1)


def _named(node: Named, chosen: Mapping[str, object], depth: int) -> Iterator[str]:
    for name, value in chosen.items():
        yield from _chosen_lines(name, value, depth)
    if node.example_name not in chosen:
        yield from _entry(node.example_name, node.entry, {}, depth)


def _chosen_lines(name: str, value: object, depth: int) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield _line(name, "", "", depth, True)
        for below, inner in value.items():
            yield from _chosen_lines(below, inner, depth + 1)
    else:
        yield _line(name, inline(value), "", depth, True)


def _value(leaf: Leaf, chosen: object, is_on: bool) -> str:
    if is_on:
        return inline(chosen)
    default = plain_leaf(leaf, leaf.default)
    return inline(leaf.rule.example if default is None and leaf.rule.example is not None else default)


def _comment(leaf: Leaf) -> str:
    choices = leaf.rule.choices
    return leaf.rule.comment + (": %s or %s" % (", ".join(choices[:-1]), choices[-1]) if choices else "")


def _line(name: str, value: str, comment: str, depth: int, is_on: bool) -> str:
    key = "  " * depth + text(name) + ":" + (" " + value if value else "")
    line = key if is_on else "#" + key
    return "%s  # %s" % (line.ljust(_COMMENT_COLUMN), comment) if comment else line

"""YAML text as plain values with the line of every key; nothing that a configuration has no use for."""

from __future__ import annotations

from typing import Any, Mapping

import yaml

from orchestra.config.key_path import KeyPath
from orchestra.dataclass import dataclass
from orchestra.errors import ConfigError

_TAG = "tag:yaml.org,2002:"
_DEEPEST = 20
_LONGEST_NUMBER = 100
"""Characters. Reading a number takes time that grows with the square of its digits."""

_BROKEN = "look for a bracket, a quote or an indentation there or just above"
_WRITTEN_OUT = "write out what it stands for, in plain mappings and lists"


@dataclass(frozen=True)
class Document:
    """One YAML document."""

    value: object
    """Mappings with texts as keys, lists, texts, numbers, booleans, None."""
    lines: Mapping[KeyPath, int]
    """Counted from 1."""


class _Refused(Exception):
    """Something that YAML allows and a configuration does not."""

    def __init__(self, what: str, mark: Any, hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.line: int = mark.line + 1


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, stopped at aliases (which can blow up without bound) and at deep nesting."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            raise _Refused("an alias (*name) is not supported here", event.start_mark, _WRITTEN_OUT)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _Refused("nested too deeply", event.start_mark, _WRITTEN_OUT)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def read_yaml(text: str, *, source: str) -> Document:
    """The document in a text; `source` names it in errors. Raises ConfigError with line and reason."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        lines: dict[KeyPath, int] = {}
        value = None if node is None else _value(loader, node, (), lines)
    except _Refused as refused:
        raise ConfigError(refused.what, where="%s:%d" % (source, refused.line), hint=refused.hint) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = "%s:%d" % (source, mark.line + 1) if mark else source
        raise ConfigError("not valid YAML: " + _reason(error), where=where, hint=_BROKEN) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = "not valid YAML: the character U+%04X must not stand there" % error.character
        raise ConfigError(what, where="%s:%d" % (source, line), hint="leave that character out") from None
    return Document(value, lines)


def _reason(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "it cannot be read"
    if "'\\t'" in problem:
        return "a tab where only blanks may indent"
    return problem


def _value(loader: _Loader, node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int]) -> object:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        _refuse_other_tag(node, "map")
        return _mapping(loader, node, path, lines)
    if isinstance(node, yaml.SequenceNode):
        _refuse_other_tag(node, "seq")
        return [_value(loader, member, (*path, index), lines) for index, member in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    return _scalar(loader, node)


def _mapping(
    loader: _Loader, node: yaml.MappingNode, path: KeyPath, lines: dict[KeyPath, int]
) -> dict[str, object]:
    values: dict[str, object] = {}
    for key_node, value_node in node.value:
        mark = key_node.start_mark
        if key_node.tag == _TAG + "merge":
            raise _Refused("a merge key (<<) is not supported here", mark, _WRITTEN_OUT)
        key = _scalar(loader, key_node) if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            raise _Refused("a key must be text", mark, "put it in quotes")
        if key in values:
            what = 'the key "%s" stands twice, first in line %d' % (key, lines[(*path, key)])
            raise _Refused(what, mark, "leave one of them out")
        lines[(*path, key)] = mark.line + 1
        values[key] = _value(loader, value_node, (*path, key), lines)
    return values


def _scalar(loader: _Loader, node: yaml.ScalarNode) -> object:
    kind = node.tag[len(_TAG):] if node.tag.startswith(_TAG) else node.tag
    if kind in ("str", "timestamp", "value", "merge"):  # a date or a lone `=` is text to us
        return node.value
    if kind not in ("null", "bool", "int", "float"):
        raise _Refused("the tag %s is not supported here" % node.tag, node.start_mark, "leave the tag out")
    try:
        if len(node.value) > _LONGEST_NUMBER:
            raise ValueError
        value: object = loader.construct_object(node)
    except (ValueError, KeyError, OverflowError, IndexError):
        what = "%s cannot be read as %s" % (node.value[:40], kind)
        raise _Refused(what, node.start_mark, "put it in quotes if it is text") from None
    return value


def _refuse_other_tag(node: yaml.Node, kind: str) -> None:
    if node.tag != _TAG + kind:
        raise _Refused("the tag %s is not supported here" % node.tag, node.start_mark, "leave the tag out")

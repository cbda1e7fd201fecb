"""Values taken out of parsed JSON, each checked; the errors are sentences that a model can be shown."""

from __future__ import annotations

import json
from typing import Mapping, Sequence

from orchestra.errors import UnreadableReply

_NAMES = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list", dict: "an object"}


def as_object(value: object, where: str) -> Mapping[str, object]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise wrong(where, "an object", value)
    return value


def as_list(value: object, where: str) -> Sequence[object]:
    """A JSON list."""
    if not isinstance(value, list):
        raise wrong(where, "a list", value)
    return value


def as_text(value: object, where: str) -> str:
    """A JSON string that can be written as UTF-8."""
    if not isinstance(value, str):
        raise wrong(where, "a text", value)
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise UnreadableReply("`%s` holds half of a surrogate pair, which is no character." % where)
    return value


def required(members: Mapping[str, object], key: str, where: str = "") -> object:
    """The value of a key that must be there."""
    if key not in members:
        raise UnreadableReply("The key `%s` is missing%s." % (key, " in `%s`" % where if where else ""))
    return members[key]


def text_or_empty(members: Mapping[str, object], key: str, where: str = "") -> str:
    """The text of a key; empty where it is absent or null."""
    value = members.get(key)
    return "" if value is None else as_text(value, path_of(where, key))


def texts(value: object, where: str) -> tuple[str, ...]:
    """A list of texts; none for null, and one for a text alone."""
    if value is None:
        return ()
    if isinstance(value, str):
        value = [value] if value.strip() else []
    return tuple(as_text(item, "%s[%d]" % (where, index)) for index, item in enumerate(as_list(value, where)))


def one_of(value: object, where: str, words: Sequence[str]) -> str:
    """One of the words, exactly."""
    if not isinstance(value, str) or value not in words:
        choice = ", ".join("`%s`" % word for word in words[:-1]) + " or `%s`" % words[-1]
        raise wrong(where, choice, value)
    return value


def wrong(where: str, expected: str, value: object) -> UnreadableReply:
    """The error for a value that is not what was expected."""
    return UnreadableReply("`%s` must be %s, not %s." % (where, expected, _name_of(value)))


def path_of(where: str, key: str) -> str:
    """The place of a key within `where`, such as `files[2].path`."""
    return "%s.%s" % (where, key) if where else key


def _name_of(value: object) -> str:
    if isinstance(value, str) and len(value) <= 40:
        return json.dumps(value, ensure_ascii=False)
    return "null" if value is None else _NAMES.get(type(value), "something else")

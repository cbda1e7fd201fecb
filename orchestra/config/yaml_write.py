"""Plain values as YAML text that reads back the same."""

from __future__ import annotations

import json
from decimal import Decimal

from orchestra.regex import regex

_PLAIN = regex(r"[A-Za-z/][A-Za-z0-9_./+-]*")
_NOT_TEXT = ("true", "false", "yes", "no", "on", "off", "y", "n", "null")


def inline(value: object) -> str:
    """A value on one line: a scalar, a list or a mapping in flow style."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, (list, tuple)):
        return "[%s]" % ", ".join(inline(member) for member in value)
    if isinstance(value, dict):
        return "{%s}" % ", ".join("%s: %s" % (text(key), inline(below)) for key, below in value.items())
    if isinstance(value, float):
        return _decimal(value)
    return str(value)


def text(value: str) -> str:
    """A text, in quotes where it could be taken for something else."""
    if _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(character if character.isprintable() else _escaped(character) for character in quoted)


def _escaped(character: str) -> str:
    return "\\U%08x" % ord(character)


def _decimal(value: float) -> str:
    """Without an exponent, which YAML 1.1 takes for text."""
    digits = format(Decimal(repr(value)), "f")
    return digits if "." in digits else digits + ".0"

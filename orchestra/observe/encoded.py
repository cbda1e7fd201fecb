"""Secrets that stand in a text as base64: `user:password`, or a text that holds some."""

from __future__ import annotations

import binascii
from typing import Callable, Iterable, Iterator

from orchestra.observe.telling_names import is_no_example, is_no_name
from orchestra.regex import regex

_ENCODED = regex(r"(?<![A-Za-z0-9+/_.-])[A-Za-z0-9+/]{20,8000}={0,2}(?![A-Za-z0-9+/=_.-])")
_FIRST = 8
_PRINTABLE = regex(rb"[\t\n\r -~]+")
_PAIR = regex(r"[\w.@-]{1,60}:([^\s:/]{8,200})\n?")

Find = Callable[[str], Iterable["tuple[int, int]"]]


def encoded(text: str, start: int, end: int, find: Find) -> Iterator[tuple[int, int]]:
    """Where in this stretch such a text stands, of which `find` finds something."""
    for match in _ENCODED.finditer(text, start, end):
        plain = _decoded(match[0][:_FIRST]) and _decoded(match[0])
        if plain and (_is_pair(plain) or any(True for _ in find(plain))):
            yield match.span()


def _decoded(value: str) -> str:
    """Empty where it is no text."""
    if len(value) % 4:
        return ""
    plain = binascii.a2b_base64(value)
    return plain.decode("ascii") if _PRINTABLE.fullmatch(plain) else ""


def _is_pair(plain: str) -> bool:
    match = _PAIR.fullmatch(plain)
    return match is not None and is_no_example(match[1]) and is_no_name(match[1])

"""Values that are secrets by where they stand: what `.env`, key files and the like hold under any name, and what the
environment has under a telling one.
"""

from __future__ import annotations

from typing import Iterator, Mapping

from orchestra.observe.secret_shapes import SHORTEST
from orchestra.observe.telling_names import is_no_example, telling_names
from orchestra.regex import regex

_MOST_VALUES = 2000
"""Of one file: every text is looked through for each of them."""
_LONGEST_LINE = 2000
_MOST_QUOTED = 16_384
"""In characters: beyond, only what stands without a blank is found."""
_ASSIGNED = regex(r"[^=:]{1,200}[=:][ \t]{0,20}([^\s\"'].{7,1000}?)[ \t,;]{0,20}\r?\Z")
_QUOTED = regex(r"\"((?:[^\"\\\n]|\\.){8,1000})\"|'([^'\n]{8,1000})'|>([^<>\n]{8,1000})<")
_PIECE = regex(r"[^\s\"'`,;<>(){}\[\]]{8,1000}")
_VARIABLE = regex(r"\$\{[^}\n]{0,80}\}")
_NAMED = regex(r"[\w.-]{1,80}[=:](?=.)")
_PARTS = regex(r"[-_.:/\\, ()=+]+")
_ORDINARY_PART = regex(r"[A-Za-z]*[0-9]{0,3}|[0-9]+|utf8mb4")
_PLACE = regex(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:[\w-]+\.)+[A-Za-z]{2,}(?::[0-9]+)?(?:/.*)?|[a-z][a-z0-9+.-]*://.*"
)
"""Addresses; a password in one is found by its form."""


def values_in(text: str) -> Iterator[str]:
    """The values of such a file that are no ordinary words, numbers, paths or addresses; some are parts of others."""
    found: set[str] = set()
    for value in _candidates(text):
        if value not in found and len(value) >= SHORTEST and not _is_ordinary(value):
            found.add(value)
            yield value
            if len(found) == _MOST_VALUES:
                return


def telling_variables(variables: Mapping[str, str]) -> str:
    """The variables with telling names, as a file of secrets has them."""
    told = [name for name in variables if any(end == len(name) for _, end in telling_names(name))]
    return "".join(f"{name}={variables[name]}\n" for name in sorted(told))


def _candidates(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        assigned = _ASSIGNED.match(line) if len(line) <= _LONGEST_LINE else None
        if assigned is not None:
            yield assigned[1]
    for match in _QUOTED.finditer(text[:_MOST_QUOTED]):
        yield match[1] or match[2] or match[3]
    for match in _PIECE.finditer(_VARIABLE.sub(" ", text)):
        name = _NAMED.match(match[0])
        # Of an address the scheme is no name.
        is_named = name is not None and not match[0].startswith("//", name.end())
        yield match[0][name.end():] if name is not None and is_named else match[0]


def _is_ordinary(value: str) -> bool:
    if not is_no_example(value) or _PLACE.fullmatch(value) or not value.isprintable():
        return True
    return all(map(_ORDINARY_PART.fullmatch, _PARTS.split(value)))

"""Where the lines of a SEARCH part stand in a file: exactly, but for trailing blanks, or but for the indentation."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Callable, Optional, Sequence

Lines = Sequence[str]


@dataclass(frozen=True)
class Place:
    """Lines `start` up to `end` (from 0, without the last) and what replaces them."""

    start: int
    end: int
    replacement: tuple[str, ...]


Fit = Callable[[Lines, Lines, Lines], Optional[Lines]]
"""(lines of the file, of the search, of the replacement) to the replacement as it fits there, or None."""


def find_place(lines: Lines, search: Lines, replace: Lines) -> tuple[Place, ...] | None:
    """The places that fit best, several when it is ambiguous; empty when the edit is in place already, None for none.

    A looser comparison is tried only where a stricter one finds nothing.
    """
    for fit in (_fits_exactly, _fits_without_trailing_blanks, _fits_indented):
        places = _places(lines, search, replace, fit)
        if places:
            return () if _is_in_place(lines, search, replace, places) else places
    return () if _is_there(lines, replace) else None


def nearest_lines(lines: Lines, search: Lines) -> str:
    """Words that show the lines most like the search, for whoever has to write it anew."""
    wanted = max((line.strip() for line in search), key=len, default="")
    stripped = [line.strip()[:300] for line in lines[:5000]]
    close = difflib.get_close_matches(wanted[:300], stripped, n=1, cutoff=0.4)
    if not close:
        return "looked for %r; nothing like it is there" % wanted[:120]
    at = stripped.index(close[0])
    shown = range(max(0, at - 1), min(len(lines), at + 2))
    return "nearest lines: " + " | ".join("%d: %s" % (number + 1, lines[number][:160]) for number in shown)


def _places(lines: Lines, search: Lines, replace: Lines, fit: Fit) -> tuple[Place, ...]:
    size = len(search)
    places = []
    for start in range(len(lines) - size + 1):
        replacement = fit(lines[start:start + size], search, replace)
        if replacement is not None:
            places.append(Place(start, start + size, tuple(replacement)))
    return tuple(places)


def _fits_exactly(there: Lines, search: Lines, replace: Lines) -> Lines | None:
    return replace if there == search else None


def _fits_without_trailing_blanks(there: Lines, search: Lines, replace: Lines) -> Lines | None:
    return replace if all(a.rstrip() == b.rstrip() for a, b in zip(there, search)) else None


def _fits_indented(there: Lines, search: Lines, replace: Lines) -> Lines | None:
    """The replacement moved by the same blanks by which every line of the search is off."""
    pairs = [(a.rstrip(), b.rstrip()) for a, b in zip(there, search) if a.strip() or b.strip()]
    first, wanted = pairs[0]
    if len(first) > len(wanted):
        extra = first[: len(first) - len(wanted)]
        if not extra.isspace() or any(a != extra + b for a, b in pairs):
            return None
        return [extra + line if line.strip() else line for line in replace]
    extra = wanted[: len(wanted) - len(first)]
    if not extra.isspace() or any(extra + a != b for a, b in pairs):
        return None
    if any(line.strip() and not line.startswith(extra) for line in replace):
        return None
    return [line[len(extra):] if line.strip() else line for line in replace]


def _is_in_place(lines: Lines, search: Lines, replace: Lines, places: tuple[Place, ...]) -> bool:
    """Whether the one match lies inside a longer text that is the replacement already, as when lines were added."""
    if len(places) != 1 or len(replace) <= len(search):
        return False
    place = places[0]
    wanted = list(place.replacement)
    for start in range(max(0, place.end - len(wanted)), place.start + 1):
        if list(lines[start:start + len(wanted)]) == wanted:
            return True
    return False


def _is_there(lines: Lines, replace: Lines) -> bool:
    """Whether the replacement stands at exactly one place; a few marks of punctuation prove nothing."""
    if not any(char.isalnum() for line in replace for char in line):
        return False
    return len(_places(lines, replace, replace, _fits_exactly)) == 1

"""Where the lines of a SEARCH part stand in a file, from an exact comparison to one that forgives the indentation."""

from __future__ import annotations

import difflib
from functools import cached_property
from typing import Callable, Iterator, Mapping, Sequence

from orchestra.dataclass import dataclass
from orchestra.records import MATCHES
from orchestra.regex import regex
from orchestra.workspace.indentation import moved, smallest_step

Lines = Sequence[str]
Key = Callable[[str], str]

MOST_PLACES = 6
"""More are not looked for: two are too many already."""
MOST_SHOWN_LINES = 20
_MOST_VOTERS = 50
_MOST_COMPARED_LINES = 5000
_WORD = regex(r"\w+")
_FEWEST_WORDS = 2
_EVERYWHERE = frozenset(
    "pass break continue return else try finally except do then begin end fi done esac self this none null nil true"
    " false None True False import from def if".split()
)
_EXACT, _LINE_ENDINGS, _TRAILING_BLANKS, _INDENTATION = MATCHES


@dataclass(frozen=True)
class Place:
    """Lines `start` up to `end` (from 0, without the last) and what replaces them."""

    start: int
    end: int
    replacement: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """The places that fit best, several when it is ambiguous; none when the edit is in place already."""

    places: tuple[Place, ...]
    how: str
    """One of MATCHES."""


def _itself(line: str) -> str:
    return line


def _without_return(line: str) -> str:
    return line.rstrip("\r")


_KEYS: Mapping[str, Key] = {
    _EXACT: _itself, _LINE_ENDINGS: _without_return, _TRAILING_BLANKS: str.rstrip, _INDENTATION: str.strip,
}


class Haystack:
    """A file's lines, to be searched for others. What each comparison needs is made once."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._keys: dict[str, list[str]] = {}
        self._positions: dict[str, dict[str, list[int]]] = {}

    def find(self, search: Lines, how: str) -> Iterator[int]:
        """The lines from 0 where the search begins, in order, compared as MATCHES says; the search is not empty."""
        keys, positions = self._index(how)
        wanted = [_KEYS[how](line) for line in search]
        rarest = min(range(len(wanted)), key=lambda at: len(positions.get(wanted[at], ())))
        for position in positions.get(wanted[rarest], ()):
            start = position - rarest
            if 0 <= start <= len(keys) - len(wanted) and _same(keys, start, wanted):
                yield start

    def positions(self, line: str) -> Sequence[int]:
        """Where a line stands, whatever its indentation."""
        return self._index(_INDENTATION)[1].get(line.strip(), ())

    @cached_property
    def step(self) -> int | None:
        """The smallest indentation in blanks."""
        return smallest_step(self.lines)

    def _index(self, how: str) -> tuple[list[str], dict[str, list[int]]]:
        if how not in self._keys:
            self._keys[how] = [_KEYS[how](line) for line in self.lines]
            positions: dict[str, list[int]] = {}
            for number, key in enumerate(self._keys[how]):
                positions.setdefault(key, []).append(number)
            self._positions[how] = positions
        return self._keys[how], self._positions[how]


def find_match(file: Haystack, search: Lines, replace: Lines) -> Match | None:
    """Where the search fits; None for nowhere. A looser comparison is tried only where a stricter one finds nothing."""
    for how in MATCHES:
        places = _places(file, search, replace, how)
        if places:
            return Match(() if _is_in_place(file.lines, search, replace, places) else places, how)
    return Match((), _EXACT) if _is_there(file, replace) else None


def nearest_lines(file: Haystack, search: Lines) -> tuple[int, int] | None:
    """The lines (from 0, without the last) most like the search; None where nothing is like it."""
    votes: dict[int, int] = {}
    voters = [(at, line) for at, line in enumerate(search) if any(char.isalnum() for char in line)][:_MOST_VOTERS]
    for at, line in voters:
        for position in file.positions(line)[:_MOST_VOTERS]:
            votes[position - at] = votes.get(position - at, 0) + 1
    if votes:
        start = max(0, min(votes, key=lambda candidate: (-votes[candidate], candidate)))
        return start, min(len(file.lines), start + len(search))
    wanted = max((line.strip() for _, line in voters), key=len, default="")
    stripped = [line.strip()[:300] for line in file.lines[:_MOST_COMPARED_LINES]]
    close = difflib.get_close_matches(wanted[:300], stripped, n=1, cutoff=0.4) if wanted else []
    if not close:
        return None
    at = stripped.index(close[0])
    return at, at + 1


def numbered(lines: Lines, start: int, end: int) -> str:
    """These lines and one around them with their numbers from 1, at most MOST_SHOWN_LINES."""
    first, last = max(0, start - 1), min(len(lines), end + 1)
    shown = range(first, min(last, first + MOST_SHOWN_LINES))
    return "\n".join("%d: %s" % (number + 1, lines[number].rstrip("\r")[:200]) for number in shown)


def _same(keys: Lines, start: int, wanted: Lines) -> bool:
    return all(keys[start + at] == key for at, key in enumerate(wanted))


def _places(file: Haystack, search: Lines, replace: Lines, how: str) -> tuple[Place, ...]:
    size = len(search)
    places: list[Place] = []
    for start in file.find(search, how):
        there = file.lines[start:start + size]
        put = moved(there, search, replace, file_step=file.step) if how == _INDENTATION else replace
        if put is not None:
            places.append(Place(start, start + size, tuple(_with_endings(there, put))))
        if len(places) == MOST_PLACES:
            break
    return tuple(places)


def _with_endings(there: Lines, replace: Lines) -> list[str]:
    """The replacement with a carriage return at each line's end where most of the lines that it replaces have one."""
    ending = "\r" if 2 * sum(line.endswith("\r") for line in there) > len(there) else ""
    return [_without_return(line) + ending for line in replace]


def _is_in_place(lines: Lines, search: Lines, replace: Lines, places: tuple[Place, ...]) -> bool:
    """Whether the one match lies inside a longer text that is the replacement already, as when lines were added."""
    if len(places) != 1 or len(replace) <= len(search):
        return False
    place = places[0]
    wanted = place.replacement
    starts = range(max(0, place.end - len(wanted)), min(place.start, len(lines) - len(wanted)) + 1)
    return any(_same(lines, start, wanted) for start in starts)


def _is_there(file: Haystack, replace: Lines) -> bool:
    """Whether the replacement stands at exactly one place; marks, and lines that any file has, prove nothing."""
    words = {word for line in replace for word in _WORD.findall(line)} - _EVERYWHERE
    if len(words) < _FEWEST_WORDS:
        return False
    found = file.find(replace, _LINE_ENDINGS)
    return next(found, None) is not None and next(found, None) is None

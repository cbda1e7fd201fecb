"""Edits of a file's text, made all or none."""

from __future__ import annotations

from dataclasses import field
from typing import Sequence

from orchestra.dataclass import dataclass
from orchestra.errors import UnfitEdits
from orchestra.workspace.edit_matching import Haystack, Match, Place, find_match, nearest_lines, numbered

MOST_EDITS = 500
_MOST_SHOWN_PROBLEMS = 5


@dataclass(frozen=True)
class Edit:
    """Lines to find and lines to put in their place, each ended by LF."""

    search: str
    replace: str
    path: str | None = field(default=None, compare=False)
    """The file that it says it is for."""
    line: int | None = None
    """The line, from 1, where it says it belongs; believed only where the search fits there and elsewhere too."""
    under: str = ""
    """A line above the place, believed in the same way."""


@dataclass(frozen=True)
class Edited:
    """A text with its edits made, and how each search fits, of records.MATCHES."""

    text: str
    matches: tuple[str, ...]


@dataclass(frozen=True)
class _Problem:
    number: int
    why: str
    where: str | None = None
    hint: str | None = None
    shown: str = ""


def apply_edits(original: str, edits: Sequence[Edit], *, noun: str = "SEARCH/REPLACE block") -> Edited:
    """The text with every edit made; each is looked for in the original, so their order does not matter.

    An edit that is in place already changes nothing. Raises UnfitEdits for a search that is empty, missing or found
    more than once, and for edits that overlap. `noun` is what messages call an edit.
    """
    if len(edits) > MOST_EDITS:
        raise UnfitEdits("The answer has %d edits, more than %d" % (len(edits), MOST_EDITS), hint="send the whole file")
    lines = original.split("\n")
    ends_with_newline = lines[-1] == ""
    if ends_with_newline:
        lines.pop()
    file = Haystack(tuple(lines))
    matches, problems = _match(file, edits)
    placed = sorted(
        ((number, place) for number, match in matches for place in match.places),
        key=lambda item: (item[1].start, item[1].end),
    )
    problems += _overlaps(file, placed)
    if problems:
        raise _unfit(noun, sorted(problems, key=lambda problem: problem.number))
    for _, place in reversed(placed):
        lines[place.start:place.end] = place.replacement
    text = "\n".join(lines) + ("\n" if ends_with_newline and lines else "")
    return Edited(text, tuple(match.how for _, match in matches))


def _match(file: Haystack, edits: Sequence[Edit]) -> tuple[list[tuple[int, Match]], list[_Problem]]:
    matches: list[tuple[int, Match]] = []
    problems: list[_Problem] = []
    for number, edit in enumerate(edits, 1):
        search = _lines(edit.search)
        if not edit.search.strip():
            hint = "copy the lines to be replaced, or those around the place, into it"
            problems.append(_Problem(number, "has nothing to search for", hint=hint))
            continue
        match = find_match(file, search, _lines(edit.replace))
        if match is not None and len(match.places) > 1:
            match = _hinted(file, edit, match)
        if match is None:
            is_shown = len(problems) < _MOST_SHOWN_PROBLEMS
            problems.append(_missing(number, file, search) if is_shown else _Problem(number, "is not there either"))
        elif len(match.places) > 1:
            problems.append(_ambiguous(number, file, match.places))
        else:
            matches.append((number, match))
    return matches, problems


def _hinted(file: Haystack, edit: Edit, match: Match) -> Match:
    """The one place of several that the edit's hints point at; all of them where they point at none."""
    there = [place for place in match.places if edit.line is not None and place.start == edit.line - 1]
    if not there and edit.under:
        above = file.positions(edit.under)
        there = [place for place in match.places if len(above) == 1 and place.start > above[0]][:1]
    return Match(tuple(there), match.how) if there else match


def _missing(number: int, file: Haystack, search: Sequence[str]) -> _Problem:
    why = "searches for lines that are not in the file"
    near = nearest_lines(file, search)
    if near is None:
        wanted = max((line.strip() for line in search), key=len, default="")
        return _Problem(number, why, where="looked for %r; nothing like it is there" % wanted[:120])
    start, end = near
    return _Problem(
        number, why, where="nearest is line %d: %s" % (start + 1, file.lines[start].strip()[:120]),
        hint="copy the lines exactly as the file has them", shown=numbered(file.lines, start, end),
    )


def _ambiguous(number: int, file: Haystack, places: Sequence[Place]) -> _Problem:
    starts = ", ".join(str(place.start + 1) for place in places)
    return _Problem(
        number, "fits more than one place", where="at lines %s" % starts,
        hint="add lines before or after until the SEARCH part fits one place only",
        shown="\n...\n".join(numbered(file.lines, place.start, place.end) for place in places[:3]),
    )


def _overlaps(file: Haystack, placed: Sequence[tuple[int, Place]]) -> list[_Problem]:
    problems = []
    for (number, place), (next_number, following) in zip(placed, placed[1:]):
        if following.start < place.end:
            first, second = sorted((number, next_number))
            shown = numbered(file.lines, place.start, max(place.end, following.end))
            hint = "make one block of the two"
            problems.append(_Problem(second, "overlaps block %d" % first, hint=hint, shown=shown))
    return problems


def _unfit(noun: str, problems: Sequence[_Problem]) -> UnfitEdits:
    first, others = problems[0], problems[1:]
    more = "" if not others else " (and %d more cannot be made either)" % len(others)
    shown = "\n".join(
        "%s %d %s%s%s" % (noun, problem.number, problem.why, "; " + problem.where if problem.where else "",
                          ". The file has there:\n" + problem.shown if problem.shown else "")
        for problem in problems[:_MOST_SHOWN_PROBLEMS] if problem.shown or others
    )
    return UnfitEdits(
        "%s %d %s%s" % (noun, first.number, first.why, more), where=first.where, hint=first.hint, shown=shown
    )


def _lines(part: str) -> list[str]:
    return part.split("\n")[:-1] if part.endswith("\n") else part.split("\n") if part else []

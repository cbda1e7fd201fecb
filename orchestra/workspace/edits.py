"""SEARCH/REPLACE blocks: reading them out of an answer and applying them to a file's text, all or none."""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestra.errors import RefusedDraft
from orchestra.workspace.edit_matching import Place, find_place, nearest_lines

_OPEN = re.compile(r"[ \t]*(<{5,9})[ \t]*SEARCH[ \t]*")
_DIVIDER = re.compile(r"[ \t]*(={5,9})[ \t]*")
_CLOSE = re.compile(r"[ \t]*>{5,9}[ \t]*REPLACE[ \t]*")


@dataclass(frozen=True)
class Edit:
    """One block: lines to find and lines to put in their place, each ended by LF."""

    search: str
    replace: str


def has_edits(text: str) -> bool:
    """Whether an answer holds the start of a SEARCH/REPLACE block."""
    return any(_OPEN.fullmatch(line) for line in _unified(text).split("\n"))


def parse_edits(text: str) -> tuple[Edit, ...]:
    """The blocks of an answer, in its order; the same block twice counts once.

    Raises RefusedDraft for a block that is not closed, or that can be divided in more than one way.
    """
    edits: list[Edit] = []
    opened: str | None = None
    body: list[str] = []
    for line in _unified(text).split("\n"):
        start = _OPEN.fullmatch(line)
        number = len(edits) + 1
        if start and opened is not None:
            raise _refused(number, "is not closed before the next one starts")
        if start:
            opened, body = start.group(1), []
        elif opened is not None and _CLOSE.fullmatch(line):
            edits.append(_divide(number, len(opened), body))
            opened = None
        elif opened is not None:
            body.append(line)
    if opened is not None:
        raise _refused(len(edits) + 1, "is cut off: it has no >>>>>>> REPLACE line")
    return tuple(dict.fromkeys(edits))


def apply_edits(original: str, edits: tuple[Edit, ...]) -> str:
    """The text with every edit made; each is looked for in the original, so their order does not matter.

    An edit that is in place already changes nothing. Raises RefusedDraft for a search that is empty,
    missing or found more than once, and for edits that overlap.
    """
    if "\r\n" in original and original.count("\r\n") == original.count("\n"):
        return apply_edits(original.replace("\r\n", "\n"), edits).replace("\n", "\r\n")
    lines = original.split("\n")
    ends_with_newline = lines[-1] == ""
    if ends_with_newline:
        lines.pop()
    for place in _without_overlap(_places(lines, edits)):
        lines[place.start:place.end] = place.replacement
    return "\n".join(lines) + ("\n" if ends_with_newline and lines else "")


def _places(lines: list[str], edits: tuple[Edit, ...]) -> list[tuple[int, Place]]:
    places: list[tuple[int, Place]] = []
    for number, edit in enumerate(edits, 1):
        search, replace = _lines(edit.search), _lines(edit.replace)
        if not edit.search.strip():
            raise _refused(number, "has an empty SEARCH part", hint="copy the lines to be replaced into it")
        found = find_place(lines, search, replace)
        if found is None:
            raise _refused(number, "searches for lines that are not in the file", where=nearest_lines(lines, search))
        if len(found) > 1:
            starts = ", ".join(str(place.start + 1) for place in found[:5])
            hint = "add lines before or after until the SEARCH part fits one place only"
            raise _refused(number, "fits more than one place", where="at lines %s" % starts, hint=hint)
        places.extend((number, place) for place in found)
    return places


def _without_overlap(places: list[tuple[int, Place]]) -> list[Place]:
    """The places, last one first, so that line numbers stay right while they are replaced."""
    ordered = sorted(places, key=lambda item: (item[1].start, item[1].end))
    for (number, place), (next_number, following) in zip(ordered, ordered[1:]):
        if following.start < place.end:
            first, second = sorted((number, next_number))
            raise _refused(second, "overlaps block %d" % first, hint="make one block of the two")
    return [place for _, place in reversed(ordered)]


def _divide(number: int, marker_length: int, body: list[str]) -> Edit:
    dividers = [(at, len(found.group(1))) for at, line in enumerate(body) if (found := _DIVIDER.fullmatch(line))]
    same_length = [at for at, length in dividers if length == marker_length]
    candidates = same_length or [at for at, _ in dividers]
    if not candidates:
        raise _refused(number, "has no ======= line")
    if len(candidates) > 1:
        raise _refused(
            number,
            "has more than one ======= line, so its parts cannot be told apart",
            hint="use another number of marks (5 to 9), the same for <, = and >, or send the whole file",
        )
    at = candidates[0]
    return Edit(_joined(body[:at]), _joined(body[at + 1:]))


def _refused(number: int, why: str, *, where: str | None = None, hint: str | None = None) -> RefusedDraft:
    return RefusedDraft("SEARCH/REPLACE block %d %s" % (number, why), where=where, hint=hint)


def _unified(text: str) -> str:
    return text.replace("\r\n", "\n")


def _lines(part: str) -> list[str]:
    return _unified(part).split("\n")[:-1] if part.endswith("\n") else _unified(part).split("\n") if part else []


def _joined(lines: list[str]) -> str:
    return "".join(line + "\n" for line in lines)

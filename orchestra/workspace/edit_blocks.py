"""SEARCH/REPLACE blocks, read out of an answer."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Iterator, Sequence

from orchestra.dataclass import dataclass
from orchestra.errors import RefusedDraft, UnfitEdits
from orchestra.records import MATCHES
from orchestra.regex import regex
from orchestra.workspace.edit_matching import Haystack
from orchestra.workspace.edits import Edit
from orchestra.workspace.named_file import path_in_info, sole_path

_LONGEST_MARKER = 300
# Some models write the block with - and + for the outer marks.
_OPEN = regex(r"([ \t]*)(<{5,9}|-{5,9})[ \t]*SEARCH(?:[ \t:>]+(.*))?")
_DIVIDER = regex(r"[ \t]*(={5,9})[ \t]*")
_CLOSE = regex(r"[ \t]*(>{5,9}|\+{5,9})[ \t]*REPLACE(?:[ \t<].*)?")
_CLOSING_SIGNS = (">>>", "\uff1e\uff1e\uff1e")
_SIGNS_AROUND = " \t\u00a0>\uff1e*_#|:.-+/"
_CLOSING_WORDS = ("REPLACE", "UPDATED")
_FORM = "begin each block with the line <<<<<<< SEARCH, and close it as in the form you were given"
_FENCE = regex(r"[ \t]*(?:`{3,}|~{3,})")
_MOST_DIVIDERS = 10
_LINES_ABOVE = 6
"""So far above a block may stand the name of its file."""


@dataclass(frozen=True)
class _Marker:
    """An opening or closing line of a block."""

    number: int
    marks: int
    indent: str = ""
    words: str = ""


def has_edits(text: str) -> bool:
    """Whether an answer holds the start of a SEARCH/REPLACE block."""
    # Nearly no answer has the word.
    return "SEARCH" in text and any(_opening(number, line) for number, line in enumerate(_lines(text)))


def first_edit(text: str) -> int | None:
    """The number of the line, from 0, with which the first block starts; None for none."""
    return next((number for number, line in enumerate(_lines(text)) if _opening(number, line)), None)


def parse_edits(text: str, original: str | None = None) -> tuple[Edit, ...]:
    """The blocks of an answer, in its order; the same block twice counts once.

    Lines that look like marks may stand inside a block of another number of marks. Where a block could be divided in
    more than one way, `original` decides: its longest part that a division would search for.
    Raises RefusedDraft for a block that is cut off, UnfitEdits for one that cannot be told from the next, or divided,
    and for a line outside that closes one, or is half an opening one at the end: none of the edits is left out.
    """
    lines = _lines(text)
    haystack = None if original is None else Haystack(original.split("\n"))
    edits: list[Edit] = []
    end, path = -1, None
    for opening, closing in _pairs(lines):
        body = _without_indent(lines[opening.number + 1:closing], opening.indent)
        at = _divider(len(edits) + 1, opening.marks, body, haystack)
        path = _path_of(lines, opening, end, path)
        _check_outside(lines[end + 1:opening.number])
        edits.append(Edit(_joined(body[:at]), _joined(body[at + 1:]), path))
        end = closing
    if edits:
        _check_outside(lines[end + 1:])
        _check_end(lines[end + 1:])
    return tuple(dict.fromkeys(edits))


def lines_of_edits(text: str) -> frozenset[int]:
    """The numbers of the lines, from 0, that are the blocks. Raises as `parse_edits` does."""
    pairs = _pairs(_lines(text))
    return frozenset(number for opening, closing in pairs for number in range(opening.number, closing + 1))


def _check_outside(lines: Sequence[str]) -> None:
    for line in lines:
        if _may_close(line):
            shown = line.strip()
            raise UnfitEdits("The line `%s` closes a block that no line <<<<<<< SEARCH opens" % shown, hint=_FORM)


def _check_end(lines: Sequence[str]) -> None:
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    if last.startswith("<<<") and "SEARCH".startswith(last.lstrip("<").strip().upper()):
        raise UnfitEdits("The answer is cut off: it ends with `%s`" % last[:_LONGEST_MARKER], hint=_FORM)


def _pairs(lines: Sequence[str]) -> Iterator[tuple[_Marker, int]]:
    """Each opening line and the number of the line that closes it: the next with as many marks, else the next."""
    openings = [found for number, line in enumerate(lines) if (found := _opening(number, line))]
    closings = [found for number, line in enumerate(lines) if (found := _closing(number, line))]
    after_opening, after_closing = _Numbers(openings), _Numbers(closings)
    end, count = -1, 0
    for opening in openings:
        if opening.number <= end:
            continue
        count += 1
        closing = after_closing.next(opening.number, opening.marks)
        following = after_opening.next(opening.number, opening.marks)
        if closing is None or (following is not None and following < closing):
            closing, following = after_closing.next(opening.number), after_opening.next(opening.number)
        if following is not None and (closing is None or following < closing):
            raise _refused(count, "is not closed before the next one starts")
        if closing is None:
            raise RefusedDraft("SEARCH/REPLACE block %d is cut off: it has no >>>>>>> REPLACE line" % count)
        yield opening, closing
        end = closing


def _may_close(line: str) -> bool:
    """Whether the line closes a block, be it with other marks or between other signs."""
    if _closing(0, line):
        return True
    is_marked = len(line) <= _LONGEST_MARKER and any(signs in line for signs in _CLOSING_SIGNS)
    return is_marked and line.strip(_SIGNS_AROUND).upper() in _CLOSING_WORDS


class _Numbers:
    """Line numbers of markers, by their number of marks and of all."""

    def __init__(self, markers: Sequence[_Marker]) -> None:
        self._by_marks: dict[int | None, list[int]] = {None: [marker.number for marker in markers]}
        for marker in markers:
            self._by_marks.setdefault(marker.marks, []).append(marker.number)

    def next(self, number: int, marks: int | None = None) -> int | None:
        """The first one behind line `number`."""
        numbers = self._by_marks.get(marks, [])
        at = bisect_right(numbers, number)
        return numbers[at] if at < len(numbers) else None


def _opening(number: int, line: str) -> _Marker | None:
    found = _OPEN.fullmatch(line) if len(line) <= _LONGEST_MARKER else None
    return _Marker(number, len(found[2]), found[1], found[3] or "") if found else None


def _closing(number: int, line: str) -> _Marker | None:
    found = _CLOSE.fullmatch(line) if len(line) <= _LONGEST_MARKER else None
    return _Marker(number, len(found[1])) if found else None


def _path_of(lines: Sequence[str], opening: _Marker, end: int, before: str | None) -> str | None:
    """The file that a block says it is for: in its first line, above it, in its fence, or as the block before it."""
    said = path_in_info(opening.words)
    if said is not None:
        return said
    above = range(opening.number - 1, max(end, opening.number - _LINES_ABOVE), -1)
    for number in above:
        line = lines[number].strip()
        if _FENCE.match(line):
            said = path_in_info(line.lstrip("`~").strip())
            if said is not None:
                return said
        elif line:
            return sole_path(line)
    return before if end >= 0 and end >= opening.number - _LINES_ABOVE else None


def _divider(number: int, marks: int, body: Sequence[str], haystack: Haystack | None) -> int:
    dividers = [(at, len(found[1])) for at, line in enumerate(body) if (found := _is_divider(line))]
    same_marks = [at for at, length in dividers if length == marks]
    candidates = same_marks or [at for at, _ in dividers]
    if not candidates:
        raise _refused(number, "has no ======= line")
    if len(candidates) == 1:
        return candidates[0]
    fitting = [at for at in candidates[:_MOST_DIVIDERS] if haystack is not None and _is_found(haystack, body[:at])]
    if fitting and len(candidates) <= _MOST_DIVIDERS:
        return fitting[-1]
    raise _refused(
        number, "has more than one ======= line, so its parts cannot be told apart",
        hint="use another number of marks (5 to 9), the same for <, = and >, or send the whole file",
    )


def _is_divider(line: str) -> re.Match[str] | None:
    return _DIVIDER.fullmatch(line) if len(line) <= _LONGEST_MARKER else None


def _is_found(haystack: Haystack, search: Sequence[str]) -> bool:
    if not any(line.strip() for line in search):
        return False
    return any(next(haystack.find(search, how), None) is not None for how in MATCHES)


def _refused(number: int, why: str, *, hint: str | None = None) -> UnfitEdits:
    return UnfitEdits("SEARCH/REPLACE block %d %s" % (number, why), hint=hint)


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


def _without_indent(lines: Sequence[str], indent: str) -> list[str]:
    """The lines without the indentation of the marker, where all have it: the block stands in a list, say."""
    if indent and all(line.startswith(indent) for line in lines if line.strip()):
        return [line[len(indent):] if line.strip() else line for line in lines]
    return list(lines)


def _joined(lines: Sequence[str]) -> str:
    return "".join(line + "\n" for line in lines)

"""Colours for a terminal: of a patch as git has them, of the word by which a line tells how something went."""

from __future__ import annotations

import re
from typing import Iterator

from orchestra.regex import regex

_RED, _GREEN, _YELLOW, _CYAN, _BOLD, _NONE = ("\x1b[%sm" % code for code in ("31", "32", "33", "36", "1", ""))
_HUNK = {"+": _GREEN, "-": _RED, "@": _CYAN}
_HEAD = ("diff --git ", "--- ", "+++ ")
_OUTCOMES = {
    _GREEN: ("completed", "approved", "ok", "passed"),
    _RED: ("failed", "reverted", "fail", "needs work"),
    _YELLOW: ("partial", "rejected", "limited", "interrupted", "skipped", "warn"),
}
_COLOR_OF = {word: color for color, words in _OUTCOMES.items() for word in words}
_FIRST = regex(r"^( {0,2})(%s)(?=:|  )" % "|".join(_COLOR_OF), re.MULTILINE)
"""At the start of a line of a result: `completed: ...`, `  approved  modify ...`."""
_EVENT = regex(
    r"^( *[\d:]+  )(file|review|tests|lint)( .*?(?<= )(approved|passed|failed|failing|reverted|needs work)(?![^ :,]))"
)
"""A line of the line view."""


def patch(text: str) -> str:
    """A patch in git's colours."""
    return "".join(_patch_lines(text))


def outcomes(text: str) -> str:
    """A result with the word in colour that says how each thing went."""
    return _FIRST.sub(lambda found: found[1] + _painted(found[2], _COLOR_OF[found[2]]), text)


def event(line: str) -> str:
    """A line of the line view with its label in the colour of what it tells."""
    return _EVENT.sub(lambda found: found[1] + _painted(found[2], _COLOR_OF.get(found[4], _RED)) + found[3], line)


def error(line: str) -> str:
    """An error's line, its first words in red."""
    head, colon, rest = line.partition("]:")
    return _painted(head + colon, _RED) + rest


def _patch_lines(text: str) -> Iterator[str]:
    is_hunk = False
    for line in text.splitlines(keepends=True):
        if line.startswith(_HEAD[0]):
            is_hunk = False
        elif line.startswith("@@ "):
            is_hunk = True
        color = _HUNK.get(line[0]) if is_hunk else _BOLD if line.startswith(_HEAD) else None
        yield line if color is None else _painted(line.rstrip("\n"), color) + "\n" * line.endswith("\n")


def _painted(text: str, color: str) -> str:
    return color + text + _NONE

"""Answers in which a model quotes as we do, with marks, or copies our marks along with what stood between them."""

from __future__ import annotations

import re
from typing import Collection

from orchestra.regex import regex

_MARK_LINE = regex(r"^[ \t]*<(?P<end>/?)data-(?P<mark>[0-9a-f]{16})>[ \t\r]*$\n?", re.MULTILINE)
_MARK = "<data-"
_FENCE_LINE = regex(r"[ \t]*(?:`{3,}|~{3,})[^`\n]*\n$")
_BACKTICKS = regex("`+")


def without_our_marks(answer: str, original: str | None) -> str:
    """The answer with fences in place of pairs of our marks; with nothing in their place within a fence.

    Where the file itself has such lines they are its own.
    """
    if _MARK not in answer and "</data-" not in answer:
        return answer
    own = {line[0].strip() for line in _MARK_LINE.finditer(original or "")}
    pieces: list[str] = []
    position = 0
    for opening, closing in _pairs(answer, own):
        body = answer[opening.end():closing.start()]
        before = answer[position:opening.start()]
        ending = "\n" if closing[0].endswith("\n") else ""
        if _FENCE_LINE.match(before[before.rfind("\n", 0, -1) + 1:]):
            pieces += [before, body]
        else:
            fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(body)), default=0))
            pieces += [before, f"{fence}\n{body}{fence}{ending}"]
        position = closing.end()
    pieces.append(answer[position:])
    # One that stands alone was copied, too.
    return _MARK_LINE.sub(lambda line: line[0] if line[0].strip() in own else "", "".join(pieces))


def _pairs(answer: str, own: Collection[str]) -> list[tuple[re.Match[str], re.Match[str]]]:
    """Opening and closing lines of one mark, outermost ones, in order; read once, however many there are."""
    found = []
    opening: re.Match[str] | None = None
    lines = [line for line in _MARK_LINE.finditer(answer) if line[0].strip() not in own]
    last = {line["mark"]: line.start() for line in lines if line["end"]}
    for line in lines:
        if opening is None:
            if not line["end"] and last.get(line["mark"], -1) > line.start():
                opening = line
        elif line["end"] and line["mark"] == opening["mark"]:
            found.append((opening, line))
            opening = None
    return found

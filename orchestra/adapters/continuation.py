"""Going on with an answer that was cut off, and joining the parts."""

from __future__ import annotations

import re
from dataclasses import replace

from orchestra.adapters.adapter import Message, Request
from orchestra.adapters.seam import is_doubtful, rest_of

GO_ON = (
    "Your answer was cut off because it reached the length limit. Continue exactly where you stopped: begin with the "
    "very next character. Do not repeat anything, do not explain, and do not open a new code block."
)
_LONGEST_OVERLAP = 2000
_CERTAIN_OVERLAP = 12
"""So many characters are not repeated by chance in the middle of a line."""
_CERTAIN_LINES = 20
"""The same for whole lines, of which there must be two: one line may well stand twice in a file."""
_CERTAIN_BEGINNING = 40
"""So many characters of the answer's beginning, found there only, are not by chance where the rest should go on."""


def going_on(request: Request, answer_so_far: str) -> Request:
    """The request for the rest of an answer to `request`."""
    turns = (Message.of("assistant", answer_so_far), Message.of("user", GO_ON))
    return replace(request, messages=request.messages + turns, cacheable=False)


def joined(answer_so_far: str, more: str, *, is_end: bool = False) -> str | None:
    """Both parts as one answer, without what the second repeats of the first; None where that cannot be told.

    A model that began anew instead gave a whole answer where `is_end`, and another beginning where not.
    """
    if _begins_anew(answer_so_far, more):
        return more if is_end or len(more) > len(answer_so_far) else answer_so_far
    rest = rest_of(answer_so_far, more, is_end=is_end)
    if rest is None:
        return None
    repeated = _overlap(answer_so_far, rest)
    again = answer_so_far[:-repeated], rest[:repeated], rest[repeated:]
    is_uncertain = _may_stand_twice(*again) if repeated else is_doubtful(answer_so_far, rest)
    return None if is_uncertain else answer_so_far + rest[repeated:]


def _begins_anew(first: str, second: str) -> bool:
    beginning = first[:_CERTAIN_BEGINNING]
    return len(beginning) == _CERTAIN_BEGINNING and second.startswith(beginning) and beginning not in first[1:]


def _overlap(first: str, second: str) -> int:
    """How many characters at the beginning of `second` repeat the end of `first`.

    The shortest repetition that is none by chance: of a text that repeats itself, as little as possible is lost.
    A longer one goes before it where it is a passage of its own, whose beginning looks like what is cut off.
    """
    found = 0
    for length in range(1, min(len(first), len(second), _LONGEST_OVERLAP) + 1):
        if first.endswith(second[:length]) and _is_repetition(first[:-length], second[:length]):
            if not found or _is_passage(first[:-length], second[:length - found]):
                found = length
    return found


def _may_stand_twice(before: str, piece: str, rest: str) -> bool:
    """Whether the text may well have the piece twice in a row: a rule, a pattern, what begins in or behind a word."""
    if piece[0].isspace() and (not before or before.endswith("\n")):
        # No line is indented in its middle.
        return False
    if piece.count("\n") < 2 and re.match(r"\w\w|\S[,;:.)\]}]", before[-1:] + piece[0]):
        # Nobody begins again there.
        return True
    half = piece[:(len(piece) + 1) // 2]
    if re.search(r"\w", piece) is None or before.endswith(piece) or rest.startswith(half):
        return True
    return any(piece[:-length] == piece[length:] for length in range(1, len(piece) // 2 + 1))


def _is_passage(before: str, piece: str) -> bool:
    return len({line for line in piece.splitlines() if line.strip()}) > 1 and not before.endswith(piece)


def _is_repetition(before: str, piece: str) -> bool:
    starts_line = not before or before.endswith("\n")
    if piece.endswith("\n"):
        if not starts_line and before.rpartition("\n")[2].isspace():
            # The next line may be the last one with less indentation.
            return False
        return piece.count("\n") > 1 and len(piece) >= (_CERTAIN_LINES if starts_line else _CERTAIN_OVERLAP)
    if starts_line:
        return len(piece.strip()) >= 3
    return len(piece) >= _CERTAIN_OVERLAP

"""Pieces of a test tool's output: a line that names something, and the lines that belong to it."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, Pattern

from orchestra.records import TestFailure

MAX_MESSAGE = 2000
MAX_FAILURES = 500


def blocks(output: str, header: Pattern[str], end: Pattern[str] | None = None) -> Iterator[tuple[re.Match[str], str]]:
    """Each header found, with the text from there to the next header, or to an end before it."""
    found = list(header.finditer(output))
    for match, following in zip(found, [*found[1:], None]):
        stop = len(output) if following is None else following.start()
        ended = end.search(output, match.end(), stop) if end is not None else None
        yield match, output[match.end(): stop if ended is None else ended.start()]


def first_of(message: str) -> str:
    """The start of a long message, for tools that say first what went wrong."""
    stripped = message.strip("\n").rstrip()
    return stripped if len(stripped) <= MAX_MESSAGE else stripped[:MAX_MESSAGE] + "..."


def last_of(message: str) -> str:
    """The end of a long message, for tools that say last what was expected."""
    stripped = message.strip()
    return stripped if len(stripped) <= MAX_MESSAGE else "..." + stripped[-MAX_MESSAGE:]


def unique(failures: Iterable[TestFailure]) -> tuple[TestFailure, ...]:
    """The first of each id, MAX_FAILURES at most."""
    by_id: dict[str, TestFailure] = {}
    for failure in failures:
        if len(by_id) < MAX_FAILURES:
            by_id.setdefault(failure.id, failure)
    return tuple(by_id.values())

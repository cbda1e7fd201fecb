"""A session's log read back: as it lies, or on and on beside the run that writes it."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Callable, Iterator

from orchestra.dataclass import dataclass
from orchestra.found_files import own, read_json
from orchestra.observe.log import older_path

_MOST_TURNS = 10
"""A log that is replaced under the reader so often within an instant is read as it is found then."""


@dataclass(frozen=True)
class LogLine:
    """One line: an event as `log.as_json` wrote it, or None where the line is damaged."""

    event: dict[str, Any] | None


def read_log(path: Path) -> list[LogLine]:
    """All that is there, oldest first; a line that is still being written is left out. Raises OSError."""
    return list(follow_log(path, is_over=lambda: True, pause=lambda: None))


def follow_log(path: Path, *, is_over: Callable[[], bool], pause: Callable[[], None]) -> Iterator[LogLine]:
    """The lines that are there, then each as it is written, until nothing more can come. Raises OSError.

    `is_over` is asked before each look at the file, so that what was written before it said so is still told.
    `pause` waits between two looks; what it raises ends the reading.
    """
    with ExitStack() as stack:
        older, newest = _open_both(path)
        for stream in (older, newest):
            if stream is not None:
                stack.callback(stream.close)
        if older is not None:
            yield from _lines(older, _Rest())
        rest = _Rest()
        while True:
            is_last = is_over()
            if newest is not None:
                yield from _lines(newest, rest)
            successor = _successor(path, newest)
            if successor is not None:
                stack.callback(successor.close)
                if newest is not None:
                    # Written between the last look and the change of files.
                    yield from _lines(newest, rest)
                newest, rest = successor, _Rest()
                continue
            if is_last:
                return
            pause()


class _Rest:
    """The beginning of a line whose end is not there yet."""

    def __init__(self) -> None:
        self.bytes = b""


def _open_both(path: Path) -> tuple[BinaryIO | None, BinaryIO | None]:
    """The older file and the newest; a change of files in between is not missed."""
    for _ in range(_MOST_TURNS):
        newest = _open(path)
        older = _open(older_path(path))
        if newest is None or older is None or not _is_same(older, newest):
            break
        newest.close()
        older.close()
    return older, newest


def _successor(path: Path, stream: BinaryIO | None) -> BinaryIO | None:
    """The file that has taken the place of the one that is read; None where none has."""
    found = _open(path)
    if found is None or stream is None:
        return found
    if _is_same(found, stream):
        found.close()
        return None
    return found


def _open(path: Path) -> BinaryIO | None:
    try:
        return open(path, "rb", opener=own)
    except FileNotFoundError:
        return None


def _is_same(one: BinaryIO, other: BinaryIO) -> bool:
    return os.path.sameopenfile(one.fileno(), other.fileno())


def _lines(stream: BinaryIO, rest: _Rest) -> Iterator[LogLine]:
    while True:
        line = stream.readline()
        rest.bytes += line
        if not rest.bytes.endswith(b"\n"):
            return
        whole, rest.bytes = rest.bytes, b""
        if whole.strip():
            yield LogLine(_event(whole))


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        event = read_json(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None

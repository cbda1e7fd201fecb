"""The session's log: one JSON object a line, in files of bounded size."""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, Callable

from orchestra.clock import iso
from orchestra.found_files import own
from orchestra.records import Event

LEVELS = ("debug", "info", "warning", "error")
MOST_BYTES = 10 * 2**20
"""Of one file; a session has two at most."""

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
"""Made once: `json.dumps` makes an encoder for every line."""


def log_path(folder: Path, session_id: str) -> Path:
    """Where a session's log lies below `.orchestra`."""
    return folder / "logs" / f"{session_id}.jsonl"


def older_path(path: Path) -> Path:
    """Where a log lies that had grown too large."""
    return path.with_name(path.name + ".1")


def open_log(path: Path) -> BinaryIO:
    # Without a buffer: what a full disk did not take would be tried again by the close.
    return open(path, "a+b", buffering=0, opener=own)


class LogFile:
    """Writes events to `logs/SESSION.jsonl`. A log that cannot be written stops nothing."""

    def __init__(
        self, path: Path, *, max_bytes: int = MOST_BYTES,
        on_failure: Callable[[OSError], None] = lambda error: None,
        on_loss: Callable[[], None] = lambda: None, open_: Callable[[Path], BinaryIO] = open_log,
    ) -> None:
        """`on_failure` is called once, in the thread whose event is the first that the disk does not take.

        So is `on_loss`, in that whose event is the first after somebody removed the file: it is begun anew.
        """
        self._path = path
        self._max_bytes = max_bytes
        self._on_failure = on_failure
        self._on_loss: Callable[[], None] | None = on_loss
        """None once it was called."""
        self._open_file = open_
        self._lock = threading.Lock()
        self._lines: deque[bytes] = deque()
        """Not written yet: whoever writes takes those of the others along, who need not wait for the disk."""
        self._stream: BinaryIO | None = None
        self._size_bytes = 0
        self._is_over = False

    def __call__(self, event: Event) -> None:
        self._lines.append((_ENCODE(as_json(event)) + "\n").encode("utf-8", "backslashreplace"))
        # Again where a line came between the last one's writing and the release.
        while self._lines and self._lock.acquire(blocking=False):
            try:
                tell = self._write_lines()
            finally:
                self._lock.release()
            tell()

    def close(self) -> None:
        """Nothing is written any more, whatever still happens."""
        with self._lock:
            tell = self._write_lines()
            self._end()
        tell()

    def _write_lines(self) -> Callable[[], None]:
        """Called with the lock held. What tells of what went wrong, for after the release."""
        if not self._lines:
            return _say_nothing
        is_removed = self._stream is not None and not self._is_over and _is_removed(self._stream)
        if is_removed:
            self._begin_anew()
        failure: OSError | None = None
        while self._lines:
            failure = self._write(self._lines.popleft()) or failure
        if failure is not None:
            return partial(self._on_failure, failure)
        told, self._on_loss = (self._on_loss, None) if is_removed else (None, self._on_loss)
        return told or _say_nothing

    def _write(self, line: bytes) -> OSError | None:
        """Called with the lock held. What kept the line out, the first time."""
        if self._is_over:
            return None
        try:
            stream = self._stream_with_room_for(len(line))
            self._size_bytes += len(line)
            while line:
                # A disk that fills up takes a part.
                line = line[stream.write(line):]
        except OSError as error:
            self._end()
            return error
        return None

    def _begin_anew(self) -> None:
        """Called with the lock held. What cannot be made shows at the next opening."""
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
        if self._stream is not None:
            with suppress(OSError):
                self._stream.close()
        self._stream = None

    def _stream_with_room_for(self, line_bytes: int) -> BinaryIO:
        """Called with the lock held. Raises OSError."""
        if self._stream is None:
            self._stream = self._open()
        if self._size_bytes and self._size_bytes + line_bytes > self._max_bytes:
            self._stream.close()
            os.replace(self._path, older_path(self._path))
            self._stream = self._open()
        return self._stream

    def _open(self) -> BinaryIO:
        stream = self._open_file(self._path)
        self._size_bytes = stream.seek(0, os.SEEK_END)
        if self._size_bytes and stream.seekable():
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) != b"\n":
                # A kill cut the last line off; this one must not become a part of it.
                self._size_bytes += stream.write(b"\n")
        return stream

    def _end(self) -> None:
        """Called with the lock held."""
        self._is_over = True
        if self._stream is not None:
            with suppress(OSError):
                self._stream.close()


def _say_nothing() -> None:
    """Nothing went wrong."""


def _is_removed(stream: BinaryIO) -> bool:
    """Whether what is written there can never be found any more."""
    try:
        return os.fstat(stream.fileno()).st_nlink == 0
    except OSError:
        return False


def as_json(event: Event) -> dict[str, object]:
    """The event as one flat JSON object: time, level, event, session, step, agent, attempt, then its data."""
    head = {"time": iso(event.time), "level": event.level, "event": event.name, "session": event.session_id}
    if event.step_id is not None:
        head = {**head, "step": str(event.step_id)}
    if "role" in event.data:
        head = {**head, "agent": str(event.data["role"])}
    return {**head, **event.data}

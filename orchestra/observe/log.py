"""The session's log: one JSON object a line."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from orchestra.clock import iso
from orchestra.records import Event

LEVELS = ("debug", "info", "warning", "error")


class LogFile:
    """Writes events of a level and above to `logs/SESSION.jsonl`. A log that cannot be written stops nothing."""

    def __init__(self, path: Path, level: str) -> None:
        self._path = path
        self._from = LEVELS.index(level)
        self._lock = threading.Lock()
        self._stream: BinaryIO | None = None
        self._is_over = False

    def __call__(self, event: Event) -> None:
        if LEVELS.index(event.level) < self._from:
            return
        line = json.dumps(as_json(event), ensure_ascii=False) + "\n"
        with self._lock:
            self._write(line.encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        """Nothing is written any more, whatever still happens."""
        with self._lock:
            self._end()

    def _write(self, line: bytes) -> None:
        """Called with the lock held."""
        if self._is_over:
            return
        try:
            if self._stream is None:
                # Without a buffer: what a full disk did not take would be tried again by the close.
                self._stream = open(self._path, "ab", buffering=0)
            self._stream.write(line)
        except OSError:
            self._end()

    def _end(self) -> None:
        """Called with the lock held."""
        self._is_over = True
        if self._stream is not None:
            with suppress(OSError):
                self._stream.close()


def as_json(event: Event) -> dict[str, object]:
    """The event as one flat JSON object: time, level, event, session, step, then its data."""
    head = {"time": iso(event.time), "level": event.level, "event": event.name, "session": event.session_id}
    if event.step_id is not None:
        head = {**head, "step": str(event.step_id)}
    return {**head, **event.data}

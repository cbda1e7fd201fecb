"""The session's log: one JSON object a line."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TextIO

from orchestra.clock import iso
from orchestra.records import Event

LEVELS = ("debug", "info", "warning", "error")


class LogFile:
    """Writes events of a level and above to `logs/SESSION.jsonl`. A log that cannot be written stops nothing."""

    def __init__(self, path: Path, level: str) -> None:
        self._path = path
        self._from = LEVELS.index(level)
        self._lock = threading.Lock()
        self._stream: TextIO | None = None
        self._failed = False

    def __call__(self, event: Event) -> None:
        if LEVELS.index(event.level) < self._from:
            return
        line = json.dumps(as_json(event), ensure_ascii=False)
        with self._lock:
            self._write(line)

    def close(self) -> None:
        with self._lock:
            if self._stream is not None:
                self._stream.close()
                self._stream = None

    def _write(self, line: str) -> None:
        """Called with the lock held."""
        if self._failed:
            return
        try:
            if self._stream is None:
                self._stream = open(self._path, "a", encoding="utf-8", errors="backslashreplace")
            self._stream.write(line + "\n")
            self._stream.flush()
        except OSError:
            self._failed = True


def as_json(event: Event) -> dict[str, object]:
    """The event as one flat JSON object: time, level, event, session, step, then its data."""
    head = {"time": iso(event.time), "level": event.level, "event": event.name, "session": event.session_id}
    if event.step_id is not None:
        head = {**head, "step": str(event.step_id)}
    return {**head, **event.data}

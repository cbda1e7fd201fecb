"""Recording a run: every question to an agent's models is written to a cassette with what came of it."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

from orchestra.adapters.adapter import Adapter, AdapterInfo, CallObserver, Request
from orchestra.adapters.cassette import VOLATILE, Entry, PlayedAttempt, entry_to_json, head_line
from orchestra.adapters.fingerprint import file_of, fingerprint
from orchestra.adapters.numbering import Numbering
from orchestra.adapters.watched import Watched
from orchestra.clock import CancelToken, Deadline
from orchestra.errors import ProviderFault, TooExpensive, UsageError, WorkspaceError
from orchestra.records import Attempt, Reply

Hide = Callable[[str], str]
"""Takes keys out of a text."""


def check_recordable(path: Path) -> None:
    """Raises UsageError where a file is there already, WorkspaceError where none can be made."""
    if os.path.lexists(path):
        raise UsageError("the file is there already", where=str(path), hint="name another one, or move it away first")
    if not os.path.isdir(path.parent) or not os.access(path.parent, os.W_OK | os.X_OK):
        raise _cannot_write(path.parent, "there is no folder to write to")


class Recorder:
    """A cassette being written: a new file that only its user may read. Any thread.

    A recording that cannot go on, as on a full disk, stops nothing; `on_break` is told why, once.
    """

    def __init__(self, path: Path, *, hide: Hide, on_break: Callable[[str], None]) -> None:
        """Makes the file. Raises as `check_recordable` does."""
        check_recordable(path)
        self._path = path
        self._hide = hide
        self._on_break = on_break
        self._lock = threading.Lock()
        self._is_broken = False
        self._entries = 0
        self._end = 0
        try:
            # Without a buffer, so that a kill leaves whole lines.
            self._stream = open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb", buffering=0)
        except OSError as error:
            raise _cannot_write(path, error.strerror or str(error)) from None
        with self._lock:
            reason = self._write(head_line())
        if reason is not None:
            self.close()
            raise _cannot_write(path, reason)

    def add(self, entry: Entry) -> None:
        """Write one entry, without keys."""
        line = json.dumps(_hidden(entry_to_json(entry), self._hide), ensure_ascii=False)
        with self._lock:
            self._entries += 1
            reason = self._write(line)
        if reason is not None:
            self._on_break(reason)

    def close(self) -> None:
        """End the recording; a file without an entry is taken away again."""
        with self._lock:
            self._is_broken = True
            with suppress(OSError):
                self._stream.close()
            if not self._entries:
                with suppress(OSError):
                    self._path.unlink()

    def _write(self, line: str) -> str | None:
        """Why the recording broke just now; None while all is well, and afterwards. Called with the lock held."""
        if self._is_broken:
            return None
        content = line.encode("utf-8", "backslashreplace") + b"\n"
        try:
            written = self._stream.write(content)
            reason = None if written == len(content) else "the disk did not take all of it"
        except OSError as error:
            reason = error.strerror or str(error)
        self._is_broken = reason is not None
        self._end = self._end if self._is_broken else self._end + len(content)
        if self._is_broken:
            # Half a line would make all of it unreadable.
            with suppress(OSError):
                self._stream.truncate(self._end)
        return reason


class RecordingAdapter:
    """Asks the adapter behind it, and records the question with what came of it. Any thread.

    What was stopped, or failed once the time of the whole run was over, is not recorded.
    """

    def __init__(self, adapter: Adapter, recorder: Recorder, *, role: str) -> None:
        self._adapter = adapter
        self._recorder = recorder
        self._role = role

    def is_available(self) -> bool:
        return self._adapter.is_available()

    def get_info(self) -> AdapterInfo:
        return self._adapter.get_info()

    def execute(
        self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> Reply:
        listener = _Listener(observer)
        try:
            reply = self._adapter.execute(request, deadline=deadline, cancel=cancel, observer=listener)
        except ProviderFault as fault:
            # The run's own limits are nobody's answer.
            if not deadline.is_over and not isinstance(fault, TooExpensive):
                self._record(request, listener, fault)
            raise
        self._record(request, listener, reply)
        return reply

    def _record(self, request: Request, listener: _Listener, outcome: Reply | ProviderFault) -> None:
        numbering = Numbering.of(request, last=VOLATILE)
        question = fingerprint(numbering.request(request), leaving_out=VOLATILE)
        if isinstance(outcome, Reply):
            outcome = replace(outcome, text=numbering.numbered(outcome.text))
        self._recorder.add(Entry(self._role, file_of(request), question, tuple(listener.attempts), outcome))


class _Listener(Watched):
    """Keeps the attempts."""

    def __init__(self, observer: CallObserver) -> None:
        super().__init__(observer)
        self.attempts: list[PlayedAttempt] = []

    def attempt_ended(self, attempt: Attempt) -> None:
        self.attempts.append(PlayedAttempt(
            attempt.provider, attempt.model_id, attempt.success, attempt.latency_ms, attempt.usage,
            attempt.error_code, attempt.error_message,
        ))
        super().attempt_ended(attempt)


def _cannot_write(path: Path, reason: str) -> WorkspaceError:
    return WorkspaceError("the recording cannot be written", where=f"{path}: {reason}", hint="name another place")


def _hidden(value: Any, hide: Hide) -> Any:
    """The JSON value with every text hidden in."""
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, dict):
        return {name: _hidden(item, hide) for name, item in value.items()}
    return [_hidden(item, hide) for item in value] if isinstance(value, list) else value

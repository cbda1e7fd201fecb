"""Replaying a run: a cassette answers in the models' place, without a key and without a network."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from dataclasses import replace
from pathlib import Path
from typing import Iterable

from orchestra.adapters.adapter import AdapterInfo, CallObserver, Request
from orchestra.adapters.cassette import VOLATILE, Entry, Malformed, PlayedAttempt, check_head, entry_from_json
from orchestra.adapters.fingerprint import SYSTEM, Fingerprint, file_of, fingerprint
from orchestra.adapters.numbering import Numbering
from orchestra.adapters.shapes import parse_json
from orchestra.clock import CancelToken, Clock, Deadline
from orchestra.errors import ConfigError, NotRecorded
from orchestra.records import Attempt, Reply

_MADE_BY = "name another file: `orchestra run --record FILE` makes one"


class Cassette:
    """What was recorded, each entry to be played once; equal questions in the order of their answers. Any thread."""

    def __init__(self, entries: Iterable[Entry], *, path: Path, name: str) -> None:
        """`name` is what messages call the file at `path`."""
        self.path = path
        self.name = name
        self._lock = threading.Lock()
        self._entries = tuple(entries)
        self._left: dict[tuple[str, str], deque[Entry]] = defaultdict(deque)
        for entry in self._entries:
            self._left[_key(entry.role, entry.question)].append(entry)

    @classmethod
    def load(cls, path: Path, *, name: str) -> Cassette:
        """The cassette in a file. Raises ConfigError."""
        try:
            # Not splitlines, which would also part a text at characters that JSON leaves as they are.
            lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise ConfigError(f"the cassette cannot be read: {reason}", where=name, hint=_MADE_BY) from None
        return cls(_parsed(lines, name), path=path, name=name)

    def __len__(self) -> int:
        return len(self._entries)

    def play(self, role: str, request: Request) -> Entry:
        """The next entry for this question. Raises NotRecorded, which names the difference."""
        numbering = Numbering.of(request, last=VOLATILE)
        question = fingerprint(numbering.request(request), leaving_out=VOLATILE)
        with self._lock:
            left = self._left.get(_key(role, question))
            entry = left.popleft() if left else None
        if entry is not None:
            outcome = entry.outcome
            if isinstance(outcome, Reply):
                return replace(entry, outcome=replace(outcome, text=numbering.named(outcome.text)))
            return entry
        raise self._not_recorded(role, file_of(request), question)

    def _not_recorded(self, role: str, file: str | None, question: Fingerprint) -> NotRecorded:
        alike = [entry for entry in self._entries if (entry.role, entry.file) == (role, file)]
        about = f"the {role}'s request" + (f" about {file}" if file else "")
        return NotRecorded(
            f"the cassette has no answer to {about}: {_difference(alike, question)}", where=self.name,
            hint="replay with the task, the flags, the configuration and the files that it was recorded with",
        )


class ReplayAdapter:
    """Answers for one role from a cassette, and tells the attempts as they were recorded. Any thread."""

    def __init__(self, cassette: Cassette, *, role: str, clock: Clock) -> None:
        self._cassette = cassette
        self._role = role
        self._clock = clock

    def is_available(self) -> bool:
        return True

    def get_info(self) -> AdapterInfo:
        return AdapterInfo(f"cassette/{self._role}", self._role, "cassette")

    def execute(
        self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> Reply:
        cancel.check()
        entry = self._cassette.play(self._role, request)
        for attempt in entry.attempts:
            observer.attempt_started(
                AdapterInfo(f"{attempt.provider}/{attempt.model_id}", attempt.model_id, attempt.provider)
            )
            observer.attempt_ended(self._now(attempt))
        if not isinstance(entry.outcome, Reply):
            raise entry.outcome
        observer.received(len(entry.outcome.text))
        return entry.outcome

    def _now(self, attempt: PlayedAttempt) -> Attempt:
        return Attempt(
            attempt.model_id, attempt.provider, attempt.success, attempt.latency_ms, self._clock.now(), attempt.usage,
            attempt.error_code, attempt.error_message,
        )


def _key(role: str, question: Fingerprint) -> tuple[str, str]:
    return role, question.digest


def _parsed(lines: list[str], name: str) -> list[Entry]:
    entries = []
    number = 1
    try:
        check_head(_object(lines[0]))
        for number, line in enumerate(lines[1:], start=2):
            entries.append(entry_from_json(_object(line)))
    except Malformed as error:
        raise ConfigError(f"this is not a cassette: {error}", where=f"{name}:{number}", hint=_MADE_BY) from None
    return entries


def _object(line: str) -> dict[str, object]:
    try:
        value = parse_json(line)
    except ValueError:
        raise Malformed("the line is not JSON") from None
    if not isinstance(value, dict):
        raise Malformed("the line is not an object")
    return value


def _difference(alike: list[Entry], question: Fingerprint) -> str:
    """What sets a question apart from those that were recorded for its role and its file."""
    if not alike:
        return "none was recorded"
    same = sum(entry.question == question for entry in alike)
    if same:
        return f"it was recorded {same} time{'' if same == 1 else 's'}, and is asked once more"
    nearest = max((entry.question for entry in alike), key=lambda recorded: _shared(recorded, question))
    turns = _shared(nearest, question)
    if turns == min(len(nearest.turns), len(question.turns)):
        return f"it has {len(question.turns) - 1} turns, and {len(nearest.turns) - 1} were recorded"
    role = question.turns[turns][0]
    return "its rules, task, plan or instructions differ" if role == SYSTEM else f"turn {turns}, of the {role}, differs"


def _shared(recorded: Fingerprint, question: Fingerprint) -> int:
    """How many turns two questions have in common, from the beginning."""
    pairs = zip(recorded.turns, question.turns)
    return next((index for index, (one, other) in enumerate(pairs) if one != other), min(
        len(recorded.turns), len(question.turns)
    ))

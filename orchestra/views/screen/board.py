"""What is known of a running session, gathered from its events."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Callable, Mapping

from orchestra.dataclass import dataclass
from orchestra.records import Event
from orchestra.state.phases import ACTIVITIES
from orchestra.views.lines import line_of, whole_line
from orchestra.views.progress import Progress
from orchestra.views.spending import Spending

MOST_LOG_LINES = 1000
MOST_FAULTS = 5
RATE_S = 120
"""For how long back the throughput is known."""
CHECKING, WAITING = "checking", "waiting"
"""What a file is at while no agent is: its answer is read and checked here, or it waits for who is next."""


@dataclass(frozen=True)
class Row:
    """An agent at work, a file between two agents, or one that has ended."""

    path: str | None
    """None for work on no file alone: the plan, the tests."""
    state: str
    """The agent's role, what the file is at without one (CHECKING or WAITING), or how it ended."""
    since: datetime
    until: datetime | None = None
    """None for one under way."""
    model: str = ""
    tokens: int = 0
    attempts: int = 0
    note: str = ""

    @property
    def key(self) -> str:
        """By which it is found again when rows come and go."""
        return self.path or self.state


@dataclass(frozen=True)
class Snapshot:
    """One instant, to be drawn."""

    version: int = 0
    """Another one wherever something has changed."""
    started: datetime | None = None
    task: str = ""
    mode: str = ""
    phase: str = ""
    progress: Progress = Progress()
    spending: Spending = Spending()
    budget_usd: float | None = None
    rows: tuple[Row, ...] = ()
    """Those at work, in the order of their start, then the files between two agents, then those that have ended, the
    last one first.
    """
    faults: tuple[str, ...] = ()
    """The last ones, oldest first."""
    rate: tuple[float, ...] = ()
    """Tokens in each of the last RATE_S seconds, oldest first."""


class Board:
    """Listens to events, and gives a snapshot of what they come to. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = Snapshot()
        self._version = 0
        self._progress = Progress()
        self._spending = Spending()
        self._clear()

    def __call__(self, event: Event) -> None:
        with self._lock:
            if event.name == "session.started":
                self._clear()
                self._begin(event)
            take = _TAKES.get(event.name)
            if take is not None:
                take(self, event, event.data)
            self._note(event)
            self._progress = self._progress.after(event)
            self._spending = self._spending.after(event)
            self._version += 1

    @property
    def version(self) -> int:
        """That of a snapshot taken now."""
        return self._version

    def estimate(self) -> str:
        """What the plan may cost, as the line view says it; empty where that is not known."""
        with self._lock:
            said = next((event for event in reversed(self._events) if event.name == "plan.estimated"), None)
        line = None if said is None else line_of(said, spent=None)
        return "" if line is None else ": ".join(line)

    def snapshot(self, now: datetime) -> Snapshot:
        """What is known at this instant."""
        with self._lock:
            ended = reversed(list(self._ended.values()))
            return replace(
                self._now, version=self._version, progress=self._progress, spending=self._spending,
                faults=tuple(self._faults), rows=(*self._active.values(), *self._between.values(), *ended),
                rate=self._rate(now),
            )

    def log(self, path: str | None) -> list[str]:
        """The last lines, as the line view has them, about one file or about all."""
        with self._lock:
            events = [event for event in self._events if path is None or event.data.get("path") == path]
        said = [(event, line_of(event, spent=None)) for event in events]
        start = self._now.started
        return [whole_line(event, line, started=start or event.time) for event, line in said if line is not None]

    # Called with the lock held

    def _clear(self) -> None:
        self._active: dict[int, Row] = {}
        self._between: dict[str, Row] = {}
        self._ended: dict[str, Row] = {}
        self._tally: dict[str, Row] = {}
        self._events: deque[Event] = deque(maxlen=MOST_LOG_LINES)
        self._faults: deque[str] = deque(maxlen=MOST_FAULTS)
        self._tokens: dict[int, float] = {}

    def _begin(self, event: Event) -> None:
        data: Mapping[str, Any] = event.data
        self._now = Snapshot(
            started=event.time, task=data["task"], mode=data["mode"], budget_usd=data.get("budget"),
        )

    def _change(self, **fields: Any) -> None:
        self._now = replace(self._now, **fields)

    def _note(self, event: Event) -> None:
        self._events.append(event)
        said = line_of(event, spent=None) if event.level in ("warning", "error") else None
        if said is not None:
            self._faults.append(": ".join(said))

    def _start(self, event: Event, data: Mapping[str, Any]) -> None:
        known = self._tally.get(data["path"] or "")
        tokens, attempts = (known.tokens, known.attempts) if known else (0, 0)
        self._leave(data["path"])
        self._active[event.step_id or 0] = Row(
            data["path"], data["role"], event.time, tokens=tokens, attempts=attempts
        )
        self._tally.setdefault(data["path"] or "", Row(data["path"], "", event.time))

    def _attempt(self, event: Event, data: Mapping[str, Any]) -> None:
        row = self._active.get(event.step_id or 0)
        if row is not None:
            row = replace(row, model=data["model"], attempts=row.attempts + 1, note="")
            self._active[event.step_id or 0] = row
            self._sum(row)

    def _wait(self, event: Event, data: Mapping[str, Any]) -> None:
        row = self._active.get(event.step_id or 0)
        if row is not None and data["seconds"] >= 1:
            self._active[event.step_id or 0] = replace(row, note=f"waits {data['seconds']:.0f} s")

    def _answer(self, event: Event, data: Mapping[str, Any]) -> None:
        row = self._active.pop(event.step_id or 0, None)
        if not data.get("from_cache"):
            self._count(event, data, row)
        self._read(event, data)

    def _count(self, event: Event, data: Mapping[str, Any], row: Row | None) -> None:
        read, written = data["input_tokens"] or 0, data["output_tokens"] or 0
        self._spread(event.time, read + written, data["latency_ms"] / 1000)
        if row is not None:
            self._sum(replace(row, tokens=row.tokens + read + written, model=data["model"]))

    def _read(self, event: Event, data: Mapping[str, Any]) -> None:
        self._put_between(event, data["path"], CHECKING)

    def _hand_on(self, event: Event, data: Mapping[str, Any]) -> None:
        self._put_between(event, data["path"], WAITING)

    def _judged(self, event: Event, data: Mapping[str, Any]) -> None:
        """A file that is mended after its end has no other one than that."""
        if self._are_all_ended:
            self._leave(data["path"])
        else:
            self._hand_on(event, data)

    def _put_between(self, event: Event, path: str | None, state: str) -> None:
        if path is not None:
            self._leave(path)
            known = self._tally.get(path) or Row(path, "", event.time)
            self._between[path] = replace(known, state=state, since=event.time)

    @property
    def _are_all_ended(self) -> bool:
        return self._progress.ended == self._progress.planned

    def _sum(self, row: Row) -> None:
        path = row.path or ""
        self._tally[path] = replace(
            self._tally[path], tokens=row.tokens, attempts=row.attempts, model=row.model
        )

    def _spread(self, until: datetime, tokens: int, latency_s: float) -> None:
        """Over the seconds in which the answer came: throughput is what flows, not when it is counted."""
        last = self._second(until)
        seconds = range(max(last - int(latency_s), last - RATE_S, 0), last + 1)
        for second in seconds:
            self._tokens[second] = self._tokens.get(second, 0.0) + tokens / len(seconds)
        for second in [old for old in self._tokens if old <= last - 2 * RATE_S]:
            del self._tokens[second]

    def _end(self, event: Event, data: Mapping[str, Any]) -> None:
        path = data["path"]
        self._leave(path)
        done = self._tally.get(path) or Row(path, "", event.time)
        self._ended[path] = replace(done, state=data["status"], until=event.time)

    def _leave(self, path: str | None) -> None:
        """One agent at a time works on a file."""
        if path is not None:
            self._active = {id_: row for id_, row in self._active.items() if row.path != path}
            self._between.pop(path, None)

    def _forget_rows(self) -> None:
        self._active.clear()
        self._between.clear()

    def _enter(self, event: Event, data: Mapping[str, Any]) -> None:
        if not {data["phase"], self._now.phase} <= {*ACTIVITIES}:
            # Who failed without a word is no longer at work. Between two activities the others go on.
            self._forget_rows()
        self._change(phase=data["phase"])

    def _test(self, event: Event, data: Mapping[str, Any]) -> None:
        what, _, happened = event.name.partition(".")
        if data.get("path") is None:
            # Of the change as a whole: nobody works on a file meanwhile.
            self._forget_rows()
        if happened == "started":
            self._active[-1] = Row(None, what, event.time)
        else:
            self._active.pop(-1, None)

    def _rate(self, now: datetime) -> tuple[float, ...]:
        last = self._second(now)
        return tuple(self._tokens.get(second, 0.0) for second in range(last - RATE_S + 1, last + 1))

    def _second(self, time: datetime) -> int:
        return 0 if self._now.started is None else (time - self._now.started) // timedelta(seconds=1)


_TAKES: Mapping[str, Callable[[Board, Event, Mapping[str, Any]], None]] = {
    "phase.entered": Board._enter,
    "step.started": Board._start,
    "attempt.started": Board._attempt,
    "attempt.waiting": Board._wait,
    "step.completed": Board._answer,
    "step.recalled": Board._read,
    "draft.read": Board._read,
    "draft.refused": Board._judged,
    "file.written": Board._hand_on,
    "file.reviewed": Board._judged,
    "file.ended": Board._end,
    "tests.started": Board._test,
    "tests.ended": Board._test,
    "tests.not_fixed": Board._test,
    "lint.started": Board._test,
    "lint.ended": Board._test,
}

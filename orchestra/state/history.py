"""What sessions did, read at once for whoever adds it up."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from datetime import datetime
from typing import Callable, Iterable, TypeVar

from orchestra.dataclass import dataclass
from orchestra.records import Event, FileOutcome
from orchestra.state.cells import moment, object_of
from orchestra.state.images import outcome_of
from orchestra.state.sessions import SessionRow
from orchestra.state.steps import ATTEMPT, AttemptRow, attempt_of
from orchestra.state.store import Store

T = TypeVar("T")
_EVENTS = (
    "attempt.waiting", "draft.refused", "model.replaced", "provider.left_out", "recovery.ended", "session.replayed",
    "session.started", "step.started", "tests.ended", "tests.started",
)
"""Those that say what no other table does."""
_ATTEMPTS = f"SELECT {ATTEMPT}, session_id FROM attempts JOIN steps ON steps.id = step_id"
_TOLD = (
    f"SELECT * FROM events WHERE (name IN ({','.join('?' * len(_EVENTS))})"
    " OR (name = 'step.completed' AND data LIKE '%\"from_cache\": true%'))"
)


@dataclass(frozen=True)
class StepSpan:
    """When a question was put, and when its answer was there."""

    id: int
    agent_role: str
    file_path: str | None
    status: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class History:
    """One session, with all of its rows that figures are made of, in their order."""

    session: SessionRow
    attempts: tuple[AttemptRow, ...] = ()
    steps: tuple[StepSpan, ...] = ()
    outcomes: tuple[FileOutcome, ...] = ()
    phases: tuple[tuple[str, datetime], ...] = ()
    """Each phase with the time at which it was entered."""
    events: tuple[Event, ...] = ()

    def told(self, name: str) -> list[Event]:
        """The events of that name. Only some are read: see `_EVENTS`."""
        return [event for event in self.events if event.name == name]


def read_histories(store: Store, sessions: Iterable[SessionRow]) -> list[History]:
    """The histories of these sessions: a few queries, however many sessions. Raises StateError."""
    rows = list(sessions)
    if not rows:
        return []
    only = rows[0].session_id if len(rows) == 1 else None

    def read(sql: str, make: Callable[[sqlite3.Row], T], order: str, *values: object) -> dict[str, list[T]]:
        where = "" if only is None else (" AND" if " WHERE " in sql else " WHERE") + " session_id = ?"
        parameters = (*values, *(() if only is None else (only,)))
        found: dict[str, list[T]] = defaultdict(list)
        for row in store.rows(f"{sql}{where} ORDER BY {order}", parameters):
            found[row["session_id"]].append(make(row))
        return found

    attempts = read(_ATTEMPTS, _attempt, "attempts.id")
    steps = read("SELECT * FROM steps WHERE start_time IS NOT NULL", _step, "id")
    outcomes = read("SELECT * FROM file_outcomes", outcome_of, "rowid")
    phases = read("SELECT * FROM checkpoints", _phase, "id")
    events = read(_TOLD, _event, "id", *_EVENTS)
    return [
        History(
            row, tuple(attempts[row.session_id]), tuple(steps[row.session_id]), tuple(outcomes[row.session_id]),
            tuple(phases[row.session_id]), tuple(events[row.session_id]),
        )
        for row in rows
    ]


def _attempt(row: sqlite3.Row) -> AttemptRow:
    return attempt_of(row[:-1])


def _step(row: sqlite3.Row) -> StepSpan:
    end = None if row["end_time"] is None else moment(row["end_time"])
    return StepSpan(row["id"], row["agent_role"], row["file_path"], row["status"], moment(row["start_time"]), end)


def _phase(row: sqlite3.Row) -> tuple[str, datetime]:
    return row["phase"], moment(row["created_at"])


def _event(row: sqlite3.Row) -> Event:
    return Event(
        row["name"], moment(row["time"]), row["level"], row["session_id"], row["step_id"], object_of(row["data"])
    )

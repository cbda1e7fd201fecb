"""Histories as the journal would give them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from orchestra.clock import iso
from orchestra.records import Attempt, Event, Task, Usage
from orchestra.state.history import History
from orchestra.state.sessions import SessionRow
from orchestra.state.steps import AttemptRow
from tests.unit.fake_clock import START

CHAINS = {"agents": {"executor": ["p/first", "q/second"], "auditor": ["p/first"]}}


def session(number: int = 0, **more: Any) -> SessionRow:
    """One that ended well after a minute, that many hours after the start of all."""
    start = START + timedelta(hours=number)
    values: dict[str, Any] = {
        "session_id": f"s-{number}", "task": Task("a task", "words"), "phase": "completed", "iteration": 1,
        "started_at": iso(start), "last_activity": iso(start + timedelta(minutes=1)), "can_resume": False,
        "last_error": None, "mode": "parallel", "exit_status": 0, "options": {}, "config": CHAINS, **more,
    }
    return SessionRow(**values)


def attempt(
    step: int, model: str, *, role: str = "executor", path: str | None = "a.py", code: str | None = None,
    cost: str | None = None, latency_ms: int = 100, tokens: int = 10, hours: float = 0,
) -> AttemptRow:
    provider, _, model_id = model.partition("/")
    usage = Usage(tokens, tokens, None, None if cost is None else Decimal(cost))
    time = START + timedelta(hours=hours)
    return AttemptRow(
        step, role, path, Attempt(model_id, provider, code is None, latency_ms, time, usage, code, code)
    )


def told(name: str, **data: Any) -> Event:
    return Event(name, START, "info", "s-0", None, data)


def history(*attempts: AttemptRow, number: int = 0, events: tuple[Event, ...] = (), **more: Any) -> History:
    return History(session(number, **more), attempts, events=events)

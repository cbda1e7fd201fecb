"""All sessions of a repository in figures."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Callable, Iterable, Mapping, Sequence

from orchestra.dataclass import dataclass
from orchestra.errors import ExitStatus
from orchestra.metrics import attempts
from orchestra.metrics.attempts import Consumed, Fault, Latency, Rotation, Share, model_of
from orchestra.metrics.distribution import Distribution
from orchestra.metrics.session_figures import Savings, savings_of
from orchestra.records import AGENT_ROLES
from orchestra.state.history import History
from orchestra.state.steps import AttemptRow

AIM_USD = Decimal("0.10")
"""What a session should cost at most."""
_DAY_CHARACTERS, _HOUR_CHARACTERS = len("2026-11-22"), len("2026-11-22T07")
_NO_VERDICT = (ExitStatus.NOT_APPROVED, ExitStatus.INTERRUPTED, ExitStatus.TERMINATED)
"""Ends that say nothing of how well the work went."""


@dataclass(frozen=True)
class SessionLine:
    """One session among others."""

    session_id: str
    started_at: str
    task: str
    mode: str
    phase: str
    exit_status: int | None
    succeeded: bool | None
    """None where it is too early to say, or the user had it stop."""
    consumed: Consumed
    files: int


@dataclass(frozen=True)
class ModelPeriod:
    """How one model did in one day or hour."""

    period: str
    """The beginning of an ISO 8601 time."""
    model: str
    consumed: Consumed
    latency: Distribution | None
    """Of the answers; None without one."""
    rotations: int
    """How often a step went on from it to another model."""


@dataclass(frozen=True)
class FirstChoice:
    """How often a role was answered by the model that its chain names first."""

    role: str
    answers: int
    by_first: int

    @property
    def share(self) -> float:
        return self.by_first / self.answers


@dataclass(frozen=True)
class OverallFigures:
    """All that a report across sessions tells. Undos have no figures; replays are left out and counted."""

    sessions: tuple[SessionLine, ...]
    """Oldest first."""
    replayed: int
    total: Consumed
    shares: tuple[Share, ...]
    latencies: tuple[Latency, ...]
    periods: tuple[ModelPeriod, ...]
    faults: tuple[Fault, ...]
    rotations: tuple[Rotation, ...]
    first_choices: tuple[FirstChoice, ...]
    recoveries: int
    recovered: int
    savings: Savings

    @property
    def judged(self) -> int:
        """Sessions that came to an end of their own."""
        return sum(line.succeeded is not None for line in self.sessions)

    @property
    def succeeded(self) -> int:
        return sum(line.succeeded is True for line in self.sessions)

    @property
    def costs(self) -> list[Decimal]:
        """Of the sessions that have a cost, lowest first."""
        return sorted(line.consumed.cost_usd for line in self.sessions if line.consumed.cost_usd is not None)

    @property
    def mean_cost_usd(self) -> Decimal | None:
        return sum(self.costs, Decimal(0)) / len(self.costs) if self.costs else None

    @property
    def within_aim(self) -> int:
        """Sessions whose cost is known to be at most AIM_USD."""
        return sum(cost <= AIM_USD for cost in self.costs)


def overall_figures(histories: Sequence[History]) -> OverallFigures:
    """Of all these sessions, in any order."""
    work = sorted((one for one in histories if one.session.mode != "undo"), key=lambda one: one.session.started_at)
    real = [history for history in work if not history.told("session.replayed")]
    rows = [row for history in real for row in history.attempts]
    recoveries = [event for history in real for event in history.told("recovery.ended")]
    return OverallFigures(
        sessions=tuple(_line(history) for history in real), replayed=len(work) - len(real),
        total=attempts.consumed(rows), shares=attempts.shares(rows), latencies=attempts.latencies(rows),
        periods=_periods(rows), faults=attempts.faults(rows), rotations=attempts.rotations(rows),
        first_choices=_first_choices(real), recoveries=len(recoveries),
        recovered=sum(event.data["recovered"] is True for event in recoveries), savings=savings_of(real),
    )


def _line(history: History) -> SessionLine:
    row = history.session
    return SessionLine(
        row.session_id, row.started_at, row.task.text, row.mode, row.phase, row.exit_status, _verdict(history),
        attempts.consumed(history.attempts), len(history.outcomes),
    )


def _verdict(history: History) -> bool | None:
    row = history.session
    if row.exit_status is None or row.phase == "awaiting_approval" or row.exit_status in _NO_VERDICT:
        return None
    return row.exit_status == ExitStatus.DONE


def _periods(rows: Sequence[AttemptRow]) -> tuple[ModelPeriod, ...]:
    """By day; by hour where all of it happened within one day."""
    cut = _cut(row.attempt.timestamp for row in rows)
    groups = attempts.grouped(rows, lambda row: (cut(row.attempt.timestamp), model_of(row)))
    left = _left(rows, cut)
    return tuple(
        ModelPeriod(
            period, model, attempts.consumed(group),
            Distribution.of(row.attempt.latency_ms for row in group if row.attempt.success), left[(period, model)],
        )
        for (period, model), group in sorted(groups.items(), key=lambda item: item[0])
    )


def _cut(times: Iterable[datetime]) -> Callable[[datetime], str]:
    days = {time.date() for time in times}
    length = _HOUR_CHARACTERS if len(days) <= 1 else _DAY_CHARACTERS
    return lambda time: time.isoformat()[:length]


def _left(rows: Sequence[AttemptRow], cut: Callable[[datetime], str]) -> Mapping[tuple[str, str], int]:
    """How often each model was left for another, by the period of its last attempt."""
    last: dict[int, AttemptRow] = {}
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        before = last.get(row.step_id)
        if before is not None and model_of(before) != model_of(row):
            counts[(cut(before.attempt.timestamp), model_of(before))] += 1
        last[row.step_id] = row
    return counts


def _first_choices(histories: Sequence[History]) -> tuple[FirstChoice, ...]:
    answers: dict[str, int] = defaultdict(int)
    by_first: dict[str, int] = defaultdict(int)
    for history in histories:
        first = {role: _first_choice(history, role) for role in AGENT_ROLES}
        for row in history.attempts:
            if row.attempt.success and first[row.agent_role] is not None:
                answers[row.agent_role] += 1
                by_first[row.agent_role] += model_of(row) == first[row.agent_role]
    return tuple(FirstChoice(role, answers[role], by_first[role]) for role in AGENT_ROLES if answers[role])


def _first_choice(history: History, role: str) -> str | None:
    """The first of the role's chain that could be asked; None where the session keeps no chain."""
    chain = (history.session.config.get("agents") or {}).get(role) or ()
    keyless = {str(event.data["provider"]) for event in history.told("provider.left_out")}
    sent = {str(event.data["model"]): str(event.data["sent_as"]) for event in history.told("model.replaced")}
    for name in chain:
        if name.partition("/")[0] not in keyless:
            return sent.get(name, str(name))
    return None

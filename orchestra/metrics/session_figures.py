"""One session in figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any, Mapping, Sequence

from orchestra.dataclass import dataclass
from orchestra.metrics import attempts
from orchestra.metrics.attempts import Fault, Latency, Rotation, Share
from orchestra.metrics.totals import metrics_of
from orchestra.metrics.working_time import WorkingTime, last_sign, resumes, working_time
from orchestra.records import Metrics
from orchestra.state.cells import moment
from orchestra.state.history import History
from orchestra.state.steps import AttemptRow


@dataclass(frozen=True)
class Span:
    """A stretch of the session, in milliseconds of work since its start."""

    name: str
    """An agent's role, or a phase; `resumed` of what follows a resume."""
    path: str | None
    start_ms: int
    end_ms: int
    succeeded: bool = True


@dataclass(frozen=True)
class FileFigures:
    """What one planned file took."""

    path: str
    action: str
    status: str
    iterations: int
    """How often it was audited."""
    refused_drafts: int
    recovered: bool
    recovery_attempts: int
    """Tries after the audit loop gave up; 0 where it did not."""
    calls: int
    cost_usd: Decimal | None
    error: str | None


@dataclass(frozen=True)
class Savings:
    """What need not be paid."""

    answers: int
    """Given from the reply cache."""
    tokens: int
    cost_usd: Decimal | None
    """None where no price is known, or nothing was saved."""
    cached_tokens: int
    """Of the prompts sent, what the providers read from caches of theirs."""


@dataclass(frozen=True)
class PromptPart:
    """What a part took of all prompts to a role."""

    role: str
    part: str
    characters: int


@dataclass(frozen=True)
class SessionFigures:
    """All that a report of one session tells."""

    session_id: str
    task: str
    mode: str
    phase: str
    exit_status: int | None
    metrics: Metrics
    worked_ms: int
    paused_ms: int
    """Between a stop or a kill and the resume; no part of any other time here."""
    phases: tuple[Span, ...]
    spans: tuple[Span, ...]
    shares: tuple[Share, ...]
    latencies: tuple[Latency, ...]
    faults: tuple[Fault, ...]
    rotations: tuple[Rotation, ...]
    waited_ms: int
    """For models that asked for a pause."""
    files: tuple[FileFigures, ...]
    savings: Savings
    prompts: tuple[PromptPart, ...] = ()
    """By role in the order of their first question, the largest part first."""
    profile: Mapping[str, Any] | None = None
    """As `metrics.profile` has it in JSON; None where none was taken."""


def session_figures(
    history: History, *, now: datetime | None, profile: Mapping[str, Any] | None = None
) -> SessionFigures:
    """Of a session that has not ended, until `now`; until its last sign of life where that is None: nobody runs it."""
    row, rows = history.session, history.attempts
    time = working_time(history)
    end = moment(row.last_activity) if row.exit_status is not None else now or last_sign(history)
    return SessionFigures(
        session_id=row.session_id, task=row.task.text, mode=row.mode, phase=row.phase, exit_status=row.exit_status,
        metrics=metrics_of(rows, start_time=time.start, end_time=end),
        worked_ms=time.ms(end), paused_ms=time.paused_ms(end),
        phases=_phases(history, time, end), spans=_spans(history, time, end),
        shares=attempts.shares(rows), latencies=attempts.latencies(rows), faults=attempts.faults(rows),
        rotations=attempts.rotations(rows), waited_ms=_waited_ms(history), files=_files(history),
        savings=savings_of([history]), prompts=_prompts(history), profile=profile,
    )


def savings_of(histories: Sequence[History]) -> Savings:
    """What the caches spared these sessions."""
    given = [event.data for history in histories for event in history.told("step.completed")]
    known = [Decimal(repr(data["saved_cost"])) for data in given if data.get("saved_cost") is not None]
    cached = sum(row.attempt.usage.cached_tokens or 0 for history in histories for row in history.attempts)
    tokens = sum(int(str(data.get("saved_tokens") or 0)) for data in given)
    return Savings(len(given), tokens, sum(known, Decimal(0)) if known else None, cached)


def _phases(history: History, time: WorkingTime, end: datetime) -> tuple[Span, ...]:
    """Phases that took time."""
    # The tests before the first write leave no checkpoint.
    before = [("testing", event.time) for event in history.told("tests.started") if event.data.get("baseline")]
    again = [("resumed", back) for back in resumes(history)]
    entered = [*sorted([*history.phases, *before, *again], key=lambda phase: phase[1]), ("", end)]
    spans = [
        Span(name, None, time.ms(begin), time.ms(after))
        for (name, begin), (_, after) in zip(entered, entered[1:])
    ]
    return tuple(span for span in spans if span.end_ms > span.start_ms)


def _spans(history: History, time: WorkingTime, end: datetime) -> tuple[Span, ...]:
    return tuple(
        Span(
            step.agent_role, step.file_path, time.ms(step.start),
            max(time.ms(step.start), time.ms(step.end or end)), step.status == "completed",
        )
        for step in history.steps
    )


def _files(history: History) -> tuple[FileFigures, ...]:
    refused = Counter(str(event.data["path"]) for event in history.told("draft.refused"))
    tries = {str(event.data["path"]): int(str(event.data["attempts"])) for event in history.told("recovery.ended")}
    by_path: dict[str | None, list[AttemptRow]] = defaultdict(list)
    for row in history.attempts:
        by_path[row.file_path].append(row)
    files = []
    for outcome in history.outcomes:
        used = attempts.consumed(by_path[outcome.path])
        files.append(FileFigures(
            outcome.path, outcome.action, outcome.status, outcome.iterations, refused[outcome.path],
            outcome.recovered, tries.get(outcome.path, 0), used.attempts, used.cost_usd, outcome.error,
        ))
    return tuple(files)


def _prompts(history: History) -> tuple[PromptPart, ...]:
    sizes: dict[str, Counter[str]] = {}
    for event in history.told("step.started"):
        parts = event.data.get("parts")
        if isinstance(parts, dict):  # sessions of earlier versions said nothing of them
            sizes.setdefault(str(event.data["role"]), Counter()).update(parts)
    return tuple(PromptPart(role, part, size) for role, parts in sizes.items() for part, size in parts.most_common())


def _waited_ms(history: History) -> int:
    return round(1000 * sum(float(str(event.data["seconds"])) for event in history.told("attempt.waiting")))

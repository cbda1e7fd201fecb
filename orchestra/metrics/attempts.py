"""Attempts added up: by role and model, by fault, by change of model."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Callable, Iterable, Sequence, TypeVar

from orchestra.dataclass import dataclass
from orchestra.metrics.distribution import Distribution
from orchestra.records import AGENT_ROLES
from orchestra.state.steps import AttemptRow

K = TypeVar("K")


@dataclass(frozen=True)
class Consumed:
    """What some attempts consumed."""

    attempts: int
    answers: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: Decimal | None
    """None when nothing had a price."""
    unpriced: int
    """Answers without a price."""

    @property
    def failures(self) -> int:
        return self.attempts - self.answers


@dataclass(frozen=True)
class Share:
    """What one model consumed in one role."""

    role: str
    model: str
    """PROVIDER/MODEL."""
    consumed: Consumed


@dataclass(frozen=True)
class Latency:
    """How long one model took for its answers."""

    model: str
    distribution: Distribution


@dataclass(frozen=True)
class Fault:
    """How often a model failed in one way."""

    model: str
    error_code: str
    count: int


@dataclass(frozen=True)
class Rotation:
    """How often a step went on from one model to another."""

    role: str
    left: str
    taken: str
    count: int


def model_of(row: AttemptRow) -> str:
    return f"{row.attempt.provider}/{row.attempt.model_id}"


def consumed(rows: Sequence[AttemptRow]) -> Consumed:
    answers, input_, output, cached, unpriced = 0, 0, 0, 0, 0
    cost: Decimal | None = None
    for row in rows:
        usage = row.attempt.usage
        answers += row.attempt.success
        input_ += usage.input_tokens or 0
        output += usage.output_tokens or 0
        cached += usage.cached_tokens or 0
        if usage.cost_usd is not None:
            cost = usage.cost_usd if cost is None else cost + usage.cost_usd
        else:
            unpriced += row.attempt.success
    return Consumed(len(rows), answers, input_, output, cached, cost, unpriced)


def shares(rows: Iterable[AttemptRow]) -> tuple[Share, ...]:
    """By role in the order of the story, then by model."""
    groups = grouped(rows, lambda row: (AGENT_ROLES.index(row.agent_role), model_of(row)))
    return tuple(Share(AGENT_ROLES[role], model, consumed(group)) for (role, model), group in sorted(groups.items()))


def latencies(rows: Iterable[AttemptRow]) -> tuple[Latency, ...]:
    """Of the answers, by model; one that never answered is left out."""
    groups = grouped((row for row in rows if row.attempt.success), model_of)
    found = [(model, Distribution.of(row.attempt.latency_ms for row in group)) for model, group in groups.items()]
    return tuple(Latency(model, distribution) for model, distribution in sorted(found) if distribution is not None)


def faults(rows: Iterable[AttemptRow]) -> tuple[Fault, ...]:
    """The most frequent first."""
    counts = Counter((model_of(row), row.attempt.error_code or "?") for row in rows if not row.attempt.success)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Fault(model, code, count) for (model, code), count in ordered)


def rotations(rows: Iterable[AttemptRow]) -> tuple[Rotation, ...]:
    """The most frequent first. `rows` are in the order in which the attempts ended."""
    last: dict[int, str] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        model = model_of(row)
        before = last.get(row.step_id, model)
        if before != model:
            counts[(row.agent_role, before, model)] += 1
        last[row.step_id] = model
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Rotation(role, left, taken, count) for (role, left, taken), count in ordered)


def grouped(rows: Iterable[AttemptRow], key: Callable[[AttemptRow], K]) -> dict[K, list[AttemptRow]]:
    groups: dict[K, list[AttemptRow]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups

"""What a session consumed, added up from its attempts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Sequence

from orchestra.records import Metrics
from orchestra.state.steps import AttemptRow


def metrics_of(rows: Sequence[AttemptRow], *, start_time: datetime, end_time: datetime) -> Metrics:
    """The totals. `rows` are in the order in which the attempts ended.

    A fallback rotation is an attempt of a step by another model than the attempt before it. An attempt without
    a known cost counts as unpriced when it succeeded: only then is it billed.
    """
    attempts = [row.attempt for row in rows]
    costs = [attempt.usage.cost_usd for attempt in attempts if attempt.usage.cost_usd is not None]
    answered = [attempt for attempt in attempts if attempt.success]
    return Metrics(
        start_time=start_time,
        end_time=end_time,
        total_cost_usd=sum(costs, Decimal(0)) if costs else None,
        input_tokens=sum(attempt.usage.input_tokens or 0 for attempt in attempts),
        output_tokens=sum(attempt.usage.output_tokens or 0 for attempt in attempts),
        cached_tokens=sum(attempt.usage.cached_tokens or 0 for attempt in attempts),
        total_attempts=len(attempts),
        successful_attempts=len(answered),
        failed_attempts=len(attempts) - len(answered),
        unpriced_attempts=sum(1 for attempt in answered if attempt.usage.cost_usd is None),
        fallback_rotations=_rotations(rows),
        avg_latency_ms=_mean([attempt.latency_ms for attempt in answered]),
    )


def _rotations(rows: Sequence[AttemptRow]) -> int:
    last: dict[int, tuple[str, str]] = {}
    rotations = 0
    for row in rows:
        model = (row.attempt.provider, row.attempt.model_id)
        rotations += last.get(row.step_id, model) != model
        last[row.step_id] = model
    return rotations


def _mean(values: Sequence[int]) -> float:
    return round(sum(values) / len(values), 3) if values else 0.0

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from orchestra.metrics.totals import metrics_of
from orchestra.records import Attempt, Metrics, Usage
from orchestra.state.steps import AttemptRow
from tests.unit.fake_clock import START

END = START + timedelta(minutes=3)


def row(
    step: int, model: str, *, success: bool = True, usage: Usage = Usage(), latency_ms: int = 100
) -> AttemptRow:
    provider, _, model_id = model.partition("/")
    attempt = Attempt(model_id, provider, success, latency_ms, START, usage, None if success else "TIMEOUT")
    return AttemptRow(step, "executor", "a.py", attempt)


def measured(*rows: AttemptRow) -> Metrics:
    return metrics_of(rows, start_time=START, end_time=END)


def test_without_an_attempt_nothing_was_consumed_and_the_cost_is_unknown() -> None:
    assert measured() == Metrics(START, END, None, 0, 0, 0, 0, 0, 0, 0, 0, 0.0)


def test_tokens_and_costs_of_all_attempts_are_added_up_exactly() -> None:
    found = measured(
        row(1, "p/a", usage=Usage(10, 20, 3, Decimal("0.1"))), row(1, "p/b", usage=Usage(1, 2, None, Decimal("0.2")))
    )
    assert (found.input_tokens, found.output_tokens, found.cached_tokens) == (11, 22, 3)
    assert found.total_cost_usd == Decimal("0.3")


def test_what_a_failed_attempt_consumed_counts_too() -> None:
    found = measured(row(1, "p/a", success=False, usage=Usage(10, 5, None, Decimal("0.5"))))
    assert (found.input_tokens, found.total_cost_usd) == (10, Decimal("0.5"))
    assert (found.total_attempts, found.successful_attempts, found.failed_attempts) == (1, 0, 1)


def test_an_unknown_price_is_told_and_is_not_free() -> None:
    found = measured(row(1, "p/a", usage=Usage(10, 20)))
    assert (found.total_cost_usd, found.unpriced_attempts) == (None, 1)


def test_known_costs_are_told_beside_unknown_ones() -> None:
    found = measured(row(1, "p/a", usage=Usage(1, 1)), row(2, "p/b", usage=Usage(1, 1, None, Decimal(1))))
    assert (found.total_cost_usd, found.unpriced_attempts) == (Decimal(1), 1)


def test_a_failed_attempt_without_a_cost_is_not_unpriced_for_it_is_not_billed() -> None:
    assert measured(row(1, "p/a", success=False)).unpriced_attempts == 0


def test_a_free_answer_costs_nothing_and_that_is_known() -> None:
    found = measured(row(1, "p/a", usage=Usage(1, 1, None, Decimal(0))))
    assert (found.total_cost_usd, found.unpriced_attempts) == (Decimal(0), 0)


def test_a_rotation_is_a_step_that_went_on_to_another_model() -> None:
    found = measured(
        row(1, "p/a", success=False), row(1, "q/a", success=False), row(1, "q/b"),
        row(2, "p/a", success=False), row(2, "p/a"), row(3, "q/b"),
    )
    assert found.fallback_rotations == 2


def test_rotations_of_steps_that_ran_at_once_are_not_mixed_up() -> None:
    found = measured(row(1, "p/a", success=False), row(2, "p/b", success=False), row(1, "p/a"), row(2, "p/b"))
    assert found.fallback_rotations == 0


def test_latency_is_the_mean_of_the_answers_alone() -> None:
    found = measured(
        row(1, "p/a", latency_ms=100), row(1, "p/a", latency_ms=201), row(1, "p/a", success=False, latency_ms=9000)
    )
    assert found.avg_latency_ms == 150.5

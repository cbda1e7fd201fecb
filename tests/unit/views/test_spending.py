from __future__ import annotations

from typing import Any

from orchestra.records import Event
from orchestra.views.spending import Spending
from tests.unit.fake_clock import START

USED = {"input_tokens": 100, "output_tokens": 20, "cost": 0.25}


def after(*events: tuple[str, dict[str, Any]]) -> Spending:
    spending = Spending()
    for name, data in events:
        spending = spending.after(Event(name, START, "info", "s-1", None, data))
    return spending


def test_before_anything_was_paid_no_price_is_known_and_none_is_missing() -> None:
    assert after(("session.started", {"spent": 0.0, "unpriced": 0})) == Spending(None, 0, 0, is_priced=True)


def test_what_failed_counts_like_what_answered() -> None:
    assert after(("step.completed", USED), ("attempt.failed", USED)) == Spending(0.5, 200, 40)


def test_an_answer_without_a_price_is_said_and_a_failure_without_one_is_not_billed() -> None:
    free = {"input_tokens": None, "output_tokens": None, "cost": None}
    assert after(("attempt.failed", free)) == Spending(None, 0, 0, is_priced=True)
    assert after(("step.completed", USED), ("step.completed", free)) == Spending(0.25, 100, 20, is_priced=False)


def test_what_the_cache_gave_costs_nothing() -> None:
    assert after(("step.completed", {**USED, "from_cache": True})) == Spending()


def test_a_session_that_is_taken_up_begins_with_what_it_had_consumed() -> None:
    before = {"spent": 1.5, "input_tokens": 7, "output_tokens": 3, "unpriced": 2}
    assert after(("step.completed", USED), ("session.started", before), ("step.completed", USED)) == Spending(
        1.75, 107, 23, is_priced=False
    )

from __future__ import annotations

from decimal import Decimal

import pytest

from orchestra.metrics.overall_figures import OverallFigures, overall_figures
from orchestra.state.history import History
from tests.unit.metrics.histories import attempt, history, told


def figures(*histories: History) -> OverallFigures:
    return overall_figures(histories)


def test_without_sessions_every_rate_is_unknown() -> None:
    found = figures()
    assert (found.judged, found.mean_cost_usd, found.first_choices, found.recoveries) == (0, None, (), 0)


def test_sessions_are_told_oldest_first_and_undos_not_at_all() -> None:
    found = figures(history(number=2), history(number=1), history(number=3, mode="undo"))
    assert [line.session_id for line in found.sessions] == ["s-1", "s-2"]


@pytest.mark.parametrize(
    ("exit_status", "phase", "verdict"),
    [
        (0, "completed", True), (1, "failed", False), (4, "failed", False), (7, "limited", False),
        (9, "partial", False), (3, "rejected", None), (130, "interrupted", None), (None, "executing", None),
        (0, "awaiting_approval", None),
    ],
)
def test_success_is_told_of_what_came_to_its_own_end(
    exit_status: int | None, phase: str, verdict: bool | None
) -> None:
    (line,) = figures(history(exit_status=exit_status, phase=phase)).sessions
    assert line.succeeded is verdict


def test_costs_are_held_against_the_aim_and_one_without_a_price_is_not_free() -> None:
    found = figures(
        history(attempt(1, "p/a", cost="0.10"), number=1), history(attempt(1, "p/a", cost="0.14"), number=2),
        history(attempt(1, "p/a"), number=3),
    )
    assert (found.mean_cost_usd, found.within_aim, len(found.costs)) == (Decimal("0.12"), 1, 2)
    assert (found.total.cost_usd, found.total.unpriced) == (Decimal("0.24"), 1)


def test_replays_count_nowhere() -> None:
    found = figures(history(attempt(1, "p/a", cost="9"), events=(told("session.replayed", cassette="c"),)))
    assert (found.sessions, found.replayed, found.total.attempts) == ((), 1, 0)


def test_a_roles_first_choice_is_the_first_of_its_chain_that_could_be_asked() -> None:
    found = figures(
        history(attempt(1, "p/first"), attempt(2, "q/second"), attempt(3, "q/second", code="TIMEOUT"), number=1),
        history(attempt(4, "q/second"), number=2, events=(told("provider.left_out", provider="p", variables=[]),)),
    )
    (one,) = found.first_choices
    assert (one.role, one.answers, one.by_first) == ("executor", 3, 2)


def test_a_model_that_was_replaced_is_the_first_choice_under_its_new_name() -> None:
    (one,) = figures(history(
        attempt(1, "p/newer"), events=(told("model.replaced", model="p/first", sent_as="p/newer"),)
    )).first_choices
    assert one.share == 1


def test_periods_are_days_and_hours_where_all_was_within_one_day() -> None:
    within = figures(history(attempt(1, "p/a"), attempt(2, "p/a", hours=1)))
    across = figures(history(attempt(1, "p/a"), attempt(2, "p/a", hours=1), attempt(3, "p/a", hours=30)))
    assert [one.period for one in within.periods] == ["2026-11-22T07", "2026-11-22T08"]
    assert [(one.period, one.consumed.attempts) for one in across.periods] == [("2026-11-22", 2), ("2026-11-23", 1)]


def test_a_fallback_counts_in_the_period_of_the_model_that_was_left() -> None:
    found = figures(history(attempt(1, "p/a", code="TIMEOUT"), attempt(1, "p/b"), attempt(2, "p/a", hours=40)))
    assert {(one.period, one.model): one.rotations for one in found.periods} == {
        ("2026-11-22", "p/a"): 1, ("2026-11-22", "p/b"): 0, ("2026-11-23", "p/a"): 0,
    }
    assert found.periods[0].latency is None


def test_recoveries_are_counted_with_how_they_ended() -> None:
    found = figures(history(events=(
        told("recovery.ended", path="a", recovered=True, attempts=1),
        told("recovery.ended", path="b", recovered=False, attempts=3),
    )))
    assert (found.recoveries, found.recovered) == (2, 1)

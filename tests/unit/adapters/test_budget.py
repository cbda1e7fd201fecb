"""Reserving and settling under a budget."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from orchestra.adapters.budget import Budget, Quote, Reservation
from orchestra.clock import CancelToken, Deadline, SystemClock
from orchestra.errors import Cancelled, TooExpensive

NEVER = Deadline.after(SystemClock(), None)


def quote(worst: str, *, cap_tokens: int = 4096) -> Quote:
    """A call whose prompt is free, so that its cap decides."""
    return Quote(Decimal(0), Decimal(worst) / cap_tokens, cap_tokens)


def reserve(budget: Budget, wanted: Quote) -> Reservation:
    return budget.reserve(wanted, deadline=NEVER, cancel=CancelToken())


def test_sets_the_worst_case_aside() -> None:
    assert reserve(Budget(Decimal(1)), quote("0.5")) == Reservation(Decimal("0.5"), 4096)


def test_gives_back_what_a_call_did_not_cost() -> None:
    budget = Budget(Decimal(1))
    budget.settle(reserve(budget, quote("0.9")), Decimal("0.1"))
    assert reserve(budget, quote("0.9")).output_cap_tokens == 4096


def test_lowers_the_output_cap_to_what_is_left() -> None:
    budget = Budget(Decimal("0.75"))
    assert reserve(budget, quote("1.00")) == Reservation(Decimal("0.75"), 3072)


def test_refuses_when_what_is_left_pays_for_no_useful_answer() -> None:
    with pytest.raises(TooExpensive):
        reserve(Budget(Decimal("0.49")), quote("1.00"))


def test_a_tiny_budget_is_told_in_digits() -> None:
    with pytest.raises(TooExpensive, match="0.0000 of 0.0000001 USD"):
        reserve(Budget(Decimal("1E-7")), quote("1.00"))


def test_counts_what_the_session_has_cost_already() -> None:
    with pytest.raises(TooExpensive):
        reserve(Budget(Decimal(1), spent_usd=Decimal("0.9")), quote("1.00"))


def test_a_small_cap_of_the_model_is_not_refused_for_being_small() -> None:
    assert reserve(Budget(Decimal(1)), quote("0.5", cap_tokens=100)).output_cap_tokens == 100


def test_without_a_limit_everything_fits() -> None:
    assert reserve(Budget(None), quote("1000")).output_cap_tokens == 4096


def test_waits_for_a_call_in_flight_before_it_lowers_the_cap() -> None:
    budget = Budget(Decimal(1))
    first = reserve(budget, quote("0.8"))
    got: list[Reservation] = []
    waiter = threading.Thread(target=lambda: got.append(reserve(budget, quote("0.8"))))
    waiter.start()
    assert not got
    budget.settle(first, Decimal("0.1"))
    waiter.join(10)
    assert got == [Reservation(Decimal("0.8"), 4096)]


def test_those_that_go_first_go_before_others_that_have_waited_longer() -> None:
    budget = Budget(Decimal(1))
    held = reserve(budget, quote("0.8"))
    order: list[str] = []

    def wait(name: str, goes_first: bool) -> None:
        reservation = budget.reserve(quote("0.8"), deadline=NEVER, cancel=CancelToken(), goes_first=goes_first)
        order.append(name)
        budget.settle(reservation, Decimal(0))

    waiters = [threading.Thread(target=wait, args=("new", False)) for _ in range(8)]
    first = threading.Thread(target=wait, args=("begun", True))
    for waiter in waiters:
        waiter.start()
    first.start()
    while budget.waiting_first != 1:
        first.join(0.001)
    budget.settle(held, Decimal(0))
    for waiter in (first, *waiters):
        waiter.join(10)
    assert order == ["begun", *["new"] * 8]


def test_what_goes_first_does_not_wait_for_itself() -> None:
    with pytest.raises(TooExpensive):
        Budget(Decimal("0.1")).reserve(quote("0.8"), deadline=NEVER, cancel=CancelToken(), goes_first=True)


def test_a_stop_ends_the_wait() -> None:
    budget, cancel = Budget(Decimal(1)), CancelToken()
    reserve(budget, quote("0.8"))
    cancel.cancel()
    with pytest.raises(Cancelled):
        budget.reserve(quote("0.8"), deadline=NEVER, cancel=cancel)


def test_the_limit_holds_under_many_threads() -> None:
    budget = Budget(Decimal(1))
    costs: list[Decimal] = []

    def call(number: int) -> None:
        try:
            held = reserve(budget, quote("0.30"))
        except TooExpensive:
            return
        costs.append(held.amount_usd)
        budget.settle(held, held.amount_usd)

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(call, range(64)))
    assert Decimal("0.85") < sum(costs) <= 1

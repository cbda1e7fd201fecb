from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from orchestra.engine.spending import Spending
from orchestra.errors import ExitStatus, LimitReached


def test_below_the_budget_calls_go_on() -> None:
    spending = Spending(Decimal("0.03"))
    spending.check()
    spending.add(Decimal("0.0299"))
    spending.check()


def test_at_the_budget_the_limit_is_reached_and_says_what_was_spent() -> None:
    spending = Spending(Decimal("0.03"), Decimal("0.02"))
    spending.add(Decimal("0.01"))
    with pytest.raises(LimitReached, match=r"budget of 0.03 USD .* \(0.0300 USD spent\)") as caught:
        spending.check()
    assert caught.value.exit_status is ExitStatus.LIMIT
    assert "--max-cost" in (caught.value.hint or "")


def test_a_budget_of_nothing_lets_nobody_ask() -> None:
    with pytest.raises(LimitReached):
        Spending(Decimal(0)).check()


def test_without_a_budget_there_is_no_limit() -> None:
    spending = Spending(None)
    spending.add(Decimal(10) ** 9)
    spending.check()


def test_an_unknown_price_spends_nothing_that_is_known() -> None:
    spending = Spending(Decimal("0.01"))
    spending.add(None)
    spending.check()


def test_cents_of_many_threads_add_up_exactly() -> None:
    spending = Spending(Decimal("10.00"))
    threads = [
        threading.Thread(target=lambda: [spending.add(Decimal("0.01")) for _ in range(100)]) for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with pytest.raises(LimitReached, match="10.0000 USD spent"):
        spending.check()

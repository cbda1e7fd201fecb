"""Calls that are paid from a budget."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest

from orchestra.adapters.adapter import AdapterInfo, CallObserver, Message, Request
from orchestra.adapters.budget import SMALLEST_OUTPUT_CAP, Budget
from orchestra.adapters.budgeted_adapter import BudgetedAdapter, quote_for
from orchestra.adapters.rows import ModelRow, PriceTier
from orchestra.adapters.wire import output_cap
from orchestra.clock import CancelToken, Deadline
from orchestra.errors import Overloaded, TooExpensive
from orchestra.records import Attempt, Reply, Usage
from tests.unit.adapters.doubles import NEVER, QUESTION, Watcher
from tests.unit.fake_clock import START

MODEL = ModelRow("m", max_output=10_000, prices=(PriceTier(Decimal(0), Decimal(100)),))
"""Its prompts are free and its longest answer costs 1 USD."""


class Spender:
    """Costs what it may at most, or the share of it that is said."""

    def __init__(self, model: ModelRow = MODEL, *, share: Decimal = Decimal(1), fails: bool = False) -> None:
        self.model = model
        self.share = share
        self.fails = fails
        self.caps: list[int] = []
        self.cost = Decimal(0)
        self._lock = threading.Lock()

    def is_available(self) -> bool:
        return True

    def get_info(self) -> AdapterInfo:
        return AdapterInfo("p/m", "m", "p")

    def execute(
        self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> Reply:
        cap = output_cap(request, self.model)
        cost = None if self.fails else self.share * cap * Decimal(100) / 1_000_000
        with self._lock:
            self.caps.append(cap)
            self.cost += cost or 0
        usage = Usage(10, cap, cost_usd=cost)
        observer.attempt_ended(Attempt("m", "p", not self.fails, 1, START, usage))
        if self.fails:
            raise Overloaded("later")
        return Reply("answer", usage, "p", "m", 1)


def ask(spender: Spender, budget: Budget, model: ModelRow = MODEL) -> Reply:
    adapter = BudgetedAdapter(spender, model, budget)
    return adapter.execute(QUESTION, deadline=NEVER, cancel=CancelToken(), observer=Watcher())


def test_a_call_goes_out_with_its_own_cap_while_there_is_money() -> None:
    spender = Spender(share=Decimal("0.5"))
    budget = Budget(Decimal(2))
    ask(spender, budget)
    ask(spender, budget)
    assert spender.caps == [10_000, 10_000]


def test_the_cap_is_lowered_to_what_is_left_and_then_no_call_is_made() -> None:
    spender, budget = Spender(), Budget(Decimal("1.30"))
    ask(spender, budget)
    ask(spender, budget)
    assert spender.caps == [10_000, 3_000]
    with pytest.raises(TooExpensive) as caught:
        ask(spender, budget)
    assert (caught.value.where, len(spender.caps)) == ("p/m", 2)


def test_a_call_that_failed_without_usage_costs_nothing() -> None:
    spender, budget = Spender(fails=True), Budget(Decimal(1))
    for _ in range(3):
        with pytest.raises(Overloaded):
            ask(spender, budget)
    assert spender.caps == [10_000] * 3


def test_a_model_without_a_price_is_outside_the_budget() -> None:
    unpriced = replace(MODEL, prices=())
    spender = Spender(unpriced)
    assert ask(spender, Budget(Decimal(0)), unpriced).text == "answer"


def test_a_free_model_is_asked_even_when_the_budget_is_used_up() -> None:
    free = replace(MODEL, prices=(PriceTier(Decimal(0), Decimal(0)),))
    assert ask(Spender(free), Budget(Decimal(1), spent_usd=Decimal(2)), free).text == "answer"


def test_under_32_threads_the_cap_holds_and_is_nearly_used_up() -> None:
    spender, cap = Spender(), Decimal("20.5")
    budget = Budget(cap)

    def one(number: int) -> bool:
        try:
            ask(spender, budget)
        except TooExpensive:
            return False
        return True

    with ThreadPoolExecutor(32) as pool:
        answered = sum(pool.map(one, range(200)))
    assert cap - SMALLEST_OUTPUT_CAP * Decimal("0.0001") < spender.cost <= cap
    assert (answered, min(spender.caps)) == (21, 5_000)


# The worst case


def quote_usd(model: ModelRow, request: Request = QUESTION) -> Decimal:
    quote = quote_for(request, model)
    assert quote is not None
    return quote.input_usd


def test_the_prompt_is_taken_for_longer_than_it_is_estimated() -> None:
    million = ModelRow("m", prices=(PriceTier(Decimal(1_000_000), Decimal(0)),))
    assert quote_usd(million) * Decimal("0.85") >= QUESTION.estimated_tokens


def test_a_prompt_that_is_written_to_the_cache_costs_what_that_costs() -> None:
    plain = PriceTier(Decimal(5), Decimal(25), Decimal("0.5"))
    written = ModelRow("m", prices=(replace(plain, written_usd=Decimal("6.25")),))
    assert quote_usd(written) == quote_usd(ModelRow("m", prices=(plain,))) * Decimal("1.25")


def test_a_long_prompt_is_quoted_by_the_tier_of_long_prompts() -> None:
    tiers = (PriceTier(Decimal(2), Decimal(12)), PriceTier(Decimal(4), Decimal(18), above_input_tokens=1000))
    long = Request("", (Message.of("user", "word " * 2000),))
    quote = quote_for(long, ModelRow("m", prices=tiers))
    assert quote is not None and quote.output_token_usd == Decimal(18) / 1_000_000


def test_a_price_that_is_known_by_half_is_not_known() -> None:
    assert quote_for(QUESTION, ModelRow("m", prices=(PriceTier(Decimal(2)),))) is None

"""One model whose calls are paid from the run's budget."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import ceil

from orchestra.adapters.adapter import Adapter, AdapterInfo, CallObserver, Request
from orchestra.adapters.budget import Budget, Quote
from orchestra.adapters.catalog import price_tier
from orchestra.adapters.rows import ModelRow
from orchestra.adapters.watched import Watched
from orchestra.adapters.window import prompt_tokens
from orchestra.adapters.wire import output_cap
from orchestra.clock import CancelToken, Deadline
from orchestra.errors import TooExpensive
from orchestra.records import Attempt, Reply

_LOWEST_ESTIMATE = 0.85
"""Of the real tokens, what an estimate comes to at least."""
_MILLION = 1_000_000


class BudgetedAdapter:
    """Has the worst case of each call set aside before it is made, and settles what it did cost. Any thread.

    A model without a price is outside the budget.
    """

    def __init__(self, adapter: Adapter, model: ModelRow, budget: Budget) -> None:
        self._adapter = adapter
        self._model = model
        self._budget = budget

    def is_available(self) -> bool:
        return self._adapter.is_available()

    def get_info(self) -> AdapterInfo:
        return self._adapter.get_info()

    def execute(
        self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> Reply:
        """As of any adapter; also TooExpensive without a call. Waits for calls in flight that may give money back."""
        quote = quote_for(request, self._model)
        if quote is None:
            return self._adapter.execute(request, deadline=deadline, cancel=cancel, observer=observer)
        try:
            reservation = self._budget.reserve(
                quote, deadline=deadline, cancel=cancel, goes_first=request.goes_first
            )
        except TooExpensive as fault:
            fault.where = self.get_info().name
            raise
        cost = _Cost(observer)
        try:
            if reservation.output_cap_tokens < quote.output_cap_tokens:
                request = replace(request, max_output_tokens=reservation.output_cap_tokens)
            return self._adapter.execute(request, deadline=deadline, cancel=cancel, observer=cost)
        finally:
            self._budget.settle(reservation, cost.usd)


def quote_for(request: Request, model: ModelRow) -> Quote | None:
    """What a call costs at most, at list price; None where nobody knows the price.

    None of the prompt is read from the provider's cache; all of it is written there, where that is dearer.
    """
    tokens = ceil(prompt_tokens(request, model) / _LOWEST_ESTIMATE)
    tier = price_tier(model, tokens)
    if tier.input_usd is None or tier.output_usd is None:
        return None
    input_usd = max(tier.input_usd, tier.written_usd or Decimal(0))
    return Quote(tokens * input_usd / _MILLION, tier.output_usd / _MILLION, output_cap(request, model))


class _Cost(Watched):
    """What the call came to."""

    usd: Decimal | None = None

    def attempt_ended(self, attempt: Attempt) -> None:
        self.usd = attempt.usage.cost_usd
        super().attempt_ended(attempt)

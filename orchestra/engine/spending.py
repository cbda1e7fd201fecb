"""What a session has spent, held against its budget."""

from __future__ import annotations

import threading
from decimal import Decimal

from orchestra.errors import LimitReached


class Spending:
    """The cost of a session so far. Any thread."""

    def __init__(self, max_cost_usd: Decimal | None, spent_usd: Decimal = Decimal(0)) -> None:
        self._max_cost_usd = max_cost_usd
        self._spent_usd = spent_usd
        self._lock = threading.Lock()

    def add(self, cost_usd: Decimal | None) -> None:
        """An attempt ended; None where its price is unknown."""
        if cost_usd is not None:
            with self._lock:
                self._spent_usd += cost_usd

    def check(self) -> None:
        """Raises LimitReached once the budget is used up, so that no further call is made."""
        with self._lock:
            spent = self._spent_usd
        if self._max_cost_usd is not None and spent >= self._max_cost_usd:
            raise LimitReached(
                f"the budget of {self._max_cost_usd} USD is used up ({spent:.4f} USD spent)",
                hint="`orchestra resume --max-cost USD` goes on with a larger one",
            )

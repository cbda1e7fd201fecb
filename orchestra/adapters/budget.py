"""The budget of a run: the worst case is reserved before a call, what it really cost settled after it."""

from __future__ import annotations

import threading
from decimal import Decimal

from orchestra.clock import CancelToken, Deadline
from orchestra.dataclass import dataclass
from orchestra.errors import TooExpensive

SMALLEST_OUTPUT_CAP = 2048
"""An answer that may be no longer than fewer tokens is not worth its prompt."""
_TURN_S = 0.05


@dataclass(frozen=True)
class Quote:
    """What a call would cost at most, at list price."""

    input_usd: Decimal
    """The whole prompt, none of it cached."""
    output_token_usd: Decimal
    output_cap_tokens: int

    @property
    def worst_usd(self) -> Decimal:
        return self.input_usd + self.output_cap_tokens * self.output_token_usd


@dataclass(frozen=True)
class Reservation:
    """Money set aside for one call."""

    amount_usd: Decimal
    output_cap_tokens: int
    """The cap to send: the quote's, or what the rest of the budget pays for."""


class Budget:
    """Holds what a run may cost, under any number of threads."""

    def __init__(self, max_cost_usd: Decimal | None, *, spent_usd: Decimal = Decimal(0)) -> None:
        """`spent_usd` is what the session has cost already."""
        self._max_cost_usd = max_cost_usd
        self._spent_usd = spent_usd
        self._reserved_usd = Decimal(0)
        self._in_flight = 0
        self.waiting_first = 0
        """How many calls wait that go before others."""
        self._changed = threading.Condition()

    def reserve(
        self, quote: Quote, *, deadline: Deadline, cancel: CancelToken, goes_first: bool = False
    ) -> Reservation:
        """Money for a call: its worst case, else what is left once the calls in flight have settled.

        Blocks while calls in flight may still give money back, and while calls wait that go first. Raises
        TooExpensive when what is left does not pay for a useful answer, Cancelled at a stop.
        """
        with self._changed:
            self.waiting_first += goes_first
            try:
                return self._reserve(quote, deadline, cancel, goes_first)
            finally:
                if goes_first:
                    self.waiting_first -= 1
                    self._changed.notify_all()

    def _reserve(self, quote: Quote, deadline: Deadline, cancel: CancelToken, goes_first: bool) -> Reservation:
        """Called with the lock held."""
        while True:
            yields = not goes_first and self.waiting_first > 0
            reservation = None if yields else self._fitting(quote)
            if reservation is not None:
                self._reserved_usd += reservation.amount_usd
                self._in_flight += 1
                return reservation
            if not (self._in_flight or yields) or deadline.is_over:
                raise self._too_expensive(quote)
            self._changed.wait(deadline.within(_TURN_S))
            cancel.check()

    def settle(self, reservation: Reservation, cost_usd: Decimal | None) -> None:
        """The call has ended; None where it came to nothing that is billed."""
        with self._changed:
            self._reserved_usd -= reservation.amount_usd
            self._spent_usd += cost_usd or Decimal(0)
            self._in_flight -= 1
            self._changed.notify_all()

    def _fitting(self, quote: Quote) -> Reservation | None:
        """Called with the lock held."""
        if self._max_cost_usd is None:
            return Reservation(quote.worst_usd, quote.output_cap_tokens)
        left_usd = self._max_cost_usd - self._spent_usd - self._reserved_usd
        # What costs nothing fits a budget that is used up, too.
        if quote.worst_usd <= max(left_usd, Decimal(0)):
            return Reservation(quote.worst_usd, quote.output_cap_tokens)
        if self._in_flight or quote.output_token_usd <= 0:
            return None
        cap_tokens = int((left_usd - quote.input_usd) / quote.output_token_usd)
        if cap_tokens < min(SMALLEST_OUTPUT_CAP, quote.output_cap_tokens):
            return None
        return Reservation(quote.input_usd + cap_tokens * quote.output_token_usd, cap_tokens)

    def _too_expensive(self, quote: Quote) -> TooExpensive:
        return TooExpensive(
            f"the call could cost {quote.worst_usd:.4f} USD, and {self._spent_usd:.4f} of {self._max_cost_usd:f} USD "
            "are spent",
            hint="`orchestra resume --max-cost USD` goes on with a larger budget",
        )

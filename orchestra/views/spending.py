"""What a session has consumed so far, as its journal adds it up: failed attempts, and those before a resume, too."""

from __future__ import annotations

from typing import Any, Mapping

from orchestra.dataclass import dataclass
from orchestra.records import Event

_OF_AN_ATTEMPT = ("attempt.failed", "step.completed")


@dataclass(frozen=True)
class Spending:
    """Sums over the events so far."""

    cost_usd: float | None = None
    """None while nothing had a price."""
    input_tokens: int = 0
    output_tokens: int = 0
    is_priced: bool = True
    """Whether every answer had a price."""

    def after(self, event: Event) -> Spending:
        """What an event makes of it."""
        data: Mapping[str, Any] = event.data
        if event.name == "session.started":
            return Spending(
                data.get("spent") or None, data.get("input_tokens") or 0, data.get("output_tokens") or 0,
                not data.get("unpriced"),
            )
        if event.name not in _OF_AN_ATTEMPT or data.get("from_cache"):
            return self
        cost = data.get("cost")
        return Spending(
            self.cost_usd if cost is None else (self.cost_usd or 0.0) + float(cost),
            self.input_tokens + (data.get("input_tokens") or 0),
            self.output_tokens + (data.get("output_tokens") or 0),
            self.is_priced and (cost is not None or event.name == "attempt.failed"),
        )

"""How measured values are spread."""

from __future__ import annotations

from bisect import bisect_left
from typing import Iterable

from orchestra.dataclass import dataclass

BOUNDS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Upper bounds of the classes that answers are counted in by their seconds; one more class has none."""


@dataclass(frozen=True)
class Distribution:
    """Milliseconds, sorted; never empty."""

    values_ms: tuple[int, ...]

    @classmethod
    def of(cls, values_ms: Iterable[int]) -> Distribution | None:
        """None for no values."""
        found = tuple(sorted(values_ms))
        return cls(found) if found else None

    def quantile(self, share: float) -> int:
        """The smallest value that at least that share of all do not exceed (nearest rank)."""
        count = len(self.values_ms)
        # Rounded first: 0.95 * 20 is a little more than 19 as a float.
        rank = -int(-round(share * count, 9) // 1)
        return self.values_ms[min(max(rank, 1), count) - 1]

    @property
    def mean_ms(self) -> float:
        return sum(self.values_ms) / len(self.values_ms)

    def counts(self) -> tuple[int, ...]:
        """How many fall into each class of BOUNDS_S, and how many above all of them; a bound belongs to its class."""
        counts = [0] * (len(BOUNDS_S) + 1)
        for value in self.values_ms:
            counts[bisect_left(BOUNDS_S, value / 1000)] += 1
        return tuple(counts)

"""How many calls a provider bears at once, learned from what it refuses."""

from __future__ import annotations

_ROUNDS_BEFORE_A_RISK = 10
"""Rounds of answers before as many calls are tried again as were refused once."""


class Allowance:
    """The number of calls that may be in flight: halved by a refusal, raised by one after a round of answers.

    What was too many once is tried again after many rounds only; a refusal then takes back that one step.
    Not for several threads; whoever shares it has a lock.
    """

    def __init__(self, most: int, *, learned: int | None = None) -> None:
        """`most` is never exceeded; `learned` is what an earlier run found out."""
        self.size = most if learned is None else max(1, min(most, learned))
        self.era = 0
        """Counts the halvings. A call belongs to the era in which it began."""
        self._most = most
        self._too_many: int | None = None
        self._answers = 0

    def refused(self, era: int, in_flight: int) -> bool:
        """A call of that era was refused, with so many in flight, itself included. Whether that is news.

        Calls of one burst are refused together; only the first of them says something about the number.
        """
        if era != self.era:
            return False
        too_many = min(self.size, in_flight)
        if self._too_many is not None and too_many >= self._too_many:
            # The risk that was taken, and no more.
            self.size = self._too_many - 1
        else:
            self.size = max(1, too_many // 2)
            self._too_many = too_many if too_many > 1 else None
        self.era += 1
        self._answers = 0
        return True

    def answered(self, in_flight: int) -> bool:
        """A call was answered, with so many in flight, itself included. Whether that raised the number."""
        if in_flight < self.size or self.size >= self._most:
            # Fewer calls than allowed prove nothing.
            return False
        self._answers += 1
        is_risky = self._too_many is not None and self.size + 1 >= self._too_many
        if self._answers < self.size * (_ROUNDS_BEFORE_A_RISK if is_risky else 1):
            return False
        if self._too_many is not None and self.size >= self._too_many:
            self._too_many = None
        self.size += 1
        self._answers = 0
        return True

"""Lists of file numbers by the key of a word, packed so that thousands of them load in a moment."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import Mapping, Sequence

from orchestra.dataclass import dataclass


@dataclass(frozen=True)
class Postings:
    """For each of the sorted keys the numbers from its start to the next one's."""

    keys: array[int]
    starts: array[int]
    numbers: array[int]

    @classmethod
    def of(cls, lists: Mapping[int, Sequence[int]]) -> Postings:
        keys, starts, numbers = array("I", sorted(lists)), array("I", [0]), array("I")
        for key in keys:
            numbers.extend(lists[key])
            starts.append(len(numbers))
        return cls(keys, starts, numbers)

    def get(self, key: int) -> Sequence[int]:
        place = self.place(key)
        return () if place is None else self.numbers[self.starts[place]:self.starts[place + 1]]

    def place(self, key: int) -> int | None:
        """Of the key among the keys."""
        place = bisect_left(self.keys, key)
        return place if place < len(self.keys) and self.keys[place] == key else None

    def arrays(self) -> tuple[array[int], array[int], array[int]]:
        return self.keys, self.starts, self.numbers

"""Which keys have come before, in little room."""

from __future__ import annotations

from typing import Iterable

_BYTES = 65536
"""Of 20,000 keys one in thirty is then taken for a known one."""


class SeenKeys:
    """Keys that may have come before: never too few, some too many. One thread at a time."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._bits = bytearray(_BYTES)
        for key in keys:
            self.add(key)

    def add(self, key: str) -> bool:
        """Whether it may have come before; from now on it has."""
        place, bit = divmod(hash(key) % (8 * _BYTES), 8)
        may_be_known = bool(self._bits[place] & 1 << bit)
        self._bits[place] |= 1 << bit
        return may_be_known

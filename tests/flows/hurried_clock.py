"""The machine's clock, but nobody waits for time to pass."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from orchestra.clock import CancelToken, SystemClock

LONGEST_S = 120.0
"""What is slept longer than this is a wait for something else than time."""


class HurriedClock(SystemClock):
    """A sleep is over at once, and the clock is so much further."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self._ahead_s

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._ahead_s)

    def sleep(self, seconds: float, cancel: CancelToken) -> None:
        cancel.check()
        if seconds > LONGEST_S:
            super().sleep(seconds, cancel)
        else:
            with self._lock:
                self._ahead_s += seconds

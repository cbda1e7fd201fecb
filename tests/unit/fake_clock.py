"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from orchestra.clock import CancelToken

START = datetime(2026, 11, 22, 7, 15, 0, tzinfo=timezone.utc)


class FakeClock:
    """Both scales move together, from 0 and from START."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float, cancel: CancelToken) -> None:
        cancel.check()
        self.seconds += seconds

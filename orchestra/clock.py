"""Time as an argument: clocks, deadlines, and a stop that every wait listens to."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from datetime import datetime, timezone
from functools import lru_cache
from typing import Callable, Protocol

from orchestra.dataclass import dataclass
from orchestra.errors import Cancelled


class Halt(Protocol):
    """Whatever can end a wait before its time."""

    def check(self) -> None:
        """Raise Cancelled once the wait is to end."""


class CancelToken:
    """A stop that one thread orders and all threads notice."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    def cancel(self) -> None:
        """Order the stop and run what was registered, in the calling thread. Not for signal handlers."""
        with self._lock:
            callbacks, self._callbacks = self._callbacks, []
            self._event.set()
        # One that fails must not keep the stop from the others.
        with ExitStack() as stack:
            for callback in reversed(callbacks):
                stack.callback(callback)

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Have `callback` called once at the stop; at once if it has been ordered already."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return
        callback()

    @property
    def is_cancelled(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep; True as soon as the stop is ordered."""
        return self._event.wait(seconds)

    def check(self) -> None:
        """Raise Cancelled once the stop is ordered."""
        if self.is_cancelled:
            raise Cancelled()


class Clock(Protocol):
    """Where time comes from."""

    def monotonic(self) -> float:
        """Seconds since some fixed instant; never goes back."""

    def now(self) -> datetime:
        """The time of day, in UTC."""

    def sleep(self, seconds: float, cancel: CancelToken) -> None:
        """Sleep; raises Cancelled when the stop is ordered meanwhile."""


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def sleep(self, seconds: float, cancel: CancelToken) -> None:
        if cancel.wait(seconds):
            raise Cancelled()


@dataclass(frozen=True)
class Deadline:
    """An instant on a clock's monotonic scale; `at_s` None never comes."""

    clock: Clock
    at_s: float | None

    @classmethod
    def after(cls, clock: Clock, seconds: float | None) -> Deadline:
        """A deadline that many seconds from now; never for None."""
        return cls(clock, None if seconds is None else clock.monotonic() + seconds)

    def remaining_s(self) -> float | None:
        """Seconds left, not below 0; None when it never comes."""
        return None if self.at_s is None else max(0.0, self.at_s - self.clock.monotonic())

    def within(self, seconds: float) -> float:
        """The smaller of `seconds` and the seconds left."""
        left = self.remaining_s()
        return seconds if left is None else min(seconds, left)

    def at_most(self, seconds: float) -> Deadline:
        """This deadline, or that many seconds from now, whichever comes first."""
        return Deadline.after(self.clock, self.within(seconds))

    @property
    def is_over(self) -> bool:
        return self.at_s is not None and self.clock.monotonic() >= self.at_s


class Halts:
    """Several of them: the first counts."""

    def __init__(self, *each: Halt) -> None:
        self._each = each

    def check(self) -> None:
        for halt in self._each:
            halt.check()


class Reprieve:
    """A halt that is heeded a little later, by whoever has something to bring to its end first."""

    def __init__(self, halt: Halt, clock: Clock, seconds: float) -> None:
        self._halt = halt
        self._clock = clock
        self._seconds = seconds
        self._end: Deadline | None = None

    def check(self) -> None:
        try:
            self._halt.check()
        except Cancelled:
            self._end = self._end or Deadline.after(self._clock, self._seconds)
            if self._end.is_over:
                raise


@lru_cache(maxsize=256)
def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as all tables and logs write it.

    Kept, since several of them write one moment.
    """
    in_utc = moment if moment.tzinfo is timezone.utc else moment.astimezone(timezone.utc)
    return in_utc.isoformat(timespec="milliseconds")[:-len("+00:00")] + "Z"

"""What is being done with a session's files, as one phase."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import Callable, Iterator

from orchestra.state.phases import ACTIVITIES


class Activity:
    """The most advanced thing that a file is in; while none is worked on, the last one. Any thread.

    Of several files in parallel one may be drafted, a second reviewed and a third mended: the session is
    consulting then. What is furthest along is what keeps the session from its end.
    """

    def __init__(self, tell: Callable[[str], None] = lambda phase: None) -> None:
        """`tell` hears of a phase whose first file is in it, and of one that counts now: see `current`.

        It is called by whoever made the change, and may come late.
        """
        self._tell = tell
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._current = ACTIVITIES[0]
        self._begun = {ACTIVITIES[0]}

    def current(self) -> str:
        with self._lock:
            return self._current

    @contextmanager
    def of(self, phase: str) -> Iterator[None]:
        """A file is in this phase while the block runs."""
        self._count(phase, 1)
        try:
            yield
        finally:
            self._count(phase, -1)

    def _count(self, phase: str, change: int) -> None:
        with self._lock:
            before, is_first = self._current, phase not in self._begun
            self._begun.add(phase)
            self._counts[phase] += change
            self._current = now = next((each for each in reversed(ACTIVITIES) if self._counts[each]), before)
        if is_first:
            self._tell(phase)
        if now not in (before, phase if is_first else before):
            self._tell(now)

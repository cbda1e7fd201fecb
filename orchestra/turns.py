"""Whose turn it is to compute: one worker's, and of those that wait the one that begins, or is longest at it."""

from __future__ import annotations

import heapq
import itertools
import threading
from contextlib import contextmanager
from typing import Iterator

PATIENCE_S = 0.05
"""After so long without a change whoever has the turn must be waiting for something else."""


class Turns:
    """Has workers compute one after the other, in the order in which they began.

    Python computes in one thread at a time in any case, but changes between them at every call to the kernel: of 32
    answers that arrive together none would be dealt with before all are, and each change costs. Where they go one by
    one, the first asks its next question while the others compute. Who begins asks soonest, and so goes before those
    who have an answer to deal with.

    Only the order depends on this, nothing else: where who has the turn waits for something without giving it up, all
    others go on as if there were none. Any thread; one that took no turn is not held up.
    """

    def __init__(self, *, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._waiting: list[_Place] = []
        """A heap."""
        self._has_it: _Place | None = None
        self._own = _Own()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """The calling thread's turn for a piece of work, behind those who have begun theirs and not yet waited long."""
        self._take((False, next(self._numbers)))
        try:
            yield
        finally:
            self._give_up()

    @contextmanager
    def aside(self, *, to_the_end: bool = False) -> Iterator[None]:
        """Let others compute while this thread waits for something else; then it goes on before those who began later.

        `to_the_end` after a long wait: behind all others.
        """
        place = self._own.place
        if place is None:
            yield
            return
        self._give_up()  # and so nothing within steps aside once more
        try:
            yield
        finally:
            self._take((True, next(self._numbers)) if to_the_end else place.rank)

    def _take(self, rank: tuple[bool, int]) -> None:
        place = self._own.place = _Place(rank)
        with self._lock:
            if self._has_it is None:
                self._has_it = place
                return
            heapq.heappush(self._waiting, place)
            seen = self._has_it
        while not place.called.acquire(timeout=self._patience_s):
            with self._lock:
                if self._has_it is seen:
                    self._let_all_go_on()
                seen = self._has_it

    def _let_all_go_on(self) -> None:
        """Called with the lock held."""
        self._has_it = None
        for place in self._waiting:
            place.called.release()
        self._waiting.clear()

    def _give_up(self) -> None:
        place, self._own.place = self._own.place, None
        with self._lock:
            if self._has_it is not place:
                return  # it was not waited for
            self._has_it = heapq.heappop(self._waiting) if self._waiting else None
            if self._has_it is not None:
                self._has_it.called.release()


class _Place:
    """Of one thread that wants to compute, or does."""

    def __init__(self, rank: tuple[bool, int]) -> None:
        self.rank = rank
        """Whether it has waited long, and when it came: the least goes first."""
        self.called = threading.Lock()
        """Held until it is this one's turn."""
        self.called.acquire()

    def __lt__(self, other: _Place) -> bool:
        return self.rank < other.rank


class _Own(threading.local):
    """What a thread has to do with turns."""

    place: _Place | None = None
    """None outside of `taken`, and aside."""

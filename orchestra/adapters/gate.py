"""The way in to one provider: so many calls at once, first come first served, nobody while it cools down."""

from __future__ import annotations

import threading
import weakref
from typing import Callable, Iterable

from orchestra.adapters.allowance import Allowance
from orchestra.clock import CancelToken, Clock, Deadline
from orchestra.errors import Cancelled, RateLimited, TimedOut

SHORT_WAIT_S = 10.0
"""A cooldown up to this length is waited for; during a longer one other models are asked."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
"""Of the cooldowns that a provider does not ask for itself."""
_UNTIL_WOKEN_S = 3600.0


class Turn:
    """One caller's place in the line, and then its way through; for the gate's own use."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.is_in = False
        self.era = 0
        self.woken: CancelToken | None = None
        """Ends the caller's sleep; None while it has not slept."""


class Gate:
    """Holds the callers of one provider back. Any thread; nothing is called out while its lock is held.

    A short cooldown holds every caller back, a long one only callers of the model that was refused: most
    providers count per model, so another model of theirs is worth one call.
    """

    def __init__(
        self, provider: str, allowance: Allowance, *, clock: Clock, jitter: Callable[[], float]
    ) -> None:
        """`jitter` gives numbers from 0 to 1."""
        self._provider = provider
        self._allowance = allowance
        self._clock = clock
        self._jitter = jitter
        self._lock = threading.Lock()
        self._line: dict[Turn, None] = {}
        self._in_flight = 0
        self._until_s = 0.0
        self._model_until_s: dict[str, float] = {}
        self._strikes = 0
        """How often in a row it refused calls; those of one burst count once."""
        self._heard_tokens: weakref.WeakSet[CancelToken] = weakref.WeakSet()

    @property
    def size(self) -> int:
        """How many calls may be in flight."""
        with self._lock:
            return self._allowance.size

    def wait_s(self, model: str) -> float:
        """Seconds until callers of that model are let in again, were there no line."""
        with self._lock:
            return self._left_s(model)

    def cool_down(self, model: str, seconds: float) -> None:
        """Hold callers of that model back for so long; of every model if it is not long."""
        with self._lock:
            self._hold(model, seconds)

    def enter(self, model: str, *, deadline: Deadline, cancel: CancelToken) -> Turn:
        """A turn, to be left when the call has ended; waits for it in line.

        Raises RateLimited when a cooldown is too long to wait for, TimedOut at the deadline, Cancelled.
        """
        self._hear(cancel)
        turn = Turn(model)
        with self._lock:
            self._line[turn] = None
        try:
            self._wait(turn, deadline, cancel)
        except BaseException:
            self.leave(turn)
            raise
        return turn

    def refused(self, turn: Turn, wait_s: float | None) -> None:
        """The provider has had too many calls; it asks to wait, or leaves the time to us."""
        with self._lock:
            if self._allowance.refused(turn.era, self._in_flight):
                self._strikes += 1
            self._hold(turn.model, self._pause_s() if wait_s is None else wait_s)
            # Whoever waits looks anew whether waiting is still worthwhile.
            woken = self._sleepers()
        _wake(woken)

    def overloaded(self, turn: Turn, wait_s: float | None) -> bool:
        """The provider has too much to do, perhaps because of our calls; it may ask to wait. Whether there are others.

        A server with a short queue (Ollama's answers 503) says in no other way that it had too many of them at once.
        """
        with self._lock:
            is_in_crowd = self._in_flight > 1
            if is_in_crowd:
                self._allowance.refused(turn.era, self._in_flight)
            if wait_s is not None:
                self._hold(turn.model, wait_s)
            woken = self._sleepers()
        _wake(woken)
        return is_in_crowd

    def answered(self) -> None:
        """The provider gave a whole answer. Before the turn is left."""
        with self._lock:
            self._strikes = 0
            self._allowance.answered(self._in_flight)

    def leave(self, turn: Turn) -> None:
        """The call has ended, or the caller waits no longer: make room for the next in the line."""
        with self._lock:
            self._line.pop(turn, None)
            if turn.is_in:
                turn.is_in = False
                self._in_flight -= 1
            woken = self._let_in()
        _wake(woken)

    def _wait(self, turn: Turn, deadline: Deadline, cancel: CancelToken) -> None:
        while True:
            with self._lock:
                woken = self._let_in()
                left_s = self._left_s(turn.model)
                turn.woken = asleep = None if turn.is_in else CancelToken()
            _wake(woken)
            cancel.check()
            if asleep is None:
                return
            if left_s > SHORT_WAIT_S:
                raise left_alone(self._provider, left_s)
            if deadline.is_over:
                raise TimedOut(f"the time was up before {self._provider} had room for one more call")
            try:
                self._clock.sleep(deadline.within(left_s or _UNTIL_WOKEN_S), asleep)
            except Cancelled:
                # Somebody woke us; why is found out above.
                pass

    def _let_in(self) -> list[CancelToken]:
        """Let in who may come in; whom to wake, once the lock is not held any more. Needs the lock."""
        assert self._lock.locked()
        let_in: list[Turn] = []
        for turn in list(self._line):
            if self._in_flight >= self._allowance.size:
                break
            if self._left_s(turn.model) <= 0:
                del self._line[turn]
                self._in_flight += 1
                turn.is_in, turn.era = True, self._allowance.era
                let_in.append(turn)
        return _tokens_of(let_in)

    def _sleepers(self) -> list[CancelToken]:
        """Needs the lock."""
        return _tokens_of(self._line)

    def _hold(self, model: str, seconds: float) -> None:
        """Needs the lock."""
        assert self._lock.locked()
        until_s = self._clock.monotonic() + seconds
        self._model_until_s[model] = max(until_s, self._model_until_s.get(model, 0.0))
        if seconds <= SHORT_WAIT_S:
            self._until_s = max(until_s, self._until_s)

    def _left_s(self, model: str) -> float:
        """Needs the lock."""
        assert self._lock.locked()
        until_s = max(self._until_s, self._model_until_s.get(model, 0.0))
        return max(0.0, until_s - self._clock.monotonic())

    def _pause_s(self) -> float:
        """Needs the lock."""
        assert self._lock.locked()
        pause_s: float = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** max(0, min(self._strikes - 1, 10)))
        return pause_s * (1 + self._jitter() / 4)

    def _hear(self, cancel: CancelToken) -> None:
        with self._lock:
            is_new = cancel not in self._heard_tokens
            self._heard_tokens.add(cancel)
        if is_new:
            cancel.on_cancel(self._wake_all)

    def _wake_all(self) -> None:
        with self._lock:
            woken = self._sleepers()
        _wake(woken)


def _tokens_of(turns: Iterable[Turn]) -> list[CancelToken]:
    return [turn.woken for turn in turns if turn.woken is not None]


def _wake(tokens: list[CancelToken]) -> None:
    for token in tokens:
        token.cancel()


def left_alone(provider: str, seconds: float) -> RateLimited:
    """What a caller is told during a long cooldown, in place of a call."""
    return RateLimited(
        f"{provider} wants to be left alone for {seconds:.0f} s", retry_after_s=seconds,
        hint="try again then, or put a model of another provider into the chain",
    )

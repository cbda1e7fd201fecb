"""One thread that writes: transactions of many callers, committed together."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import suppress
from typing import Any, Callable, Generic, TypeVar

from orchestra.clock import CancelToken, Clock, Deadline, Halt, Reprieve, SystemClock
from orchestra.errors import Cancelled, StateError
from orchestra.state.database import BUSY_S
from orchestra.turns import Turns

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
MOST_AT_ONCE = 64
_TURN_MS = 100
_HURRIED_S = 0.2
"""So long after a halt it may be held: somebody waits for the process to leave."""
LINGER_S = 0.05
"""How long what nobody waits for may wait for company."""


class Written(Generic[T]):
    """A work that was handed in, and what came of it. Any thread; a third of what a Future costs."""

    def __init__(self, *, is_flushed: bool) -> None:
        self.is_flushed = is_flushed
        """Whether a power cut must not take it back."""
        self._gate = threading.Lock()
        """Held until there is an outcome."""
        self._gate.acquire()
        self._value: T | None = None
        self._error: Exception | None = None
        self.is_done = False

    def result(self) -> T:
        """What the work returned, once it is committed. Raises what kept it from that."""
        with self._gate:
            pass
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # None only where that is T

    @property
    def error(self) -> Exception | None:
        """What kept it from being committed, once that is known."""
        return self._error

    def set(self, value: T) -> None:
        """It is committed. For the writer, once."""
        self._value, self.is_done = value, True
        self._gate.release()

    def fail(self, error: Exception) -> None:
        """It is not. For the writer, once."""
        self._error, self.is_done = error, True
        self._gate.release()


class Writer:
    """Owns a connection for writing. Callers wait until what they wrote is committed, and on disk where they need that.

    Group commit: whatever waits is written in one transaction, so that 32 threads cost one flush. Where a work of it
    fails, all of them are done again, each under its own savepoint, so that one caller's error is that caller's alone:
    a work may be called twice. What nobody waits for goes along with the next transaction that somebody does, or after
    LINGER_S.

    The death of a process takes nothing back that is committed. Only against a power cut is a transaction flushed, and
    one that nothing acts on need not be: in WAL mode SQLite keeps it until the next flush, or loses it and what follows
    it, whole (sqlite.org/pragma.html#pragma_synchronous).
    """

    def __init__(
        self, connection: sqlite3.Connection, *, check: Callable[[], None] = lambda: None, turns: Turns | None = None,
        halt: Halt | None = None, clock: Clock | None = None,
    ) -> None:
        """`check` is called before each transaction, and raises StateError where what it writes would be lost.

        Who waits for a transaction gives up its turn meanwhile. Another program's transaction is waited for, after
        the `halt` only for a moment.
        """
        self._connection = connection
        self._check = check
        self._turns = turns or Turns()
        self._may_relax = connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        if self._may_relax:
            # Longer waits are made of such turns: SQLite's own would notice nothing.
            connection.execute(f"PRAGMA busy_timeout = {_TURN_MS}")
        self._clock = clock or SystemClock()
        self._halt = Reprieve(halt or CancelToken(), self._clock, _HURRIED_S)
        self._held: Deadline | None = None
        """Until when it is waited for whoever holds the journal now; None where nobody does."""
        self._is_flushing: bool | None = None
        self._woken = threading.Condition()
        self._is_closed = False
        self._is_awaited = False
        """Whether somebody waits for a work in the queue."""
        self._is_asleep = False
        """Whether the thread must be woken for any work."""
        self._queue: list[tuple[Work, Written[Any]]] = []
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def write(self, work: Callable[[sqlite3.Connection], T], *, is_flushed: bool = True) -> T:
        """What `work` returned, once it is committed. Raises StateError when it could not be."""
        with self._turns.aside():
            return self._enqueue(work, Written(is_flushed=is_flushed), is_awaited=True).result()

    def write_later(self, work: Callable[[sqlite3.Connection], T], *, is_flushed: bool = True) -> Written[T]:
        """The same without waiting; the order of calls is kept."""
        return self._enqueue(work, Written(is_flushed=is_flushed), is_awaited=False)

    def close(self) -> None:
        """Write what is queued and close the connection; what comes later is refused. May be called twice."""
        with self._woken:
            self._is_closed = True
            self._woken.notify()
        self._thread.join()

    def _enqueue(self, work: Work, done: Written[T], *, is_awaited: bool) -> Written[T]:
        with self._woken:
            if self._is_closed:
                done.fail(StateError("the journal is closed"))
                return done
            self._queue.append((work, done))
            self._is_awaited = self._is_awaited or is_awaited
            if is_awaited or self._is_asleep:
                self._woken.notify()
        return done

    def _run(self) -> None:
        while True:
            batch = self._next_batch()
            if not batch:
                break
            self._commit(batch)
        self._connection.close()

    def _next_batch(self) -> list[tuple[Work, Written[Any]]]:
        """What to commit now; waits for it. Empty when all is written and nothing can come any more."""
        linger_s: float | None = LINGER_S
        with self._woken:
            while not (self._is_awaited or self._is_closed):
                self._is_asleep = linger_s is None
                is_woken = self._woken.wait(linger_s)
                if self._queue and not is_woken:
                    break
                linger_s = LINGER_S if self._queue else None
            self._is_asleep = False
            batch, self._queue = self._queue[:MOST_AT_ONCE], self._queue[MOST_AT_ONCE:]
            self._is_awaited = self._is_awaited and bool(self._queue)
        return batch

    def _commit(self, batch: list[tuple[Work, Written[Any]]]) -> None:
        try:
            self._check()
            self._flush(any(done.is_flushed for _, done in batch))
            results = self._together(batch)
            if results is None:
                results = self._one_by_one(batch)
        except (sqlite3.Error, StateError) as error:
            self._take_back()
            for _, done in batch:
                if not done.is_done:
                    done.fail(_as_state_error(error))
            return
        for done, result in results:
            done.set(result)

    def _flush(self, is_needed: bool) -> None:
        """Have the next commits wait for the disk, or not."""
        is_flushing = is_needed or not self._may_relax
        if is_flushing != self._is_flushing:
            self._connection.execute("PRAGMA synchronous = FULL" if is_flushing else "PRAGMA synchronous = NORMAL")
            self._is_flushing = is_flushing

    def _together(self, batch: list[tuple[Work, Written[Any]]]) -> list[tuple[Written[Any], Any]] | None:
        """Without savepoints, which are half of all statements; None, with nothing kept, where a work fails."""
        self._begin()
        try:
            results = [(done, work(self._connection)) for work, done in batch]
        except Exception:  # a worker thread's edge: whose error it is shows when each has its savepoint
            self._take_back()
            return None
        self._connection.execute("COMMIT")
        return results

    def _one_by_one(self, batch: list[tuple[Work, Written[Any]]]) -> list[tuple[Written[Any], Any]]:
        results: list[tuple[Written[Any], Any]] = []
        self._begin()
        for work, done in batch:
            try:
                results.append((done, self._under_savepoint(work)))
            except Exception as error:  # a worker thread's edge: the error is the caller's
                if not self._connection.in_transaction:
                    # SQLite took back all of it, as on a full disk: what went well before is gone too.
                    raise sqlite3.OperationalError(str(error)) from error
                done.fail(_as_state_error(error))
        self._connection.execute("COMMIT")
        return results

    def _begin(self) -> None:
        """With the right to write: in WAL mode nothing after that has to wait for others."""
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._held = None
                return
            except sqlite3.OperationalError as error:
                if not self._may_relax or not is_held(error) or self._is_over():
                    raise

    def _is_over(self) -> bool:
        """Whether the journal was held for too long, all attempts counted."""
        self._held = self._held or Deadline.after(self._clock, BUSY_S)
        try:
            self._halt.check()
        except Cancelled:
            return True
        return self._held.is_over

    def _take_back(self) -> None:
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _under_savepoint(self, work: Work) -> Any:
        self._connection.execute("SAVEPOINT part")
        try:
            result = work(self._connection)
        except Exception:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO part")
                self._connection.execute("RELEASE part")
            raise
        self._connection.execute("RELEASE part")
        return result


def _as_state_error(error: Exception) -> Exception:
    if isinstance(error, sqlite3.Error):
        hint = "close the program that holds it" if is_held(error) else "make room"
        return StateError("the journal cannot be written", where=str(error), hint=f"{hint}, then `orchestra resume`")
    return error


def is_held(error: Exception) -> bool:
    """Whether it says that another program has a transaction open. Their codes are not told by every Python."""
    return "is locked" in str(error)

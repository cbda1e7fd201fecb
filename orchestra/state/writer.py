"""One thread that writes: transactions of many callers, committed together."""

from __future__ import annotations

import queue
import sqlite3
import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Callable, TypeVar

from orchestra.errors import StateError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
MOST_AT_ONCE = 64


class Writer:
    """Owns a connection for writing. Callers wait until what they wrote is on disk.

    Group commit: whatever waits is written in one transaction, each caller's part under its own
    savepoint, so that 32 threads cost one flush and one caller's error is that caller's alone.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._is_closed = False
        self._queue: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` returned, once it is committed. Raises StateError when it could not be."""
        return self.write_later(work).result()

    def write_later(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """The same without waiting; the order of calls is kept."""
        done: Future[T] = Future()
        with self._lock:
            if self._is_closed:
                done.set_exception(StateError("the journal is closed"))
            else:
                self._queue.put((work, done))
        return done

    def close(self) -> None:
        """Write what is queued and close the connection; what comes later is refused. May be called twice."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        open_ = True
        while open_:
            batch = [self._queue.get()]
            while len(batch) < MOST_AT_ONCE and not self._queue.empty():
                batch.append(self._queue.get())
            open_ = None not in batch
            self._commit([item for item in batch if item is not None])
        self._connection.close()

    def _commit(self, batch: list[tuple[Work, Future[Any]]]) -> None:
        results: list[tuple[Future[Any], Any]] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for work, done in batch:
                try:
                    results.append((done, self._under_savepoint(work)))
                except Exception as error:  # a worker thread's edge: the error is the caller's
                    if not self._connection.in_transaction:
                        # SQLite took back all of it, as on a full disk: what went well before is gone too.
                        raise sqlite3.OperationalError(str(error)) from error
                    done.set_exception(_as_state_error(error))
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            for _, done in batch:
                if not done.done():
                    done.set_exception(_as_state_error(error))
            return
        for done, result in results:
            done.set_result(result)

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
        return StateError("the journal cannot be written", where=str(error), hint="make room, then `orchestra resume`")
    return error

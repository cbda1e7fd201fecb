"""Processes that are killed at a chosen point between the journal and the disk."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, TypeVar

from orchestra.state.migrations import MIGRATIONS
from orchestra.state.store import Store
from orchestra.state.writer import Written
from orchestra.workspace.tree import Tree

T = TypeVar("T")


class Killed(BaseException):
    """The process is gone: nothing catches this."""


class Fate:
    """Kills a process after so many steps, a step being one half of a write: before it is done, or just after."""

    def __init__(self, steps: int | None) -> None:
        self._left = steps

    def around(self, work: Callable[[], T]) -> T:
        self._step()
        result = work()
        self._step()
        return result

    def _step(self) -> None:
        if self._left is not None:
            if self._left <= 0:
                raise Killed
            self._left -= 1


class MortalTree(Tree):
    """A tree whose process may die around every write."""

    def __init__(self, root: Path, fate: Fate) -> None:
        # Without the flush: a kill loses nothing of what a kernel has.
        super().__init__(root, write_bytes=lambda descriptor, content: os.write(descriptor, content) and None)
        self._fate = fate

    def write(self, path: str, content: bytes, *, mode: int | None = None) -> tuple[str, ...]:
        return self._fate.around(lambda: super(MortalTree, self).write(path, content, mode=mode))

    def delete(self, path: str) -> None:
        self._fate.around(lambda: super(MortalTree, self).delete(path))


class MortalStore(Store):
    """A journal in memory whose process may die around every transaction; these laws are not about disks.

    What nobody has waited for dies with the process.
    """

    def __init__(self, connection: sqlite3.Connection, fate: Fate) -> None:
        super().__init__(connection, None)
        self._connection = connection
        self._fate = fate
        self._queue: list[tuple[Callable[[sqlite3.Connection], Any], Written[Any]]] = []

    def write(self, work: Callable[[sqlite3.Connection], T], *, is_flushed: bool = True) -> T:
        return self._fate.around(lambda: self._in_order(work))

    def write_later(self, work: Callable[[sqlite3.Connection], T], *, is_flushed: bool = True) -> Written[T]:
        written: Written[T] = Written(is_flushed=is_flushed)
        self._queue.append((work, written))
        return written

    def _in_order(self, work: Callable[[sqlite3.Connection], T]) -> T:
        queue, self._queue = self._queue, []
        for earlier, written in queue:
            written.set(self._transaction(earlier))
        return self._transaction(work)

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._connection.execute("BEGIN")
        try:
            result = work(self._connection)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        return result


@contextmanager
def journal_in_memory() -> Iterator[sqlite3.Connection]:
    """An empty journal of the newest schema."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    for step in MIGRATIONS:
        for statement in step:
            connection.execute(statement)
    try:
        yield connection
    finally:
        connection.close()

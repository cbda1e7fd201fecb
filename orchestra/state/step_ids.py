"""Ids for steps that are told before they are committed."""

from __future__ import annotations

import sqlite3
import threading

from orchestra.state.store import Store

OUT_OF_SIGHT = 2 ** 53
"""What JSON cannot tell from its neighbour, no count of steps comes to."""
_FEWEST, _MOST = 16, 1024


class StepIds:
    """Numbers that no other process gives out, in rising order: taken from the journal in blocks. Any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._free: range = range(0)
        self._size = _FEWEST

    def new(self) -> int:
        """The next one. Raises StateError."""
        while True:
            with self._lock:
                if self._free:
                    taken, self._free = self._free[0], self._free[1:]
                    return taken
                size, self._size = self._size, min(_MOST, 2 * self._size)
            block = self._store.write(lambda connection: _take(connection, size), is_flushed=False)
            with self._lock:
                # Of two threads that came to the end of a block at once, one has its own left unused.
                self._free = max(self._free, block, key=_first)


def _first(numbers: range) -> int:
    return numbers.start


def _take(connection: sqlite3.Connection, size: int) -> range:
    first = connection.execute(
        "SELECT max(coalesce((SELECT max(id) FROM steps), 0) + 1, coalesce((SELECT next FROM step_ids"
        " WHERE typeof(next) = 'integer' AND next < ?), 1))", (OUT_OF_SIGHT,)
    ).fetchone()[0]
    connection.execute("INSERT OR REPLACE INTO step_ids VALUES (1, ?)", (first + size,))
    return range(first, first + size)

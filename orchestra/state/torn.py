"""Reading around what is damaged in a journal: a file cut off, pages that are none."""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any, Generator, Iterator, Sequence

from orchestra.state.database import missing_bytes

_LAST = 2**63 - 1
EVERYTHING = (-_LAST - 1, _LAST)
"""From the lowest number of a row to the highest."""
_LEAST_ROW_BYTES = 32
_MOST_MISSES = 6000
"""Of one table, before it is given up."""


def fill_up(path: Path) -> None:
    """Give a file that was cut off its length: SQLite reads nothing of a shorter one, and of this all that is left."""
    with suppress(OSError):
        missing = missing_bytes(path)
        if missing:
            os.truncate(path, path.stat().st_size + missing)


class TornTable:
    """A table's rows, but for those on damaged pages: read from both sides of a gap, then from within it."""

    def __init__(self, source: sqlite3.Connection, table: str, columns: Sequence[str]) -> None:
        self._source = source
        self._select = f"SELECT rowid, {', '.join(columns)} FROM {table} NOT INDEXED WHERE rowid BETWEEN ? AND ?"
        self._misses = 0
        self._gaps: list[tuple[int, int]] = []

    def __iter__(self) -> Iterator[Sequence[Any]]:
        """Each row, with its rowid first. What is still unread is halved, the widest first."""
        gaps = deque([EVERYTHING])
        while gaps and self._misses < _MOST_MISSES:
            gap = yield from self._ends_of(*gaps.popleft())
            if gap is None:
                continue
            low, high = self._bounded(*gap)
            if low < high:
                middle = (low + high) // 2
                gaps += [(low, middle), (middle + 1, high)]
            else:
                self._gaps.append(gap)
        self._gaps += gaps

    def gaps(self) -> Iterator[tuple[int, int]]:
        """The ranges of rowids that could not be read, once all was tried."""
        low, high = None, 0
        for start, end in sorted(self._gaps):
            if low is not None and start > high + 1:
                yield low, high
                low = None
            low, high = start if low is None else low, max(high, end)
        if low is not None:
            yield low, high

    def _ends_of(self, low: int, high: int) -> Generator[Sequence[Any], None, tuple[int, int] | None]:
        """The rows from both ends up to the damage; returns the rowids between, None where there is no damage."""
        for order in ("ASC", "DESC"):
            try:
                for row in self._source.execute(f"{self._select} ORDER BY rowid {order}", (low, high)):
                    yield tuple(row)
                    if order == "ASC":
                        low = row[0] + 1
                    else:
                        high = row[0] - 1
                return None
            except (sqlite3.Error, UnicodeDecodeError):
                self._misses += 1
        return (low, high) if low <= high else None

    def _bounded(self, low: int, high: int) -> tuple[int, int]:
        """Without rowids that no file of this size can have: rows are numbered one after the other."""
        with suppress(sqlite3.Error):
            pages, page_bytes = (
                self._source.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
            )
            low = max(low, 1)
            high = min(high, low + pages * page_bytes // _LEAST_ROW_BYTES)
        return low, high

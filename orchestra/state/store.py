"""Reading and writing rows, from any thread."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any, Callable, Sequence, TypeVar

from orchestra.clock import Halt
from orchestra.errors import StateError
from orchestra.state.database import FILE, connect, open_database, open_for_reading, reading_error
from orchestra.state.writer import Writer, Written
from orchestra.turns import Turns

T = TypeVar("T")


class Store:
    """One journal file: a connection for reading, and a writer unless it is open for reading only."""

    def __init__(self, reader: sqlite3.Connection, writer: Writer | None) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: Path, turns: Turns | None = None, halt: Halt | None = None) -> Store:
        """For writing; after the halt no other program is waited for. Raises StateError."""
        writer = Writer(open_database(folder), check=_presence_of(folder / FILE), turns=turns, halt=halt)
        return cls(connect(folder / FILE), writer)

    @classmethod
    def open_for_reading(cls, folder: Path) -> Store | None:
        """For reading; None where there is no journal. Raises StateError."""
        reader = open_for_reading(folder)
        return None if reader is None else cls(reader, None)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        """What is committed. Raises StateError."""
        return self.read(lambda connection: connection.execute(sql, parameters).fetchall())

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` makes of what is committed; nobody else reads meanwhile. Raises StateError."""
        try:
            with self._lock:
                return work(self._reader)
        except sqlite3.Error as error:
            raise reading_error(error) from None

    def row(self, sql: str, parameters: Sequence[object] = ()) -> sqlite3.Row | None:
        """The first row, if there is one."""
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def write(self, work: Callable[[sqlite3.Connection], T], *, is_flushed: bool = True) -> T:
        """Run `work` in a transaction; returns once it is on disk, or only committed. Raises StateError."""
        return self._writing().write(work, is_flushed=is_flushed)

    def write_later(self, work: Callable[[sqlite3.Connection], T], *, is_flushed: bool = True) -> Written[T]:
        """The same without waiting, in the order of calls."""
        return self._writing().write_later(work, is_flushed=is_flushed)

    def committed(self, written: Written[T]) -> T:
        """What a `write_later` came to, once it is on disk. Raises StateError."""
        if not written.is_done:
            self.write(lambda connection: None)  # nobody need linger any more
        return written.result()

    def change(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """One statement in a transaction of its own."""
        self.write(lambda connection: connection.execute(sql, parameters) and None)

    def aside(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Run what no transaction may be around, on a connection of its own. Raises StateError."""
        self._writing().write(lambda connection: None)  # what is queued comes first
        try:
            with closing(connect(Path(self.rows("PRAGMA database_list")[0]["file"]))) as connection:
                work(connection)
        except sqlite3.Error as error:
            raise StateError("the journal cannot be tidied", where=str(error), hint="make room") from None

    def close(self) -> None:
        """Write what is queued and let go of the file."""
        if self._writer is not None:
            self._writer.close()
        with self._lock:
            self._reader.close()

    def _writing(self) -> Writer:
        if self._writer is None:
            raise StateError("the journal is open for reading only")
        return self._writer


def _presence_of(path: Path) -> Callable[[], None]:
    """Raises StateError once another file lies there, or none: SQLite would go on writing to what nobody finds."""
    place, there = os.fspath(path), path.stat()

    def check() -> None:
        try:
            is_there = os.path.samestat(os.stat(place), there)
        except OSError:
            is_there = False
        if not is_there:
            raise StateError(
                "the journal has gone from under the run", where=str(path), hint="put the folder back, then resume"
            )

    return check

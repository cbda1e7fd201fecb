"""Sessions removed from the journal for good, and the file made smaller."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import Callable, Sequence

from orchestra.state.sessions import SessionRow, read_sessions
from orchestra.state.store import Store

Choose = Callable[[Sequence[SessionRow]], Sequence[SessionRow]]
"""Of all sessions, newest first, some."""

_CHILDREN = ("replies", "attempts")
"""What belongs to a step."""
_TABLES = (
    "undone_files", "made_folders", "events", "facts", "file_outcomes", "file_versions", "checkpoints", "steps",
    "agents", "plans", "sessions",
)
"""What belongs to a session, children first."""
_READERS_MS = 200
"""How long a reader may keep the file from being cut; after that it is cut when the journal is next closed."""
_WORTH_ONE_IN = 5
"""Part of the file,"""
_WORTH_BYTES = 2**20
"""and so much at least."""
_LOOK_EVERY = 1000
"""Instructions of SQLite's between two looks whether a stop is ordered."""


class Tidying:
    """Makes room in the journal, beside a run too."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def remove(
        self, choose: Choose, delete_files: Callable[[SessionRow], None] = lambda row: None
    ) -> Sequence[SessionRow]:
        """All that there is of the sessions which `choose` takes from all, newest first. Raises StateError.

        One transaction, so that no session can be begun or taken up between the choice and the end. The files go
        first: after a kill in between the session is still listed, and goes at the next time.
        """

        def work(connection: sqlite3.Connection) -> Sequence[SessionRow]:
            gone = choose(read_sessions(connection))
            for row in gone:
                delete_files(row)
                session_id = row.session_id
                for table in _CHILDREN:
                    connection.execute(
                        f"DELETE FROM {table} WHERE step_id IN (SELECT id FROM steps WHERE session_id = ?)",
                        (session_id,),
                    )
                for table in _TABLES:
                    connection.execute(f"DELETE FROM {table} WHERE session_id = ?", (session_id,))
            return gone

        return self._store.write(work)

    def used_bytes(self) -> int:
        """Of the file, without what is free in it."""
        return self._figure("page_count") * self._figure("page_size") - self.free_bytes()

    def free_bytes(self) -> int:
        """Of the file, what could be given back."""
        return self._figure("freelist_count") * self._figure("page_size")

    def shrink(self, is_stopped: Callable[[], bool]) -> None:
        """Give what is free in the file back to the disk, unless a stop is ordered meanwhile. Raises StateError.

        Takes as long as writing what is left, and as much room beside it: see `is_worth_shrinking`. A kill in between
        changes nothing, and readers go on. To give back page by page (auto_vacuum) took thirty times as long.
        """
        if self.free_bytes():
            self._store.aside(lambda connection: _write_anew(connection, is_stopped))

    def is_worth_shrinking(self) -> bool:
        """Whether much of the file is free; a little is soon filled again."""
        free_bytes = self.free_bytes()
        return free_bytes >= max(_WORTH_BYTES, (self.used_bytes() + free_bytes) / _WORTH_ONE_IN)

    def _figure(self, name: str) -> int:
        return int(self._store.rows(f"PRAGMA {name}")[0][0])


def _write_anew(connection: sqlite3.Connection, is_stopped: Callable[[], bool]) -> None:
    was_stopped = False

    def look() -> int:
        nonlocal was_stopped
        was_stopped = was_stopped or is_stopped()  # what ordered it may be gone by the time that SQLite heeds it
        return int(was_stopped)

    connection.set_progress_handler(look, _LOOK_EVERY)
    try:
        connection.execute("VACUUM")
    except sqlite3.OperationalError:
        if not was_stopped:
            raise
        return
    connection.set_progress_handler(None, 0)
    with suppress(sqlite3.OperationalError):  # a reader holds it up: the journal's close will do it
        # The file is cut when its log is written back to it.
        connection.execute(f"PRAGMA busy_timeout = {_READERS_MS}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

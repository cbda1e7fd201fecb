"""Whose rows a damaged journal lacks: a session that has all of its own can go on, whatever others have lost."""

from __future__ import annotations

import sqlite3
from typing import Any, Iterable, Mapping

_BY_STEP = ("replies", "attempts")
_OTHERS_MAKE = ("undone_files", "journal_secret")
"""Whose rows are not made by the session that they are about."""
_NEED_NO_GUESS = ("sessions", "replies")
"""A session that is lost takes no other's part, and a step tells whether it has had a reply."""
_HINDERED = (
    "UPDATE sessions SET can_resume = 0, phase = 'failed', exit_status = 6,"
    " last_error = 'the journal was damaged, and this session may lack a part'"
    " WHERE can_resume = 1 AND session_id = ?"
)


class Losses:
    """What the tables of a journal that is put together anew lack, and which of its sessions may lack it.

    Rows are numbered in the order in which they were made, and one session at a time makes them. So a gap can hold none
    of a session that rested for good before another one began that has rows below the gap, nor of one that began when
    another one rested for good that has rows above it; "for good": as seen from its last noted activity.
    """

    def __init__(self, journal: sqlite3.Connection, deeds: Iterable[str]) -> None:
        """Without every row of the tables `deeds` a session cannot go on."""
        self._journal = journal
        self._deeds = frozenset(deeds)
        self.tables: set[str] = set()
        self._sessions: set[object] = set()
        self._is_anyones = False

    def of_rows(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """These could not be kept, or must be removed."""
        for row in rows:
            self.tables.add(table)
            if table in self._deeds:
                by_step = table in _BY_STEP
                self._sessions.add(self._session_of(row.get("step_id")) if by_step else row.get("session_id"))

    def of_gap(self, table: str, low: int, high: int) -> None:
        """Of a table that is kept as far as it can be read, nothing between these two numbers could."""
        self.tables.add(table)
        if table in _OTHERS_MAKE:
            self._is_anyones = True
        elif table in self._deeds and table not in _NEED_NO_GUESS:
            may_lack = self._journal.execute(_MAY_LACK % {"table": table}, (low, high))
            self._sessions.update(row[0] for row in may_lack)

    def of_table(self, table: str) -> None:
        """There is no telling what it held."""
        self.tables.add(table)
        self._is_anyones = self._is_anyones or table in self._deeds - {"sessions"}

    def hinder(self) -> int:
        """Have those sessions not go on that may lack a part: all where it is not known whose. How many could have."""
        known = {row[0] for row in self._journal.execute("SELECT session_id FROM sessions")}
        lacking = known if self._is_anyones or not self._sessions <= known else self._sessions
        return sum(self._journal.execute(_HINDERED, (session_id,)).rowcount for session_id in lacking)

    def _session_of(self, step_id: object) -> object:
        row = self._journal.execute("SELECT session_id FROM steps WHERE id = ?", (step_id,)).fetchone()
        return None if row is None else row[0]


_MAY_LACK = """
SELECT session_id FROM sessions WHERE NOT coalesce(last_activity < (
    SELECT max(started_at) FROM sessions WHERE session_id IN (SELECT session_id FROM %(table)s WHERE rowid < ?)
), 0) AND NOT coalesce(started_at > (
    SELECT min(last_activity) FROM sessions WHERE session_id IN (SELECT session_id FROM %(table)s WHERE rowid > ?)
), 0)"""

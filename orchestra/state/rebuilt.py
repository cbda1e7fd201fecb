"""Sessions whose own row is lost, from their other rows, so that what they wrote can be seen and undone."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import Any

from orchestra.errors import StateDamaged
from orchestra.state.cells import moment, object_of
from orchestra.state.session_ids import is_session_id
from orchestra.state.sessions import UNDO_MODE

_NAMED_IN = ("plans", "steps", "checkpoints", "file_versions", "file_outcomes", "facts")
_TIMES = (("plans", "created_at"), ("steps", "start_time"), ("steps", "end_time"), ("file_versions", "created_at"))
_PLACE = """
SELECT coalesce(max(rowid) - 1, (SELECT coalesce(max(rowid), 0) + :left FROM sessions)) FROM sessions AS taken
WHERE rowid <= (SELECT min(rowid) FROM sessions WHERE started_at > :began)
AND NOT EXISTS (SELECT 1 FROM sessions WHERE rowid = taken.rowid - 1)"""
"""The number of a row, by which sessions are ordered: the last that is free before those that began later."""
_ERROR = "the journal was damaged, and of this session only a part is left"


def rebuild_sessions(journal: sqlite3.Connection) -> int:
    """Insert a row for every session that other rows speak of; none of them can go on. How many."""
    named = " UNION ".join(
        [*(f"SELECT session_id FROM {table}" for table in _NAMED_IN), "SELECT undone_by FROM undone_files"]
    )
    rows = journal.execute(f"SELECT session_id FROM ({named}) EXCEPT SELECT session_id FROM sessions ORDER BY 1 DESC")
    rebuilt = 0
    lost = [row[0] for row in rows]
    for left, session_id in zip(range(len(lost), 0, -1), lost):
        with suppress(StateDamaged):
            rebuilt += _rebuild(journal, session_id, left)
    return rebuilt


def _rebuild(journal: sqlite3.Connection, session_id: Any, left: int) -> int:
    """`left` such rows are still to come, the newest first. Raises StateDamaged for what is no id of a session."""
    started_at = _began(session_id)
    last = [
        _one(journal, f"SELECT max({column}) FROM {table} WHERE session_id = ?", session_id)
        for table, column in _TIMES
    ]
    (place,) = journal.execute(_PLACE, {"began": started_at, "left": left}).fetchone()
    is_undo = _one(journal, "SELECT count(*) FROM undone_files WHERE undone_by = ?", session_id)
    return journal.execute(
        "INSERT INTO sessions (rowid, session_id, task, phase, iteration, started_at, last_activity, can_resume,"
        " last_error, mode, exit_status, task_source, options, config)"
        " VALUES (?,?,?,'failed',0,?,?,0,?,?,6,'words','{}','{}')",
        (place, session_id, _task(journal, session_id), started_at, max([started_at, *filter(None, last)]), _ERROR,
         UNDO_MODE if is_undo else "sequential"),
    ).rowcount


def _began(session_id: Any) -> str:
    """As the id says. Raises StateDamaged."""
    word = str(session_id)
    day, time = word[2:10], word[11:17]
    began = f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}.000Z"
    moment(began if is_session_id(word) else None)
    return began


def _task(journal: sqlite3.Connection, session_id: str) -> str:
    """What its newest plan sums up."""
    content = _one(journal, "SELECT content FROM plans WHERE session_id = ? ORDER BY id DESC LIMIT 1", session_id)
    summary = None if content is None else object_of(content).get("summary")
    return f"(lost; its plan: {summary})" if isinstance(summary, str) else "(lost)"


def _one(journal: sqlite3.Connection, sql: str, session_id: str) -> Any:
    row = journal.execute(sql, (session_id,)).fetchone()
    return None if row is None else row[0]

"""Journals of earlier schemas, with rows in every table and a value in every column."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from orchestra.records import AGENT_ROLES
from orchestra.state.database import FILE, open_database
from orchestra.state.migrations import MIGRATIONS

EARLIER = range(1, len(MIGRATIONS))
SESSION = "s-20261122-071501-4f2a"
ROWS = 4
OF_ONE_ROW = {"journal_secret"}
_PLAN = {"summary": "do it", "files": [{"path": "a.txt", "action": "create", "description": "it"}], "tests": []}
_VALUES = {
    ("sessions", "phase"): "interrupted", ("sessions", "mode"): "sequential",
    ("sessions", "options"): json.dumps({"dry_run": False, "allow_dirty": False, "must_show": []}),
    ("sessions", "config"): "{}", ("sessions", "can_resume"): 1, ("sessions", "exit_status"): 130,
    ("plans", "content"): json.dumps(_PLAN), ("facts", "content"): '{"a": "fact"}', ("events", "data"): '{"a": 1}',
    ("events", "level"): "info", ("steps", "status"): "completed", ("file_versions", "kind"): "before",
    ("checkpoints", "phase"): "executing", ("file_outcomes", "status"): "approved", ("replies", "cost"): "0.25",
    ("reply_cache", "cost"): "0.25",
}


def old_journal(folder: Path, version: int) -> dict[str, list[tuple[Any, ...]]]:
    """Make one of that schema in the folder `.orchestra`; its rows by table."""
    with closing(open_database(folder, MIGRATIONS[:version])) as connection:
        for table in _tables(connection):
            columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
            connection.executemany(
                f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})",
                [[_value(table, column["name"], column["type"], number) for column in columns]
                 for number in range(1, _rows_in(table) + 1)],
            )
    rows = rows_of(folder)
    assert rows
    assert all(len(found) == _rows_in(table) and None not in found[0] for table, found in rows.items())
    return rows


def rows_of(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Of every table."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
            for table in _tables(connection)
        }


def _rows_in(table: str) -> int:
    return 1 if table in OF_ONE_ROW else ROWS


def _tables(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


def _value(table: str, column: str, kind: str, number: int) -> object:
    if (table, column) in _VALUES:
        return _VALUES[(table, column)]
    if column in ("session_id", "undone_by"):
        return f"s-20261122-07150{number}-4f2a"
    if column.endswith(("_at", "time", "timestamp", "_activity", "_until")):
        return f"2026-11-22T07:15:0{number}.000Z"
    if column in ("role", "agent_role"):
        return AGENT_ROLES[number - 1]
    return {"INTEGER": number, "REAL": number / 4, "BLOB": b"\0%d" % number}.get(kind, f"{column} {number} \u00fc")

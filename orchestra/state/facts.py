"""A row of the table `facts`: what a session was told or saw, by name."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from orchestra.state.cells import cell_text


def put_fact(connection: sqlite3.Connection, session_id: str, name: str, value: Any, now: str) -> None:
    """Keep a JSON value under this name, in place of what was kept before."""
    connection.execute(
        "INSERT OR REPLACE INTO facts (session_id, name, content, created_at) VALUES (?,?,?,?)",
        (session_id, name, cell_text(json.dumps(value, ensure_ascii=False, sort_keys=True)), now),
    )

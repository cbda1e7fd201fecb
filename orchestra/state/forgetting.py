"""Taking a session's rows back to a checkpoint, in one transaction. What was paid for stays."""

from __future__ import annotations

import sqlite3
from typing import Sequence

from orchestra.clock import Clock, iso
from orchestra.dataclass import dataclass
from orchestra.state.facts import put_fact
from orchestra.state.sessions import check_there
from orchestra.state.store import Store

GOING_BACK = "going-back"
"""The fact that a session is on its way back to a checkpoint: its name."""
APPROVED_CHANGE = "whole-change"
"""The fact that the change as a whole was approved: a hash of it."""
TRIED = "tried/"
"""What the name begins with under which is kept what came of mending a path."""


@dataclass(frozen=True)
class Forgotten:
    """What does not count any more."""

    checkpoint_id: int
    """Those that came later are gone."""
    plan: bool
    approval: bool
    paths: Sequence[str]
    """The files that begin anew, from what lies there now."""
    change_review: bool
    """Whether the change as a whole is judged again, though it be the same."""
    step_ids: Sequence[int]
    """The steps that are asked again whatever the question; the others of these files only for another question."""


class Forgetting:
    """Rows of all tables of a session. Any thread."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def announce(self, session_id: str, checkpoint: str) -> None:
        """Note that the session goes back, so that who takes it up after a kill does so first.

        Raises UnknownSession where it has been removed meanwhile.
        """
        def work(connection: sqlite3.Connection) -> None:
            check_there(connection, session_id)
            put_fact(connection, session_id, GOING_BACK, checkpoint, iso(self._clock.now()))
            connection.execute("UPDATE sessions SET can_resume = 1 WHERE session_id = ?", (session_id,))

        self._store.write(work)

    def answered(self, session_id: str) -> list[sqlite3.Row]:
        """Id, key, role and path of every step that has its answer."""
        return self._store.rows(
            "SELECT id, step_key, agent_role, file_path FROM steps WHERE session_id = ? AND status = 'completed'"
            " ORDER BY id", (session_id,),
        )

    def is_mended(self, session_id: str, path: str) -> bool:
        """Whether the file was approved, and changed once more because of failing tests."""
        rows = self._store.rows(
            "SELECT name FROM facts WHERE session_id = ? AND substr(name, 1, 8) = 'mend/fix'", (session_id,)
        )
        return any(row["name"].split("/", 2)[2] == path for row in rows)

    def forget(self, session_id: str, gone: Forgotten) -> None:
        """Do it; the session is not on its way any more."""
        now = iso(self._clock.now())

        def work(connection: sqlite3.Connection) -> None:
            _forget_steps(connection, session_id, gone)
            for path in gone.paths:
                _begin_anew(connection, session_id, path, now)
            _count_generation(connection, session_id, now)
            if gone.approval:
                connection.execute(
                    "UPDATE plans SET approved_by = NULL, approved_at = NULL WHERE session_id = ?", (session_id,)
                )
            if gone.change_review:
                _forget_fact(connection, session_id, APPROVED_CHANGE)
            if gone.plan:
                _forget_plans(connection, session_id)
            connection.execute(
                "DELETE FROM checkpoints WHERE session_id = ? AND id > ?", (session_id, gone.checkpoint_id)
            )
            _forget_fact(connection, session_id, GOING_BACK)

        self._store.write(work)


def _forget_steps(connection: sqlite3.Connection, session_id: str, gone: Forgotten) -> None:
    """Also from the cache: it would give the very answers that are not wanted any more."""
    ids = [(step_id,) for step_id in gone.step_ids]
    connection.executemany(
        "DELETE FROM reply_cache WHERE output_hash IN (SELECT output_hash FROM steps WHERE id = ?)", ids
    )
    connection.executemany("UPDATE steps SET status = 'failed' WHERE id = ?", ids)
    connection.executemany(
        "UPDATE steps SET status = 'pending' WHERE session_id = ? AND file_path = ? AND status = 'completed'",
        [(session_id, path) for path in gone.paths],
    )


def _begin_anew(connection: sqlite3.Connection, session_id: str, path: str, now: str) -> None:
    images = connection.execute(
        "SELECT count(*) FROM file_versions WHERE session_id = ? AND path = ?", (session_id, path)
    ).fetchone()[0]
    put_fact(connection, session_id, f"start/{path}", max(0, images - 1), now)
    connection.execute("DELETE FROM file_outcomes WHERE session_id = ? AND path = ?", (session_id, path))
    for name in (f"begun/{path}", TRIED + path, "tests/latest"):
        _forget_fact(connection, session_id, name)
    tries = f"recovery/{path}/"
    connection.execute(
        "DELETE FROM facts WHERE session_id = ? AND substr(name, 1, ?) = ?", (session_id, len(tries), tries)
    )


def _count_generation(connection: sqlite3.Connection, session_id: str, now: str) -> None:
    """Tests that ran, and answers that were cut off, are those of another generation from here on."""
    row = connection.execute(
        "SELECT content FROM facts WHERE session_id = ? AND name = 'generation'", (session_id,)
    ).fetchone()
    put_fact(connection, session_id, "generation", 1 + (0 if row is None else int(row[0])), now)


def _forget_fact(connection: sqlite3.Connection, session_id: str, name: str) -> None:
    connection.execute("DELETE FROM facts WHERE session_id = ? AND name = ?", (session_id, name))


def _forget_plans(connection: sqlite3.Connection, session_id: str) -> None:
    """With what was seen and said for them; their text stays as facts."""
    connection.execute(
        "INSERT OR REPLACE INTO facts (session_id, name, content, created_at)"
        " SELECT session_id, 'plan-taken-back/' || id, content, created_at FROM plans WHERE session_id = ?",
        (session_id,),
    )
    connection.execute("DELETE FROM plans WHERE session_id = ?", (session_id,))
    connection.execute(
        "DELETE FROM facts WHERE session_id = ? AND name IN"
        " ('remarks', 'remarks-heard', 'listing', 'map', 'guidance', 'clean', 'tests/baseline', 'lint/baseline')",
        (session_id,),
    )

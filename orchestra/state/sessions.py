"""Sessions: their phases, plans, agents and checkpoints."""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Callable, Iterator, Mapping

from orchestra.clock import Clock, iso
from orchestra.dataclass import dataclass
from orchestra.errors import ExitStatus, StateError, UnknownSession
from orchestra.records import AGENT_ROLES, Task
from orchestra.state.cells import cell_text, damaged, moment, object_of, object_with
from orchestra.state.phases import ACTIVITIES, ENDS, MOVES, check_move
from orchestra.state.store import Store

UNDO_MODE = "undo"
"""Of a session that undoes another one, in the place of a mode."""
PLAN = {"files": list}
"""What the content of a plan must have."""
_TEXTS = ("session_id", "task", "task_source", "mode")

_FOLLOW = f"UPDATE sessions SET phase = ? WHERE session_id = ? AND phase IN ({','.join('?' * len(ACTIVITIES))})"


@dataclass(frozen=True)
class SessionRow:
    """A row of the table `sessions`."""

    session_id: str
    task: Task
    phase: str
    iteration: int
    started_at: str
    last_activity: str
    can_resume: bool
    last_error: str | None
    mode: str
    exit_status: int | None
    options: Mapping[str, Any]
    """The flags it was started with, as plain JSON values."""
    config: Mapping[str, Any]
    """The merged configuration, without keys."""


@dataclass(frozen=True)
class PlanRow:
    """A row of the table `plans`: one version of a session's plan."""

    id: int
    hash: str
    text: str
    approved_by: str | None
    """None while it awaits approval."""
    approved_at: str | None = None

    @cached_property
    def content(self) -> Mapping[str, Any]:
        """What `text` says as JSON, a long plan being asked for its approval alone more often."""
        return object_with(self.text, PLAN)


class Sessions:
    """The tables `sessions`, `plans`, `agents` and `checkpoints`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(
        self, session_id: str, task: Task, *, mode: str, options: Mapping[str, Any], config: Mapping[str, Any],
        after: str | None = None,
    ) -> None:
        """A new session in the phase init, with its four agents idle.

        Raises UnknownSession where the session `after`, which it needs, has been removed meanwhile.
        """
        now = self._now()
        row = (
            session_id, task.text, "init", 0, now, now, 1, mode, cell_text(task.source), _json(options), _json(config),
        )

        def work(connection: sqlite3.Connection) -> None:
            if after is not None:
                check_there(connection, after)
            connection.execute(
                "INSERT INTO sessions (session_id, task, phase, iteration, started_at, last_activity, can_resume,"
                " mode, task_source, options, config) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                row,
            )
            connection.executemany(
                "INSERT INTO agents (session_id, role, status, updated_at) VALUES (?,?,'idle',?)",
                [(session_id, role, now) for role in AGENT_ROLES],
            )
            _checkpoint(connection, session_id, "init", now)

        try:
            self._store.write(work)
        except StateError as error:
            hint = (error.hint or "").replace("`orchestra resume`", "run again")
            raise StateError(error.what, where=error.where, hint=hint) from None

    def get(self, session_id: str) -> SessionRow | None:
        if not session_id.isascii():
            return None  # it may not even be text, which no table could be asked for
        row = self._store.row("SELECT * FROM sessions WHERE session_id = ?", (session_id,))
        return None if row is None else _session(row)

    def all(self) -> list[SessionRow]:
        """Newest first."""
        return self._store.read(read_sessions)

    def newest(self) -> SessionRow | None:
        row = self._store.row("SELECT * FROM sessions ORDER BY rowid DESC LIMIT 1")
        return None if row is None else _session(row)

    def reopen(
        self, session_id: str, config: Mapping[str, Any], options: Mapping[str, Any] | None = None
    ) -> None:
        """A stopped session goes on from the phase init, with what may be changed on resume; None leaves the options.

        Raises UnknownSession where it has been removed meanwhile.
        """
        row = (_json(config), None if options is None else _json(options), self._now(), session_id)

        def work(connection: sqlite3.Connection) -> None:
            check_there(connection, session_id)
            connection.execute(
                "UPDATE sessions SET phase = 'init', can_resume = 1, exit_status = NULL, last_error = NULL, config = ?,"
                " options = coalesce(?, options), last_activity = ? WHERE session_id = ?",
                row,
            )

        self._store.write(work)

    def enter_phase(self, session_id: str, phase: str, *, is_checkpoint: bool = True) -> None:
        """Note where the session stands, as a rule with a checkpoint at the first time. Raises IllegalMove."""
        now = self._now()

        def work(connection: sqlite3.Connection) -> None:
            check_move(_phase(connection, session_id), phase)
            connection.execute(
                "UPDATE sessions SET phase = ?, last_activity = ? WHERE session_id = ?", (phase, now, session_id)
            )
            if is_checkpoint:
                _checkpoint_once(connection, session_id, phase, now)

        self._store.write(work)

    def follow_activity(self, session_id: str, begun: str, current: Callable[[], str], noted: set[str]) -> None:
        """Note that the session is in the phase which `current` tells, and a first file in `begun`; does not wait.

        `current` is asked in the writer's thread, at the time of writing: of two calls at once the later news counts.
        A session that has left its files meanwhile stays where it is. `noted` gets those that have their checkpoint.
        """
        now = self._now()

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(_FOLLOW, (current(), session_id, *ACTIVITIES))
            if begun not in noted and _phase(connection, session_id) in ACTIVITIES:
                # Not yet, where it is made now: the transaction may be taken back.
                if _checkpoint_once(connection, session_id, begun, now):
                    noted.add(begun)

        self._store.write_later(work)

    @contextmanager
    def testing_meanwhile(self, session_id: str, current: Callable[[], str]) -> Iterator[None]:
        """A session that works on files is testing while the block runs, and then in what `current` tells.

        Does not wait, and makes no checkpoint: to go back to the tests means those after the files.
        """
        def move(phase: Callable[[], str]) -> None:
            def work(connection: sqlite3.Connection) -> None:
                if _phase(connection, session_id) in (*ACTIVITIES, "testing"):
                    check_move(_phase(connection, session_id), phase())
                    connection.execute("UPDATE sessions SET phase = ? WHERE session_id = ?", (phase(), session_id))

            self._store.write_later(work)

        move(lambda: "testing")
        try:
            yield
        finally:
            move(current)

    def finish(
        self, session_id: str, phase: str, status: ExitStatus, *, can_resume: bool, last_error: str | None
    ) -> None:
        """Note how the session ended or stopped; no agent is busy and no step running any more. Raises IllegalMove."""
        now = self._now()
        said = last_error and cell_text(last_error)

        def work(connection: sqlite3.Connection) -> None:
            check_move(_phase(connection, session_id), phase)
            connection.execute(
                "UPDATE sessions SET phase = ?, exit_status = ?, can_resume = ?, last_error = ?, last_activity = ?"
                " WHERE session_id = ?",
                (phase, int(status), int(can_resume), said, now, session_id),
            )
            connection.execute(
                "UPDATE agents SET status = 'idle', updated_at = ? WHERE session_id = ? AND status = 'working'",
                (now, session_id),
            )
            connection.execute(
                "UPDATE steps SET status = 'failed', end_time = ? WHERE session_id = ? AND status = 'running'",
                (now, session_id),
            )
            _checkpoint(connection, session_id, phase, now)

        self._store.write(work)

    def end(self, session_id: str) -> None:
        """It cannot go on any more."""
        self._store.change("UPDATE sessions SET can_resume = 0 WHERE session_id = ?", (session_id,))

    def save_plan(self, session_id: str, plan_hash: str, content: Mapping[str, Any]) -> None:
        """A new version of the plan, awaiting approval; the same version twice is one."""
        newest = self.plan(session_id)
        if newest is not None and newest.hash == plan_hash:
            return
        self._store.change(
            "INSERT INTO plans (session_id, hash, content, created_at) VALUES (?,?,?,?)",
            (session_id, plan_hash, _json(content), self._now()),
        )

    def approve_plan(self, session_id: str, plan_hash: str, approved_by: str) -> None:
        self._store.change(
            "UPDATE plans SET approved_by = ?, approved_at = ? WHERE session_id = ? AND hash = ?",
            (approved_by, self._now(), session_id, plan_hash),
        )

    def plan(self, session_id: str) -> PlanRow | None:
        """The newest version."""
        row = self._store.row("SELECT * FROM plans WHERE session_id = ? ORDER BY id DESC LIMIT 1", (session_id,))
        if row is None:
            return None
        return PlanRow(row["id"], row["hash"], row["content"], row["approved_by"], row["approved_at"])

    def agents(self, session_id: str) -> dict[str, dict[str, Any]]:
        """Role to row."""
        rows = self._store.rows("SELECT * FROM agents WHERE session_id = ?", (session_id,))
        if any(row["role"] not in AGENT_ROLES for row in rows):
            raise damaged("an agent has no role")
        return {row["role"]: dict(row) for row in sorted(rows, key=lambda row: AGENT_ROLES.index(row["role"]))}

    def checkpoints(self, session_id: str) -> list[dict[str, Any]]:
        """Oldest first."""
        rows = self._store.rows("SELECT * FROM checkpoints WHERE session_id = ? ORDER BY id", (session_id,))
        return [dict(row) for row in rows]

    def points(self, row: SessionRow) -> list[dict[str, Any]]:
        """The checkpoints that the session can go back to, oldest first: rows of the table.

        Of its ends only the last, from where it would go on anyhow.
        """
        rows = self.checkpoints(row.session_id)
        last = rows[-1:] if row.can_resume else []
        return [each for each in rows if each["phase"] not in ENDS or each in last]

    def _now(self) -> str:
        return iso(self._clock.now())


def read_sessions(connection: sqlite3.Connection) -> list[SessionRow]:
    """All, newest first, as they were made: the clock may have run ahead. Raises StateDamaged."""
    rows = connection.execute("SELECT * FROM sessions ORDER BY rowid DESC").fetchall()
    return [_session(row) for row in rows]


def check_there(connection: sqlite3.Connection, session_id: str) -> None:
    """Raises UnknownSession: sessions are removed beside a run, but for those that can go on or are undone."""
    if connection.execute("SELECT 1 FROM sessions WHERE session_id = ?", (session_id,)).fetchone() is None:
        raise UnknownSession(
            f"session {session_id} has been removed meanwhile", hint="`orchestra sessions` lists what is left"
        )


def _phase(connection: sqlite3.Connection, session_id: str) -> str:
    row = connection.execute("SELECT phase FROM sessions WHERE session_id = ?", (session_id,)).fetchone()
    return str(row[0])


def _checkpoint_once(connection: sqlite3.Connection, session_id: str, phase: str, now: str) -> bool:
    """Whether it was there already."""
    known = connection.execute(
        "SELECT 1 FROM checkpoints WHERE session_id = ? AND phase = ?", (session_id, phase)
    ).fetchone()
    if known is None:
        _checkpoint(connection, session_id, phase, now)
    return known is not None


def _checkpoint(connection: sqlite3.Connection, session_id: str, phase: str, now: str) -> None:
    """A checkpoint named after its phase, with a number from the second on."""
    count = connection.execute(
        "SELECT count(*) FROM checkpoints WHERE session_id = ? AND phase = ?", (session_id, phase)
    ).fetchone()[0]
    name = phase if count == 0 else f"{phase}-{count + 1}"
    connection.execute(
        "INSERT INTO checkpoints (session_id, name, phase, created_at) VALUES (?,?,?,?)", (session_id, name, phase, now)
    )


def _session(row: sqlite3.Row) -> SessionRow:
    """Raises StateDamaged."""
    for name in ("started_at", "last_activity"):
        moment(row[name])
    if row["phase"] not in MOVES:
        raise damaged("a session is in no phase")
    if not all(isinstance(row[name], str) for name in _TEXTS):
        raise damaged("what should be text is none")
    return SessionRow(
        session_id=row["session_id"],
        task=Task(row["task"], row["task_source"]),
        phase=row["phase"],
        iteration=row["iteration"],
        started_at=row["started_at"],
        last_activity=row["last_activity"],
        can_resume=bool(row["can_resume"]),
        last_error=row["last_error"],
        mode=row["mode"],
        exit_status=row["exit_status"],
        options=object_of(row["options"]),
        config=object_of(row["config"]),
    )


def _json(value: Mapping[str, Any]) -> str:
    return cell_text(json.dumps(value, ensure_ascii=False, sort_keys=True))

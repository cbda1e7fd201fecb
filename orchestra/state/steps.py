"""Steps, replies and attempts: what was asked, what came back, what it cost."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Iterable, Sequence

from orchestra.clock import Clock, iso
from orchestra.dataclass import dataclass
from orchestra.records import Attempt, Reply, Step, Usage
from orchestra.regex import regex
from orchestra.state.cells import amount_of, cell_text, moment
from orchestra.state.seen_keys import SeenKeys
from orchestra.state.step_ids import StepIds
from orchestra.state.store import Store
from orchestra.state.writer import Written

_STEP = (
    "SELECT steps.*, replies.step_id AS answered, text, provider, model_id, input_tokens, output_tokens,"
    " cached_tokens, cost, latency_ms FROM steps LEFT JOIN replies ON replies.step_id = steps.id"
)
_TURN = regex(r"(?:#(\d+))?(/other)?")
"""What follows in a step's key behind its conversation's: the turn, and that another model was asked in it."""
_LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)
_ACTIVITY = timedelta(seconds=1)
"""So much later a step that is begun is news of its session: what ends there is so in any case."""

ATTEMPT = """step_id, agent_role, file_path, attempts.model_id, attempts.provider, success, attempts.latency_ms,
    timestamp, attempts.input_tokens, attempts.output_tokens, attempts.cached_tokens, estimated_cost, error_code,
    error_message"""
"""The columns of an attempt and of its step."""


@dataclass(frozen=True)
class AttemptRow:
    """An attempt with the step it belongs to."""

    step_id: int
    agent_role: str
    file_path: str | None
    attempt: Attempt


@dataclass(frozen=True)
class _Begun:
    """What was begun here, and when."""

    step: Step
    at: datetime
    row: Sequence[object] = ()
    intent: Written[Any] | None = None
    """The row's writing; None where it was waited for."""


class Steps:
    """The tables `steps`, `replies` and `attempts`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._ids = StepIds(store)
        self._seen: tuple[str, SeenKeys] | None = None
        """The session that last began a step, and its steps' keys: of a new one nothing need be looked up."""
        self._seen_lock = threading.Lock()
        self._running: dict[int, _Begun] = {}
        """By id."""
        self._working: dict[tuple[str, str], str] = {}
        """By session and role the model of an agent that the table says to be working."""
        self._active_at: dict[str, datetime] = {}
        """By session the last activity that a step told of."""

    def begin(self, session_id: str, key: str, *, role: str, path: str | None, input_text: str) -> Step:
        """The intent: a running step, or the completed one with its reply if there is one already.

        A new one is not waited for: its row is there before that of whatever is answered, which is what counts.
        An answer from before the session went back to a checkpoint counts for the very same question alone.
        """
        time = self._clock.now()
        now, is_news = iso(time), time - self._active_at.get(session_id, _LONG_AGO) >= _ACTIVITY
        input_hash = hashlib.sha256(input_text.encode("utf-8", "surrogatepass")).hexdigest()
        if is_news:
            self._active_at[session_id] = time
            self._store.write_later(lambda connection: connection.execute(
                "UPDATE sessions SET last_activity = ? WHERE session_id = ?", (now, session_id)
            ), is_flushed=False)
        row = (session_id, key, role, path, input_hash, now)
        if not self._is_new(session_id, key):
            known = self._store.write(lambda connection: _taken_up(connection, row), is_flushed=False)
            if known is not None:
                if known.reply is None:
                    self._running[known.id] = _Begun(known, time)
                return known
        step = Step(self._ids.new(), session_id, key, role, "running", path, None)
        intent = self._store.write_later(lambda connection: _insert(connection, step.id, row), is_flushed=False)
        self._running[step.id] = _Begun(step, time, row, intent)
        return step

    def _is_new(self, session_id: str, key: str) -> bool:
        """Whether there certainly was no such step; from now on there may be."""
        with self._seen_lock:
            if self._seen is None or self._seen[0] != session_id:
                rows = self._store.rows("SELECT step_key FROM steps WHERE session_id = ?", (session_id,))
                self._seen = (session_id, SeenKeys(row["step_key"] for row in rows))
            return not self._seen[1].add(key)

    def asked(self, step: Step, model_id: str) -> None:
        """Note with which model an agent works; does not wait for the disk, since nothing depends on it."""
        agent = (step.session_id, step.agent_role)
        if self._working.get(agent) == model_id:
            return
        self._working[agent] = model_id
        values = (model_id, iso(self._clock.now()), *agent)
        self._store.write_later(
            lambda connection: connection.execute(
                "UPDATE agents SET status = 'working', model_id = ?, updated_at = ? WHERE session_id = ? AND role = ?",
                values,
            ),
            is_flushed=False,
        )

    def answered_by(self, session_id: str, path: str, keys: Sequence[str]) -> str | None:
        """PROVIDER/MODEL of the last answer in the conversation about a file that began with one of the keys.

        Only answers that count; None without one. Not by when they came: one that counts again came long ago.
        """
        rows = self._store.rows(
            "SELECT step_key, provider, model_id FROM replies JOIN steps ON steps.id = step_id"
            " WHERE session_id = ? AND file_path = ? AND status = 'completed'", (session_id, path),
        )
        turns = [
            (int(found[1] or 1), bool(found[2]), f"{row['provider']}/{row['model_id']}")
            for row in rows for key in keys if row["step_key"].startswith(key)
            for found in [_TURN.fullmatch(row["step_key"], len(key))] if found is not None
        ]
        return max(turns)[2] if turns else None

    def writers(self, session_id: str) -> Sequence[str]:
        """PROVIDER/MODEL of all executors whose answers count, who gave most of them first."""
        rows = self._store.rows(
            "SELECT provider, model_id FROM replies JOIN steps ON steps.id = step_id WHERE session_id = ?"
            " AND agent_role = 'executor' AND status = 'completed' GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2",
            (session_id,),
        )
        return [f"{row['provider']}/{row['model_id']}" for row in rows]

    def drafts(self, session_id: str, path: str | None, *, before: str) -> list[tuple[str, str]]:
        """Key and text of the executor's and the consultant's answers about a file that came before a step."""
        rows = self._store.rows(
            "SELECT step_key, text FROM steps JOIN replies ON replies.step_id = steps.id WHERE session_id = ?"
            " AND file_path IS ? AND agent_role IN ('executor', 'consultant') AND steps.id < coalesce("
            "(SELECT id FROM steps WHERE session_id = ? AND step_key = ?), 9223372036854775807) ORDER BY steps.id",
            (session_id, path, session_id, before),
        )
        return [(row["step_key"], row["text"]) for row in rows]

    def complete(self, step: Step, reply: Reply) -> None:
        """The reply, on disk before anything acts on it."""
        output_hash = hashlib.sha256(reply.text.encode("utf-8", "surrogatepass")).hexdigest()
        usage = reply.usage
        cost = None if usage.cost_usd is None else str(usage.cost_usd)
        end = self._end(step, "completed", output_hash)

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO replies (step_id, text, provider, model_id, input_tokens, output_tokens,"
                " cached_tokens, cost, latency_ms) VALUES (?,?,?,?,?,?,?,?,?)",
                (step.id, reply.text, reply.provider, reply.model_id, usage.input_tokens, usage.output_tokens,
                 usage.cached_tokens, cost, reply.latency_ms),
            )
            end(connection)

        self._store.write(work)

    def fail(self, step: Step) -> None:
        self._store.write(self._end(step, "failed", None))

    def ask_again(self, session_id: str, path: str) -> None:
        """Have the answered steps of a file be asked anew: their answers turned out to be of no use."""
        self._store.change(
            "UPDATE steps SET status = 'failed' WHERE session_id = ? AND file_path = ? AND status = 'completed'",
            (session_id, path),
        )

    def ask_last_again(self, session_id: str, *, role: str) -> None:
        """Have a role's last conversation be held anew, where it was answered to the end: so the answer was of no use.

        Where a call has failed, what was answered before it counts.
        """
        rows = self._store.rows(
            "SELECT step_key, status FROM steps WHERE session_id = ? AND agent_role = ? ORDER BY id DESC LIMIT 1",
            (session_id, role),
        )
        if rows and rows[0]["status"] == "completed":
            key = rows[0]["step_key"].partition("#")[0]
            self._store.change(
                "UPDATE steps SET status = 'failed' WHERE session_id = ?"
                " AND (step_key = ? OR substr(step_key, 1, ?) = ?)",
                (session_id, key, len(key) + 1, key + "#"),
            )

    def add_attempt(self, step: Step, attempt: Attempt) -> None:
        """Does not wait for the disk: the reply's commit, which follows, covers it."""
        usage = attempt.usage
        known = [tokens for tokens in (usage.input_tokens, usage.output_tokens) if tokens is not None]
        row = (
            step.id, attempt.model_id, attempt.provider, sum(known) if known else None, usage.input_tokens,
            usage.output_tokens, usage.cached_tokens, attempt.latency_ms, int(attempt.success), attempt.error_code,
            attempt.error_message and cell_text(attempt.error_message), iso(attempt.timestamp),
            None if usage.cost_usd is None else float(usage.cost_usd),
        )
        self._store.write_later(
            lambda connection: connection.execute(
                "INSERT INTO attempts (step_id, model_id, provider, tokens_used, input_tokens, output_tokens,"
                " cached_tokens, latency_ms, success, error_code, error_message, timestamp, estimated_cost)"
                " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
                row,
            )
        )

    def attempts(self, session_id: str, *, but_first: int = 0) -> list[AttemptRow]:
        """In the order in which they ended, without so many of the first: those are known already."""
        rows = self._store.rows(
            f"SELECT {ATTEMPT} FROM attempts JOIN steps ON steps.id = step_id"
            " WHERE session_id = ? ORDER BY attempts.id LIMIT -1 OFFSET ?",
            (session_id, but_first),
        )
        return [attempt_of(row) for row in rows]

    def _end(self, step: Step, status: str, output_hash: str | None) -> Callable[[sqlite3.Connection], None]:
        """What notes the end; an agent none of whose steps is running any more is idle."""
        now = self._clock.now()
        agent = (step.session_id, step.agent_role)
        begun = self._running.get(step.id)

        def work(connection: sqlite3.Connection) -> None:
            # In the order in which ends are written: of two steps that end at once, only the later one leaves it idle.
            self._running.pop(step.id, None)
            if begun is not None and begun.intent is not None and begun.intent.error is not None:
                # The disk may have room again, and what was answered since is paid for.
                _insert(connection, step.id, begun.row)
            running = [other.step for other in [*self._running.values()]]
            is_idle = not any((other.session_id, other.agent_role) == agent for other in running)
            start = moment(_start_of(connection, step)) if begun is None else begun.at
            connection.execute(
                "UPDATE steps SET status = ?, output_hash = ?, end_time = ?, duration = ? WHERE id = ?",
                (status, output_hash, iso(now), max(0, round((now - start).total_seconds() * 1000)), step.id),
            )
            if is_idle:
                self._working.pop(agent, None)
                # Another one may have begun meanwhile.
                connection.execute(
                    "UPDATE agents SET status = 'idle', updated_at = ? WHERE session_id = ? AND role = ?"
                    " AND status = 'working' AND NOT EXISTS (SELECT 1 FROM steps WHERE status = 'running'"
                    " AND session_id = agents.session_id AND agent_role = agents.role)",
                    (iso(now), *agent),
                )

        return work


def _insert(connection: sqlite3.Connection, step_id: int, row: Sequence[object]) -> None:
    connection.execute(
        "INSERT INTO steps (id, session_id, step_key, agent_role, status, file_path, input_hash, start_time)"
        " VALUES (?,?,?,?,'running',?,?,?)", (step_id, *row),
    )


def _taken_up(connection: sqlite3.Connection, row: tuple[str, str, str, str | None, str, str]) -> Step | None:
    """A step that there was, running once more unless it is completed."""
    session_id, key, _, _, input_hash, now = row
    connection.execute(
        "UPDATE steps SET status = 'completed' WHERE session_id = ? AND step_key = ? AND status = 'pending'"
        " AND input_hash = ? AND EXISTS (SELECT 1 FROM replies WHERE step_id = steps.id)",
        (session_id, key, input_hash),
    )
    connection.execute(
        "UPDATE steps SET status = 'running', input_hash = ?, start_time = ?, end_time = NULL, duration = NULL"
        " WHERE session_id = ? AND step_key = ? AND status != 'completed'",
        (input_hash, now, session_id, key),
    )
    found = connection.execute(_STEP + " WHERE session_id = ? AND step_key = ?", (session_id, key)).fetchone()
    return None if found is None else _step(found)


def _start_of(connection: sqlite3.Connection, step: Step) -> object:
    return connection.execute("SELECT start_time FROM steps WHERE id = ?", (step.id,)).fetchone()[0]


def _step(row: sqlite3.Row) -> Step:
    reply = None
    if row["answered"] is not None and row["status"] == "completed":
        usage = Usage(row["input_tokens"], row["output_tokens"], row["cached_tokens"], amount_of(row["cost"]))
        reply = Reply(row["text"], usage, row["provider"], row["model_id"], row["latency_ms"])
    return Step(
        row["id"], row["session_id"], row["step_key"], row["agent_role"], row["status"], row["file_path"], reply
    )


def attempt_of(row: Iterable[Any]) -> AttemptRow:
    """What a row of the columns ATTEMPT says: by their places, as a session has thousands of them."""
    step_id, role, path, model_id, provider, success, latency_ms, at, input_, output, cached, cost, code, said = row
    usage = Usage(input_, output, cached, None if cost is None else amount_of(repr(cost)))
    attempt = Attempt(model_id, provider, bool(success), latency_ms, moment(at), usage, code, said)
    return AttemptRow(step_id, role, path, attempt)

"""The journal: everything that a run must still know after being killed."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from pathlib import Path
from typing import Any, Callable, Iterable

from orchestra.clock import Clock, Halt, iso
from orchestra.dataclass import dataclass
from orchestra.records import Event, FileOutcome
from orchestra.state.cells import cell_text, json_of
from orchestra.state.facts import put_fact
from orchestra.state.forgetting import Forgetting
from orchestra.state.history import History, read_histories
from orchestra.state.images import Images
from orchestra.state.map_cache import MapCache
from orchestra.state.provider_health import ProviderHealths
from orchestra.state.reply_cache import ReplyCache
from orchestra.state.sessions import SessionRow, Sessions
from orchestra.state.steps import Steps
from orchestra.state.store import Store
from orchestra.state.tidying import Tidying
from orchestra.state.writer import Written
from orchestra.turns import Turns

SECRET_BYTES = 32
_AT_ONCE = 16
"""Events in one statement."""


@dataclass(frozen=True)
class _Waiting:
    """Events that the writer has not come to yet."""

    rows: list[tuple[object, ...]]
    written: Written[None]
    """Also where they could not be: then nothing may join them any more."""


class StateManager:
    """One repository's journal. Any thread may use it.

    The order that makes a kill harmless: intent, reply, before-image, write, after-image, outcome. A method
    that returns has its rows on disk, unless it says otherwise.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.sessions = Sessions(store, clock)
        self.steps = Steps(store, clock)
        self.images = Images(store, clock)
        self.forgetting = Forgetting(store, clock)
        self.reply_cache = ReplyCache(store, clock)
        self.tidying = Tidying(store)
        self.map_cache = MapCache(store)
        self.provider_health = ProviderHealths(store, clock)
        self._events: _Waiting | None = None
        self._events_lock = threading.Lock()

    @classmethod
    def open(
        cls, folder: Path, clock: Clock, turns: Turns | None = None, halt: Halt | None = None
    ) -> StateManager:
        """For writing, in a folder that `make_folder` made. Raises StateError.

        Who waits for it gives its turn up. After the `halt` nothing waits for another program that holds the journal.
        """
        return cls(Store.open(folder, turns, halt), clock)

    @classmethod
    def open_for_reading(cls, folder: Path, clock: Clock) -> StateManager | None:
        """For reading; None where nothing was journalled yet. Raises StateError."""
        store = Store.open_for_reading(folder)
        return None if store is None else cls(store, clock)

    def secret(self) -> bytes:
        """The journal's own random bytes, made at the first call: for marks and stand-ins that nobody can foresee."""
        row = self._store.row("SELECT secret FROM journal_secret")
        if row is None:
            made = secrets.token_bytes(SECRET_BYTES)
            self._store.change("INSERT INTO journal_secret VALUES (1, ?)", (made,))
            return made
        return bytes(row["secret"])

    def histories(self, sessions: Iterable[SessionRow]) -> list[History]:
        """What these sessions did, in their order."""
        return read_histories(self._store, sessions)

    def in_plan_order(self, session_id: str, outcomes: Iterable[FileOutcome]) -> tuple[FileOutcome, ...]:
        """The outcomes as the newest plan has their files; what it does not name comes last."""
        plan = self.sessions.plan(session_id)
        files = () if plan is None else plan.content.get("files", ())
        places = {file["path"]: place for place, file in enumerate(files)}
        return tuple(sorted(outcomes, key=lambda outcome: places.get(outcome.path, len(places))))

    def remember(self, session_id: str, name: str, find_out: Callable[[], Any]) -> Any:
        """What the session was told or saw under this name; found out and kept at the first call.

        JSON values. A resumed run must see what the stopped one saw: remarks, the listing, test results.
        """
        known = self.recall(session_id, name)
        if known is not None:
            return known
        value = find_out()
        self.keep(session_id, name, value)
        return value

    def recall(self, session_id: str, name: str) -> Any:
        """What was kept under this name; None where nothing was."""
        row = self._store.row("SELECT content FROM facts WHERE session_id = ? AND name = ?", (session_id, name))
        return None if row is None else json_of(row["content"])

    def recall_all(self, session_id: str, prefix: str) -> dict[str, Any]:
        """All that was kept under names with that beginning, by the rest of the name."""
        rows = self._store.rows(
            "SELECT name, content FROM facts WHERE session_id = ? AND substr(name, 1, ?) = ?",
            (session_id, len(prefix), prefix),
        )
        return {row["name"][len(prefix):]: json_of(row["content"]) for row in rows}

    def newest_of(self, session_id: str, prefix: str) -> tuple[Any, str] | None:
        """What was last kept under a name with that beginning, and when."""
        row = self._store.row(
            "SELECT content, created_at FROM facts WHERE session_id = ? AND substr(name, 1, ?) = ?"
            " ORDER BY rowid DESC LIMIT 1",
            (session_id, len(prefix), prefix),
        )
        return None if row is None else (json_of(row["content"]), row["created_at"])

    def keep(self, session_id: str, name: str, value: Any) -> None:
        now = iso(self._clock.now())
        self._store.write(lambda connection: put_fact(connection, session_id, name, value, now))

    def keep_later(self, session_id: str, name: str, value: Any) -> None:
        """As `keep`, without waiting: it is on disk before anything that is written after it."""
        now = iso(self._clock.now())
        self._store.write_later(lambda connection: put_fact(connection, session_id, name, value, now))

    def add_event(self, event: Event) -> None:
        """Does not wait for the disk: nothing acts on an event. Those that wait for it together are one work."""
        row: tuple[object, ...] = (
            event.session_id, iso(event.time), event.level, event.name, event.step_id,
            cell_text(event.data_as_json),
        )
        with self._events_lock:
            if self._events is not None and not self._events.written.is_done:
                self._events.rows.append(row)
                return
            batch = [row]
            self._events = _Waiting(batch, self._store.write_later(
                lambda connection: self._write(batch, connection), is_flushed=False
            ))

    def _write(self, batch: list[tuple[object, ...]], connection: sqlite3.Connection) -> None:
        with self._events_lock:
            if self._events is not None and self._events.rows is batch:
                self._events = None
        # Several by one statement: each lets other threads in, which take a while to let this one go on.
        for start in range(0, len(batch), _AT_ONCE):
            rows = batch[start:start + _AT_ONCE]
            connection.execute(
                "INSERT INTO events (session_id, time, level, name, step_id, data) VALUES "
                + ",".join(["(?,?,?,?,?,?)"] * len(rows)),
                [value for row in rows for value in row],
            )

    def check(self) -> None:
        """Raises StateDamaged where some row cannot be read as what it is."""
        from orchestra.state.row_checks import check_rows  # seldom asked for

        self._store.read(check_rows)

    def close(self) -> None:
        """Write what is queued and let go of the file."""
        self._store.close()

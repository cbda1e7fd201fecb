"""Which sessions may go, and their going: rows, log, receipt."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Callable, Iterable, Sequence

from orchestra.dataclass import dataclass
from orchestra.errors import StateError
from orchestra.observe.events import Events
from orchestra.observe.log import log_path, older_path
from orchestra.state.cells import moment
from orchestra.state.lock import may_be_held
from orchestra.state.manager import StateManager
from orchestra.state.sessions import SessionRow
from orchestra.state.tidying import Choose

_FITS_WELL = 0.9
"""Of what may be kept: one that fits but just would have to be tidied after every run."""


@dataclass(frozen=True)
class Tidied:
    """What was removed."""

    sessions: tuple[SessionRow, ...]
    """Oldest first."""
    freed_bytes: int
    is_given_back: bool
    """Whether the file was made smaller; beside a run what is free in it is left to that."""


def removable(rows: Sequence[SessionRow], *, running: str | None = None) -> list[tuple[SessionRow, ...]]:
    """What may go, the oldest first; sessions that undo each other go together. `rows` are newest first.

    Never the newest, never the one that runs, never one that can go on, and nothing that belongs together with one
    of these.
    """
    kept = {row.session_id for row in rows if row.can_resume or row.session_id in (running, rows[0].session_id)}
    groups = [group for group in _together(rows) if not kept & {row.session_id for row in group}]
    ages = {row.session_id: age for age, row in enumerate(rows)}
    return sorted(groups, key=lambda group: ages[group[-1].session_id], reverse=True)


def to_prune(
    rows: Sequence[SessionRow], *, keep: int | None, older_than: timedelta | None, now: datetime,
    running: str | None = None,
) -> list[SessionRow]:
    """Those that are neither among the `keep` newest nor younger than that; where one is None it decides nothing."""
    spared = {row.session_id for row in rows[:keep]} if keep is not None else set()
    if older_than is not None:
        spared |= {row.session_id for row in rows if now - moment(row.last_activity) < older_than}
    return [
        row
        for group in removable(rows, running=running) if not spared & {row.session_id for row in group}
        for row in group
    ]


def remove(journal: StateManager, folder: Path, choose: Choose) -> Sequence[SessionRow]:
    """Remove for good those that `choose` takes from all, newest first; which they were. Raises StateError."""

    def delete_files(row: SessionRow) -> None:
        with suppress(OSError):
            for path in _logs(folder, row.session_id):
                path.unlink(missing_ok=True)
            shutil.rmtree(_receipts(folder, row.session_id), ignore_errors=True)

    return journal.tidying.remove(choose, delete_files)


def prune(
    journal: StateManager, folder: Path, choose: Choose, is_stopped: Callable[[], bool]
) -> Tidied:
    """Remove what `choose` takes, and have the file shrink; beside a run, without the lock. Raises StateError."""
    before = _size_bytes(journal, folder)
    gone = remove(journal, folder, choose)
    after = _size_bytes(journal, folder)
    is_alone = shrink(journal, folder, is_stopped)
    return Tidied(tuple(gone), max(0, before - after), is_alone)


def shrink(journal: StateManager, folder: Path, is_stopped: Callable[[], bool]) -> bool:
    """Have the file shrink, unless a run would have to wait for it: also one that begins meanwhile.

    Whether no run is there. Raises StateError.
    """
    if not may_be_held(folder):
        journal.tidying.shrink(lambda: is_stopped() or may_be_held(folder))
    return not may_be_held(folder)


def worked_at(rows: Sequence[SessionRow], folder: Path, now: datetime) -> str | None:
    """The session that the run beside is at, or has just brought to its end; None where no run is."""
    if not rows or not may_be_held(folder):
        return None
    # What was worked at in the future was so under a clock that ran ahead.
    past = [row for row in rows if moment(row.last_activity) <= now]
    return max(past or rows, key=lambda row: moment(row.last_activity)).session_id


@dataclass(frozen=True)
class Keeping:
    """Holds a repository's state to its limits at the end of a run."""

    journal: StateManager
    folder: Path
    session_id: str
    """Of the run."""
    keep: int
    max_bytes: int
    now: Callable[[], datetime]
    is_stopped: Callable[[], bool]
    events: Events

    def apply(self) -> None:
        """Remove what is beyond the limits, and say so. What cannot be done is said and fails nothing."""
        try:
            self._apply()
        except StateError as error:
            self.events.emit("state.not_pruned", level="warning", why=error.message)

    def _apply(self) -> None:
        rows = self.journal.sessions.all()
        gone = to_prune(rows, keep=self.keep, older_than=None, now=self.now(), running=self.session_id)
        before = _size_bytes(self.journal, self.folder)
        if gone:
            remove(self.journal, self.folder, _these(gone))
        size_bytes = self._make_room(gone)
        tidying = self.journal.tidying
        if tidying.is_worth_shrinking() or size_bytes + tidying.free_bytes() > self.max_bytes:
            tidying.shrink(self.is_stopped)
        if gone:
            self.events.emit(
                "state.pruned", sessions=[row.session_id for row in gone], freed_bytes=max(0, before - size_bytes),
                size_bytes=size_bytes,
            )
        if size_bytes > self.max_bytes:
            self.events.emit("state.too_large", level="warning", size_bytes=size_bytes, max_bytes=self.max_bytes)

    def _make_room(self, gone: list[SessionRow]) -> int:
        """Remove the oldest until the rest fits well, and add them to `gone`; how large the rest is."""
        size_bytes = _size_bytes(self.journal, self.folder)
        if size_bytes <= self.max_bytes:
            return size_bytes
        # First what can be found out again; a session cannot.
        self.journal.map_cache.clear()
        size_bytes = _size_bytes(self.journal, self.folder)
        for group in removable(self.journal.sessions.all(), running=self.session_id):
            if size_bytes <= self.max_bytes * _FITS_WELL or self.is_stopped():
                break
            remove(self.journal, self.folder, _these(group))
            gone.extend(group)
            size_bytes = _size_bytes(self.journal, self.folder)
        return size_bytes


def _these(rows: Sequence[SessionRow]) -> Choose:
    return lambda _: rows


def _together(rows: Sequence[SessionRow]) -> list[tuple[SessionRow, ...]]:
    """Sessions with those that undo them, and those with theirs; each group newest first."""
    leader = {row.session_id: row.session_id for row in rows}

    def find(session_id: str) -> str:
        while leader[session_id] != session_id:
            session_id = leader[session_id]
        return session_id

    for row in rows:
        target = row.options.get("undoes")
        if target in leader:
            leader[find(row.session_id)] = find(target)
    groups: dict[str, list[SessionRow]] = {}
    for row in rows:
        groups.setdefault(find(row.session_id), []).append(row)
    return [tuple(group) for group in groups.values()]


def _size_bytes(journal: StateManager, folder: Path) -> int:
    """Of the journal and of what belongs to sessions beside it."""
    return journal.tidying.used_bytes() + sum(_sizes((folder / "logs", folder / "runs")))


def _sizes(folders: Iterable[Path]) -> Iterable[int]:
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                with suppress(OSError):
                    yield os.lstat(os.path.join(place, name)).st_size


def _logs(folder: Path, session_id: str) -> tuple[Path, Path]:
    path = log_path(folder, session_id)
    return path, older_path(path)


def _receipts(folder: Path, session_id: str) -> Path:
    return folder / "runs" / session_id

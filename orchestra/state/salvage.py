"""A new journal from what can still be read of a damaged one, which is put aside."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestra.errors import StateError
from orchestra.state.database import FILE, connect, open_database
from orchestra.state.migrations import MIGRATIONS, tables_of
from orchestra.state.torn import TornTable, fill_up, unreadable_rows

TABLES = (
    "sessions", "plans", "agents", "steps", "replies", "attempts", "checkpoints", "file_versions", "file_outcomes",
    "facts", "events", "undone_files", "made_folders", "provider_health",
    "journal_secret",
)
"""What is carried over, referred-to first; the cache of answers is not worth it."""
_LATER = frozenset({"undone_files", "made_folders", "provider_health", "journal_secret"})
_DEEDS = frozenset(TABLES) - {"agents", "attempts", "checkpoints", "events", "provider_health"}
"""Without every row of these a session could do something twice, or take a draft for the user's own file."""
_ORPHANS = (
    *(
        f"DELETE FROM {table} WHERE session_id NOT IN (SELECT session_id FROM sessions)"
        for table in (
            "plans", "agents", "steps", "checkpoints", "file_versions", "file_outcomes", "facts", "made_folders",
        )
    ),
    "DELETE FROM undone_files WHERE session_id NOT IN (SELECT session_id FROM sessions)"
    " OR undone_by NOT IN (SELECT session_id FROM sessions)",
    "DELETE FROM replies WHERE step_id NOT IN (SELECT id FROM steps)",
    "DELETE FROM attempts WHERE step_id NOT IN (SELECT id FROM steps)",
    # Without its first image nobody knows what the file was before the session.
    "DELETE FROM file_versions WHERE NOT EXISTS (SELECT 1 FROM file_versions AS first WHERE first.kind = 'before'"
    " AND first.session_id = file_versions.session_id AND first.path = file_versions.path"
    " AND first.id <= file_versions.id)",
    "UPDATE steps SET status = 'failed' WHERE status = 'completed' AND id NOT IN (SELECT step_id FROM replies)",
)
_CANNOT_GO_ON = (
    "UPDATE sessions SET can_resume = 0, phase = 'failed', exit_status = 6,"
    " last_error = 'the journal was damaged, and this session may lack a part' WHERE can_resume = 1"
)


@dataclass(frozen=True)
class Salvaged:
    """What became of a damaged journal."""

    moved_to: Path
    sessions: int
    attempts: int
    images: int
    is_whole: bool
    """Whether every row was found that a session rests on, so that sessions can go on."""
    lost: tuple[str, ...] = ()
    """The tables of which rows are missing."""

    def __str__(self) -> str:
        kept = ", ".join((
            _count(self.sessions, "session"), _count(self.attempts, "attempt"), _count(self.images, "file image")
        ))
        rest = f"missing are rows of {', '.join(self.lost)}" if self.lost else "nothing is missing"
        if not self.is_whole:
            rest = "none of these sessions can be resumed"
        return f"the journal was damaged and moved to {self.moved_to.name}; saved were {kept}; {rest}"


def salvage(folder: Path, now: datetime) -> Salvaged:
    """Put a journal in the place of the damaged one. With the repository's lock held. Raises StateError.

    The damaged file keeps its side files under its new name, so that it can be looked into. A kill in between
    leaves either the damaged file or the new one in its place.
    """
    try:
        with tempfile.TemporaryDirectory(dir=folder / "tmp", prefix="salvage-") as name:
            new = Path(name) / "new"
            new.mkdir()
            lost = _rebuild(_copied(folder, Path(name)), new)
            sessions, attempts, images = (
                _rows_of(new / FILE, table) for table in ("sessions", "attempts", "file_versions")
            )
            moved_to = _exchange(folder, new / FILE, f"{FILE}.damaged-{now:%Y%m%d-%H%M%S}")
    except (OSError, sqlite3.Error) as error:
        raise StateError(
            "the damaged journal cannot be put aside", where=f"{folder / FILE}: {error}",
            hint="make room, or see whether the disk is well, then run again",
        ) from None
    return Salvaged(moved_to, sessions, attempts, images, not lost & _DEEDS, tuple(sorted(lost)))


def _copied(folder: Path, place: Path) -> Path:
    """Reading a journal can change it: a copy is read."""
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError):
            shutil.copyfile(folder / (FILE + suffix), place / (FILE + suffix))
    fill_up(place / FILE)
    return place / FILE


def _rebuild(damaged: Path, new: Path) -> set[str]:
    """A journal of this version in the folder `new`; the tables of which it lacks rows."""
    lost: set[str] = set()
    with closing(open_database(new)) as target, closing(connect(damaged)) as source:
        target.execute("BEGIN IMMEDIATE")
        for table in TABLES:
            if not _carry_over(source, target, table):
                lost.add(table)
        lost |= _drop_what_is_wrong(target)
        before = target.total_changes
        for statement in _ORPHANS:
            target.execute(statement)
        if target.total_changes != before:
            lost.add("steps")
        if lost & _DEEDS:
            target.execute(_CANNOT_GO_ON)
        target.execute("COMMIT")
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return lost


def _carry_over(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> bool:
    """Whether the table could be read to its end, and all of it be kept."""
    columns = [row["name"] for row in target.execute(f"PRAGMA table_info({table})")]
    try:
        there = {row["name"] for row in source.execute(f"PRAGMA table_info({table})")}
        version = source.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error:
        return False
    if not there:
        # A table of a later schema than the damaged file's is no loss, but one that was never new is.
        return table in _LATER and table not in tables_of(MIGRATIONS[:version])
    common = [column for column in columns if column in there]
    insert = f"INSERT OR IGNORE INTO {table} ({', '.join(common)}) VALUES ({', '.join('?' * len(common))})"
    rows = TornTable(source, table, common)
    kept = 0
    for row in rows:
        with suppress(sqlite3.IntegrityError):
            kept += target.execute(insert, tuple(row)).rowcount
    return rows.is_whole and kept == rows.count


def _drop_what_is_wrong(target: sqlite3.Connection) -> set[str]:
    """Remove rows that say nothing, and answers and images that are not what their hashes say; from which tables."""
    lost = set()
    for table, ids in unreadable_rows(target):
        target.executemany(f"DELETE FROM {table} WHERE rowid = ?", [(each,) for each in ids])
        lost.add(table)
    images = [
        (row["id"],) for row in target.execute("SELECT id, content, hash FROM file_versions")
        if not _is_content(row["content"], row["hash"])
    ]
    replies = [
        (row["step_id"],) for row in target.execute(
            "SELECT step_id, text, output_hash FROM replies JOIN steps ON steps.id = step_id WHERE status = 'completed'"
        ) if not _is_content(str(row["text"]).encode("utf-8", "surrogatepass"), row["output_hash"])
    ]
    target.executemany("DELETE FROM file_versions WHERE id = ?", images)
    target.executemany("DELETE FROM replies WHERE step_id = ?", replies)
    return lost | ({"file_versions"} if images or replies else set())


def _is_content(content: object, hash_: str | None) -> bool:
    if content is None:
        return hash_ is None
    return isinstance(content, bytes) and hashlib.sha256(content).hexdigest() == hash_


def _rows_of(path: Path, table: str) -> int:
    with closing(connect(path)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _exchange(folder: Path, new: Path, name: str) -> Path:
    """Have `new` lie where the damaged file lay, which gets another name."""
    aside = folder / name
    number = 1
    while os.path.lexists(aside):
        number += 1
        aside = folder / f"{name}-{number}"
    for suffix in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            os.link(folder / (FILE + suffix), f"{aside}{suffix}")
    # Its log must be gone before there is a file that it does not belong to.
    for suffix in ("-wal", "-shm"):
        (folder / (FILE + suffix)).unlink(missing_ok=True)
    os.replace(new, folder / FILE)
    return aside


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

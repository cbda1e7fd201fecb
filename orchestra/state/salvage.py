"""A new journal from what can still be read of a damaged one, which is put aside."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Iterable, Mapping, Sequence

from orchestra.dataclass import dataclass
from orchestra.errors import StateError
from orchestra.state.database import FILE, connect, expected_columns, open_database
from orchestra.state.losses import Losses
from orchestra.state.migrations import MIGRATIONS
from orchestra.state.raw_rows import raw_rows
from orchestra.state.rebuilt import rebuild_sessions
from orchestra.state.row_checks import unreadable_rows
from orchestra.state.torn import EVERYTHING, TornTable, fill_up

TABLES = (
    "sessions", "plans", "agents", "steps", "replies", "attempts", "checkpoints", "file_versions", "file_outcomes",
    "facts", "events", "undone_files", "made_folders", "provider_health",
    "journal_secret", "step_ids",
)
"""What is carried over, referred-to first; the cache of answers is not worth it."""
_LATER = frozenset({"undone_files", "made_folders", "provider_health", "journal_secret", "step_ids"})
_DEEDS = frozenset(TABLES) - {"agents", "attempts", "checkpoints", "events", "provider_health", "step_ids"}
"""Without every row of these a session could do something twice, or take a draft for the user's own file."""
_OF_NO_SESSION = "session_id NOT IN (SELECT session_id FROM sessions)"
_WRONG = (
    *((table, _OF_NO_SESSION) for table in (
        "plans", "agents", "steps", "checkpoints", "file_versions", "file_outcomes", "facts", "made_folders",
        "undone_files",
    )),
    # Without its first image nobody knows what the file was before the session.
    ("file_versions", "NOT EXISTS (SELECT 1 FROM file_versions AS first WHERE first.kind = 'before'"
     " AND first.session_id = file_versions.session_id AND first.path = file_versions.path"
     " AND first.id <= file_versions.id)"),
)
"""Rows that rest on others which are lost."""
_OF_NO_STEP = "step_id NOT IN (SELECT id FROM steps)"
_UNANSWERED = "status IN ('completed', 'pending') AND id NOT IN (SELECT step_id FROM replies)"


@dataclass(frozen=True)
class Salvaged:
    """What became of a damaged journal."""

    moved_to: Path
    sessions: int
    attempts: int
    images: int
    is_whole: bool
    """Whether every row was found that a session rests on."""
    lost: tuple[str, ...] = ()
    """The tables of which rows are missing."""
    hindered: int = 0
    """The sessions that could go on, but for what they lack."""
    rebuilt: int = 0
    """Those whose own row is lost: what is known of them is what their other rows say, and they cannot go on."""

    def __str__(self) -> str:
        kept = ", ".join((
            _count(self.sessions, "session"), _count(self.attempts, "attempt"), _count(self.images, "file image")
        ))
        rest = f"missing are rows of {', '.join(self.lost)}" if self.lost else "nothing is missing"
        if self.rebuilt:
            rest += f"; {_count(self.rebuilt, 'session')} put together from other rows"
        if self.hindered:
            rest += f"; {_count(self.hindered, 'session')} cannot be resumed for want of a part"
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
            losses, hindered, rebuilt = _rebuild(_copied(folder, Path(name)), new)
            sessions, attempts, images = (
                _rows_of(new / FILE, table) for table in ("sessions", "attempts", "file_versions")
            )
            moved_to = _exchange(folder, new / FILE, f"{FILE}.damaged-{now:%Y%m%d-%H%M%S}")
    except (OSError, sqlite3.Error) as error:
        raise StateError(
            "the damaged journal cannot be put aside", where=f"{folder / FILE}: {error}",
            hint="make room, or see whether the disk is well, then run again",
        ) from None
    is_whole = not losses.tables & _DEEDS and not rebuilt
    return Salvaged(moved_to, sessions, attempts, images, is_whole, tuple(sorted(losses.tables)), hindered, rebuilt)


def _copied(folder: Path, place: Path) -> Path:
    """Reading a journal can change it: a copy is read."""
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError):
            shutil.copyfile(folder / (FILE + suffix), place / (FILE + suffix))
    fill_up(place / FILE)
    return place / FILE


def _rebuild(damaged: Path, new: Path) -> tuple[Losses, int, int]:
    """A journal of this version in the folder `new`: what it lacks, whom that hinders, whose own row is made up."""
    with closing(open_database(new)) as target:
        target.execute("BEGIN IMMEDIATE")
        losses = Losses(target, _DEEDS)
        with closing(connect(damaged)) as source:
            gaps = {table: list(_carry_over(source, target, table, losses)) for table in TABLES}
        _drop_what_is_wrong(target, losses)
        for table in TABLES:
            for low, high in gaps[table]:
                losses.of_gap(table, low, high)
        if any(gaps.values()):
            _fill(target, damaged, gaps, losses)
        rebuilt = rebuild_sessions(target)
        for table, where in _WRONG:
            _remove(target, losses, table, where)
        _drop_what_has_no_step(target, losses)
        hindered = losses.hinder()
        target.execute("COMMIT")
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return losses, hindered, rebuilt


def _carry_over(
    source: sqlite3.Connection, target: sqlite3.Connection, table: str, losses: Losses
) -> Iterable[tuple[int, int]]:
    """Keep what can be read; the gaps between."""
    columns = [row["name"] for row in target.execute(f"PRAGMA table_info({table})")]
    try:
        there = {row["name"] for row in source.execute(f"PRAGMA table_info({table})")}
        version = source.execute("PRAGMA user_version").fetchone()[0]
        expected = expected_columns(MIGRATIONS[:version] if version > 0 else MIGRATIONS)
    except (sqlite3.Error, UnicodeDecodeError):
        return [EVERYTHING]
    if not there:
        # A table of a later schema than the damaged file's is no loss, but one that was never new is.
        return [EVERYTHING] if table not in _LATER or table in expected else []
    if not expected.get(table, set()) <= there:
        losses.of_table(table)
    common = [column for column in columns if column in there]
    insert = f"INSERT OR IGNORE INTO {table} (rowid, {', '.join(common)}) VALUES (?{', ?' * len(common)})"
    rows = TornTable(source, table, common)
    for row in rows:
        try:
            is_kept = target.execute(insert, row).rowcount == 1
        except sqlite3.IntegrityError:
            is_kept = False
        if not is_kept:
            losses.of_rows(table, [dict(zip(common, row[1:]))])
    return rows.gaps()


def _fill(
    target: sqlite3.Connection, damaged: Path, gaps: Mapping[str, Sequence[tuple[int, int]]], losses: Losses
) -> None:
    """Put into the gaps what lies on pages that no table leads to; nobody goes on with that, as it may be old."""
    for row in raw_rows(damaged, target):
        if any(low <= row.rowid <= high for low, high in gaps.get(row.table, ())):
            names = ("rowid", *row.cells)
            insert = f"INSERT OR IGNORE INTO {row.table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
            with suppress(sqlite3.IntegrityError):
                target.execute(insert, (row.rowid, *row.cells.values()))
                losses.of_rows(row.table, [row.cells])
    _drop_what_is_wrong(target, losses)


def _drop_what_is_wrong(target: sqlite3.Connection, losses: Losses) -> None:
    """Remove rows that say nothing, and answers and images that are not what their hashes say."""
    wrong = {table: ids for table, ids in unreadable_rows(target)}
    wrong.setdefault("file_versions", []).extend(
        row["id"] for row in target.execute("SELECT id, content, hash FROM file_versions")
        if not _is_content(row["content"], row["hash"])
    )
    wrong.setdefault("replies", []).extend(
        row["step_id"] for row in target.execute(
            "SELECT step_id, text, output_hash FROM replies JOIN steps ON steps.id = step_id WHERE status = 'completed'"
        ) if not _is_content(str(row["text"]).encode("utf-8", "surrogatepass"), row["output_hash"])
    )
    for table, ids in wrong.items():
        for each in ids:
            _remove(target, losses, table, f"rowid = {each:d}")


def _drop_what_has_no_step(target: sqlite3.Connection, losses: Losses) -> None:
    """And have the steps be asked again whose answers are lost."""
    losses.of_rows("steps", _rows(target, "steps", _UNANSWERED))
    target.execute(f"UPDATE steps SET status = 'failed' WHERE {_UNANSWERED}")
    if "steps" not in losses.tables and _rows(target, "replies", _OF_NO_STEP):
        losses.of_table("steps")
    for table in ("replies", "attempts"):
        target.execute(f"DELETE FROM {table} WHERE {_OF_NO_STEP}")


def _remove(target: sqlite3.Connection, losses: Losses, table: str, where: str) -> None:
    losses.of_rows(table, _rows(target, table, where))
    target.execute(f"DELETE FROM {table} WHERE {where}")


def _rows(target: sqlite3.Connection, table: str, where: str) -> list[dict[str, object]]:
    return [dict(row) for row in target.execute(f"SELECT * FROM {table} WHERE {where}")]


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

"""File images and outcomes: what lay where before and after, and how each planned file ended."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Callable, Iterator, Sequence

from orchestra.clock import Clock, iso
from orchestra.records import FileImage, FileOutcome
from orchestra.state.cells import cell_text, damaged
from orchestra.state.store import Store

_AT_ONCE = 50


class Images:
    """The tables `file_versions` and `file_outcomes`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def all(self, session_id: str, path: str) -> list[FileImage]:
        """What lay at `path` before the session, and after each of its writes; empty where nothing is noted."""
        rows = self._store.rows(
            "SELECT content, mode FROM file_versions WHERE session_id = ? AND path = ? ORDER BY id", (session_id, path)
        )
        return [_image(row) for row in rows]

    def at(self, session_id: str, path: str, position: int) -> FileImage | None:
        """What lay at `path` before the session (position 0) or after its n-th write; None where not noted."""
        row = self._store.row(
            "SELECT content, mode FROM file_versions WHERE session_id = ? AND path = ? ORDER BY id LIMIT 1 OFFSET ?",
            (session_id, path, position),
        )
        return None if row is None else _image(row)

    def count_writes(self, session_id: str, path: str) -> int:
        """How often the session wrote `path`: the position of its last image."""
        row = self._store.rows(
            "SELECT count(*) AS images FROM file_versions WHERE session_id = ? AND path = ?", (session_id, path)
        )[0]
        return max(0, int(row["images"]) - 1)

    def save(self, session_id: str, path: str, kind: str, image: FileImage) -> None:
        """A new image: one of the kind `before`, then one of the kind `after` for each write."""
        self.save_later(session_id, path, kind, image)()

    def save_later(self, session_id: str, path: str, kind: str, image: FileImage) -> Callable[[], None]:
        """The same without waiting for the disk; what is returned waits for it, and raises StateError."""
        row = (session_id, path, kind, image.content, image.mode, content_hash(image.content), iso(self._clock.now()))

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO file_versions (session_id, path, kind, content, mode, hash, created_at)"
                " VALUES (?,?,?,?,?,?,?)",
                row,
            )

        written = self._store.write_later(work)
        return lambda: self._store.committed(written)

    def paths(self, session_id: str) -> list[str]:
        """Every path with an image, sorted."""
        rows = self._store.rows(
            "SELECT DISTINCT path FROM file_versions WHERE session_id = ? ORDER BY path", (session_id,)
        )
        return [row["path"] for row in rows]

    def changed_paths(self, session_id: str) -> list[str]:
        """The paths whose first and last image differ, sorted."""
        rows = self._store.rows(
            "SELECT ends.path FROM (SELECT path, min(id) AS first, max(id) AS last FROM file_versions"
            " WHERE session_id = ? GROUP BY path) AS ends"
            " JOIN file_versions AS a ON a.id = ends.first JOIN file_versions AS b ON b.id = ends.last"
            " WHERE a.hash IS NOT b.hash OR a.mode IS NOT b.mode ORDER BY ends.path",
            (session_id,),
        )
        return [row["path"] for row in rows]

    def ends(self, session_id: str, path: str) -> tuple[FileImage, FileImage]:
        """First and last image of a path that the session wrote."""
        rows = self._store.rows(
            "SELECT content, mode FROM file_versions JOIN (SELECT min(id) AS first, max(id) AS last FROM file_versions"
            " WHERE session_id = ? AND path = ?) ON id IN (first, last) ORDER BY id",
            (session_id, path),
        )
        images = [_image(row) for row in rows]
        return images[0], images[-1]

    def all_ends(self, session_id: str) -> Iterator[tuple[str, FileImage, FileImage]]:
        """Every path in order, with its first and last image: a few at a time, as files may be large."""
        last = ""
        while True:
            rows = self._store.rows(
                "SELECT file_versions.path, content, mode FROM file_versions JOIN (SELECT min(id) AS first, max(id) AS"
                " last FROM file_versions WHERE session_id = ? AND path > ? GROUP BY path ORDER BY path LIMIT ?)"
                " ON id IN (first, last) ORDER BY file_versions.path, id",
                (session_id, last, _AT_ONCE),
            )
            if not rows:
                return
            images: dict[str, list[FileImage]] = {}
            for row in rows:
                images.setdefault(row["path"], []).append(_image(row))
            for last, ends in images.items():
                yield last, ends[0], ends[-1]

    def falsely_hashed(self, session_id: str) -> list[str]:
        """The paths of images whose content is not that of the noted hash, sorted."""
        found: set[str] = set()
        last = 0
        while True:
            rows = self._store.rows(
                "SELECT id, path, content, hash FROM file_versions WHERE session_id = ? AND id > ? ORDER BY id LIMIT ?",
                (session_id, last, _AT_ONCE),
            )
            if not rows:
                return sorted(found)
            found |= {row["path"] for row in rows if content_hash(row["content"]) != row["hash"]}
            last = rows[-1]["id"]

    def last_writer(self, path: str, content: bytes | None) -> str | None:
        """The session that last left this content there; None where none did."""
        row = self._store.row(
            "SELECT session_id FROM file_versions WHERE path = ? AND hash IS ? AND kind = 'after'"
            " ORDER BY id DESC LIMIT 1",
            (path, content_hash(content)),
        )
        return None if row is None else str(row["session_id"])

    def left(self, session_id: str) -> dict[str, str | None]:
        """Path to the hash of its last image; None where the session left nothing there."""
        rows = self._store.rows(
            "SELECT path, hash FROM file_versions WHERE id IN"
            " (SELECT max(id) FROM file_versions WHERE session_id = ? GROUP BY path)",
            (session_id,),
        )
        return {row["path"]: row["hash"] for row in rows}

    def changed(self, session_id: str) -> dict[str, tuple[FileImage, FileImage]]:
        """Path to first and last image, of every path that differs between them."""
        rows = self._store.rows(
            "SELECT path, min(id) AS first, max(id) AS last FROM file_versions WHERE session_id = ?"
            " GROUP BY path ORDER BY path",
            (session_id,),
        )
        pairs = {row["path"]: (self._by_id(row["first"]), self._by_id(row["last"])) for row in rows}
        return {path: pair for path, pair in pairs.items() if pair[0] != pair[1]}

    def are_as_at(self, session_id: str, moment: str) -> bool:
        """Whether the session's last images are those of that moment: what was put back since counts as not written."""
        return self._store.row(
            "SELECT ends.path FROM (SELECT path, max(id) AS last,"
            " coalesce(max(CASE WHEN created_at <= ? THEN id END), min(id)) AS known"
            " FROM file_versions WHERE session_id = ? GROUP BY path) AS ends"
            " JOIN file_versions AS a ON a.id = ends.known JOIN file_versions AS b ON b.id = ends.last"
            " WHERE a.hash IS NOT b.hash OR a.mode IS NOT b.mode LIMIT 1",
            (moment, session_id),
        ) is None

    def note_folders(self, session_id: str, paths: Sequence[str]) -> None:
        """These folders are about to be made."""
        rows = [(session_id, path) for path in paths]
        self._store.write(lambda connection: connection.executemany(
            "INSERT OR IGNORE INTO made_folders (session_id, path) VALUES (?,?)", rows
        ) and None)

    def folders(self, session_id: str) -> list[str]:
        """The folders that the session made."""
        rows = self._store.rows("SELECT path FROM made_folders WHERE session_id = ? ORDER BY path", (session_id,))
        return [row["path"] for row in rows]

    def mark_undone(self, session_id: str, path: str, undone_by: str, *, redone_in: str | None) -> None:
        """What the session did to the path is put back by another one.

        Where that session had undone a third one, `redone_in`, the path is not undone there any more.
        """
        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO undone_files (session_id, path, undone_by) VALUES (?,?,?)",
                (session_id, path, undone_by),
            )
            connection.execute("DELETE FROM undone_files WHERE session_id = ? AND path = ?", (redone_in, path))

        self._store.write(work)

    def undone_paths(self, session_id: str) -> set[str]:
        """The paths where what the session did has been put back."""
        rows = self._store.rows("SELECT path FROM undone_files WHERE session_id = ?", (session_id,))
        return {row["path"] for row in rows}

    def set_outcome(self, session_id: str, outcome: FileOutcome) -> None:
        """Note how a file ended; the session's iteration is the highest of its files."""
        self.set_outcome_later(session_id, outcome)()

    def set_outcome_later(self, session_id: str, outcome: FileOutcome) -> Callable[[], None]:
        """The same without waiting for the disk; what is returned waits for it, and raises StateError."""
        row = (
            session_id, outcome.path, outcome.action, outcome.status, outcome.iterations, int(outcome.recovered),
            outcome.error_code, outcome.error and cell_text(outcome.error), outcome.exit_status,
        )

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO file_outcomes (session_id, path, action, status, iterations, recovered,"
                " error_code, error, exit_status) VALUES (?,?,?,?,?,?,?,?,?)",
                row,
            )
            connection.execute(
                "UPDATE sessions SET iteration = max(iteration, ?), last_activity = ? WHERE session_id = ?",
                (outcome.iterations, iso(self._clock.now()), session_id),
            )

        written = self._store.write_later(work)
        return lambda: self._store.committed(written)

    def outcomes(self, session_id: str, *, only: Sequence[int] = ()) -> dict[str, FileOutcome]:
        """Path to outcome, of the files that came to an end; to one with these exit statuses `only`, if there are any.
        """
        chosen = f" AND exit_status IN ({','.join('?' * len(only))})" if only else ""
        rows = self._store.rows(
            f"SELECT * FROM file_outcomes WHERE session_id = ?{chosen} ORDER BY rowid", (session_id, *only)
        )
        return {row["path"]: outcome_of(row) for row in rows}

    def count_outcomes(self, session_id: str) -> int:
        """How many files came to an end."""
        rows = self._store.rows("SELECT count(*) FROM file_outcomes WHERE session_id = ?", (session_id,))
        return int(rows[0][0])

    def forget_outcomes(self, session_id: str, exit_statuses: tuple[int, ...]) -> None:
        """Have the files that ended so be tried again."""
        marks = ",".join("?" * len(exit_statuses))
        self._store.change(
            f"DELETE FROM file_outcomes WHERE session_id = ? AND exit_status IN ({marks})",
            (session_id, *exit_statuses),
        )

    def _by_id(self, id_: int) -> FileImage:
        row = self._store.rows("SELECT content, mode FROM file_versions WHERE id = ?", (id_,))[0]
        return _image(row)


def _image(row: sqlite3.Row) -> FileImage:
    """Raises StateDamaged: it is about to be held against the user's files, or to be put there."""
    content, mode = row["content"], row["mode"]
    if not isinstance(content, (bytes, type(None))) or not isinstance(mode, (int, type(None))):
        raise damaged("what should be an image of a file is none")
    return FileImage(content, mode)


def content_hash(content: bytes | None) -> str | None:
    """SHA-256 in hexadecimal; None for an absent file."""
    return None if content is None else hashlib.sha256(content).hexdigest()


def outcome_of(row: sqlite3.Row) -> FileOutcome:
    """The record that a row of `file_outcomes` keeps."""
    return FileOutcome(
        path=row["path"],
        action=row["action"],
        status=row["status"],
        iterations=row["iterations"],
        recovered=bool(row["recovered"]),
        error_code=row["error_code"],
        error=row["error"],
        exit_status=row["exit_status"],
    )

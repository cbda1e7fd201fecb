"""What the map of the repository is made of, kept by what each part depends on: most of it by the hash of a blob."""

from __future__ import annotations

import sqlite3
from typing import Iterable, Mapping

from orchestra.state.store import Store

_AT_ONCE = 500
_ROOM = 2
"""So many times what is in use may be kept: other branches have files of their own."""
_ALWAYS = 1000


class MapCache:
    """The table `repo_map`. Any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, kind: str, keys: Iterable[str] | None = None) -> dict[str, bytes]:
        """What is kept under these keys, or all of a kind."""
        if keys is None:
            rows = self._store.rows("SELECT key, content FROM repo_map WHERE kind = ?", (kind,))
            return {row["key"]: row["content"] for row in rows}
        found: dict[str, bytes] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start:start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            rows = self._store.rows(
                f"SELECT key, content FROM repo_map WHERE kind = ? AND key IN ({marks})", (kind, *part)
            )
            found.update((row["key"], row["content"]) for row in rows)
        return found

    def keep(self, kind: str, contents: Mapping[str, bytes]) -> None:
        """Does not wait for the disk: what is lost is found out again."""
        rows = [(kind, key, content) for key, content in contents.items()]
        if rows:
            self._store.write_later(
                lambda connection: connection.executemany("INSERT OR REPLACE INTO repo_map VALUES (?,?,?)", rows)
            )

    def clear(self) -> None:
        """Drop all of it."""
        self._store.change("DELETE FROM repo_map")

    def keep_only(self, kind: str, keys: Iterable[str]) -> None:
        """Drop the others of a kind, once they are many."""
        used = frozenset(keys)

        def work(connection: sqlite3.Connection) -> None:
            kept = [row[0] for row in connection.execute("SELECT key FROM repo_map WHERE kind = ?", (kind,))]
            if len(kept) > _ROOM * len(used) + _ALWAYS:
                unused = [(kind, key) for key in kept if key not in used]
                connection.executemany("DELETE FROM repo_map WHERE kind = ? AND key = ?", unused)

        self._store.write_later(work)

"""What a watch takes for known: what sessions left in the tree, and what it has seen to already."""

from __future__ import annotations

from typing import Iterable, Mapping

from orchestra.state.images import content_hash
from orchestra.state.manager import StateManager


class KnownContents:
    """Path to what is known to lie there. Judged by content and journal, never by time. One thread."""

    def __init__(self) -> None:
        self._hashes: dict[str, str | None] = {}
        self._activity: dict[str, str] = {}
        """Session to when it was last seen to do something."""

    def note_sessions(self, journal: StateManager) -> list[str]:
        """The sessions that did something since this was last called, the last one to do so last."""
        rows = sorted(journal.sessions.all(), key=lambda row: row.last_activity)
        active = [row for row in rows if self._activity.get(row.session_id) != row.last_activity]
        self._activity.update((row.session_id, row.last_activity) for row in active)
        return [row.session_id for row in active]

    def learn(self, journal: StateManager) -> None:
        """Note what sessions left, whoever ran them."""
        images = journal.images
        for session_id in self.note_sessions(journal):
            for path in {*images.outcomes(session_id), *images.changed_paths(session_id)}:
                last = images.at(session_id, path, images.count_writes(session_id, path))
                if last is not None:
                    self._hashes[path] = content_hash(last.content)

    def news(self, contents: Mapping[str, bytes | None]) -> dict[str, bytes | None]:
        """Those of the contents that are not known; from now on they are."""
        hashes = {path: content_hash(content) for path, content in contents.items()}
        new = {path for path in contents if path not in self._hashes or self._hashes[path] != hashes[path]}
        self._hashes.update(hashes)
        return {path: content for path, content in contents.items() if path in new}

    def forget(self, paths: Iterable[str]) -> None:
        """Have whatever lies at these paths be news."""
        for path in paths:
            self._hashes.pop(path, None)

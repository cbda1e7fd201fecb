"""What a change leaves behind: lines of files outside it that name what it takes away."""

from __future__ import annotations

from contextlib import suppress
from typing import Callable, Collection, Iterable, Iterator, Sequence

from orchestra.agents.quoting import one_line
from orchestra.dataclass import dataclass
from orchestra.engine.journalled_tree import JournalledTree
from orchestra.errors import WorkspaceError
from orchestra.state.manager import StateManager
from orchestra.workspace.text import decode


@dataclass(frozen=True)
class LeftBehind:
    """Looks for such lines and keeps what it found, so that a resumed session asks as the stopped one did."""

    session_id: str
    journal: StateManager
    files: JournalledTree
    hide: Callable[[str], str]
    texts: Callable[[Collection[str]], Iterable[tuple[str, str]]] = lambda but: ()
    """Path and text of the repository's files but these."""

    def __call__(self, key: str, changed: Sequence[str], *, but: Collection[str] = ()) -> Sequence[str]:
        """For the question of this key: path, number and text of each line; `but` are files that are yet to change."""
        found: list[str] = self.journal.remember(
            self.session_id, f"left-behind/{key}", lambda: self._find(changed, {*changed, *but})
        )
        return found

    def _find(self, changed: Sequence[str], but: Collection[str]) -> list[str]:
        if all(self.files.before(path).content is None for path in changed):
            return []  # new files take nothing away
        # Loaded with the first change that is judged.
        from orchestra.workspace.repo_map.left_behind import lines_naming, taken_away

        names = taken_away(self._ends(changed))
        files = self.texts(but) if names else ()
        return [f"{one_line(path)}:{line}: {text}" for path, line, text in lines_naming(names, files, self.hide)]

    def _ends(self, changed: Sequence[str]) -> Iterator[tuple[str, str | None, str | None]]:
        for path in changed:
            with suppress(WorkspaceError):
                before, after = (
                    None if image.content is None else decode(image.content, path=path).text
                    for image in (self.files.before(path), self.files.current(path))
                )
                yield path, before, after

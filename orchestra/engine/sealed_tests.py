"""Test runs after which git's configuration and the planned files must be what they were."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import Callable, Iterable, Mapping, Sequence

from orchestra.dataclass import dataclass
from orchestra.engine.command_runs import LINT, TESTS, ChangedByTests
from orchestra.engine.uncommitted import Kept, Stamps, Uncommitted, hashes
from orchestra.observe.events import Events
from orchestra.records import TestRun
from orchestra.state.manager import StateManager
from orchestra.workspace.git import Git
from orchestra.workspace.listing import MAX_FILES, walk
from orchestra.workspace.path_names import PRIVATE_FOLDERS, quoted
from orchestra.workspace.seal import ABSENT, Seal, broken, seal, stamps

_FACT = "tests/changed"
_LEFT = "tests/left"
_MOST_NAMED = 10


@dataclass(frozen=True)
class SealedTests:
    """Runs the tests of a session. What they changed stays as found, and the journal knows how it was.

    Other files of the project they may change; that is told, and what nothing else has a copy of is kept.
    """

    session_id: str
    journal: StateManager
    events: Events
    root: Path
    git: Git | None
    planned: Sequence[str]
    run_tests: Callable[[Callable[[], None]], TestRun | None]
    own: Uncommitted
    kind: str = TESTS

    def run(self, on_start: Callable[[], None]) -> TestRun | None:
        """As `run_tests`; raises ChangedByTests too, also for what an earlier run of the session changed."""
        # Asked before the tests: git must not be asked again with a configuration that a test may have written.
        known = self.journal.recall(self.session_id, _FACT) or {}
        named = () if self.git is None else self.git.deciding_places(self.planned)
        # What an earlier run changed is looked at although nothing may name it any more.
        watched = tuple(dict.fromkeys((*named, *(Path(place) for place in known if os.path.isabs(place)))))
        before = seal(self.root, self.planned, watched)
        changed = [path for path, mark in known.items() if before.get(path, ABSENT) != mark]
        self._refuse("an earlier run of the tests or the linter", changed)
        self._tell(self.own.found(), cut_off=True)
        others = stamps(self.root, self._others())
        left = self.journal.recall(self.session_id, _LEFT) or {}
        self.own.hold({path: others[path] for path in self._uncommitted(others)}, left)
        has_run = False

        def start() -> None:
            nonlocal has_run
            has_run = True
            on_start()

        try:
            run = self.run_tests(start)
        finally:
            # After a stop or a limit that is what is told; the next run refuses.
            broken_now = self._note(before, watched, has_run=has_run)
            if has_run:
                self._tell_touched(others, left, broken_now)
            else:
                self.own.keep((), left)
        self._refuse("the linter" if self.kind == LINT else "the tests", broken_now, run)
        return run

    def _tell_touched(self, others: Stamps, left: Mapping[str, str | None], told: Sequence[str]) -> None:
        touched = sorted(path for path, stamp in stamps(self.root, others).items() if stamp != others[path])
        kept = self.own.keep(touched, left)
        if not touched:
            return
        self.journal.keep(self.session_id, _LEFT, {**left, **hashes(self.root, touched)})
        known = {os.path.normpath(place) for place in told}
        self._tell([path for path in touched if str(self.root / path) not in known], kept)

    def _tell(self, touched: Sequence[str], kept: Kept | None = None, *, cut_off: bool = False) -> None:
        """Of a run that was cut off, that alone is known of which there is a copy."""
        copies, lost = (touched, ()) if kept is None else (kept.copies, kept.lost)
        if touched:
            self.events.emit(
                f"{self.kind}.touched", level="warning", paths=list(touched[:_MOST_NAMED]), count=len(touched),
                kept=os.path.relpath(self.own.folder, self.root) if copies else None, cut_off=cut_off,
                lost=list(lost[:_MOST_NAMED]), count_lost=len(lost),
            )

    def _uncommitted(self, others: Iterable[str]) -> list[str]:
        """Those of the paths of which git has no copy; all outside git."""
        if self.git is None:
            return list(others)
        known = {*others}
        return [entry.path for entry in self.git.status() if entry.path in known]

    def _others(self) -> list[str]:
        """The project's files that the plan does not have."""
        own = {*self.planned}
        listed = walk(self.root) if self.git is None else self.git.listed_paths()
        return list(islice(
            (path for path in listed if path not in own and path.partition("/")[0] not in PRIVATE_FOLDERS), MAX_FILES
        ))

    def _note(self, before: Seal, watched: Sequence[Path], *, has_run: bool) -> tuple[str, ...]:
        """What has changed, put down in the journal.

        Where no tests were found it was the user who changed a planned file meanwhile: whatever writes or commits it
        next will find that. What decides for git is looked at all the same, since programs were asked for tests.
        """
        of_users = frozenset(() if has_run else self.planned)
        found = broken(before, seal(self.root, self.planned, watched))
        changed = tuple(place for place in found if place not in of_users)
        if changed:
            self.journal.keep(self.session_id, _FACT, {path: before.get(path, ABSENT) for path in changed})
            self.events.emit(f"{self.kind}.changed", level="error", paths=list(changed))
        return changed

    def _refuse(self, who: str, changed: Sequence[str], run: TestRun | None = None) -> None:
        if changed:
            more = f" and {len(changed) - _MOST_NAMED} more" if len(changed) > _MOST_NAMED else ""
            error = ChangedByTests(
                f"{who} changed what must be left alone, so nothing is committed",
                where=", ".join(map(quoted, changed[:_MOST_NAMED])) + more,
                hint=f"look at it and put it back; then `orchestra resume {self.session_id}`",
            )
            error.run = run
            raise error

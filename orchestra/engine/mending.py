"""An approved file that must change once more."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Callable, Collection, Mapping, Sequence

from orchestra.dataclass import dataclass
from orchestra.engine.file_job import FileJob, JobContext
from orchestra.records import FileOutcome, Issue, Plan
from orchestra.regex import regex
from orchestra.state.forgetting import TRIED
from orchestra.state.manager import StateManager

DONE = ("approved", "unchanged")
"""How a file can end well."""
MOST_TOLD_CHARACTERS = 1000
_LINE = regex(r"(?::\d[\d:,-]*|#L\d[L\d-]*|[ ,]+[(\[]?lines? [\d –-]+[)\]]?)$")
_LONGEST_SAID = 2000
_BETWEEN = regex(r"\s*(?:,(?!\s*lines? \d)|;|\band\b|&|\n)\s*")


class Hands:
    """Who carries files through: the calling thread, one after the other."""

    def carry(self, jobs: Mapping[str, FileJob]) -> None:
        """Bring each to its end, by path. Raises what `FileJob.run` raises."""
        for job in jobs.values():
            job.run()

    def sit_out_pause(self) -> None:
        """Come back when a question may be asked."""


@dataclass(frozen=True)
class Mending:
    """Carries files through consultant and auditor again. Blocks: for a worker thread."""

    session_id: str
    plan: Plan
    journal: StateManager
    jobs: JobContext
    hands: Hands = Hands()

    def may_change(self, path: str, outcomes: Mapping[str, FileOutcome]) -> bool:
        """Whether the file is of the plan and ended well with a text.

        Where files are mended one by one already, all audits of a file are counted together.
        """
        outcome = outcomes.get(path)
        if outcome is None or outcome.status not in DONE or outcome.action == "delete":
            return False
        return self.jobs.after is None or outcome.iterations < self.jobs.max_iterations

    def mend(
        self, path: str, findings: Sequence[Issue], outcomes: dict[str, FileOutcome], *, key_prefix: str
    ) -> str | None:
        """Have a file that may change mended and approved, and note its outcome; else why it stays as it was."""
        return self.mend_all({path: findings}, outcomes, key_prefix=key_prefix)[path]

    def mend_all(
        self, findings: Mapping[str, Sequence[Issue]], outcomes: dict[str, FileOutcome], *, key_prefix: str
    ) -> dict[str, str | None]:
        """The same for several, by path; each waits for those that it depends on."""
        jobs = {path: self._job(path, found, outcomes, key_prefix) for path, found in findings.items()}
        self.hands.carry(jobs)
        return {path: self._ended(job, findings[path], outcomes, key_prefix) for path, job in jobs.items()}

    def _job(
        self, path: str, findings: Sequence[Issue], outcomes: Mapping[str, FileOutcome], key_prefix: str
    ) -> FileJob:
        planned = self.plan.file(path)
        assert planned is not None  # it has an outcome
        start = self.journal.remember(
            self.session_id, f"mend/{key_prefix}{path}", lambda: self.jobs.files.position(path)
        )
        iterations = self.journal.remember(
            self.session_id, f"audits/{key_prefix}{path}", lambda: outcomes[path].iterations
        )
        return FileJob.mending(
            self.jobs, planned, start=start, findings=findings, key_prefix=key_prefix, iterations=iterations,
            tried=self.tried(path),
        )

    def _ended(
        self, job: FileJob, findings: Sequence[Issue], outcomes: dict[str, FileOutcome], key_prefix: str
    ) -> str | None:
        path = job.planned.path
        assert job.outcome is not None  # it was carried to its end
        if job.outcome.status in DONE:
            outcomes[path] = job.outcome
            self.note(path, key_prefix, "a draft was approved", findings)
            return None
        outcomes[path] = replace(outcomes[path], iterations=job.outcome.iterations)
        self.note(path, key_prefix, f"{job.outcome.error}; the file was left as it was", findings)
        return f"{path} stays as it was: {job.outcome.error}"

    def tried(self, path: str) -> list[str]:
        """What came of earlier tries at the file, oldest first."""
        known = self.journal.recall(self.session_id, TRIED + path) or []
        return [f"told: {told}\nWhat came of it: {came}" for _, told, came in known]

    def note(self, path: str, key_prefix: str, came_of_it: str, findings: Sequence[Issue] = ()) -> None:
        """Put down what came of a try, for those who try next; safe to do again after a kill."""
        known = {key: (told, came) for key, told, came in self.journal.recall(self.session_id, TRIED + path) or []}
        # Its first line: what tests print may stand below, with times and places that differ in a replay.
        told = findings[0].message.partition("\n")[0][:MOST_TOLD_CHARACTERS] if findings else known[key_prefix][0]
        known[key_prefix] = (told, came_of_it)
        self.journal.keep(self.session_id, TRIED + path, [[key, *said] for key, said in known.items()])


def planned_paths(said: str, planned: Collection[str], lies_there: Callable[[str], bool]) -> tuple[str, ...]:
    """Which planned files a model means: as a diff names it, with a line, by the end of its path, or several of them.

    By its end only where no other file is called so: that one `lies_there`.
    """
    if len(said) > _LONGEST_SAID:
        return ()
    whole = _planned_path(said, planned, lies_there)
    if whole is not None:
        return (whole,)
    found = [_planned_path(part, planned, lies_there) for part in _BETWEEN.split(said)]
    return tuple(dict.fromkeys(path for path in found if path is not None)) if None not in found else ()


def _planned_path(said: str, planned: Collection[str], lies_there: Callable[[str], bool]) -> str | None:
    path = said.strip().strip("`'\"*")
    for name in (path, _LINE.sub("", path)):
        name = name[2:] if name.startswith("./") else name
        without_side = name.partition("/")[2] if name.startswith(("a/", "b/")) else name
        for each in (name, unicodedata.normalize("NFC", name), without_side):
            if each in planned:
                return each
        ending = [each for each in planned if name and each.endswith("/" + name)]
        if len(ending) == 1 and not lies_there(name):
            return ending[0]
    return None

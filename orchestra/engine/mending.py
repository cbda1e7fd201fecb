"""An approved file that must change once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Sequence

from orchestra.engine.file_job import FileJob, JobContext
from orchestra.records import FileOutcome, Issue, Plan
from orchestra.state.manager import StateManager

DONE = ("approved", "unchanged")
"""How a file can end well."""


@dataclass(frozen=True)
class Mending:
    """Carries single files through consultant and auditor again. Blocks: for a worker thread."""

    session_id: str
    plan: Plan
    journal: StateManager
    jobs: JobContext

    def may_change(self, path: str, outcomes: Mapping[str, FileOutcome]) -> bool:
        """Whether the file is of the plan and ended well with a text."""
        outcome = outcomes.get(path)
        return outcome is not None and outcome.status in DONE and outcome.action != "delete"

    def mend(
        self, path: str, findings: Sequence[Issue], outcomes: dict[str, FileOutcome], *, key_prefix: str
    ) -> str | None:
        """Have a file that may change mended and approved, and note its outcome; else why it stays as it was."""
        planned = self.plan.file(path)
        assert planned is not None  # it has an outcome
        start = self.journal.remember(
            self.session_id, f"mend/{key_prefix}{path}", lambda: self.jobs.files.position(path)
        )
        job = FileJob.mending(
            self.jobs, planned, start=start, findings=findings, key_prefix=key_prefix,
            iterations=outcomes[path].iterations,
        )
        job.run()
        assert job.outcome is not None  # run() ends with one
        if job.outcome.status not in DONE:
            return f"{path} stays as it was: {job.outcome.error}"
        outcomes[path] = job.outcome
        return None

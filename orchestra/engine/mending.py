"""An approved file that must change once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

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

    def mend(self, path: str, findings: Sequence[Issue], outcomes: dict[str, FileOutcome], *, key_prefix: str) -> bool:
        """Have a file of the plan mended and approved, and note its outcome; False where it stays as it was.

        Files that did not end well and deletions are left alone.
        """
        planned, outcome = self.plan.file(path), outcomes.get(path)
        if planned is None or outcome is None or outcome.status not in DONE or outcome.action == "delete":
            return False
        start = self.journal.remember(
            self.session_id, f"mend/{key_prefix}{path}", lambda: self.jobs.files.position(path)
        )
        job = FileJob.mending(
            self.jobs, planned, start=start, findings=findings, key_prefix=key_prefix, iterations=outcome.iterations
        )
        job.run()
        assert job.outcome is not None  # run() ends with one
        if job.outcome.status not in DONE:
            return False
        outcomes[path] = job.outcome
        return True

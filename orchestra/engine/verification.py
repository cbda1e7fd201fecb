"""The project's tests before and after, and the fixing of what a change broke."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

from orchestra.agents.consultant import failing_tests_request
from orchestra.agents.quoting import ShownFile
from orchestra.agents.replies import Fix, read_fixes
from orchestra.agents.templates import Loader
from orchestra.engine.asking import Asker
from orchestra.engine.file_job import FileJob, JobContext
from orchestra.errors import ProviderFault, UnreadableReply, WorkspaceError
from orchestra.records import FileOutcome, Issue, Plan, TestFailure, TestRun
from orchestra.state.manager import StateManager

DONE = ("approved", "unchanged")
_UNNAMED = "the test command"
BASELINE = "tests/baseline"
AFTER = "tests/after/"
"""The names under which test runs are kept."""


@dataclass(frozen=True)
class Verdict:
    """What the tests say about the change."""

    run: TestRun
    new_failures: tuple[TestFailure, ...]
    """Those that did not fail before the first write."""


@dataclass(frozen=True)
class Verification:
    """Runs the tests through the journal, and has new failures fixed. Blocks: for a worker thread."""

    session_id: str
    task: str
    plan: Plan
    journal: StateManager
    asker: Asker
    jobs: JobContext
    run_tests: Callable[[Callable[[], None]], TestRun | None]
    """Calls its argument when tests begin to run; None where there are none."""
    most_fixes: int
    generation: int
    """How often failed files were taken up again by a resume: tests and fixes of before do not count any more."""
    custom_prompts: Mapping[str, str]
    load_template: Loader
    without_secrets: Callable[[TestRun], TestRun] = lambda run: run

    def baseline(self) -> None:
        """Note what fails before the first write."""
        self._run(BASELINE)

    def verify(self, outcomes: dict[str, FileOutcome]) -> Verdict | None:
        """Test the change, and fix what it broke; `outcomes` are updated by the fixes. None where nothing ran."""
        for round_ in range(1, self.most_fixes + 2):
            run = self._run(f"{AFTER}{self.generation}.{round_}")
            if run is None:
                return None
            verdict = Verdict(run, self._new_failures(run))
            self.jobs.events.emit(
                "tests.ended", level="info" if run.passed else "warning", framework=run.framework, passed=run.passed,
                failures=len(run.failures), new=len(verdict.new_failures), duration_ms=run.duration_ms,
            )
            if not verdict.new_failures or round_ > self.most_fixes or not self._fix(round_, verdict, outcomes):
                return verdict
        raise AssertionError("the last round returns")

    def _run(self, name: str) -> TestRun | None:
        """A test run, done once for each name."""

        def find_out() -> dict[str, Any]:
            run = self.run_tests(lambda: self.jobs.events.emit("tests.started", baseline=name == BASELINE))
            return {} if run is None or not run.collected else _to_json(self.without_secrets(run))

        kept = self.journal.remember(self.session_id, name, find_out)
        return _from_json(kept) if kept else None

    def _new_failures(self, run: TestRun) -> tuple[TestFailure, ...]:
        if run.passed:
            return ()
        kept = self.journal.recall(self.session_id, BASELINE)
        before = _from_json(kept) if kept else None
        failures = run.failures or (TestFailure(_UNNAMED, "it failed without naming a test"),)
        if before is None or before.passed:
            return failures
        known = {failure.id for failure in before.failures} or {_UNNAMED}
        return tuple(failure for failure in failures if failure.id not in known)

    def _fix(self, round_: int, verdict: Verdict, outcomes: dict[str, FileOutcome]) -> bool:
        """Have the consultant name the files to blame, and mend them. Whether anything was mended."""
        try:
            fixes = self._ask_for_fixes(round_, verdict)
        except (ProviderFault, UnreadableReply, WorkspaceError) as error:
            self.jobs.events.emit("tests.not_fixed", level="warning", why=error.message)
            return False
        mended = False
        for fix in fixes:
            outcome = outcomes.get(fix.path)
            if outcome is None or outcome.status not in DONE or outcome.action == "delete":
                continue
            mended = self._mend(round_, fix, verdict, outcomes) or mended
        return mended

    def _ask_for_fixes(self, round_: int, verdict: Verdict) -> tuple[Fix, ...]:
        request = failing_tests_request(
            task=self.task, plan=self.plan, failures=verdict.new_failures, output=verdict.run.output,
            files=self._planned_texts(), custom_prompt=self.custom_prompts.get("consultant", ""),
            load_template=self.load_template,
        )
        key = f"fix{self.generation}.{round_}/consultant"
        fixes = self.asker.ask("consultant", key, request, path=None, read=read_fixes)
        by_path = {fix.path: fix for fix in fixes if self.plan.file(fix.path) is not None}
        return tuple(by_path.values())

    def _mend(self, round_: int, fix: Fix, verdict: Verdict, outcomes: dict[str, FileOutcome]) -> bool:
        planned = self.plan.file(fix.path)
        assert planned is not None  # _ask_for_fixes drops other paths
        prefix = f"fix{self.generation}.{round_}/"
        start = self.journal.remember(
            self.session_id, f"mend/{prefix}{fix.path}", lambda: self.jobs.files.position(fix.path)
        )
        job = FileJob.mending(
            self.jobs, planned, start=start, findings=_findings(fix, verdict.new_failures), key_prefix=prefix,
            iterations=outcomes[fix.path].iterations,
        )
        job.run()
        assert job.outcome is not None  # run() ends with one
        if job.outcome.status not in DONE:
            return False
        outcomes[fix.path] = job.outcome
        return True

    def _planned_texts(self) -> list[ShownFile]:
        """The planned files as they are; one that is no text has failed already."""
        shown = []
        for planned in self.plan.files:
            with suppress(WorkspaceError):
                text = self.jobs.prompts.text(planned.path)
                if text is not None:
                    shown.append(ShownFile(planned.path, text))
        return shown


def _findings(fix: Fix, failures: Sequence[TestFailure]) -> list[Issue]:
    tests = [Issue("error", f"{failure.id} fails: {failure.message}") for failure in failures[:10]]
    return [Issue("error", fix.message), *tests]


def _to_json(run: TestRun) -> dict[str, Any]:
    return {
        "framework": run.framework, "command": list(run.command), "exit_status": run.exit_status,
        "duration_ms": run.duration_ms, "collected": run.collected, "output": run.output,
        "failures": [[failure.id, failure.message] for failure in run.failures], "sandbox": list(run.sandbox),
    }


def _from_json(kept: Mapping[str, Any]) -> TestRun:
    return TestRun(
        framework=kept["framework"], command=tuple(kept["command"]), exit_status=kept["exit_status"],
        duration_ms=kept["duration_ms"], collected=kept["collected"], output=kept["output"],
        failures=tuple(TestFailure(id_, message) for id_, message in kept["failures"]),
        # Sessions of earlier versions had none.
        sandbox=tuple(kept.get("sandbox", ())),
    )

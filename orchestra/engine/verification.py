"""The project's tests, and its linter, before and after, and the fixing of what a change broke."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

from orchestra.agents.consultant import failing_tests_request
from orchestra.agents.quoting import ShownFile
from orchestra.agents.replies import Fix, read_fixes
from orchestra.agents.templates import Loader
from orchestra.engine.asking import Asker
from orchestra.engine.file_job import JobContext
from orchestra.engine.mending import Mending
from orchestra.errors import ProviderFault, UnreadableReply, WorkspaceError
from orchestra.records import FileOutcome, Issue, Plan, TestFailure, TestRun
from orchestra.state.manager import StateManager
from orchestra.workspace.path_names import quoted

TESTS = "tests"
LINT = "lint"
"""What a verification runs; its runs are kept, and its events told, under that name."""
AFTER = "tests/after/"
"""The names under which test runs after the change are kept."""
_UNNAMED = "the test command"
_MOST_NAMED = 5
_HAPPENED = {
    TESTS: "tests fail that passed before", LINT: "the project's linter finds what it did not find before",
}
_BLAMES_NONE = "the consultant finds no planned file to blame"


@dataclass(frozen=True)
class Verdict:
    """What the tests say about the change."""

    run: TestRun
    new_failures: tuple[TestFailure, ...]
    """Those that did not fail before the first write."""


@dataclass(frozen=True)
class _State:
    """How things stood when a verdict was given."""

    verdict: Verdict
    outcomes: Mapping[str, FileOutcome]
    positions: Mapping[str, int]
    """By path, how many writes of it counted (see JournalledTree)."""


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
    insist: Callable[[TestRun | None], None] = lambda run: None
    """Raises UsageError for a run after the change that was none, where there must be tests."""
    without_secrets: Callable[[TestRun], TestRun] = lambda run: run
    kind: str = TESTS

    @property
    def has_baseline(self) -> bool:
        """Whether that is noted already, in an earlier process."""
        return self.journal.recall(self.session_id, self._baseline) is not None

    @property
    def _baseline(self) -> str:
        return f"{self.kind}/baseline"

    @property
    def _fixing(self) -> str:
        """What the keys of fixes begin with."""
        return "fix" if self.kind == TESTS else f"fix-{self.kind}-"

    def baseline(self) -> None:
        """Note what fails before the first write."""
        self._run(self._baseline)

    def verify(self, outcomes: dict[str, FileOutcome]) -> Verdict | None:
        """Test the change, and fix what it broke; `outcomes` are updated by the fixes. None where nothing ran.

        A fix after which more fails than before is taken back.
        """
        best: _State | None = None
        for round_ in range(1, self.most_fixes + 2):
            verdict = self._judge(str(round_))
            if verdict is None:
                return None
            if best is not None and len(verdict.new_failures) > len(best.verdict.new_failures):
                self._take_back(best, outcomes)
                return self._judge(f"{round_}.back")
            if not verdict.new_failures or round_ > self.most_fixes:
                return verdict
            best = _State(verdict, dict(outcomes), self._positions(round_, outcomes))
            if not self._fix(round_, verdict, outcomes):
                return verdict
        raise AssertionError("the last round returns")

    def _judge(self, name: str) -> Verdict | None:
        run = self._run(f"{self.kind}/after/{self.generation}.{name}")
        if run is None:
            return None
        verdict = Verdict(run, self._new_failures(run))
        self.jobs.events.emit(
            f"{self.kind}.ended", level="info" if run.passed else "warning", framework=run.framework,
            passed=run.passed, failures=len(run.failures), new=len(verdict.new_failures),
            duration_ms=run.duration_ms,
        )
        return verdict

    def _take_back(self, best: _State, outcomes: dict[str, FileOutcome]) -> None:
        """Have the files be what they were when less failed."""
        worse = [path for path, position in best.positions.items() if self.jobs.files.position(path) != position]
        self.jobs.events.emit(f"{self.kind}.taken_back", level="warning", paths=worse)
        for path in worse:
            image = self.journal.images.at(self.session_id, path, best.positions[path])
            assert image is not None  # the file was written: a fix followed
            self.jobs.files.write(path, image.content)
        outcomes.update(best.outcomes)

    def _positions(self, round_: int, outcomes: Mapping[str, FileOutcome]) -> Mapping[str, int]:
        """Where the images of all files stood before a round's fixes; noted, as after a restart they stand later."""
        positions: Mapping[str, int] = self.journal.remember(
            self.session_id, f"{self.kind}/positions/{self.generation}.{round_}",
            lambda: {path: self.jobs.files.position(path) for path in outcomes},
        )
        return positions

    def _run(self, name: str) -> TestRun | None:
        """A test run, done once for each name."""

        def find_out() -> dict[str, Any]:
            run = self.run_tests(lambda: self.jobs.events.emit(f"{self.kind}.started", baseline=name == self._baseline))
            if name != self._baseline:
                self.insist(run)
            return {} if run is None or not run.collected else _to_json(self.without_secrets(run))

        kept = self.journal.remember(self.session_id, name, find_out)
        return _from_json(kept) if kept else None

    def _new_failures(self, run: TestRun) -> tuple[TestFailure, ...]:
        if run.passed:
            return ()
        kept = self.journal.recall(self.session_id, self._baseline)
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
            return self._give_up(error.message)
        mending = Mending(self.session_id, self.plan, self.journal, self.jobs)
        left = [fix for fix in fixes if mending.may_change(fix.path, outcomes)]
        if not left:
            named = ", ".join(quoted(fix.path) for fix in fixes[:_MOST_NAMED])
            return self._give_up(f"none of the files to blame may be changed: {named}" if fixes else _BLAMES_NONE)
        prefix = f"{self._fixing}{self.generation}.{round_}/"
        errors = [
            mending.mend(fix.path, _findings(fix, verdict.new_failures), outcomes, key_prefix=prefix) for fix in left
        ]
        return None in errors or self._give_up(str(errors[0]))

    def _give_up(self, why: str) -> bool:
        self.jobs.events.emit(f"{self.kind}.not_fixed", level="warning", why=why)
        return False

    def _ask_for_fixes(self, round_: int, verdict: Verdict) -> tuple[Fix, ...]:
        request = failing_tests_request(
            self.jobs.prompts.about_all, happened=_HAPPENED[self.kind], failures=verdict.new_failures,
            output=verdict.run.output, files=self._planned_texts(),
            custom_prompt=self.custom_prompts.get("consultant", ""), load_template=self.load_template,
        )
        key = f"{self._fixing}{self.generation}.{round_}/consultant"
        fixes = self.asker.ask("consultant", key, request, path=None, read=read_fixes)
        messages: dict[str, list[str]] = {}
        for fix in fixes:
            messages.setdefault(fix.path, []).append(fix.message)
        return tuple(Fix(path, "\n".join(said)) for path, said in messages.items())

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

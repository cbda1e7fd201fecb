"""The runs of the project's tests, or of its linter: each done once in a session, and judged by what failed before."""

from __future__ import annotations

from typing import Any, Callable, Collection, Mapping

from orchestra.dataclass import dataclass
from orchestra.errors import WorkspaceError
from orchestra.observe.events import Events
from orchestra.records import TestFailure, TestRun
from orchestra.regex import regex
from orchestra.state.manager import StateManager

TESTS = "tests"
LINT = "lint"
"""What is run; its runs are kept, and its events told, under that name."""
AFTER = "tests/after/"
"""The names under which test runs after the change are kept."""
_UNNAMED = "the test command"
_NOT_STARTED = "not-started"
_ANY = "command"
"""The id under which a run that names no tests fails as a whole."""
_MOST_NAMED = 10
HIDES_OTHERS = regex(r"[^>:\s]+\.(?:py|[cm]?[jt]sx?)|unittest\.loader\._FailedTest\..+|command|the start of .+")
"""Ids of failures by which a whole file of tests, or all of them, did not run."""


class ChangedByTests(WorkspaceError):
    """A test run changed what it must leave alone; nothing is committed before that is put right."""

    code = "changed-by-tests"
    run: TestRun | None = None
    """The run that did it, where it came to an end."""


@dataclass(frozen=True)
class Verdict:
    """What a run says about the change."""

    run: TestRun
    new_failures: tuple[TestFailure, ...]
    """Those that did not fail before."""
    still_failing: tuple[TestFailure, ...] = ()
    """Those that failed before and that it is asked to mend."""
    round_: int = 1
    """One for each run after the change, those that followed a fix taken back aside."""
    fixes: int = 0
    """How often files were mended for this command until then."""

    @property
    def to_mend(self) -> tuple[TestFailure, ...]:
        return self.new_failures + self.still_failing

    @property
    def badness(self) -> tuple[bool, int, int]:
        """Greater is worse. One failure that keeps tests from running is worse than any number of tests that fail."""
        hiding = sum(1 for failure in self.to_mend if HIDES_OTHERS.fullmatch(failure.id))
        return bool(self.run.lacks) or self.run.exit_status is None, hiding, len(self.to_mend)


@dataclass(frozen=True)
class CommandRuns:
    """Runs one command through the journal. Blocks: for a worker thread."""

    session_id: str
    journal: StateManager
    events: Events
    run_command: Callable[[Callable[[], None]], TestRun | None]
    """Calls its argument when the command begins to run; None where there is none."""
    kind: str = TESTS
    must_start: bool = False
    """Whether it counts as a new failure, too, that the command could not start before either."""
    insist: Callable[[TestRun | None], None] = lambda run: None
    """Raises UsageError for a run after the change that was none, where there must be tests."""
    refuse: Callable[[TestRun], None] = lambda run: None
    """Raises UsageError where it is the user's own command that never could start."""
    without_secrets: Callable[[TestRun], TestRun] = lambda run: run
    is_wanted: Callable[[str], bool] = lambda failure_id: False
    """Whether a test of that id, which failed before, is to pass after the change."""

    @property
    def has_baseline(self) -> bool:
        """Whether that is noted already, in an earlier process."""
        return self.has_run(self._baseline)

    @property
    def _baseline(self) -> str:
        return f"{self.kind}/baseline"

    def note_baseline(self) -> None:
        """Note what fails before the first write."""
        run = self._run(self._baseline, None)
        if run is not None and not run.is_whole:
            self.events.emit(f"{self.kind}.too_long", level="warning", timed_out=run.exit_status is None)

    def before(self) -> TestRun | None:
        """The run before the first write; None where nothing ran."""
        return _from_json(self.journal.recall(self.session_id, self._baseline))

    def not_started(self, name: str) -> str:
        """What was lacking where the run of that name was none; empty for any other."""
        return str((self.journal.recall(self.session_id, name) or {}).get(_NOT_STARTED, ""))

    @property
    def asks_for_any(self) -> bool:
        """Whether there are tests that are to pass after the change though they may have failed before."""
        return self.is_wanted(_ANY)

    def never_started(self, run: TestRun) -> bool:
        """Whether the same suite could start neither before the change nor after it."""
        before = self.before()
        return bool(run.lacks) and before is not None and bool(before.lacks) and before.framework == run.framework

    def has_run(self, name: str) -> bool:
        """Whether the run of that name is noted already, in an earlier process."""
        return self.journal.recall(self.session_id, name) is not None

    def judge(
        self, name: str, *, path: str | None = None, known: Collection[str] | None = None
    ) -> Verdict | None:
        """The verdict of the run of that name; None where nothing ran. `path` is the file after which it is run.

        `known` are ids of what failed before, by default before the first write.
        """
        run = self._run(name, path)
        if run is None:
            return None
        new = self._new_failures(run, path, known)
        verdict = Verdict(run, new, self._still_failing(run, new) if path is None else ())
        self.events.emit(
            f"{self.kind}.ended", level="info" if run.passed else "warning", framework=run.framework,
            passed=run.passed, failures=len(run.failures), new=len(new), wanted=len(verdict.still_failing) or None,
            duration_ms=run.duration_ms, lacks=run.lacks, path=path, timed_out=run.exit_status is None,
        )
        return verdict

    def _run(self, name: str, path: str | None) -> TestRun | None:
        is_baseline = name == self._baseline

        def find_out() -> dict[str, Any]:
            try:
                run = self.run_command(
                    lambda: self.events.emit(f"{self.kind}.started", baseline=is_baseline, path=path)
                )
            except ChangedByTests as error:
                error.run = None if error.run is None else self.without_secrets(error.run)
                raise
            if run is not None:
                run = self.without_secrets(run)
                if run.lacks and path is None:
                    self._tell_not_started(run, is_baseline)
            if not is_baseline and path is None:
                self.insist(run)
            if run is None or not run.collected:
                return {_NOT_STARTED: run.lacks} if run is not None and run.lacks else {}
            return _to_json(run)

        return _from_json(self.journal.remember(self.session_id, name, find_out))

    def _tell_not_started(self, run: TestRun, is_baseline: bool) -> None:
        before = None if is_baseline else self.before()
        if before is None or before.lacks:
            self.refuse(run)
        if is_baseline or not run.collected:
            # Of any other run it is said with how it ended.
            self.events.emit(
                f"{self.kind}.not_started", level="warning", framework=run.framework, command=list(run.command),
                lacks=run.lacks,
            )

    def _new_failures(
        self, run: TestRun, path: str | None, known: Collection[str] | None
    ) -> tuple[TestFailure, ...]:
        if run.passed:
            return ()
        failures = run.failures or (TestFailure(_UNNAMED, "it failed without naming a test"),)
        if self.kind == LINT and path is not None:
            # Loaded with the first finding, as what reads them is.
            from orchestra.workspace.failures.findings import path_of

            failures = tuple(failure for failure in failures if path_of(failure) == path)
        if run.lacks and self.must_start:
            return failures
        before = self.before()
        if before is not None and not before.is_whole:
            # What it left out may be what is found now.
            return ()
        known = ids_of(before) if known is None else known
        return tuple(failure for failure in failures if failure.id not in known)

    def _still_failing(self, run: TestRun, new: tuple[TestFailure, ...]) -> tuple[TestFailure, ...]:
        if run.passed:
            return ()
        known = {failure.id for failure in new}
        return tuple(failure for failure in run.failures if failure.id not in known and self.is_wanted(failure.id))


def what_came_of_it(verdict: Verdict, *, is_taken_back: bool) -> str:
    """Of a fix after which this was the verdict, for those who try next."""
    failing = verdict.to_mend
    if not failing:
        return "nothing failed any more then"
    named = ", ".join(failure.id for failure in failing[:_MOST_NAMED])
    more = f" and {len(failing) - _MOST_NAMED} more" if len(failing) > _MOST_NAMED else ""
    failed = f"a draft was approved, and after it this failed: {named}{more}"
    return f"{failed}; that was worse, so the file was put back to what it was before" if is_taken_back else failed


def ids_of(run: TestRun | None) -> frozenset[str]:
    """What failed in a run."""
    if run is None or run.passed:
        return frozenset()
    return frozenset(failure.id for failure in run.failures) or frozenset((_UNNAMED,))


def _to_json(run: TestRun) -> dict[str, Any]:
    return {
        "framework": run.framework, "command": list(run.command), "exit_status": run.exit_status,
        "duration_ms": run.duration_ms, "collected": run.collected, "output": run.output,
        "failures": [[failure.id, failure.message] for failure in run.failures], "sandbox": list(run.sandbox),
        "lacks": run.lacks, "is_whole": run.is_whole,
    }


def _from_json(kept: Mapping[str, Any] | None) -> TestRun | None:
    if not kept or _NOT_STARTED in kept:
        return None
    return TestRun(
        framework=kept["framework"], command=tuple(kept["command"]), exit_status=kept["exit_status"],
        duration_ms=kept["duration_ms"], collected=kept["collected"], output=kept["output"],
        failures=tuple(TestFailure(id_, message) for id_, message in kept["failures"]),
        # Sessions of earlier versions had none of these.
        sandbox=tuple(kept.get("sandbox", ())), lacks=kept.get("lacks", ""), is_whole=kept.get("is_whole", True),
    )

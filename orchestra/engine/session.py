"""One session: the whole story from a task to its outcome, from wherever it stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Callable, Mapping, Sequence, TypeVar

from orchestra.agents.plan_file import PlanFile
from orchestra.agents.plan_json import plan_from_json
from orchestra.agents.plan_order import order_of
from orchestra.clock import Clock
from orchestra.dataclass import dataclass
from orchestra.engine.change_review import ChangeNotApproved, ChangeNotJudged, ChangeReview
from orchestra.engine.command_runs import TESTS, ChangedByTests, Verdict
from orchestra.engine.committing import Committing
from orchestra.engine.crew import Crew, out_of_time
from orchestra.engine.file_job import FileJob, JobContext
from orchestra.engine.journalled_tree import JournalledTree
from orchestra.engine.mending import DONE
from orchestra.engine.modes import Schedule, Traffic
from orchestra.engine.planning import Planning
from orchestra.engine.receipt import Contents, has_receipt, write_receipt
from orchestra.engine.resume import START
from orchestra.engine.verification import Verification
from orchestra.environment import StopSignal
from orchestra.errors import Cancelled, Conflict, ExitStatus, OrchestraError, StateError, weightiest
from orchestra.metrics.totals import metrics_of
from orchestra.observe.events import Events
from orchestra.records import Commit, FileOutcome, Outcome, Plan, PlannedFile, Task, TestFailure, TestRun
from orchestra.state.cells import moment
from orchestra.state.manager import StateManager
from orchestra.state.sessions import PlanRow
from orchestra.state.steps import AttemptRow

T = TypeVar("T")
RESUMABLE = (
    ExitStatus.USAGE,
    ExitStatus.NOT_APPROVED,
    ExitStatus.PROVIDER,
    ExitStatus.WORKSPACE,
    ExitStatus.STATE,
    ExitStatus.LIMIT,
    ExitStatus.DEFECT,
    ExitStatus.INTERRUPTED,
    ExitStatus.TERMINATED,
)
"""How a session can end and still have something left to do."""
JUDGED = (ExitStatus.JUDGED_BAD, ExitStatus.PARTIAL, ExitStatus.TESTS_FAILED)
"""How a session can end because of what the models answered: another one should not be told the same."""
_IN_HASTE = (ExitStatus.INTERRUPTED, ExitStatus.TERMINATED, ExitStatus.LIMIT, ExitStatus.STATE)
"""Ends at which nothing is tidied: somebody waits for the process to leave, or the journal is not well."""


@dataclass(frozen=True)
class Wanted:
    """What this run is to do."""

    only_plan: bool = False
    tests: bool = True
    lint: bool = False
    baseline: bool = True
    """Whether to find out, before the first write, which tests fail already."""
    change_review: bool = True
    """Whether the change is judged as a whole, too."""
    commit: bool = False
    given_plan: PlanFile | None = None


@dataclass(frozen=True)
class Report:
    """How a run ended."""

    outcome: Outcome
    plan: Plan | None
    status: ExitStatus
    error: OrchestraError | None
    can_resume: bool
    verdict: Verdict | None = None
    tests_lack: str = ""
    """What kept the tests from running after the change."""


@dataclass(frozen=True)
class Rooms:
    """Everything a session works with; `wiring` fills it."""

    session_id: str
    task: Task
    mode: str
    state_folder: Path
    schedule: Schedule
    clock: Clock
    stop: StopSignal
    journal: StateManager
    events: Events
    crew: Crew
    planning: Planning
    committing: Committing
    job_context: Callable[[Plan], JobContext]
    change_review: Callable[[Plan, JobContext], ChangeReview]
    verification: Callable[[Plan, JobContext], Verification]
    linting: Callable[[Plan, JobContext], Verification]
    check_tests: Callable[[Plan], None] = lambda plan: None
    """Raises UsageError where the user insists on tests, and with this plan there can be none."""
    tidy: Callable[[], None] = lambda: None
    """Holds what is kept of old sessions to its limits."""
    attempts: Sequence[AttemptRow] = ()
    """Those of the session before this run."""


class Session:
    """Runs in the main thread; what blocks is done by the crew."""

    def __init__(self, rooms: Rooms, wanted: Wanted) -> None:
        self._rooms = rooms
        self._wanted = wanted
        self._plan: Plan | None = None
        self._outcomes: dict[str, FileOutcome] = rooms.journal.images.outcomes(rooms.session_id)
        self._parsed: tuple[int, Plan] | None = None
        """The newest plan that was read, with the id of its row."""
        self._objection: ChangeNotApproved | None = None
        """To the change as a whole."""
        self._verdict: Verdict | None = None
        self._linted: Verdict | None = None
        self._test_run: TestRun | None = None
        self._tests_lack = ""
        """What kept the tests from running after the change."""
        self._unproven = ""
        """The same, where the task asks to have tests pass."""
        self._commit: Commit | None = None
        self._unsaved: list[Callable[[], None]] = []
        """Waits for the outcomes that were noted."""

    def run(self) -> Report:
        """Go on from where the session stands, to its end or until something stops it."""
        error: OrchestraError | None = None
        status = ExitStatus.DEFECT
        try:
            status, error = self._tell()
        except Cancelled:
            # Of the time: what this thread waited for itself, such as git, may notice it before the crew does.
            status, error = self._rooms.stop.end(out_of_time())
        except OrchestraError as problem:
            status, error = self._stopped_by(problem)
            status = self._rooms.stop.weighed(status)
            error.hint = error.hint or f"mend that, then `orchestra resume {self._rooms.session_id}` goes on"
        finally:
            contents = self._contents()
            report = self._report(status, error, contents)
            self._finish(report, contents)
        return report

    def _stopped_by(self, problem: OrchestraError) -> tuple[ExitStatus, OrchestraError]:
        """What ends the run before its time, unless a file that had ended by then weighs more."""
        bad = [outcome for outcome in self._outcomes.values() if outcome.exit_status == ExitStatus.WORKSPACE]
        status = weightiest([problem.exit_status, *(ExitStatus.WORKSPACE for _ in bad[:1])])
        if status is problem.exit_status:
            return status, problem
        error = _error_of(status, bad, failing_tests=0, findings=0, lacks="", cut="")
        assert error is not None  # the status is no success
        error.what = f"{error.what}; then {problem.what}"
        error.hint = "; then ".join(hint for hint in (error.hint, problem.hint) if hint)
        return status, error

    def _tell(self) -> tuple[ExitStatus, OrchestraError | None]:
        rooms, wanted = self._rooms, self._wanted
        plan = self._plan = self._planned()
        if not plan.files or wanted.only_plan:
            return ExitStatus.DONE, None
        plan = self._plan = self._approved(plan)
        if wanted.commit:
            rooms.crew.call(lambda: rooms.committing.check_clean([planned.path for planned in plan.files]))
        context = rooms.job_context(plan)
        linting, verification = rooms.linting(plan, context), rooms.verification(plan, context)
        if wanted.lint:
            self._note_baseline(linting)
        if wanted.baseline:
            self._note_baseline(verification)
        self._execute(plan, context)
        if wanted.change_review:
            self._review_change(rooms.change_review(plan, context))
        if wanted.lint and self._approved_paths():
            self._linted = self._verify(linting, is_checkpoint=False)
        if wanted.tests and self._approved_paths():
            self._verdict = self._verify(verification)
            self._lint_fixes(linting, verification)
            self._test_run = None if self._verdict is None else self._verdict.run
            self._tests_lack = self._test_run.lacks if self._test_run else verification.not_started()
            self._unproven = self._tests_lack if self._tests_lack and verification.runs.asks_for_any else ""
        self._settle(context.files)
        status, error = self._status()
        if wanted.commit and status is ExitStatus.DONE:
            self._make_commit(plan)
        return status, error

    def _is_approved(self) -> bool:
        row = self._rooms.journal.sessions.plan(self._rooms.session_id)
        return row is not None and row.approved_by is not None

    def _planned(self) -> Plan:
        row = self._rooms.journal.sessions.plan(self._rooms.session_id)
        if row is not None and row.approved_by is not None:
            return self._plan_of(row)
        self._enter("planning")
        return self._rooms.planning.plan(self._wanted.given_plan)

    def _approved(self, plan: Plan) -> Plan:
        if self._is_approved():
            return plan
        self._rooms.crew.call(lambda: self._rooms.check_tests(plan))
        self._enter("awaiting_approval")
        return self._rooms.planning.approved(plan)

    def _execute(self, plan: Plan, context: JobContext) -> None:
        self._enter("executing")
        context.files.clean_temp([planned.path for planned in plan.files])
        order = order_of(plan)
        for path, other in order.ignored:
            self._rooms.events.emit("plan.circle", level="warning", path=path, other=other)
        left = [planned for planned in order.files if planned.path not in self._outcomes]
        # Nobody is shown such a file before it goes: what its user writes into it while others are worked on, stays.
        context.files.look_ahead([planned.path for planned in left if planned.action == "delete"])
        starts = self._rooms.journal.recall_all(self._rooms.session_id, START) if left else {}

        def make_job(planned: PlannedFile) -> FileJob:
            return FileJob(context, planned, start=starts.get(planned.path) or 0)

        Traffic(self._rooms.crew, self._rooms.schedule, make_job=make_job, on_end=self._ended).run(
            left, order.dependencies()
        )

    def _ended(self, outcome: FileOutcome) -> None:
        self._outcomes[outcome.path] = outcome
        # Whoever acts on it, as a file that waited for it, has an answer journalled first, which comes after it.
        self._unsaved.append(self._rooms.journal.images.set_outcome_later(self._rooms.session_id, outcome))
        self._rooms.events.emit(
            "file.ended", level="info" if outcome.status in DONE else "warning", path=outcome.path,
            status=outcome.status, iterations=outcome.iterations, error=outcome.error,
        )

    def _review_change(self, review: ChangeReview) -> None:
        outcomes = dict(self._outcomes)
        self._objection = self._rooms.crew.call(lambda: review.judge(outcomes))
        self._take_over(outcomes)

    def _note_baseline(self, verification: Verification) -> None:
        if not verification.runs.has_baseline:
            # No checkpoint: to go back to the tests means those after the files.
            self._enter("testing", is_checkpoint=False)
            self._rooms.crew.call(verification.runs.note_baseline)

    def _lint_fixes(self, linting: Verification, verification: Verification) -> None:
        """Lint what was mended for the tests; what is then mended for the linter stays where the tests are no worse."""
        linted, tested = self._linted, self._verdict
        if linted is None or tested is None or not tested.fixes:
            return
        best = self._judging(verification, lambda outcomes: verification.state(tested, outcomes))
        again = self._verify(linting, is_checkpoint=False, after=linted)
        self._linted = again or linted
        if again is None or again.fixes == linted.fixes:
            return
        self._verdict, is_kept = self._judging(
            verification, lambda outcomes: verification.check_no_worse(outcomes, best)
        )
        if not is_kept:
            without_fixes = replace(again, fixes=linting.most_fixes)
            self._linted = self._verify(linting, is_checkpoint=False, after=without_fixes) or again

    def _verify(
        self, verification: Verification, *, is_checkpoint: bool = True, after: Verdict | None = None
    ) -> Verdict | None:
        self._rooms.crew.call(lambda: verification.settle(after))
        self._enter("testing", is_checkpoint=is_checkpoint)
        return self._judging(verification, lambda outcomes: verification.verify(outcomes, after))

    def _judging(self, verification: Verification, work: Callable[[dict[str, FileOutcome]], T]) -> T:
        """What `work` finds, which may change the outcomes."""
        outcomes = dict(self._outcomes)
        try:
            found = self._rooms.crew.call(lambda: work(outcomes))
        except ChangedByTests as error:
            self._test_run = error.run if verification.runs.kind == TESTS else None
            raise
        self._take_over(outcomes)
        return found

    def _take_over(self, outcomes: Mapping[str, FileOutcome]) -> None:
        for path, outcome in outcomes.items():
            if outcome != self._outcomes[path]:
                self._ended(outcome)

    def _settle(self, files: JournalledTree) -> None:
        """Have lie there what was approved; a file that somebody else changed or removed since has failed."""
        self._rooms.crew.call(files.settle_rest)
        if self._wanted.commit and self._rooms.committing.judges_edits:
            return
        error = Conflict("changed or removed by somebody else since it was approved")
        for path in self._rooms.crew.call(lambda: files.altered(self._approved_paths())):
            self._ended(replace(
                self._outcomes[path], status="failed", error_code=error.code, error=str(error),
                exit_status=int(error.exit_status),
            ))

    def _make_commit(self, plan: Plan) -> None:
        self._enter("committing")
        paths = self._approved_paths()
        if paths and self._rooms.committing.allow_dirty:
            # What the user has done to a planned file already is part of the change, too.
            paths = self._approved_paths(DONE)
        self._commit = self._rooms.crew.call(lambda: self._rooms.committing.commit(plan, paths))

    def _approved_paths(self, statuses: Sequence[str] = ("approved",)) -> list[str]:
        """Of the files that the session changed, or that ended in another of these ways, in plan order."""
        planned = self._plan.files if self._plan else ()
        ended = [self._outcomes[file.path] for file in planned if file.path in self._outcomes]
        return [outcome.path for outcome in ended if outcome.status in statuses]

    def _status(self) -> tuple[ExitStatus, OrchestraError | None]:
        """What the outcomes make of the run."""
        assert self._plan is not None and len(self._outcomes) == len(self._plan.files)  # a file left out is none
        ended = [self._outcomes[file.path] for file in self._plan.files]
        bad = [outcome for outcome in ended if outcome.status not in DONE]
        statuses = [ExitStatus.WORKSPACE for outcome in bad if outcome.exit_status == ExitStatus.WORKSPACE]
        if bad and len(bad) < len(ended):
            statuses.append(ExitStatus.PARTIAL)
        elif bad:
            by_provider = all(outcome.exit_status == ExitStatus.PROVIDER for outcome in bad)
            statuses.append(ExitStatus.PROVIDER if by_provider else ExitStatus.JUDGED_BAD)
        failing = self._verdict.new_failures if self._verdict else ()
        findings = self._linted.new_failures if self._linted else ()
        if failing or findings:
            statuses.append(ExitStatus.TESTS_FAILED)
        still = self._verdict.still_failing if self._verdict else ()
        if still or self._unproven:
            statuses.append(ExitStatus.JUDGED_BAD)
        if self._objection is not None:
            statuses.append(self._objection.exit_status)
        status = weightiest(statuses)
        if status is ExitStatus.JUDGED_BAD and not bad:
            return status, self._objection or _not_proven(self._unproven) or _still_failing(still)
        lacks = self._test_run.lacks if failing and self._test_run is not None else ""
        judged = self._verdict if failing else self._linted
        # The last failure of tests that were ended is that they were (see suite_run).
        is_cut = judged is not None and judged.run.exit_status is None and not judged.run.lacks
        cut = judged.run.failures[-1].message if judged and is_cut else ""
        return status, _error_of(
            status, bad, failing_tests=len(failing), findings=len(findings), lacks=lacks, cut=cut
        )

    def _enter(self, phase: str, *, is_checkpoint: bool = True) -> None:
        self._rooms.journal.sessions.enter_phase(self._rooms.session_id, phase, is_checkpoint=is_checkpoint)
        self._rooms.events.emit("phase.entered", level="debug", phase=phase)

    def _plan_of(self, row: PlanRow) -> Plan:
        if self._parsed is None or self._parsed[0] != row.id:
            self._parsed = (row.id, plan_from_json(row.content))
        return self._parsed[1]

    def _contents(self) -> Contents:
        rooms = self._rooms
        for wait in self._unsaved:
            wait()
        new = rooms.journal.steps.attempts(rooms.session_id, but_first=len(rooms.attempts))
        # The newest plan: one that was revised or edited and then refused is not the one this run began with.
        row = rooms.journal.sessions.plan(rooms.session_id)
        return Contents(row, None if row is None else self._plan_of(row), self._outcomes, [*rooms.attempts, *new])

    def _report(self, status: ExitStatus, error: OrchestraError | None, contents: Contents) -> Report:
        rooms, plan = self._rooms, contents.plan
        row = rooms.journal.sessions.get(rooms.session_id)
        assert row is not None  # a session is journalled before it runs
        metrics = metrics_of(contents.attempts, start_time=moment(row.started_at), end_time=rooms.clock.now())
        planned = plan.files if plan else ()
        files = tuple(self._outcomes.get(file.path) or self._unfinished(file) for file in planned)
        outcome = Outcome(
            session_id=rooms.session_id, task=rooms.task.text, summary=plan.summary if plan else "",
            mode=rooms.mode, files=files, test_run=self._test_run,
            commit=self._commit, metrics=metrics,
        )
        retriable = any(outcome.exit_status == ExitStatus.PROVIDER for outcome in self._outcomes.values())
        retriable = retriable or isinstance(self._objection, ChangeNotJudged)
        can_resume = status in RESUMABLE or retriable or (self._wanted.only_plan and bool(planned))
        return Report(outcome, plan, status, error, can_resume, self._verdict, self._tests_lack)

    def _unfinished(self, planned: PlannedFile) -> FileOutcome:
        """A file that the run did not bring to its end, though it may have been written."""
        is_written = self._rooms.journal.images.count_writes(self._rooms.session_id, planned.path) > 0
        return FileOutcome(
            planned.path, planned.action, "skipped", error_code="unfinished" if is_written else None,
            error="written, but not judged yet" if is_written else None,
        )

    def _finish(self, report: Report, contents: Contents) -> None:
        is_planned = self._wanted.only_plan and report.status is ExitStatus.DONE and report.can_resume
        phase = "awaiting_approval" if is_planned else report.status.word
        # Before the end is noted: whoever is killed in between goes on, and writes it again.
        self._write_receipt(report.status, contents)
        self._rooms.journal.sessions.finish(
            self._rooms.session_id, phase, report.status, can_resume=report.can_resume,
            last_error=None if report.error is None else report.error.message,
        )
        if report.status in JUDGED:
            self._rooms.journal.reply_cache.forget_session(self._rooms.session_id)
        if report.status not in _IN_HASTE:
            self._rooms.tidy()
        self._rooms.events.emit(
            "session.ended", status=report.status.word, exit_status=int(report.status), can_resume=report.can_resume
        )

    def _write_receipt(self, status: ExitStatus, contents: Contents) -> None:
        rooms = self._rooms
        row = rooms.journal.sessions.get(rooms.session_id)
        if row is None or not has_receipt(rooms.journal, row):
            return
        try:
            write_receipt(rooms.state_folder, rooms.journal, replace(row, exit_status=int(status)), contents)
        except StateError as error:
            rooms.events.emit("receipt.failed", level="error", why=error.message)


class Unfinished(OrchestraError):
    """A run whose files or tests did not all end well; the status says how."""

    def __init__(self, what: str, status: ExitStatus, code: str, hint: str) -> None:
        super().__init__(what, hint=hint)
        self.exit_status = status
        self.code = code


def _not_proven(lacks: str) -> Unfinished | None:
    what = f"the task asks to have tests pass, but they could not start: {lacks}"
    hint = "the files stay as they are: put there what is missing and run again, or add --no-test to go without"
    return Unfinished(what, ExitStatus.JUDGED_BAD, "tests-not-run", hint) if lacks else None


def _still_failing(failures: Sequence[TestFailure]) -> Unfinished:
    count, first = len(failures), failures[0].id
    what = f"{count} test{' fails' if count == 1 else 's fail'} that the task asks to have pass: {first}"
    what += "" if count == 1 else f" and {count - 1} more"
    hint = "the files stay as they are: mend them, or run again"
    return Unfinished(what, ExitStatus.JUDGED_BAD, "tests-still-fail", hint)


def _why(outcome: FileOutcome) -> str:
    return (outcome.error or "").replace(f"; {outcome.path}", "")  # named in front already


_MOST_NAMED = 3
_CODES = {
    ExitStatus.WORKSPACE: "workspace",
    ExitStatus.PROVIDER: "provider",
    ExitStatus.PARTIAL: "partial",
    ExitStatus.TESTS_FAILED: "tests-failed",
    ExitStatus.JUDGED_BAD: "not-approved-by-auditor",
}


def _error_of(
    status: ExitStatus, bad: list[FileOutcome], *, failing_tests: int, findings: int, lacks: str, cut: str
) -> OrchestraError | None:
    """`lacks` says what kept the tests from starting, `cut` how they, or the linter, were ended before the end."""
    if status is ExitStatus.DONE:
        return None
    if status is ExitStatus.TESTS_FAILED:
        what = f"tests fail that did not fail before: {failing_tests}"
        if lacks:
            what = f"the tests could not start: {lacks}"
        if not failing_tests:
            what = f"the linter finds what it did not find before: {findings}"
        hint = "the files stay as they are: mend them, or run again"
        if cut:
            what, hint = f"{cut}; {what}", "the files stay as they are: raise tests.timeout, or mend what takes so long"
        return Unfinished(what, status, _CODES[status], hint)
    first = next((outcome for outcome in bad if outcome.exit_status == int(status)), bad[0])
    why = _why(first)
    alike = [outcome.path for outcome in bad if _why(outcome) == why]
    paths = ", ".join(alike[:_MOST_NAMED]) + (f" and {len(alike) - _MOST_NAMED} more" if alike[_MOST_NAMED:] else "")
    what = f"{len(bad)} planned file{'' if len(bad) == 1 else 's'} did not succeed; {paths}: {why}"
    is_retried = first.exit_status in (ExitStatus.PROVIDER, ExitStatus.WORKSPACE)
    hint = "mend that, then `orchestra resume` tries again" if is_retried else "put the task in other words, or smaller"
    if first.error_code == Conflict.code:
        hint = "put it back as it was, and `orchestra resume` tries again; or keep it, and run the task again"
    return Unfinished(what, status, first.error_code or _CODES[status], hint)

from __future__ import annotations

import threading
from typing import Any, Callable, Mapping, Sequence

import pytest

from orchestra.agents.plan_json import plan_hash, plan_to_json
from orchestra.agents.templates import load
from orchestra.clock import Deadline
from orchestra.engine.change_review import ChangeReview
from orchestra.engine.command_runs import CommandRuns
from orchestra.engine.crew import Crew
from orchestra.engine.file_job import JobContext
from orchestra.engine.mending import Mending
from orchestra.engine.modes import schedule_for
from orchestra.engine.session import Report, Rooms, Session, Wanted
from orchestra.engine.verification import Verification
from orchestra.environment import StopSignal
from orchestra.errors import (
    ApiError,
    Cancelled,
    ExitStatus,
    GitError,
    LimitReached,
    NotApproved,
    PlanError,
    RefusedPath,
    StateError,
)
from orchestra.records import Commit, Plan, PlannedFile, Task, TestFailure, TestRun
from tests.unit.engine.workshop import APPROVED, SESSION, Answer, Workshop, needs_work, planned, whole

Build = Callable[..., Workshop]
PASSED = TestRun("pytest", ("pytest",), 0, 5, True)
FAILED = TestRun("pytest", ("pytest",), 1, 5, True, (TestFailure("test_a", "wrong"),))
NO = needs_work("bad")


class Plans:
    """Planning that has its plan, or fails as it is told to."""

    def __init__(self, shop: Workshop, plan: Plan, error: BaseException | None, refusal: BaseException | None) -> None:
        self._shop = shop
        self._plan = plan
        self._error = error
        self._refusal = refusal
        self.asked: list[str] = []

    def plan(self, given: object = None) -> Plan:
        self.asked.append("plan")
        if self._error is not None:
            raise self._error
        self._shop.journal.sessions.save_plan(SESSION, plan_hash(self._plan), plan_to_json(self._plan))
        return self._plan

    def approved(self, plan: Plan) -> Plan:
        self.asked.append("approve")
        if self._refusal is not None:
            raise self._refusal
        self._shop.journal.sessions.approve_plan(SESSION, plan_hash(plan), "user")
        return plan


class Commits:
    """Committing that notes what it is asked to commit."""

    def __init__(self, error: BaseException | None, clean_error: BaseException | None) -> None:
        self._error = error
        self._clean_error = clean_error
        self.paths: list[str] | None = None
        self.allow_dirty = False
        self.judges_edits = False
        self.look: Callable[[], None] = lambda: None

    def check_clean(self, paths: Sequence[str]) -> None:
        self.look()
        if self._clean_error is not None:
            raise self._clean_error

    def commit(self, plan: Plan, paths: Sequence[str]) -> Commit:
        self.paths = list(paths)
        if self._error is not None:
            raise self._error
        return Commit("abc", "feat: it\n")


class Stage:
    """Everything for one session: the files that are planned and what the agents say about each of them."""

    def __init__(
        self, shop: Workshop, *files: PlannedFile, runs: Sequence[TestRun | None] = (), mode: str = "sequential",
        error: BaseException | None = None, refusal: BaseException | None = None,
        commit_error: BaseException | None = None, clean_error: BaseException | None = None,
    ) -> None:
        self.shop = shop
        self.plan = Plan("do it", files)
        self.runs = list(runs)
        self.mode = mode
        self.stop = StopSignal()
        self.run_tests: Callable[[Callable[[], None]], TestRun | None] = lambda on_start: self.runs.pop(0)
        self.plans = Plans(shop, self.plan, error, refusal)
        self.commits = Commits(commit_error, clean_error)

    def run(self, **wanted: Any) -> Report:
        schedule = schedule_for(self.mode, 4)
        crew = Crew(
            schedule.workers, stop=self.stop, cancel=self.shop.cancel, deadline=Deadline(self.shop.clock, None)
        )
        rooms = Rooms(
            session_id=SESSION, task=Task("a task", "words"), mode=self.mode, schedule=schedule, clock=self.shop.clock,
            state_folder=self.shop.folder,
            stop=self.stop, journal=self.shop.journal, events=self.shop.emitter(), crew=crew,
            planning=self.plans,  # type: ignore[arg-type]
            committing=self.commits,  # type: ignore[arg-type]
            job_context=self.shop.context, verification=self.verification, change_review=self.change_review,
            linting=self.verification,
        )
        flags: Mapping[str, Any] = {"tests": False, "baseline": False, "change_review": False, **wanted}
        try:
            return Session(rooms, Wanted(**flags)).run()
        finally:
            crew.close()

    def verification(self, plan: Plan, jobs: JobContext) -> Verification:
        runs = CommandRuns(SESSION, self.shop.journal, self.shop.emitter(), self.run_tests)
        return Verification(
            session_id=SESSION, plan=plan, journal=self.shop.journal, asker=self.shop.asker(),
            jobs=jobs, runs=runs, most_fixes=0, generation=0, custom_prompts={},
            load_template=load,
        )

    def change_review(self, plan: Plan, jobs: JobContext) -> ChangeReview:
        mending = Mending(SESSION, plan, self.shop.journal, jobs)
        return ChangeReview(self.shop.asker(), mending, 1, 0, custom_prompts={}, load_template=load)

    def row(self) -> Any:
        return self.shop.journal.sessions.get(SESSION)

    def phases(self) -> list[str]:
        return [row["phase"] for row in self.shop.journal.sessions.checkpoints(SESSION)]


def stage(workshop: Build, answers: Mapping[str, Sequence[Answer]], *files: PlannedFile, **more: Any) -> Stage:
    return Stage(workshop(**answers), *files, **more)


def two_files(workshop: Build, first: Answer, second: Answer, **more: Any) -> Stage:
    """Two files with one draft each, and what the auditor says about them."""
    answers: dict[str, Sequence[Answer]] = {"executor": [whole("one\n"), whole("two\n")], "auditor": [first, second]}
    found = stage(workshop, answers, planned("a.txt"), planned("b.txt"), **more)
    found.shop.max_iterations = 1
    return found


def statuses(report: Report) -> list[str]:
    return [file.status for file in report.outcome.files]


# The story


def test_a_session_goes_through_every_phase_that_one_of_its_files_does(workshop: Build) -> None:
    there = stage(
        workshop, {"executor": [whole("bad\n")], "auditor": [NO, NO, APPROVED],
                   "consultant": [whole("worse\n"), whole("good\n")]}, planned("a.txt"), runs=[PASSED],
    )
    there.shop.max_iterations, there.shop.max_recovery_attempts = 2, 1
    assert there.run(tests=True, commit=True).status is ExitStatus.DONE
    assert there.phases() == [
        "init", "planning", "awaiting_approval", "executing", "auditing", "consulting", "recovering", "testing",
        "committing", "completed",
    ]


def test_a_plan_that_was_interrupted_does_not_await_approval(workshop: Build) -> None:
    there = stage(workshop, {}, planned("a.txt"), error=Cancelled())
    there.stop.request(2)
    report = there.run(only_plan=True)
    assert (report.can_resume, there.row().phase) == (True, "interrupted")


def test_what_cannot_be_done_any_more_after_a_signal_ends_as_the_signal_does(workshop: Build) -> None:
    there = stage(workshop, {}, planned("a.txt"), error=StateError("held"))
    there.stop.request(15)
    report = there.run()
    assert (report.status, report.can_resume, there.row().phase) == (ExitStatus.TERMINATED, True, "interrupted")


def test_a_session_in_which_all_went_well_is_done(workshop: Build) -> None:
    there = two_files(workshop, APPROVED, APPROVED)
    report = there.run()
    assert (report.status, report.error, report.can_resume) == (ExitStatus.DONE, None, False)
    assert statuses(report) == ["approved", "approved"]
    assert there.phases() == ["init", "planning", "awaiting_approval", "executing", "auditing", "completed"]
    row = there.row()
    assert (row.phase, row.exit_status, row.can_resume, row.last_error) == ("completed", 0, False, None)
    assert report.outcome.metrics.successful_attempts == 4


def test_files_are_told_in_the_order_of_the_plan_whatever_ended_first(workshop: Build) -> None:
    files = [planned("c.txt", "create", "a.txt"), planned("a.txt"), planned("b.txt")]
    there = stage(workshop, {"executor": [whole("x\n")] * 3, "auditor": [APPROVED] * 3}, *files, mode="parallel")
    assert [file.path for file in there.run().outcome.files] == ["c.txt", "a.txt", "b.txt"]


def test_an_empty_plan_is_done_without_being_asked_about(workshop: Build) -> None:
    there = stage(workshop, {})
    report = there.run()
    assert (report.status, there.plans.asked) == (ExitStatus.DONE, ["plan"])


def test_only_a_plan_awaits_approval_and_goes_on_with_a_resume(workshop: Build) -> None:
    there = stage(workshop, {}, planned("a.txt"))
    report = there.run(only_plan=True)
    assert (report.status, report.can_resume, there.plans.asked) == (ExitStatus.DONE, True, ["plan"])
    assert there.row().phase == "awaiting_approval"
    assert statuses(report) == ["skipped"]


def test_a_circle_is_told_and_does_not_hold_anybody_up(workshop: Build) -> None:
    files = [planned("a.txt", "create", "b.txt"), planned("b.txt", "create", "a.txt")]
    there = stage(workshop, {"executor": [whole("x\n")] * 2, "auditor": [APPROVED] * 2}, *files)
    assert statuses(there.run()) == ["approved", "approved"]
    assert [dict(event.data) for event in there.shop.told("plan.circle")] == [{"path": "a.txt", "other": "b.txt"}]


# What the files make of it


@pytest.mark.parametrize(
    ("first", "second", "status", "code", "can_resume"),
    [
        (APPROVED, NO, ExitStatus.PARTIAL, "not-approved-by-auditor", False),
        (NO, NO, ExitStatus.JUDGED_BAD, "not-approved-by-auditor", False),
        (ApiError("down"), ApiError("down"), ExitStatus.PROVIDER, "api-error", True),
        (ApiError("down"), NO, ExitStatus.JUDGED_BAD, "not-approved-by-auditor", True),
        (APPROVED, ApiError("down"), ExitStatus.PARTIAL, "api-error", True),
    ],
)
def test_the_files_earn_the_status(
    workshop: Build, first: Answer, second: Answer, status: ExitStatus, code: str, can_resume: bool
) -> None:
    there = two_files(workshop, first, second)
    report = there.run()
    assert (report.status, report.can_resume) == (status, can_resume)
    assert report.error is not None and (report.error.code, report.error.exit_status) == (code, status)
    assert there.row().exit_status == status


def test_a_conflict_outweighs_what_else_went_wrong(workshop: Build) -> None:
    there: Stage

    def meanwhile() -> str:
        there.shop.put("mine\n", "a.txt")
        return needs_work("bad")

    there = two_files(workshop, meanwhile, APPROVED)
    report = there.run()
    assert (report.status, report.can_resume) == (ExitStatus.WORKSPACE, True)
    assert report.error is not None and report.error.code == "conflict"
    assert statuses(report) == ["failed", "approved"]
    assert there.shop.text("a.txt") == "mine\n"


def test_a_conflict_outweighs_a_limit_that_comes_after_it(workshop: Build) -> None:
    there: Stage

    def meanwhile() -> str:
        there.shop.put("mine\n", "a.txt")
        return needs_work("bad")

    there = two_files(workshop, meanwhile, LimitReached("no money", hint="--max-cost allows for more"))
    report = there.run()
    assert (report.status, report.can_resume) == (ExitStatus.WORKSPACE, True)
    assert report.error is not None and report.error.code == "conflict"
    assert report.error.what.endswith("; then no money")
    assert (report.error.hint or "").endswith("run the task again; then --max-cost allows for more")
    assert statuses(report) == ["failed", "skipped"]


# Tests and commit


def test_failing_tests_are_8_and_nothing_is_committed(workshop: Build) -> None:
    there = two_files(workshop, APPROVED, APPROVED, runs=[FAILED])
    report = there.run(tests=True, commit=True)
    assert (report.status, report.can_resume, there.commits.paths) == (ExitStatus.TESTS_FAILED, False, None)
    assert report.error is not None and report.error.code == "tests-failed"
    assert report.verdict is not None and report.outcome.test_run == FAILED


def test_tests_that_failed_before_already_are_no_failure(workshop: Build) -> None:
    there = two_files(workshop, APPROVED, APPROVED, runs=[FAILED, FAILED])
    assert there.run(tests=True, baseline=True).status is ExitStatus.DONE


def test_a_partial_run_outweighs_failing_tests(workshop: Build) -> None:
    assert two_files(workshop, APPROVED, NO, runs=[FAILED]).run(tests=True).status is ExitStatus.PARTIAL


def test_without_an_approved_file_no_test_is_run(workshop: Build) -> None:
    there = two_files(workshop, NO, NO)
    assert there.run(tests=True).outcome.test_run is None


def test_where_there_are_no_tests_none_are_missed(workshop: Build) -> None:
    there = two_files(workshop, APPROVED, APPROVED, runs=[None])
    assert there.run(tests=True).status is ExitStatus.DONE


def test_the_commit_is_made_last_and_of_own_files_only(workshop: Build) -> None:
    answers = {"executor": [whole("one\n"), whole("same\n")], "auditor": [APPROVED, APPROVED]}
    there = stage(workshop, answers, planned("b.txt"), planned("a.txt", "modify"), runs=[PASSED])
    there.shop.put("same\n", "a.txt")
    report = there.run(tests=True, commit=True)
    assert (report.status, report.outcome.commit) == (ExitStatus.DONE, Commit("abc", "feat: it\n"))
    assert there.commits.paths == ["b.txt"]
    assert there.phases()[-3:] == ["testing", "committing", "completed"]


def test_the_tests_before_the_first_write_are_testing_and_no_checkpoint(workshop: Build) -> None:
    there = stage(
        workshop, {"executor": [whole("one\n")], "auditor": [APPROVED]}, planned("a.txt"), runs=[PASSED, PASSED]
    )
    seen: list[str] = []

    def run_tests(on_start: Any) -> TestRun | None:
        seen.append(there.row().phase)
        on_start()
        return there.runs.pop(0)

    there.run_tests = run_tests
    assert there.run(tests=True, baseline=True).status is ExitStatus.DONE
    assert seen == ["testing", "testing"]
    entered = [event.data["phase"] for event in there.shop.told("phase.entered")]
    assert entered == ["planning", "awaiting_approval", "testing", "executing", "testing"]
    assert there.phases() == [
        "init", "planning", "awaiting_approval", "executing", "auditing", "testing", "completed"
    ]


def test_tests_that_ran_before_a_kill_are_not_entered_again(workshop: Build) -> None:
    there = stage(workshop, {"executor": [whole("one\n")], "auditor": [APPROVED]}, planned("a.txt"))
    there.shop.journal.keep(SESSION, "tests/baseline", {})
    assert there.run(baseline=True).status is ExitStatus.DONE
    assert "testing" not in [event.data["phase"] for event in there.shop.told("phase.entered")]


def test_a_partial_run_is_not_committed(workshop: Build) -> None:
    there = two_files(workshop, APPROVED, NO)
    there.run(commit=True)
    assert there.commits.paths is None


def test_a_commit_that_failed_leaves_a_session_to_resume(workshop: Build) -> None:
    there = two_files(workshop, APPROVED, APPROVED, commit_error=GitError("the hook said no"))
    report = there.run(commit=True)
    assert (report.status, report.can_resume) == (ExitStatus.WORKSPACE, True)
    assert statuses(report) == ["approved", "approved"]


def test_own_work_in_the_way_of_a_commit_stops_before_the_first_write(workshop: Build) -> None:
    there = two_files(workshop, APPROVED, APPROVED, clean_error=GitError("uncommitted work"))
    assert there.run(commit=True).status is ExitStatus.WORKSPACE
    assert there.shop.asked() == {}


# What stops a session


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotApproved("questions"), ExitStatus.NOT_APPROVED), (ApiError("down"), ExitStatus.PROVIDER),
        (RefusedPath("a bad path"), ExitStatus.WORKSPACE), (LimitReached("no money"), ExitStatus.LIMIT),
        (PlanError("line 3"), ExitStatus.USAGE), (StateError("full"), ExitStatus.STATE),
    ],
)
def test_what_stops_the_planning_is_the_sessions_end_and_can_be_resumed(
    workshop: Build, error: Any, status: ExitStatus
) -> None:
    there = stage(workshop, {}, planned("a.txt"), error=error)
    report = there.run()
    assert (report.status, report.error, report.can_resume) == (status, error, True)
    row = there.row()
    assert (row.exit_status, row.phase, row.can_resume) == (status, status.word, True)
    assert row.last_error == error.message


def test_a_refused_plan_is_rejected_and_nobody_was_asked_to_write(workshop: Build) -> None:
    there = stage(workshop, {}, planned("a.txt"), refusal=NotApproved("no"))
    report = there.run()
    assert (report.status.word, report.can_resume, statuses(report)) == ("rejected", True, ["skipped"])
    assert there.shop.asked() == {}


@pytest.mark.parametrize(("number", "status"), [(2, 130), (15, 143), (1, 143)])
def test_a_stop_is_told_by_its_signal_and_can_be_resumed(workshop: Build, number: int, status: int) -> None:
    there = stage(workshop, {}, planned("a.txt"), error=Cancelled())
    there.stop.request(number)
    report = there.run()
    assert (int(report.status), report.error, report.can_resume) == (status, None, True)
    assert there.row().phase == "interrupted"


def test_a_stop_does_not_wait_for_a_git_that_hangs_over_the_planned_files(workshop: Build) -> None:
    there = stage(workshop, {}, planned("a.txt"))
    goes_on, looked = threading.Event(), []

    def look() -> None:
        there.stop.request(2)
        goes_on.wait(5)
        looked.append("at last")

    there.commits.look = look
    report = there.run(commit=True)
    assert (int(report.status), looked) == (130, [])
    goes_on.set()


def test_a_defect_is_noted_before_it_goes_on_its_way(workshop: Build) -> None:
    there = stage(workshop, {}, planned("a.txt"), error=KeyError("a defect"))
    with pytest.raises(KeyError):
        there.run()
    assert (there.row().exit_status, there.row().can_resume) == (70, True)


def test_a_limit_in_the_middle_leaves_what_was_done_and_what_was_not(workshop: Build) -> None:
    there = two_files(workshop, APPROVED, LimitReached("no money"))
    report = there.run()
    assert (report.status, report.can_resume) == (ExitStatus.LIMIT, True)
    assert statuses(report) == ["approved", "skipped"]
    assert there.row().phase == "limited"


# Going on


def test_what_was_ended_is_not_done_again(workshop: Build) -> None:
    there = two_files(workshop, APPROVED, LimitReached("no money"))
    there.run()
    there.shop.resume()
    there.shop.agents["auditor"].answers = [APPROVED]
    report = there.run()
    assert (report.status, statuses(report)) == (ExitStatus.DONE, ["approved", "approved"])
    assert there.shop.asked() == {"executor": 2, "auditor": 3}
    assert there.plans.asked == ["plan", "approve"]


def test_an_approved_plan_is_the_journals_whatever_the_planning_would_say(workshop: Build) -> None:
    there = two_files(workshop, APPROVED, APPROVED)
    there.shop.journal.sessions.save_plan(SESSION, plan_hash(there.plan), plan_to_json(there.plan))
    there.shop.journal.sessions.approve_plan(SESSION, plan_hash(there.plan), "user")
    assert there.run().status is ExitStatus.DONE
    assert there.plans.asked == []


def test_a_plan_that_was_kept_and_not_approved_is_asked_about(workshop: Build) -> None:
    there = two_files(workshop, APPROVED, APPROVED)
    there.shop.journal.sessions.save_plan(SESSION, plan_hash(there.plan), plan_to_json(there.plan))
    assert there.run().status is ExitStatus.DONE
    assert there.plans.asked == ["plan", "approve"]


def test_a_session_of_which_every_file_has_ended_goes_on_to_its_tests(workshop: Build) -> None:
    there = two_files(workshop, APPROVED, APPROVED, runs=[PASSED])
    there.run()
    there.shop.resume()
    report = there.run(tests=True)
    assert (report.status, report.outcome.test_run) == (ExitStatus.DONE, PASSED)
    assert there.shop.asked() == {"executor": 2, "auditor": 2}

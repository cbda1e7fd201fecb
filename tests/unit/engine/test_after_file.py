from __future__ import annotations

import threading
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, Callable

import pytest

from orchestra.engine.after_file import AfterFile
from orchestra.engine.command_runs import LINT, TESTS, CommandRuns
from orchestra.engine.file_job import FileJob, Stage
from orchestra.engine.mending import Mending
from orchestra.errors import LimitReached, WorkspaceError
from orchestra.records import FileOutcome, Plan, PlannedFile, TestFailure, TestRun
from tests.unit.engine.workshop import APPROVED, PATH, SESSION, Workshop, needs_work, planned, whole

Build = Callable[..., Workshop]
PASSED = TestRun("pytest", ("pytest",), 0, 5, True)


def failed(*ids: str, **more: Any) -> TestRun:
    failures = tuple(TestFailure(each, f"{each} is wrong") for each in ids)
    return replace(TestRun("pytest", ("pytest",), 1, 5, True, failures), **more)


class Bench:
    """A workshop whose files are tested, or linted, as soon as they are approved."""

    def __init__(self, shop: Workshop, *runs: TestRun | None, kind: str = TESTS, more: tuple[str, ...] = ()) -> None:
        self.shop = shop
        self.runs = list(runs)
        self.kind = kind
        self.plan = Plan("a plan", (planned(), *(planned(path) for path in more)))
        self.phases: list[str] = []
        self.seen: list[str | None] = []
        shop.journal.sessions.enter_phase(SESSION, "planning")
        shop.journal.sessions.enter_phase(SESSION, "awaiting_approval")
        shop.journal.sessions.enter_phase(SESSION, "executing")

    def command(self, **more: Any) -> CommandRuns:
        return CommandRuns(SESSION, self.shop.journal, self.shop.emitter(), self.run_command, self.kind, **more)

    def run_command(self, on_start: Callable[[], None]) -> TestRun | None:
        on_start()
        self.shop.journal.keep(SESSION, "looked at", True)
        row = self.shop.journal.sessions.get(SESSION)
        assert row is not None
        self.phases.append(row.phase)
        self.seen.append(self.shop.text())
        return self.runs.pop(0)

    def job(self, file: PlannedFile | None = None) -> FileJob:
        context = self.shop.context(self.plan)
        after = AfterFile(
            [self.command()], Mending(SESSION, self.plan, self.shop.journal, context), self.shop.max_iterations,
            threading.Lock(), nullcontext(),
        )
        return FileJob(replace(context, after=after), file or self.plan.files[0])

    def run(self, file: PlannedFile | None = None) -> FileOutcome:
        job = self.job(file)
        job.run()
        assert job.outcome is not None
        return job.outcome


def test_what_fails_anew_is_mended_in_that_very_file(workshop: Build) -> None:
    shop = workshop(executor=[whole("one\n")], consultant=[whole("two\n")], auditor=[APPROVED, APPROVED])
    bench = Bench(shop, failed("old"), failed("old", "new"), failed("old"), more=("b.txt",))
    bench.command().note_baseline()
    assert bench.run() == FileOutcome(PATH, "create", "approved", 2)
    assert (shop.text(), bench.seen, bench.runs) == ("two\n", [None, "one\n", "two\n"], [])
    (asked,) = shop.agents["consultant"].heard
    assert "before this file: new\n" in asked and "new is wrong" in asked and "old" not in asked
    assert "are not done yet: b.txt" in asked
    assert [line for line in asked.splitlines() if line.startswith("File: ")] == [f"File: {PATH}"]


def test_tests_that_pass_are_no_work(workshop: Build) -> None:
    shop = workshop(executor=[whole("one\n")], auditor=[APPROVED])
    assert Bench(shop, PASSED).run().status == "approved"
    assert [event.data["path"] for event in shop.told("tests.started")] == [PATH]


def test_the_session_is_testing_meanwhile_and_no_checkpoint_is_made(workshop: Build) -> None:
    shop = workshop(executor=[whole("one\n")], consultant=[whole("two\n")], auditor=[APPROVED, APPROVED])
    bench = Bench(shop, failed("new"), PASSED)
    bench.run()
    shop.journal.keep(SESSION, "looked at", True)
    row = shop.journal.sessions.get(SESSION)
    assert row is not None and row.phase == "auditing"
    assert bench.phases == ["testing", "testing"]
    assert "testing" not in [point["phase"] for point in shop.journal.sessions.checkpoints(SESSION)]


def test_a_fix_that_makes_it_worse_is_rolled_back(workshop: Build) -> None:
    shop = workshop(executor=[whole("one\n")], consultant=[whole("two\n")], auditor=[APPROVED, APPROVED])
    bench = Bench(shop, failed("a"), failed("a", "b"))
    assert bench.run() == FileOutcome(PATH, "create", "approved", 2)
    assert shop.text() == "one\n"
    assert shop.told("tests.taken_back")[0].data["paths"] == [PATH]


def test_a_fix_after_which_a_test_file_cannot_be_read_at_all_is_worse(workshop: Build) -> None:
    shop = workshop(executor=[whole("one\n")], consultant=[whole("two\n")], auditor=[APPROVED, APPROVED])
    bench = Bench(shop, failed("t.py::a", "t.py::b"), failed("t.py"))
    bench.run()
    assert shop.text() == "one\n"


def test_tests_that_can_be_run_at_last_are_better_though_more_of_them_fail(workshop: Build) -> None:
    shop = workshop(
        executor=[whole("one\n")], consultant=[whole("two\n"), whole("three\n")], auditor=[APPROVED] * 3
    )
    bench = Bench(shop, failed("t.py"), failed("t.py::a", "t.py::b"), PASSED)
    assert bench.run().iterations == 3
    assert shop.text() == "three\n"


def test_the_best_state_is_kept_when_audits_are_used_up(workshop: Build) -> None:
    shop = workshop(
        executor=[whole("one\n")], consultant=[whole("two\n"), whole("three\n")], auditor=[APPROVED] * 3
    )
    bench = Bench(shop, failed("a", "b"), failed("a"), failed("a", "b", "c"))
    assert bench.run() == FileOutcome(PATH, "create", "approved", 3)
    assert shop.text() == "two\n"


def test_whoever_mends_next_is_told_what_came_of_it(workshop: Build) -> None:
    shop = workshop(
        executor=[whole("one\n")], consultant=[whole("two\n"), whole("three\n")], auditor=[APPROVED] * 3
    )
    bench = Bench(shop, failed("a", "b"), failed("b"), failed("a", "b", "c"))
    bench.run()
    first, second = shop.agents["consultant"].heard
    assert "tried before" not in first
    assert "tried before" in second and "a draft was approved, and after it this failed: b" in second
    context = replace(shop.context(bench.plan), after=bench.job()._after)
    mending = Mending(SESSION, bench.plan, shop.journal, context)
    assert "this failed: a, b, c; that was worse, so the file was put back" in mending.tried(PATH)[1]
    assert not mending.may_change(PATH, {PATH: FileOutcome(PATH, "create", "approved", 3)}), "no audit is left"
    assert mending.may_change(PATH, {PATH: FileOutcome(PATH, "create", "approved", 2)})


def test_fixes_count_with_the_drafts_of_the_audit_loop(workshop: Build) -> None:
    shop = workshop(
        executor=[whole("one\n")], consultant=[whole("two\n"), whole("three\n")],
        auditor=[needs_work("no"), APPROVED, APPROVED],
    )
    bench = Bench(shop, failed("a"), failed("a"))
    assert bench.run() == FileOutcome(PATH, "create", "approved", 3)
    assert shop.text() == "three\n"


def test_a_fix_that_the_auditor_refuses_leaves_the_approved_file(workshop: Build) -> None:
    shop = workshop(executor=[whole("one\n")], consultant=[whole("two\n")], auditor=[APPROVED, needs_work("worse")])
    assert Bench(shop, failed("a")).run() == FileOutcome(PATH, "create", "approved", 2)
    assert shop.text() == "one\n"
    assert "stays as it was" in str(shop.told("tests.not_fixed")[0].data["why"])


def test_a_fix_that_changes_nothing_is_the_last(workshop: Build) -> None:
    shop = workshop(executor=[whole("one\n")], consultant=[whole("one\n")], auditor=[APPROVED, APPROVED])
    bench = Bench(shop, failed("a"), failed("a"))
    bench.run()
    assert shop.asked()["consultant"] == 1


def test_what_is_left_is_known_before_the_next_file(workshop: Build) -> None:
    shop = workshop(executor=[whole("one\n"), whole("two\n")], auditor=[APPROVED, APPROVED])
    shop.max_iterations = 1
    bench = Bench(shop, failed("a"), failed("a"), more=("b.txt",))
    bench.run()
    bench.run(bench.plan.files[1])
    assert [event.data["new"] for event in shop.told("tests.ended")] == [1, 0]


def test_a_deletion_is_tested_and_not_mended(workshop: Build) -> None:
    shop = workshop(auditor=[APPROVED])
    shop.put("old\n")
    bench = Bench(shop, failed("a"))
    assert bench.run(planned(PATH, "delete")).status == "approved"
    assert (bench.seen, shop.asked()) == ([None], {"auditor": 1})


@pytest.mark.parametrize("answers", [
    {"executor": [whole("same\n")], "auditor": [APPROVED]},
    {"executor": [whole("one\n")], "auditor": [needs_work("no")]},
])
def test_after_a_file_that_was_not_changed_nothing_runs(workshop: Build, answers: dict[str, list[str]]) -> None:
    shop = workshop(**answers)
    shop.max_iterations = 1
    shop.put("same\n")
    assert Bench(shop).run(planned(PATH, "modify")).status in ("unchanged", "reverted")
    assert shop.text() == "same\n"


def test_a_linters_findings_about_other_files_are_not_this_ones(workshop: Build) -> None:
    shop = workshop(executor=[whole("one\n")], consultant=[whole("two\n")], auditor=[APPROVED, APPROVED])
    bench = Bench(
        shop, failed("./a.txt: old"), failed("./a.txt: old", "a.txt: new", "b.txt: new"), failed("b.txt: new"),
        kind=LINT,
    )
    bench.command().note_baseline()
    assert bench.run().iterations == 2
    (asked,) = shop.agents["consultant"].heard
    assert "a.txt: new" in asked and "b.txt" not in asked and "old" not in asked


def test_what_a_linter_left_out_before_is_not_taken_for_new(workshop: Build) -> None:
    shop = workshop(executor=[whole("one\n")], auditor=[APPROVED])
    bench = Bench(shop, failed("b.txt: old", is_whole=False), failed("a.txt: perhaps new"), kind=LINT)
    bench.command().note_baseline()
    assert bench.run().iterations == 1
    assert len(shop.told("lint.too_long")) == 1


def test_where_nothing_can_be_run_the_file_stays_approved(workshop: Build) -> None:
    assert Bench(workshop(executor=[whole("one\n")], auditor=[APPROVED]), None).run().status == "approved"


def test_for_a_suite_that_cannot_start_no_file_is_mended(workshop: Build) -> None:
    shop = workshop(executor=[whole("one\n")], auditor=[APPROVED])
    bench = Bench(shop, failed("the start of the tests (pytest)", lacks="no pytest"))
    assert bench.run() == FileOutcome(PATH, "create", "approved", 1)


@pytest.mark.parametrize("error", [LimitReached("no time"), WorkspaceError("the tests changed a file")])
def test_an_error_of_the_tests_ends_the_run_and_not_the_file(workshop: Build, error: Exception) -> None:
    shop = workshop(executor=[whole("one\n")], auditor=[APPROVED])
    bench = Bench(shop, PASSED)

    def stop(on_start: Callable[[], None]) -> TestRun | None:
        raise error

    bench.run_command = stop  # type: ignore[method-assign]
    failing = bench.job()
    with pytest.raises(type(error)):
        failing.run()
    assert (failing.outcome, failing.stage, shop.text()) == (None, Stage.CHECK, "one\n")
    shop.restart()
    bench.run_command = Bench.run_command.__get__(bench)  # type: ignore[method-assign]
    assert bench.run().status == "approved"
    assert shop.asked() == {"executor": 1, "auditor": 1}


def test_after_a_kill_neither_a_run_nor_a_reply_is_done_again(workshop: Build) -> None:
    shop = workshop(executor=[whole("one\n")], consultant=[whole("two\n")], auditor=[APPROVED, APPROVED])
    bench = Bench(shop, failed("new"), PASSED)
    first = bench.run()
    asked = shop.asked()
    shop.restart()
    assert bench.run() == first
    assert (shop.asked(), shop.text()) == (asked, "two\n")

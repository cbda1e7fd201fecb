from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Callable, Sequence

import pytest

from orchestra.agents.templates import load
from orchestra.engine.command_runs import CommandRuns, Verdict
from orchestra.engine.verification import Verification
from orchestra.errors import ApiError, LimitReached, UsageError
from orchestra.records import FileOutcome, Plan, TestFailure, TestRun
from tests.unit.engine.workshop import APPROVED, PATH, PROSE, SESSION, Workshop, needs_work, planned, whole

Build = Callable[..., Workshop]
PLAN = Plan("a plan", (planned(), planned("b.txt"), planned("gone.txt", "delete")))
PASSED = TestRun("pytest", ("pytest",), 0, 5, True)


def failed(*ids: str, output: str = "what pytest said") -> TestRun:
    return TestRun(
        "pytest", ("pytest",), 1, 5, True, tuple(TestFailure(each, f"{each} is wrong") for each in ids), output
    )


def fixes(*pairs: tuple[str, str]) -> str:
    return "```json\n%s\n```" % json.dumps({"fixes": [{"path": path, "message": message} for path, message in pairs]})


class Bench:
    """A workshop whose files are written and approved, and a project whose tests end as they are told to."""

    def __init__(self, shop: Workshop, *runs: TestRun | None, most_fixes: int = 2, generation: int = 0) -> None:
        self.shop = shop
        self.runs = list(runs)
        self.most_fixes = most_fixes
        self.generation = generation
        self.outcomes = {
            PATH: FileOutcome(PATH, "create", "approved", 1), "b.txt": FileOutcome("b.txt", "create", "approved", 1),
            "gone.txt": FileOutcome("gone.txt", "delete", "approved", 1),
        }
        files = shop.files()
        for path in (PATH, "b.txt"):
            files.write(path, b"one\n")

    def verification(self) -> Verification:
        return Verification(
            session_id=SESSION, plan=PLAN, journal=self.shop.journal, asker=self.shop.asker(),
            jobs=self.shop.context(PLAN), runs=self.command_runs(), most_fixes=self.most_fixes,
            generation=self.generation, custom_prompts={}, load_template=load,
        )

    def command_runs(self, **more: Any) -> CommandRuns:
        return CommandRuns(SESSION, self.shop.journal, self.shop.emitter(), self.run_tests, **more)

    def baseline(self) -> None:
        self.command_runs().note_baseline()

    def run_tests(self, on_start: Callable[[], None]) -> TestRun | None:
        run = self.runs.pop(0)
        if run is not None:
            on_start()
        return run

    def verify(self) -> Verdict | None:
        return self.verification().verify(self.outcomes)


def new(verdict: Verdict | None) -> Sequence[str]:
    assert verdict is not None
    return [failure.id for failure in verdict.new_failures]


# What failed already


def test_a_suite_that_passes_has_no_new_failures(workshop: Build) -> None:
    verdict = Bench(workshop(), PASSED).verify()
    assert verdict == Verdict(PASSED, ())


def test_what_failed_before_the_first_write_is_not_blamed(workshop: Build) -> None:
    bench = Bench(workshop(), failed("old", "older"), failed("old"), most_fixes=0)
    bench.baseline()
    assert new(bench.verify()) == []


def test_what_failed_anew_is_blamed(workshop: Build) -> None:
    bench = Bench(workshop(), failed("old"), failed("old", "new"), most_fixes=0)
    bench.baseline()
    assert new(bench.verify()) == ["new"]


def test_without_a_baseline_every_failure_is_new(workshop: Build) -> None:
    assert new(Bench(workshop(), failed("a", "b"), most_fixes=0).verify()) == ["a", "b"]


def test_a_failure_without_a_name_is_one_too(workshop: Build) -> None:
    bench = Bench(workshop(), PASSED, failed(), most_fixes=0)
    bench.baseline()
    assert len(new(bench.verify())) == 1


def test_a_command_that_failed_before_without_a_name_and_still_does_is_not_blamed(workshop: Build) -> None:
    bench = Bench(workshop(), failed(), failed(), most_fixes=0)
    bench.baseline()
    assert new(bench.verify()) == []


@pytest.mark.parametrize("run", [None, TestRun("pytest", ("pytest",), 5, 1, False)])
def test_where_nothing_ran_there_is_no_verdict(workshop: Build, run: TestRun | None) -> None:
    assert Bench(workshop(), run).verify() is None


def test_a_run_that_is_insisted_on_is_looked_for_again_by_a_resume(workshop: Build) -> None:
    def insist(run: TestRun | None) -> None:
        if run is None:
            raise UsageError("no tests")

    bench = Bench(workshop(), None, None, PASSED)
    bench.baseline()
    verification = replace(bench.verification(), runs=bench.command_runs(insist=insist))
    with pytest.raises(UsageError):
        verification.verify(bench.outcomes)
    assert verification.verify(bench.outcomes) == Verdict(PASSED, ())


def test_tests_that_the_session_wrote_itself_have_no_baseline_and_count(workshop: Build) -> None:
    bench = Bench(workshop(), None, failed("new"), most_fixes=0)
    bench.baseline()
    assert new(bench.verify()) == ["new"]


def test_runs_are_told_baseline_and_result(workshop: Build) -> None:
    bench = Bench(workshop(), failed("old"), failed("old", "new"), most_fixes=0)
    bench.baseline()
    bench.verify()
    assert [event.data["baseline"] for event in bench.shop.told("tests.started")] == [True, False]
    ended = bench.shop.told("tests.ended")[0]
    assert (ended.level, ended.data["failures"], ended.data["new"]) == ("warning", 2, 1)


# After a kill


def test_a_run_that_was_noted_is_not_done_again(workshop: Build) -> None:
    bench = Bench(workshop(), failed("old"), failed("old", "new"), most_fixes=0)
    bench.baseline()
    first = bench.verify()
    bench.shop.restart()
    bench.baseline()
    assert bench.verify() == first
    assert bench.runs == []


def test_a_run_that_was_stopped_is_done_again(workshop: Build) -> None:
    bench = Bench(workshop(), PASSED, most_fixes=0)
    stopping = Bench(bench.shop, most_fixes=0)

    def stop(on_start: Callable[[], None]) -> TestRun | None:
        raise LimitReached("no time")

    stopping.run_tests = stop  # type: ignore[method-assign]
    with pytest.raises(LimitReached):
        stopping.verify()
    assert new(bench.verify()) == []


def test_files_taken_up_again_by_a_resume_are_tested_again(workshop: Build) -> None:
    bench = Bench(workshop(), failed("new"), PASSED, most_fixes=0)
    assert new(bench.verify()) == ["new"]
    bench.generation = 1
    assert new(bench.verify()) == []


# Fixing


def test_the_consultant_names_a_file_and_mends_it_and_the_tests_run_again(workshop: Build) -> None:
    shop = workshop(consultant=[fixes((PATH, "the sum is wrong")), whole("two\n")], auditor=[APPROVED])
    bench = Bench(shop, failed("new"), PASSED)
    assert new(bench.verify()) == []
    assert shop.text() == "two\n"
    assert bench.outcomes[PATH] == FileOutcome(PATH, "create", "approved", 2)
    asked, mending = shop.agents["consultant"].heard
    assert "what pytest said" in asked and "new is wrong" in asked
    assert "the sum is wrong" in mending and "new fails" in mending
    assert not [line for line in asked.splitlines() if line.startswith("File: ")]
    assert [line for line in mending.splitlines() if line.startswith("File: ")] == [f"File: {PATH}"]


def test_several_files_may_be_to_blame(workshop: Build) -> None:
    shop = workshop(
        consultant=[fixes((PATH, "a"), ("b.txt", "b")), whole("two\n"), whole("three\n")], auditor=[APPROVED, APPROVED]
    )
    bench = Bench(shop, failed("new"), PASSED)
    bench.verify()
    assert (shop.text(), shop.text("b.txt")) == ("two\n", "three\n")


def test_fixing_ends_after_so_many_rounds(workshop: Build) -> None:
    shop = workshop(
        consultant=[fixes((PATH, "a")), whole("two\n"), fixes((PATH, "b")), whole("three\n")],
        auditor=[APPROVED, APPROVED],
    )
    bench = Bench(shop, failed("new"), failed("new"), failed("newer"))
    assert new(bench.verify()) == ["newer"]
    assert shop.text() == "three\n"


def test_a_later_turn_goes_on_with_the_fixes_that_are_left(workshop: Build) -> None:
    mend = [answer for text in ("two\n", "three\n") for answer in (fixes((PATH, "mend it")), whole(text))]
    shop = workshop(consultant=mend, auditor=[APPROVED, APPROVED])
    bench = Bench(shop, failed("x"), PASSED, failed("y"), failed("z"))
    verdict = bench.verify()
    assert verdict is not None and (verdict.round_, verdict.fixes) == (2, 1)
    later = bench.verification().verify(bench.outcomes, verdict)
    assert later is not None and (new(later), later.round_, later.fixes) == (["z"], 4, 2)
    assert (shop.text(), bench.runs) == ("three\n", [])
    assert bench.verify() == verdict


@pytest.mark.parametrize("run", [failed("y"), TestRun("pytest", ("pytest",), 5, 1, False), None])
def test_what_makes_tests_fail_is_taken_back(workshop: Build, run: TestRun | None) -> None:
    bench = Bench(workshop(), PASSED, run, PASSED)
    verdict = bench.verify()
    assert verdict is not None
    for _ in range(2):  # a resume finds it done
        verification = bench.verification()
        best = verification.state(verdict, bench.outcomes)
        verification.jobs.files.write(PATH, b"two\n")
        assert verification.check_no_worse(bench.outcomes, best) == (replace(verdict, round_=2), False)
        assert bench.shop.text() == "one\n"
    assert not bench.runs


def test_what_keeps_a_command_of_the_users_from_starting_is_taken_back(workshop: Build) -> None:
    def refuse(run: TestRun) -> None:
        raise UsageError("the test command cannot be run")

    cannot = replace(failed(), lacks="nosuchthing is not installed")
    bench = Bench(workshop(), PASSED, cannot, PASSED)
    verification = replace(bench.verification(), runs=bench.command_runs(refuse=refuse))
    verdict = verification.verify(bench.outcomes)
    assert verdict is not None
    best = verification.state(verdict, bench.outcomes)
    verification.jobs.files.write(PATH, b"two\n")
    assert verification.check_no_worse(bench.outcomes, best)[1] is False
    assert bench.shop.text() == "one\n"


def test_what_makes_no_test_fail_stands(workshop: Build) -> None:
    bench = Bench(workshop(), failed("x", "y"), failed("y"), most_fixes=0)
    verdict = bench.verify()
    assert verdict is not None
    verification = bench.verification()
    best = verification.state(verdict, bench.outcomes)
    verification.jobs.files.write(PATH, b"two\n")
    later, is_kept = verification.check_no_worse(bench.outcomes, best)
    assert (new(later), is_kept, bench.shop.text()) == (["y"], True, "two\n")


def test_a_fix_that_the_auditor_refuses_leaves_the_approved_file(workshop: Build) -> None:
    shop = workshop(consultant=[fixes((PATH, "a")), whole("two\n")], auditor=[needs_work("worse")])
    bench = Bench(shop, failed("new"))
    before = dict(bench.outcomes)
    assert new(bench.verify()) == ["new"]
    before[PATH] = replace(before[PATH], iterations=2)
    assert (shop.text(), bench.outcomes) == ("one\n", before)


@pytest.mark.parametrize("paths", [[], ["README.md"], ["../x"], ["gone.txt"]])
def test_only_planned_files_that_are_there_are_mended(workshop: Build, paths: list[str]) -> None:
    shop = workshop(consultant=[fixes(*((path, "blame it") for path in paths))])
    bench = Bench(shop, failed("new"))
    assert new(bench.verify()) == ["new"]
    assert shop.asked() == {"consultant": 1}


def test_a_file_that_failed_is_not_mended(workshop: Build) -> None:
    shop = workshop(consultant=[fixes((PATH, "a"))])
    bench = Bench(shop, failed("new"))
    bench.outcomes[PATH] = FileOutcome(PATH, "create", "reverted", 3, exit_status=1)
    assert new(bench.verify()) == ["new"]
    assert shop.text() == "one\n"


@pytest.mark.parametrize("answers", [[ApiError("down")], [PROSE, PROSE]])
def test_a_consultant_that_cannot_be_asked_changes_no_verdict(workshop: Build, answers: list[object]) -> None:
    shop = workshop(consultant=answers)
    bench = Bench(shop, failed("new"))
    assert new(bench.verify()) == ["new"]
    assert len(shop.told("tests.not_fixed")) == 1


def test_a_planned_file_that_is_no_text_does_not_keep_the_others_from_being_mended(workshop: Build) -> None:
    shop = workshop(consultant=[fixes((PATH, "a")), whole("two\n")], auditor=[APPROVED])
    bench = Bench(shop, failed("new"), PASSED)
    shop.files().write("b.txt", b"\x00\x01")
    assert new(bench.verify()) == []
    assert shop.text() == "two\n"


def test_a_planned_path_that_looks_like_a_fixs_own_note_does_not_get_in_its_way(workshop: Build) -> None:
    shop = workshop(consultant=[fixes((PATH, "a")), whole("two\n")], auditor=[needs_work("worse")])
    bench = Bench(shop, failed("new"))
    # As a resume notes where the file `fix0.1/a.txt` begins.
    shop.journal.keep(SESSION, f"start/fix0.1/{PATH}", 0)
    bench.verify()
    assert shop.text() == "one\n"


def test_a_limit_in_the_middle_of_fixing_ends_the_run_and_a_resume_goes_on(workshop: Build) -> None:
    shop = workshop(
        consultant=[fixes((PATH, "a")), LimitReached("no money"), whole("two\n")], auditor=[APPROVED]
    )
    bench = Bench(shop, failed("new"), PASSED)
    with pytest.raises(LimitReached):
        bench.verify()
    shop.restart()
    assert new(bench.verify()) == []
    assert shop.text() == "two\n"
    assert shop.asked() == {"consultant": 3, "auditor": 1}


def test_a_fix_that_was_made_before_a_kill_is_neither_asked_for_nor_made_again(workshop: Build) -> None:
    shop = workshop(consultant=[fixes((PATH, "a")), whole("two\n")], auditor=[APPROVED])
    bench = Bench(shop, failed("new"), PASSED)
    bench.verify()
    outcomes = dict(bench.outcomes)
    shop.restart()
    bench.outcomes[PATH] = FileOutcome(PATH, "create", "approved", 1)
    assert new(bench.verify()) == []
    assert (bench.outcomes, shop.images()) == (outcomes, [None, "one\n", "two\n"])


def tried_in(prompt: str) -> str:
    return prompt.partition("What was tried before, and what came of it:")[2].partition("</data")[0]


@pytest.mark.parametrize("is_killed", [False, True])
def test_the_consultant_is_told_what_came_of_earlier_fixes(workshop: Build, is_killed: bool) -> None:
    stop: list[object] = [LimitReached("no money")] if is_killed else []
    shop = workshop(
        consultant=[fixes((PATH, "mend it")), whole("two\n"), *stop, fixes((PATH, "so")), whole("three\n")],
        auditor=[APPROVED, APPROVED],
    )
    bench = Bench(shop, failed("x", "y"), failed("y"), PASSED)
    if is_killed:
        with pytest.raises(LimitReached):
            bench.verify()
        shop.restart()
    assert new(bench.verify()) == []
    assert bench.outcomes[PATH].iterations == 3
    heard = shop.agents["consultant"].heard
    assert [tried_in(prompt) for prompt in heard[:2]] == ["", ""]
    for prompt in heard[-2:]:
        assert "told: mend it" in tried_in(prompt)
        assert "a draft was approved, and after it this failed: y" in tried_in(prompt)


def test_a_fix_that_was_taken_back_is_told_to_those_who_are_asked_by_a_later_resume(workshop: Build) -> None:
    shop = workshop(
        consultant=[fixes((PATH, "mend it")), whole("worse\n"), fixes((PATH, "so")), whole("good\n")],
        auditor=[APPROVED, APPROVED],
    )
    bench = Bench(shop, failed("x"), failed("x", "y"), failed("x"), failed("x"), PASSED, most_fixes=1)
    assert new(bench.verify()) == ["x"]
    assert bench.outcomes[PATH].iterations == 2
    shop.resume()
    bench.generation = 1
    assert new(bench.verify()) == []
    for prompt in shop.agents["consultant"].heard[2:]:
        assert "this failed: x, y; that was worse, so the file was put back" in tried_in(prompt)


@pytest.mark.parametrize("is_killed", [False, True])
def test_after_a_fix_that_was_taken_back_the_next_begins_with_what_was_better(workshop: Build, is_killed: bool) -> None:
    stop: list[object] = [LimitReached("no money")] if is_killed else []
    shop = workshop(
        consultant=[fixes((PATH, "mend it")), whole("worse\n"), *stop, fixes((PATH, "so")), whole("good\n")],
        auditor=[APPROVED, APPROVED],
    )
    bench = Bench(shop, failed("x"), failed("x", "y"), failed("x"), PASSED)
    if is_killed:
        outcomes = dict(bench.outcomes)
        with pytest.raises(LimitReached):
            bench.verify()
        shop.resume()
        bench.outcomes = outcomes
    assert new(bench.verify()) == []
    assert (shop.text(), bench.outcomes[PATH].iterations) == ("good\n", 3)
    asked, mending = shop.agents["consultant"].heard[-2:]
    for prompt in (asked, mending):
        assert "this failed: x, y; that was worse, so the file was put back" in tried_in(prompt)
        assert "one" in prompt and "worse\n" not in prompt


def test_fixing_ends_though_every_fix_is_taken_back(workshop: Build) -> None:
    shop = workshop(
        consultant=[fixes((PATH, "a")), whole("worse\n"), fixes((PATH, "b")), whole("worst\n")],
        auditor=[APPROVED, APPROVED],
    )
    bench = Bench(shop, failed("x"), failed("x", "y"), failed("x"), failed("x", "y", "z"), failed("x"))
    assert new(bench.verify()) == ["x"]
    assert (shop.text(), bench.runs) == ("one\n", [])
    assert len(shop.told("tests.taken_back")) == 2


def test_where_the_tests_are_gone_after_a_fix_was_taken_back_there_is_no_verdict(workshop: Build) -> None:
    shop = workshop(consultant=[fixes((PATH, "a")), whole("worse\n")], auditor=[APPROVED])
    assert Bench(shop, failed("x"), failed("x", "y"), None).verify() is None
    assert shop.text() == "one\n"


class Killed(BaseException):
    """The end of a process."""


def test_a_fix_that_makes_it_worse_is_taken_back_after_a_kill_too(workshop: Build) -> None:
    shop = workshop(consultant=[fixes((PATH, "mend")), whole("worse\n")], auditor=[APPROVED])
    bench = Bench(shop, failed("x"), failed("x", "y"), failed("x"), most_fixes=1)
    outcomes, runs = dict(bench.outcomes), iter(range(3))
    verification = bench.verification()

    def dying(on_start: Callable[[], None]) -> TestRun | None:
        if next(runs) == 1:
            raise Killed
        return bench.run_tests(on_start)

    with pytest.raises(Killed):
        replace(verification, runs=replace(verification.runs, run_command=dying)).verify(bench.outcomes)
    shop.resume()
    bench.outcomes = outcomes

    assert new(bench.verify()) == ["x"]
    assert shop.text() == "one\n"
    assert shop.told("tests.taken_back")[0].data["paths"] == [PATH]

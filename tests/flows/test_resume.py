"""Going on where a session stopped: what was answered is never asked again."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import closing
from datetime import datetime

import pytest

from orchestra.demo.script import Answer, Call, Fault, Hang, Script, Text
from orchestra.environment import StopSignal
from tests.flows.hurried_clock import HurriedClock
from tests.flows.project import Project, Ran
from tests.flows.team import APPROVED, edit, finding, fixes, one_file, plan_of, planned, team, whole

PLAN = plan_of(planned("a.txt"), planned("b.txt"), planned("c.txt"))
DRAFTS = {"a.txt": whole("one\n"), "b.txt": whole("two\n"), "c.txt": whole("three\n")}
REVIEWS = {"a.txt": APPROVED, "b.txt": [finding("no"), APPROVED], "c.txt": APPROVED}
MENDS = {"b.txt": edit("two\n", "2\n")}
ASKED = [
    ("architect", None), ("executor", "a.txt"), ("auditor", "a.txt"), ("executor", "b.txt"), ("auditor", "b.txt"),
    ("consultant", "b.txt"), ("auditor", "b.txt"), ("executor", "c.txt"), ("auditor", "c.txt"),
    ("auditor", None),
]
TREE = {"README.md": b"A project.\n", "a.txt": b"one\n", "b.txt": b"2\n", "c.txt": b"three\n"}


def stopping(project: Project, script: Script, number: int, signal_: int) -> Script:
    """The script, but its n-th call is never answered: a signal comes instead."""
    def answer(call: Call) -> Answer:
        if call.number < number:
            return script(call)
        project.stop.request(signal_)
        return Hang()

    return answer


def resumed(project: Project, script: Script) -> Ran:
    """The same session taken up by a new process, which no signal has reached."""
    project.stop = StopSignal()
    return project.run("resume", "--yes", "--json", script=script)


class BreakingClock(HurriedClock):
    """A clock that fails once, as a defect would."""

    def __init__(self) -> None:
        super().__init__()
        self.is_broken = False

    def now(self) -> datetime:
        if self.is_broken:
            self.is_broken = False
            raise KeyError("a defect")
        return super().now()


@pytest.mark.parametrize("command", ["run", "watch"])
@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_a_defect_in_the_program_leaves_a_session_that_is_told_and_goes_on(
    project: Project, command: str, flags: tuple[str, ...]
) -> None:
    clock = BreakingClock()
    project.clock = lambda: clock
    script = team(PLAN, DRAFTS, REVIEWS, MENDS)

    def breaking(call: Call) -> Answer:
        clock.is_broken = call.file == "a.txt"
        return script(call)

    ran = project.run(command, "task", "--yes", *flags, script=breaking)
    (row,) = project.rows("SELECT session_id, can_resume FROM sessions")
    assert (ran.status, row["can_resume"]) == (70, 1)
    assert f"`orchestra resume {row['session_id']}` goes on" in ran.err
    if flags:
        assert (ran.json["session_id"], ran.json["can_resume"]) == (row["session_id"], True)
        assert f"`orchestra resume {row['session_id']}` goes on" in ran.json["error"]["hint"]
    assert resumed(project, script).status == 0


@pytest.mark.parametrize("number", range(1, len(ASKED) + 1))
def test_a_run_stopped_at_any_call_is_finished_without_asking_anything_twice(project: Project, number: int) -> None:
    # One script for both runs: a line that is said once, asked for again, would be an error.
    script = team(PLAN, DRAFTS, REVIEWS, MENDS)
    stopped = project.run(
        "run", "task", "--yes", "--commit", "--json", script=stopping(project, script, number, signal.SIGINT),
    )
    ran = resumed(project, script)

    assert (stopped.status, stopped.json["status"], stopped.json["error"]) == (130, "interrupted", None)
    assert stopped.asked == ASKED[:number]
    assert (ran.status, ran.json["status"]) == (0, "completed"), ran.err
    assert ran.asked == ASKED[number - 1:]
    assert project.tree() == TREE
    assert project.git("log", "--format=%s").splitlines() == ["feat: Do what was asked.", "before"]
    assert ran.files["b.txt"]["iterations"] == 2


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_with_its_own_status(project: Project, number: int, status: int) -> None:
    ran = project.run("run", "task", "--yes", "--json", script=stopping(project, one_file(), 2, number))

    assert (ran.status, ran.json["exit_status"], ran.json["status"]) == (status, status, "interrupted")
    assert ran.json["can_resume"] is True


def test_a_stopped_run_says_how_to_go_on(project: Project) -> None:
    ran = project.run("run", "task", "--yes", script=stopping(project, one_file(), 2, signal.SIGINT))
    (row,) = project.rows("SELECT session_id FROM sessions")

    assert f"orchestra resume {row['session_id']}" in ran.out + ran.err


def test_metrics_count_the_calls_of_both_runs(project: Project) -> None:
    project.run("run", "task", script=one_file())
    ran = project.run("resume", "--yes", "--json", script=one_file())

    assert ran.json["metrics"]["total_attempts"] == 3


def test_resume_keeps_the_flags_of_the_run(project: Project) -> None:
    project.run("run", "task", "--commit", "--max-iterations", "1", "--no-test", "--json", script=one_file())
    project.commit("test_x.py", "import unittest\n\n\nclass X(unittest.TestCase):\n    def test_x(self): self.fail()\n")
    ran = project.run("resume", "--yes", "--json", script=one_file())

    assert (ran.status, ran.json["tests"]) == (0, None)
    assert ran.json["commit"]["sha"] == project.head()


@pytest.mark.parametrize("command", ["run", "watch"])
def test_a_plan_that_a_flag_approves_needs_nobody_after_a_stop_in_planning(project: Project, command: str) -> None:
    script = one_file()
    assert project.run(command, "task", "--yes", script=stopping(project, script, 1, signal.SIGINT)).status == 130
    project.stop = StopSignal()
    ran = project.run("resume", "--json", script=script)

    assert (ran.status, ran.asked[0]) == (0, ("architect", None)), ran.err
    assert project.rows("SELECT approved_by FROM plans") == [{"approved_by": "--yes"}]


def test_the_flag_that_approves_may_come_with_a_resume_that_is_stopped_itself(project: Project) -> None:
    script = one_file()
    project.run("run", "task", script=stopping(project, script, 1, signal.SIGINT))
    project.stop = StopSignal()
    project.run("resume", "--yes", script=stopping(project, script, 1, signal.SIGINT))
    project.stop = StopSignal()

    assert project.run("resume", script=script).status == 0


def test_a_session_of_a_version_that_kept_no_such_flag_asks(project: Project) -> None:
    script = one_file()
    project.run("run", "task", "--yes", script=stopping(project, script, 1, signal.SIGINT))
    (row,) = project.rows("SELECT options FROM sessions")
    old = {key: value for key, value in json.loads(row["options"]).items() if key != "yes"}
    with closing(sqlite3.connect(project.state / "state.db")) as journal, journal:
        journal.execute("UPDATE sessions SET options = ?", (json.dumps(old),))
    project.stop = StopSignal()

    assert project.run("resume", script=script).status == 3


def test_a_config_given_to_resume_may_change_the_provider_and_nothing_else(project: Project) -> None:
    project.run("run", "task", script=one_file(), settings={"max_iterations": 2})
    # A new provider on a new port, and one more change that must not count.
    ran = project.run(
        "resume", "--yes", "--json", script=team("", {"a.txt": whole("1\n")}, finding("no"), {"a.txt": whole("2\n")}),
        settings={"max_iterations": 1, "commit": {"enabled": True}},
    )

    assert ran.status == 1
    assert ran.files["a.txt"]["iterations"] == 2
    assert "max_iterations stays as it was" in ran.err and "commit.enabled stays as it was" in ran.err


def test_a_file_the_user_changed_while_the_session_slept_is_kept(project: Project) -> None:
    project.commit("a.txt", "old\n")
    script = team(
        plan_of(planned("a.txt", "modify")), {"a.txt": whole("draft\n")}, [finding("no"), APPROVED],
        {"a.txt": whole("better\n")},
    )
    project.run("run", "task", "--yes", script=stopping(project, script, 4, signal.SIGINT))
    project.write("a.txt", "the user's\n")
    ran = resumed(project, script)

    assert (ran.status, ran.files["a.txt"]["error"]["code"]) == (5, "conflict")
    assert project.read("a.txt") == "the user's\n"


def test_a_file_that_failed_by_conflict_can_be_tried_again(project: Project) -> None:
    project.commit("a.txt", "old\n")

    def executor(call: Call) -> Text:
        project.write("a.txt", "the user's\n")
        return Text(whole("ours\n"))

    failed = project.run("run", "task", "--yes", "--json", script=team(
        plan_of(planned("a.txt", "modify")), {"a.txt": executor}))
    project.write("a.txt", "old\n")
    ran = project.run("resume", "--yes", "--json", script=team())

    error = failed.json["error"]
    assert error["message"].endswith("; a.txt: the file was changed by somebody else during the session")
    assert (failed.status, ran.status) == (5, 0)
    # Only the file as it was can be resumed with: a version to be kept is another session's beginning.
    assert "put it back as it was, and `orchestra resume`" in failed.json["error"]["hint"]
    assert ran.asked == [("auditor", "a.txt")]
    assert project.read("a.txt") == "ours\n"


def test_a_file_that_is_to_go_stays_where_the_user_works_on_it_meanwhile(project: Project) -> None:
    project.commit("old.txt", "old\n")

    def executor(call: Call) -> Text:
        project.write("old.txt", "the user's\n")
        return Text(whole("ours\n"))

    ran = project.run("run", "move it", "--yes", "--json", script=team(
        plan_of(planned("new.txt"), planned("old.txt", "delete")), {"new.txt": executor}))

    assert (ran.status, ran.files["old.txt"]["error"]["code"]) == (5, "conflict")
    assert project.read("old.txt") == "the user's\n"


def test_a_draft_that_the_user_replaced_is_tried_again_once_the_file_is_what_it_was(project: Project) -> None:
    project.commit("a.txt", "old\n")

    def consultant(call: Call) -> Text:
        project.write("a.txt", "the user's\n")
        return Text(whole("better\n"))

    failed = project.run("run", "task", "--yes", "--json", script=team(
        plan_of(planned("a.txt", "modify")), {"a.txt": whole("draft\n")}, [finding("no")], {"a.txt": consultant}))
    project.write("a.txt", "old\n")
    ran = project.run("resume", "--yes", "--json", script=team("", {}, [APPROVED]))

    assert (failed.status, failed.files["a.txt"]["error"]["code"]) == (5, "conflict")
    assert (ran.status, project.read("a.txt")) == (0, "better\n")


def test_a_provider_that_is_back_finishes_what_it_failed(project: Project) -> None:
    failed = project.run("run", "task", "--yes", "--json", script=team(
        PLAN, {**DRAFTS, "b.txt": Fault(500)}))
    ran = project.run("resume", "--yes", "--json", script=team("", {"b.txt": whole("2\n")}))

    assert (failed.status, ran.status) == (9, 0)
    assert ran.asked == [("executor", "b.txt"), ("auditor", "b.txt"), ("auditor", None)]
    assert project.tree() == TREE


def test_the_tests_before_the_first_write_run_once(project: Project) -> None:
    command = "echo ran >> runs; test ! -e bad"
    script = team(PLAN, DRAFTS)
    project.run("run", "task", "--yes", "--test-command", command, script=stopping(project, script, 4, signal.SIGINT))
    ran = resumed(project, script)

    assert (ran.status, ran.json["tests"]["passed"]) == (0, True)
    assert (project.root / "runs").read_text() == "ran\n" * 2, "once before, once after"


def test_a_stop_while_tests_are_fixed_goes_on_there(project: Project) -> None:
    script = team(
        plan_of(planned("a.txt")), {"a.txt": whole("bad\n")}, blames=fixes(("a.txt", "it is bad")),
        mends={"a.txt": whole("good\n")},
    )
    stopped = project.run(
        "run", "task", "--yes", "--test-command", "! grep -q bad a.txt", "--json",
        script=stopping(project, script, 5, signal.SIGTERM),
    )
    ran = resumed(project, script)

    assert (stopped.status, ran.status) == (143, 0)
    assert ran.asked == [("consultant", "a.txt"), ("auditor", "a.txt")]
    assert project.read("a.txt") == "good\n"

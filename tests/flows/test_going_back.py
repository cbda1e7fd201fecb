"""`resume --from CHECKPOINT`: a session goes back, and only what that is about is asked for again."""

from __future__ import annotations

import signal
import pytest

from orchestra.clock import SystemClock
from orchestra.demo.script import Script
from orchestra.state.manager import StateManager
from tests.flows.project import Project, Ran
from tests.flows.team import APPROVED, edit, finding, fixes, plan_of, planned, team, whole
from tests.flows.test_resume import resumed, stopping

PLAN = plan_of(planned("a.txt"), planned("b.txt", "modify"))
DRAFTS = {"a.txt": whole("one\n"), "b.txt": whole("two\n")}
REVIEWS = {"a.txt": APPROVED, "b.txt": [finding("no"), APPROVED]}
MENDS = {"b.txt": edit("two\n", "2\n")}
TREE = {"README.md": b"A project.\n", "a.txt": b"one\n", "b.txt": b"2\n"}


@pytest.fixture
def done(project: Project) -> Project:
    """A project with a session that came to a good end, in which one file was mended once."""
    project.commit("b.txt", "old\n")
    ran = project.run("run", "task", "--yes", script=team(PLAN, DRAFTS, REVIEWS, MENDS))
    assert (ran.status, project.tree()) == (0, TREE)
    return project


def back(project: Project, name: str, script: Script, *argv: str) -> Ran:
    return project.run("resume", "--from", name, "--yes", "--json", *argv, script=script)


def names(project: Project) -> list[str]:
    return [row["name"] for row in project.rows("SELECT name FROM checkpoints ORDER BY id")]


def test_an_unknown_checkpoint_is_refused_and_those_there_are_are_named(done: Project) -> None:
    before = done.everything()
    ran = back(done, "elsewhere", team())
    assert (ran.status, ran.calls) == (2, ())
    assert "executing" in ran.json["error"]["hint"] and "completed" not in ran.json["error"]["hint"]
    at_its_end = back(done, "completed", team())
    assert (at_its_end.status, "from the end completed" in at_its_end.err) == (2, True)
    assert done.everything() == before


def test_status_lists_the_checkpoints_with_their_times(done: Project) -> None:
    (made,) = done.rows("SELECT created_at FROM checkpoints WHERE name = 'consulting'")
    assert f"consulting {made['created_at']}" in done.run("status").out


def test_back_to_the_drafts_new_ones_are_asked_for_and_reviewed(done: Project) -> None:
    script = team(PLAN, {"a.txt": whole("one\n"), "b.txt": whole("zwei\n")}, {"b.txt": APPROVED})
    ran = back(done, "executing", script)
    assert (ran.status, ran.json["status"]) == (0, "completed"), ran.err
    # The review of the same draft of a.txt was paid for.
    assert ran.asked == [("executor", "a.txt"), ("executor", "b.txt"), ("auditor", "b.txt"), ("auditor", None)]
    assert done.tree() == {**TREE, "b.txt": b"zwei\n"}
    assert ran.files["b.txt"]["iterations"] == 1


def test_back_to_the_reviews_the_drafts_stay_and_reviews_are_asked_anew(done: Project) -> None:
    ran = back(done, "auditing", team(PLAN, {}, APPROVED))
    assert (ran.status, ran.asked) == (0, [("auditor", "a.txt"), ("auditor", "b.txt"), ("auditor", None)])
    assert done.tree() == {**TREE, "b.txt": b"two\n"}


def test_back_to_the_consultant_the_drafts_and_first_reviews_stay(done: Project) -> None:
    ran = back(done, "consulting", team(PLAN, {}, APPROVED, {"b.txt": edit("two\n", "II\n")}))
    assert (ran.status, ran.asked) == (0, [("consultant", "b.txt"), ("auditor", "b.txt"), ("auditor", None)])
    assert done.tree() == {**TREE, "b.txt": b"II\n"}


def test_back_to_the_approval_the_same_plan_is_carried_out_without_a_question(done: Project) -> None:
    ran = back(done, "awaiting_approval", team())
    assert (ran.status, ran.asked) == (0, [])
    assert done.tree() == TREE


def test_back_to_the_approval_nobody_has_approved_it(done: Project) -> None:
    ran = done.run("resume", "--from", "awaiting_approval", "--json", script=team())
    assert (ran.status, ran.calls) == (3, ())
    assert done.tree() == {"README.md": b"A project.\n", "b.txt": b"old\n"}
    # Nor does the flag that the session began with, from here on.
    assert (done.run("resume", "--json", script=team()).status, done.has("a.txt")) == (3, False)


@pytest.mark.parametrize("name", ["planning", "init"])
def test_back_to_the_plan_a_new_one_is_asked_for(done: Project, name: str) -> None:
    script = team(plan_of(planned("c.txt")), {"c.txt": whole("three\n")})
    ran = back(done, name, script)
    assert (ran.status, ran.asked) == (0, [("architect", None), ("executor", "c.txt"), ("auditor", "c.txt")])
    assert done.tree() == {"README.md": b"A project.\n", "b.txt": b"old\n", "c.txt": b"three\n"}
    assert len(done.rows("SELECT name FROM facts WHERE name LIKE 'plan-taken-back/%'")) == 1


def test_checkpoints_that_came_later_are_made_again(done: Project) -> None:
    assert names(done) == [
        "init", "planning", "awaiting_approval", "executing", "auditing", "consulting", "testing", "completed",
    ]
    back(done, "auditing", team(PLAN, {}, APPROVED))
    assert names(done) == ["init", "planning", "awaiting_approval", "executing", "auditing", "testing", "completed"]


def test_a_file_that_the_user_changed_since_keeps_the_session_where_it_is(done: Project) -> None:
    done.write("a.txt", "the user's\n")
    before = done.everything()
    ran = back(done, "executing", team())
    assert (ran.status, ran.json["error"]["code"], ran.calls) == (5, "conflict", ())
    assert done.everything() == before
    (row,) = done.rows("SELECT phase, can_resume FROM sessions")
    assert row == {"phase": "completed", "can_resume": 0}


def test_a_session_that_has_committed_does_not_go_back(project: Project) -> None:
    project.run("run", "task", "--yes", "--commit", script=team(plan_of(planned("a.txt")), DRAFTS))
    ran = back(project, "executing", team())
    assert (ran.status, ran.calls) == (2, ())
    assert "git revert" in ran.json["error"]["hint"]


def test_a_session_that_was_undone_does_not_go_back(done: Project) -> None:
    (row,) = done.rows("SELECT session_id FROM sessions")
    done.run("undo")
    ran = done.run("resume", row["session_id"], "--from", "executing", "--json", script=team())
    assert (ran.status, ran.calls) == (2, ())


@pytest.mark.parametrize("is_mended", [False, True])
def test_back_to_the_tests_they_run_again_and_files_are_as_they_were_approved(
    project: Project, is_mended: bool
) -> None:
    script = team(
        plan_of(planned("a.txt")), {"a.txt": whole("bad\n")},
        blames=fixes(("a.txt", "it is bad")) if is_mended else fixes(), mends={"a.txt": whole("still bad\n")},
    )
    command = "test -e ../lenient || ! grep -q bad a.txt"
    ran = project.run("run", "task", "--yes", "--test-command", command, "--json", script=script)
    assert (ran.status, project.read("a.txt")) == (8, "still bad\n" if is_mended else "bad\n")
    (project.folder / "lenient").write_text("")
    project.variables["ORCHESTRA_TESTS__SANDBOX"] = "off"
    again = back(project, "testing", team())
    assert (again.status, again.json["tests"]["passed"], again.calls) == (0, True, ()), again.err
    assert project.read("a.txt") == "bad\n"


def test_an_end_that_can_go_on_is_a_checkpoint_that_forgets_nothing(project: Project) -> None:
    project.commit("b.txt", "old\n")
    script = team(PLAN, DRAFTS, REVIEWS, MENDS)
    project.run("run", "task", "--yes", script=stopping(project, script, 3, signal.SIGINT))
    project.stop.number = None
    ran = back(project, "interrupted", script)
    assert (ran.status, ran.asked[0]) == (0, ("auditor", "a.txt"))
    assert project.tree() == TREE


def test_going_back_in_a_dry_run_writes_nothing(project: Project) -> None:
    project.commit("b.txt", "old\n")
    before = project.tree()
    project.run("run", "task", "--yes", "--dry-run", script=team(PLAN, DRAFTS, REVIEWS, MENDS))
    ran = back(project, "executing", team(PLAN, {"a.txt": whole("1\n"), "b.txt": whole("2\n")}))
    assert (ran.status, project.tree()) == (0, before)
    assert "+1" in ran.json["diff"] and "+one" not in ran.json["diff"]


def test_who_was_interrupted_after_going_back_goes_on_from_there(done: Project) -> None:
    script = team(PLAN, {"a.txt": whole("eins\n"), "b.txt": whole("zwei\n")})
    stopped = back(done, "executing", stopping(done, script, 2, signal.SIGINT))
    ran = resumed(done, script)
    assert (stopped.status, ran.status, ran.asked) == (
        130, 0, [("auditor", "a.txt"), ("executor", "b.txt"), ("auditor", "b.txt"), ("auditor", None)])
    assert done.tree() == {**TREE, "a.txt": b"eins\n", "b.txt": b"zwei\n"}


@pytest.mark.parametrize("is_written", [False, True])
def test_who_was_killed_on_the_way_back_goes_there_first(done: Project, is_written: bool) -> None:
    (row,) = done.rows("SELECT session_id FROM sessions")
    journal = StateManager.open(done.state, SystemClock())
    journal.forgetting.announce(row["session_id"], "executing")
    journal.close()
    if is_written:
        done.write("b.txt", "old\n")
    ran = done.run(
        "resume", "--yes", "--json", script=team(PLAN, {"a.txt": whole("eins\n"), "b.txt": whole("zwei\n")}),
    )
    assert (ran.status, len(ran.asked)) == (0, 5)
    assert done.tree() == {**TREE, "a.txt": b"eins\n", "b.txt": b"zwei\n"}


def test_without_a_session_the_newest_that_can_go_on_is_taken_back(project: Project) -> None:
    stopped = project.run("run", "first", "--json", script=team(PLAN, DRAFTS))
    assert stopped.status == 3
    other = team(plan_of(planned("c.txt")), {"c.txt": whole("three\n")})
    finished = project.run("run", "second", "--yes", "--json", script=other)
    assert finished.status == 0
    ran = back(project, "awaiting_approval", team(PLAN, DRAFTS))
    assert (ran.status, ran.json["session_id"]) == (0, stopped.json["session_id"]), ran.err

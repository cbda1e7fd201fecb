"""Putting back what a session changed, to the byte, and never what somebody else wrote."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path

import pytest

from orchestra.demo.script import Script
from tests.flows.project import Project, Ran
from tests.flows.team import APPROVED, edit, plan_of, planned, team, whole

PLAN = plan_of(planned("a.txt", "modify"), planned("new/deep/b.txt"), planned("old/c.txt", "delete"))
DRAFTS = {"a.txt": edit("one\n", "two\n"), "new/deep/b.txt": whole("b\n")}


def change(project: Project, *flags: str, script: Script | None = None) -> Ran:
    """A session that modifies a.txt, creates new/deep/b.txt and deletes old/c.txt."""
    ran = project.run("run", "task", "--yes", "--json", *flags, script=script or team(PLAN, DRAFTS))
    assert ran.status == 0, ran.err
    return ran


@pytest.fixture
def before(project: Project) -> dict[str, bytes]:
    """The whole tree before the session, git's folder included."""
    project.write("a.txt", "one\nuncommitted\n")
    os.chmod(project.root / "a.txt", 0o750)
    project.write("old/c.txt", "see\n")
    project.write("staged.txt", "staged\n")
    project.git("add", "staged.txt")
    return project.everything()


def modes(project: Project) -> dict[str, int]:
    return {path: (project.root / path).stat().st_mode for path in project.tree()}


def test_a_session_on_a_dirty_tree_is_undone_to_the_byte(project: Project, before: dict[str, bytes]) -> None:
    modes_before = modes(project)
    ran = change(project)
    assert project.everything() != before
    undone = project.run("undo", "--json")

    assert (undone.status, undone.json["status"]) == (0, "completed")
    assert undone.json["undone_session"] == ran.json["session_id"]
    assert {file["path"]: (file["action"], file["status"]) for file in undone.json["files"]} == {
        "a.txt": ("modify", "reverted"), "new/deep/b.txt": ("delete", "reverted"), "old/c.txt": ("create", "reverted"),
    }
    assert (project.everything(), modes(project)) == (before, modes_before)
    assert not project.has("new"), "the folders that the session made go with the file"


def test_it_works_outside_git(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "plain", is_repository=False)
    project.write("a.txt", "one\n")
    project.write("old/c.txt", "see\n")
    before = project.everything()
    change(project)

    assert project.run("undo").status == 0
    assert project.everything() == before


def test_a_file_that_was_edited_since_is_left_alone_and_the_others_are_put_back(
    project: Project, before: dict[str, bytes]
) -> None:
    changed = change(project)
    project.write("a.txt", "mine\n")
    undone = project.run("undo", "--json")

    assert (undone.status, undone.json["error"]["code"]) == (5, "conflict")
    assert f"`orchestra diff {changed.json['session_id']}`" in undone.json["error"]["hint"]
    assert [file["status"] for file in undone.json["files"]] == ["failed", "reverted", "reverted"]
    assert project.everything() == {**before, "a.txt": b"mine\n"}

    again = project.run("undo", "--json")
    assert (again.status, [file["path"] for file in again.json["files"]]) == (5, list(_all()))

    project.write("a.txt", before["a.txt"])
    assert project.run("undo").status == 0, "a file that is as it was counts as put back"
    assert project.run("undo", "--json").json["error"]["code"] == "unknown-session"


def test_what_it_says_of_a_commit_that_stays_can_be_done(project: Project) -> None:
    project.commit("a.txt", "one\n")
    project.commit("old/c.txt", "see\n")
    tree = project.git("rev-parse", "HEAD^{tree}")
    session = change(project, "--commit").json["session_id"]
    undone = project.run("undo")

    assert "the commit stays in git's history: commit what was put back, too" in undone.out
    project.git("add", "-A")
    project.git("commit", "-qm", "put back")
    assert project.git("rev-parse", "HEAD^{tree}") == tree
    again = project.run("undo", session)
    assert "nothing was changed" in again.out and "history" not in again.out


def test_of_a_commit_that_is_gone_it_does_not_say_that_it_stays(project: Project) -> None:
    project.commit("a.txt", "one\n")
    project.commit("old/c.txt", "see\n")
    change(project, "--commit")
    project.git("reset", "--soft", "HEAD^")

    undone = project.run("undo")
    assert undone.status == 0 and "put back" in undone.out and "history" not in undone.out


@pytest.mark.parametrize("adds, is_undone", [("git add a.txt\n", True), ("", False)])
def test_what_changed_during_the_commit_is_undone_where_it_is_in_the_commit(
    project: Project, adds: str, is_undone: bool
) -> None:
    project.commit("a.txt", "one\n")
    project.commit("old/c.txt", "see\n")
    project.hook("pre-commit", "echo an hour of work > a.txt\n" + adds)
    change(project, "--commit")
    undone = project.run("undo", "--json")

    assert undone.files["a.txt"]["status"] == ("reverted" if is_undone else "failed")
    assert project.read("a.txt") == ("one\n" if is_undone else "an hour of work\n")


def test_a_folder_with_something_of_the_users_stays(project: Project, before: dict[str, bytes]) -> None:
    change(project)
    project.write("new/mine.txt", "mine\n")

    assert project.run("undo").status == 0
    assert (project.has("new/mine.txt"), project.has("new/deep")) == (True, False)


def test_named_paths_and_folders_alone_are_put_back(project: Project, before: dict[str, bytes]) -> None:
    ran = change(project)
    session = ran.json["session_id"]

    assert project.run("undo", session, "new").status == 0
    assert (project.read("a.txt"), project.has("new"), project.has("old/c.txt")) == ("two\nuncommitted\n", False, False)
    assert project.run("undo", "c.txt", cwd=project.root / "old").status == 0
    assert project.has("old/c.txt")
    assert project.run("undo", "--", "a.txt").status == 0
    assert project.everything() == before
    assert project.run("undo").status == 2


def test_of_a_file_that_was_not_changed_the_hint_can_be_typed(project: Project, before: dict[str, bytes]) -> None:
    session = change(project).json["session_id"]
    error = project.run("undo", "README.md", "--json").json["error"]

    assert session in error["message"]
    assert f"`orchestra diff {session}`" in error["hint"] and project.run("diff", session).status == 0


@pytest.mark.parametrize("argv, status", [
    (["README.md"], 2), (["../outside"], 2), (["s-20200101-000000-abcd"], 2),
    (["s-20200101-000000-abcd", "s-20200101-000000-abce"], 2),
])
def test_what_cannot_be_undone_is_an_error_of_usage(
    project: Project, before: dict[str, bytes], argv: list[str], status: int
) -> None:
    change(project)
    after = project.everything()
    ran = project.run("undo", *argv, "--json")

    assert (ran.status, ran.json["files"]) == (status, [])
    assert project.everything() == after


def test_a_place_without_sessions_has_nothing_to_undo(project: Project) -> None:
    ran = project.run("undo", "--json")
    assert (ran.status, ran.json["error"]["code"]) == (2, "unknown-session")
    assert not project.state.exists()


def test_a_dry_run_shows_the_change_and_makes_none(project: Project, before: dict[str, bytes]) -> None:
    change(project)
    after = project.everything()
    ran = project.run("undo", "--dry-run")
    assert "nothing is changed" in ran.err and "completed" not in ran.err

    assert (ran.status, project.everything()) == (0, after)
    project.git("apply", "--check", "-", stdin=ran.out)
    project.git("apply", "-", stdin=ran.out)
    assert {**project.everything(), "new": b""} == {**before, "new": b""}


def test_what_a_dry_run_of_a_task_would_have_changed_is_not_undone(project: Project, before: dict[str, bytes]) -> None:
    change(project, "--dry-run")
    assert project.run("undo", "--json").json["error"]["code"] == "unknown-session"
    assert project.everything() == before


def test_an_undo_is_a_session_of_its_own_that_is_undone_by_its_name(
    project: Project, before: dict[str, bytes]
) -> None:
    change(project)
    after = project.everything()
    first = project.run("undo", "--json").json["session_id"]
    assert project.run("undo").status == 2, "by itself it is not undone"

    assert project.run("undo", first).status == 0
    assert project.everything() == after
    assert project.run("undo").status == 0, "the session's change is there again, and undone again"
    assert project.everything() == before


def test_an_undo_that_changes_nothing_says_so(project: Project, before: dict[str, bytes]) -> None:
    ran = change(project)
    assert "brings the change back" in project.run("undo").out
    again = project.run("undo", ran.json["session_id"])
    assert (again.status, project.everything()) == (0, before)
    assert "nothing was changed" in again.out and "brings" not in again.out

    (row,) = project.rows("SELECT session_id FROM sessions ORDER BY rowid DESC LIMIT 1")
    last = project.run("undo", row["session_id"])
    assert (last.status, project.everything()) == (0, before)
    assert last.err.count(f"{row['session_id']} changed no file: there is nothing to undo") == 1
    assert "dry run" not in last.err
    assert "dry run" in project.run("undo", row["session_id"], "--dry-run").err


def test_the_newest_session_that_is_not_undone_comes_first(project: Project, before: dict[str, bytes]) -> None:
    first = change(project).json["session_id"]
    between = project.everything()
    second = change(
        project, script=team(plan_of(planned("a.txt", "modify")), {"a.txt": edit("two\n", "three\n")})
    ).json["session_id"]

    early = project.run("undo", first, "a.txt")
    assert early.status == 5
    assert second in early.err, "it says whom to undo first"
    assert project.run("undo", "--json").json["undone_session"] == second
    assert project.everything() == between
    assert project.run("undo", "--json").json["undone_session"] == first
    assert project.everything() == before


def test_the_users_own_choice_of_who_may_read_a_file_survives(project: Project, before: dict[str, bytes]) -> None:
    change(project)
    os.chmod(project.root / "a.txt", 0o600)

    assert project.run("undo").status == 0
    assert project.everything() == before
    assert (project.root / "a.txt").stat().st_mode & 0o777 == 0o600


def test_a_link_in_the_place_of_a_file_is_left_alone(project: Project, before: dict[str, bytes]) -> None:
    change(project)
    (project.root / "new/deep/b.txt").unlink()
    outside = project.folder / "outside.txt"
    outside.write_text("b\n")
    (project.root / "new/deep/b.txt").symlink_to(outside)
    ran = project.run("undo", "--json")

    assert (ran.status, ran.json["files"][1]["error"]["code"]) == (5, "refused-path")
    assert outside.read_text() == "b\n" and (project.root / "new/deep/b.txt").is_symlink()


def test_a_session_whose_change_was_undone_cannot_be_resumed(project: Project, before: dict[str, bytes]) -> None:
    reviews = {"a.txt": APPROVED, "new/deep/b.txt": "no answer", "old/c.txt": APPROVED}
    stopped = project.run(
        "run", "task", "--yes", "--json", script=team(PLAN, DRAFTS, reviews), script_may_fail=True,
        settings={"auto_revert": False},
    )
    assert stopped.json["can_resume"]
    assert project.run("undo").status == 0
    assert project.everything() == before
    assert project.run("resume", "--yes").status == 2


NO_GIT = {"PATH": ""}
"""Asked before anything else, git would notice the signal before there is an undo."""


def stopped_undo(project: Project) -> str:
    """The id of an undo that a signal stopped before it put anything back."""
    project.stop.number = 2
    stopped = project.run("undo", "--json", variables=NO_GIT)
    project.stop.number = None
    assert (stopped.status, stopped.json["files"]) == (130, [])
    return str(stopped.json["session_id"])


def make_resumable(project: Project, session: str) -> None:
    """As if it had been killed at its end."""
    with sqlite3.connect(project.state / "state.db") as connection:
        connection.execute("UPDATE sessions SET can_resume = 1 WHERE session_id = ?", (session,))
    connection.close()


def test_a_finished_undo_leaves_no_other_one_of_the_same_session_to_go_on(
    project: Project, before: dict[str, bytes]
) -> None:
    change(project)
    after = project.everything()
    stopped = stopped_undo(project)
    second = project.run("undo", "--json").json["session_id"]
    project.run("undo", second)
    assert project.everything() == after
    resumed, named = project.run("resume", "--json"), project.run("resume", stopped, "--json")

    assert (resumed.status, named.status) == (2, 2)
    assert project.everything() == after, "the change that was brought back stays"


def test_an_undo_that_goes_on_leaves_alone_what_it_has_put_back(project: Project, before: dict[str, bytes]) -> None:
    change(project)
    changed = project.read("a.txt")
    session = stopped_undo(project)
    project.run("undo", "a.txt")
    project.write("a.txt", changed)
    make_resumable(project, session)
    resumed = project.run("resume", session, "--json")

    files = {file["path"]: file["status"] for file in resumed.json["files"]}
    assert (resumed.status, files) == (5, {"a.txt": "failed", "new/deep/b.txt": "reverted", "old/c.txt": "reverted"})
    assert project.read("a.txt") == changed


def test_an_undo_does_not_do_again_what_it_did_before_it_was_stopped(
    project: Project, before: dict[str, bytes]
) -> None:
    change(project)
    changed = project.read("a.txt")
    session = project.run("undo", "--json").json["session_id"]
    project.write("a.txt", changed)
    make_resumable(project, session)
    resumed = project.run("resume", session, "--json")

    assert (resumed.status, {file["status"] for file in resumed.json["files"]}) == (0, {"reverted"})
    assert project.read("a.txt") == changed


def test_a_stopped_undo_says_how_to_go_on(project: Project, before: dict[str, bytes]) -> None:
    change(project)
    project.stop.number = 15
    stopped = project.run("undo", variables=NO_GIT)
    project.stop.number = None
    hint = stopped.out.splitlines()[-1]

    assert stopped.status == 143 and hint.endswith("` goes on")
    assert project.run(*hint.split("`")[1].split()[1:]).status == 0
    assert project.everything() == before


def test_a_resumed_undo_has_every_key_of_a_resumed_run(project: Project, before: dict[str, bytes]) -> None:
    ran = change(project)
    session = stopped_undo(project)
    make_resumable(project, session)
    resumed = project.run("resume", session, "--json")

    assert set(ran.json) <= set(resumed.json) and set(ran.json["files"][0]) <= set(resumed.json["files"][0])
    assert (resumed.json["status"], resumed.json["can_resume"]) == ("completed", False)
    assert resumed.json["task"].startswith("undo " + ran.json["session_id"])
    assert resumed.json["metrics"] is None


def test_what_is_there_again_after_an_undo_is_somebody_elses(project: Project, before: dict[str, bytes]) -> None:
    first = change(project).json["session_id"]
    project.run("undo")
    second = change(project).json["session_id"]
    after = project.everything()
    ran = project.run("undo", first, "--json")

    assert (ran.status, {file["status"] for file in ran.json["files"]}) == (5, {"failed"})
    assert second in ran.err and project.everything() == after
    assert (project.run("undo").status, project.everything()) == (0, before)


def test_nothing_is_undone_beside_another_run(project: Project, before: dict[str, bytes]) -> None:
    change(project)
    after = project.everything()
    with open(project.state / "lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert project.run("undo", "--json").json["error"]["code"] == "state-held"
    assert project.everything() == after


def test_a_session_is_shown_as_a_patch_that_git_applies(project: Project, before: dict[str, bytes]) -> None:
    ran = change(project)
    after = project.everything()
    shown = project.run("diff")
    assert project.run("diff", ran.json["session_id"], "--json").json["diff"] == shown.out

    project.run("undo")
    project.git("apply", "-", stdin=shown.out)
    assert project.everything() == after


def test_without_a_change_there_is_no_diff(project: Project) -> None:
    assert project.run("diff", "--json").json["error"]["code"] == "unknown-session"
    project.run("run", "task", "--yes", script=team(plan_of()))
    assert project.run("diff").status == 2
    assert project.run("diff", "s-20200101-000000-abcd").status == 2


def _all() -> tuple[str, ...]:
    return ("a.txt", "new/deep/b.txt", "old/c.txt")

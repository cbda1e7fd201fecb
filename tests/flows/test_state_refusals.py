"""Status 6: a journal that is held, newer, damaged, shared through git, or not the user's own folder."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3

import pytest

from tests.flows.project import Project
from tests.flows.team import one_file


def refused(project: Project, *argv: str) -> str:
    """The message of a run that is refused before anything is asked."""
    before = project.tree()
    ran = project.run(*(argv or ("run", "task", "--yes")), "--json", script=one_file())
    assert (ran.status, ran.json["exit_status"], ran.calls) == (6, 6, ())
    assert project.tree() == before
    return ran.json["error"]["message"]


def test_a_held_repository_names_who_holds_it(project: Project) -> None:
    project.run("run", "task", script=one_file())
    with open(project.state / "lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(json.dumps({"pid": 4711, "host": "elsewhere", "started_at": "2026-11-22T07:15:00.000Z"}))
        lock.flush()
        message = refused(project)
        resumed = refused(project, "resume", "--yes")

    assert "pid 4711 on elsewhere since 2026-11-22" in message
    assert "another run" in resumed


def test_reading_commands_work_while_the_repository_is_held(project: Project) -> None:
    project.run("run", "task", script=one_file())
    with open(project.state / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        assert project.run("status").status == 0
        assert project.run("sessions").status == 0


def test_the_lock_of_a_dead_run_is_taken_over(project: Project) -> None:
    project.run("run", "task", script=one_file())
    (project.state / "lock").write_text(json.dumps({"pid": 1, "host": "here", "started_at": "2026-11-22T07:15:00Z"}))

    assert project.run("run", "task", "--yes", script=one_file()).status == 0


@pytest.mark.parametrize("argv", [("run", "task", "--yes"), ("resume", "--yes"), ("status",), ("sessions",)])
def test_a_journal_of_a_newer_version_is_left_alone(project: Project, argv: tuple[str, ...]) -> None:
    project.run("run", "task", script=one_file())
    with sqlite3.connect(project.state / "state.db") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()

    assert "newer version" in refused(project, *argv)


def test_a_damaged_journal_is_said(project: Project) -> None:
    project.run("run", "task", script=one_file())
    for file in project.state.glob("state.db*"):
        file.unlink()
    (project.state / "state.db").write_bytes(b"this is no database" * 500)

    assert "state.db" in refused(project)


def test_state_that_git_tracks_is_refused(project: Project) -> None:
    project.run("run", "task", script=one_file())
    project.git("add", "--force", ".orchestra/plan.md")

    assert "git tracks the state folder" in refused(project)


def test_a_state_folder_that_is_a_link_is_refused(project: Project) -> None:
    (project.folder / "elsewhere").mkdir()
    project.state.symlink_to(project.folder / "elsewhere")

    assert "not a folder" in refused(project)
    assert list((project.folder / "elsewhere").iterdir()) == []


def test_a_state_folder_that_is_a_file_is_refused(project: Project) -> None:
    project.state.write_text("mine\n")

    assert "not a folder" in refused(project)
    assert project.state.read_text() == "mine\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_state_folder_of_another_user_is_refused(project: Project) -> None:
    project.state.mkdir()
    os.chown(project.state, 65534, 65534)

    assert "another user" in refused(project)


def test_the_state_folder_is_private_and_never_committed(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--commit", script=one_file())

    assert ran.status == 0
    assert project.state.stat().st_mode & 0o777 == 0o700
    assert project.git("status", "--porcelain", "--ignored=no") == ""
    assert project.git("ls-files", ".orchestra") == ""

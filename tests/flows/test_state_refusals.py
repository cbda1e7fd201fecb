"""Status 6: a journal that is held, newer, damaged, shared through git, or not the user's own folder."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import socket
import sqlite3
from pathlib import Path

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


@pytest.mark.parametrize("command", ["run", "plan", "watch"])
def test_the_state_counts_before_a_chain_that_nobody_is_in(project: Project, command: str) -> None:
    project.state.mkdir(0o700)
    alone = project.run(command, "task", "--json")
    with open(project.state / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        json.dump({"pid": os.getpid(), "host": socket.gethostname(), "started_at": "2026-11-22T07:15:00.000Z"}, lock)
        lock.flush()
        held = project.run(command, "task", "--json")
    (project.state / "lock").write_bytes(b"")
    with sqlite3.connect(project.state / "state.db") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    newer = project.run(command, "task", "--json")

    assert [ran.json["error"]["code"] for ran in (alone, held, newer)] == ["no-provider", "state-held", "state"]
    assert [ran.status for ran in (alone, held, newer)] == [2, 6, 6]


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


@pytest.mark.parametrize("argv", [("run", "task", "--yes"), ("resume", "--yes"), ("status",), ("doctor", "--repair")])
def test_a_journal_of_a_newer_version_is_the_same_to_the_byte_afterwards(
    project: Project, argv: tuple[str, ...]
) -> None:
    project.run("run", "task", script=one_file())
    connection = sqlite3.connect(project.state / "state.db")
    connection.execute("PRAGMA user_version = 999")
    connection.commit()
    # Not written back yet, as after a kill.
    copy = {file.name: file.read_bytes() for file in project.state.glob("state.db*")}
    connection.close()
    for name in ("state.db", "state.db-wal"):
        (project.state / name).write_bytes(copy[name])
    refused(project, *argv)
    assert {name: (project.state / name).read_bytes() for name in ("state.db", "state.db-wal")} == {
        name: copy[name] for name in ("state.db", "state.db-wal")}
    assert not list(project.state.glob("*.damaged-*"))


@pytest.mark.parametrize("argv", [("run", "task", "--yes"), ("sessions",), ("doctor", "--repair")])
def test_a_file_in_place_of_the_state_folder_is_told(project: Project, argv: tuple[str, ...]) -> None:
    project.write(".orchestra", "a note\n")

    assert "the state folder is not a folder" in refused(project, *argv)


def damage(project: Project, how: str) -> bytes:
    """A session, and a journal of which the end is gone, or all."""
    project.run("run", "task", script=one_file())
    for file in project.state.glob("state.db-*"):
        file.unlink()
    content = (project.state / "state.db").read_bytes()
    damaged = content[: len(content) * 3 // 4] if how == "truncated" else b"this is no database" * 500
    (project.state / "state.db").write_bytes(damaged)
    return damaged


def set_aside(project: Project) -> list[Path]:
    """The damaged journals that were moved, without their side files."""
    found = project.state.glob("state.db.damaged-*")
    return [path for path in found if not path.name.endswith(("-wal", "-shm"))]


@pytest.mark.parametrize("how", ["truncated", "garbage"])
@pytest.mark.parametrize("argv", [
    ("resume", "--yes"), ("undo",), ("verify",), ("status",), ("sessions",), ("diff",), ("cache", "stats"),
])
def test_a_damaged_journal_is_left_alone_by_who_works_on_old_sessions(
    project: Project, argv: tuple[str, ...], how: str
) -> None:
    damaged = damage(project, how)
    ran = project.run(*argv, "--json", script=one_file())
    error = ran.json["error"]
    assert (ran.status, error["code"]) == (6, "state-damaged")
    assert "state.db" in error["message"] and "orchestra doctor --repair" in error["hint"]
    assert (project.state / "state.db").read_bytes() == damaged
    assert not list(project.state.glob("*.damaged-*"))


@pytest.mark.parametrize("how", ["truncated", "garbage"])
@pytest.mark.parametrize("argv", [("run", "task", "--yes"), ("plan", "task")])
def test_who_starts_anew_puts_a_damaged_journal_aside_and_says_so(
    project: Project, argv: tuple[str, ...], how: str
) -> None:
    damaged = damage(project, how)
    ran = project.run(*argv, script=one_file())
    (aside,) = set_aside(project)
    assert (ran.status, aside.read_bytes()) == (0, damaged)
    assert f"the journal was damaged and moved to {aside.name}" in ran.err
    assert project.run("sessions").status == 0
    assert "damaged" not in project.run(*argv, script=one_file()).err


def test_doctor_repairs_when_it_is_told_to_and_else_only_says_so(project: Project) -> None:
    damaged = damage(project, "truncated")
    only_said = project.run("doctor", "--json")
    assert only_said.status == 1
    assert (project.state / "state.db").read_bytes() == damaged
    repaired = project.run("doctor", "--repair", "--json")
    (check,) = repaired.json["checks"]
    assert (repaired.status, check["state"]) == (0, "warn")
    with open(check["salvaged"]["moved_to"], "rb") as aside:
        assert aside.read() == damaged
    assert project.run("doctor", "--repair").status == 0
    assert len(set_aside(project)) == 1


@pytest.mark.parametrize("damaged", ["pages", "a cell", "an index"])
def test_doctor_says_of_damage_that_only_some_commands_come_upon_what_mends_it(project: Project, damaged: str) -> None:
    spoil(project)
    assert state_as_checked(project)["state"] == "ok"
    if damaged == "a cell":
        with contextlib.closing(sqlite3.connect(project.state / "state.db")) as connection, connection:
            connection.execute("UPDATE attempts SET provider = x'00'")
    else:
        page = page_of(project, "events_by_session" if damaged == "an index" else "attempts")
        with open(project.state / "state.db", "r+b") as file:
            file.seek(4096 * (page - 1))
            file.write(b"\xff" * 4096)
    before = (project.state / "state.db").read_bytes()
    state = state_as_checked(project)
    assert state["state"] == "fail" and "the journal is damaged" in state["text"]
    assert "doctor --repair" in state["hint"]
    assert (project.state / "state.db").read_bytes() == before
    assert project.run("doctor", "--repair").status == 0
    assert state_as_checked(project)["state"] == "ok"


def state_as_checked(project: Project) -> dict[str, str]:
    """What `doctor` says of it."""
    ran = project.run("doctor", "--json")
    (found,) = [check for check in ran.json["checks"] if check["name"] == "state"]
    assert ran.status == 1 or found["state"] == "ok"
    return dict(found)


def page_of(project: Project, name: str) -> int:
    """The first of a table or an index."""
    with contextlib.closing(sqlite3.connect(project.state / "state.db")) as connection:
        page: int = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
        return page


@pytest.mark.parametrize("lost", ["a row", "the table", "the list of tables"])
def test_what_a_session_wrote_can_be_undone_though_its_row_is_lost(project: Project, lost: str) -> None:
    stopped = project.run("run", "another", "--json", script=one_file("b.txt"))
    ran = project.run("run", "task", "--yes", "--json", script=one_file())
    assert (stopped.status, ran.status) == (3, 0)
    path = project.state / "state.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        ((root, page_bytes),) = connection.execute(
            "SELECT rootpage, page_size FROM sqlite_master, pragma_page_size WHERE name = 'sessions'"
        )
        if lost == "a row":
            connection.execute("UPDATE sessions SET options = '' WHERE session_id = ?", (ran.json["session_id"],))
            connection.commit()
    content = bytearray(path.read_bytes())
    if lost != "a row":
        start = (root - 1) * page_bytes if lost == "the table" else 100
        content[start:start + page_bytes - 100] = bytes(page_bytes - 100)
        path.write_bytes(content)

    repaired = project.run("doctor", "--repair", "--json")
    told = project.run("sessions", "--json")
    diff = project.run("diff", ran.json["session_id"])
    undone = project.run("undo", ran.json["session_id"])

    assert (repaired.status, repaired.json["checks"][0]["state"]) == (0, "warn"), repaired.out
    rows = {row["session_id"]: row for row in told.json["sessions"]}
    assert [bool(rows[each.json["session_id"]]["can_resume"]) for each in (stopped, ran)] == [lost == "a row", False]
    assert project.run("report", "--all").status == project.run("status", ran.json["session_id"]).status == 0
    assert "+one" in diff.out
    assert (undone.status, (project.root / "a.txt").exists()) == (0, False), undone.err


def test_doctor_repairs_nothing_while_a_run_holds_the_repository(project: Project) -> None:
    damaged = damage(project, "garbage")
    with open(project.state / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ran = project.run("doctor", "--repair", "--json")
    assert (ran.status, ran.json["error"]["code"]) == (6, "state-held")
    assert (project.state / "state.db").read_bytes() == damaged


def test_state_that_git_tracks_is_refused(project: Project) -> None:
    project.run("run", "task", script=one_file())
    project.git("add", "--force", ".orchestra/plan.md")

    assert "git tracks the state folder" in refused(project)


@pytest.mark.parametrize("argv", [("run",), ("plan", ""), ("resume",), ("watch",), ("undo",)])
def test_tracked_state_is_said_before_what_is_wrong_with_the_command(project: Project, argv: tuple[str, ...]) -> None:
    project.write(".orchestra/plan.md", "a plan")
    project.git("add", "--force", ".orchestra/plan.md")

    assert "git tracks the state folder" in refused(project, *argv)


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


def test_watch_puts_a_damaged_journal_aside_before_its_first_round(project: Project) -> None:
    project.run("run", "task", "--yes", script=one_file())
    (project.state / "state.db").write_bytes(b"no journal at all" * 1000)
    ran = project.run("watch", "task", script=one_file())

    assert ran.status == 3, "nobody is there to approve, so that the watch ends"
    assert "the journal was damaged and moved to state.db.damaged-" in ran.err
    assert len(list(project.state.glob("state.db.damaged-*"))) == 1


def spoil(project: Project, *statements: str) -> bytes:
    """A finished session, then these changes of its rows; what the journal's file holds."""
    project.run("run", "task", "--yes", script=one_file())
    connection = sqlite3.connect(project.state / "state.db")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return (project.state / "state.db").read_bytes()


RESUME = ("resume", "--yes")
TORN = [
    "UPDATE sessions SET options = '{' || char(7)", "UPDATE sessions SET config = 'x'",
    "UPDATE sessions SET started_at = 'never'", "UPDATE sessions SET task = CAST(x'ff' AS TEXT)", "DROP TABLE attempts",
]


@pytest.mark.parametrize("statement", TORN)
@pytest.mark.parametrize("argv", [("resume", "--yes"), ("undo",), ("verify",), ("status",), ("sessions",), ("report",)])
def test_a_row_that_says_nothing_and_a_table_that_is_gone_are_damage(
    project: Project, argv: tuple[str, ...], statement: str
) -> None:
    before = spoil(project, statement)
    ran = project.run(*argv, "--json", script=one_file())
    assert (ran.status, ran.json["error"]["code"]) == (6, "state-damaged")
    assert "orchestra doctor --repair" in ran.json["error"]["hint"]
    assert (project.state / "state.db").read_bytes() == before


@pytest.mark.parametrize(("statement", "argv"), [
    ("UPDATE attempts SET output_tokens = '{}'", ("report",)),
    ("UPDATE attempts SET output_tokens = '{}'", ("report", "--all")),
    ("UPDATE attempts SET latency_ms = x'00ff'", ("report",)),
    ("UPDATE attempts SET output_tokens = '{}'", ("status",)), ("UPDATE sessions SET task = x'00'", ("status",)),
    ("UPDATE steps SET agent_role = x'00'", ("report",)),
    ("UPDATE file_versions SET content = 'text'", ("diff",)), ("UPDATE file_versions SET mode = 'text'", ("undo",)),
    ("UPDATE plans SET content = '{}'", RESUME), ("UPDATE sessions SET options = '{}'", RESUME),
    ("UPDATE facts SET content = '{}' WHERE name = 'guidance'", RESUME),
    ("UPDATE journal_secret SET secret = 'text'", RESUME),
])
def test_a_row_with_a_cell_of_a_wrong_kind_is_damage_and_no_defect(
    project: Project, statement: str, argv: tuple[str, ...]
) -> None:
    project.run("run", "task", "--yes", script=one_file())
    before = spoil(project, "UPDATE sessions SET can_resume = 1", statement)
    ran = project.run(*argv, "--json", script=one_file())
    assert (ran.status, ran.json["error"]["code"]) == (6, "state-damaged")
    assert "orchestra doctor --repair" in ran.json["error"]["hint"]
    if argv not in (RESUME, ("undo",)):
        assert (project.state / "state.db").read_bytes() == before
    assert "the journal was damaged" in project.run("doctor", "--repair").out
    assert project.run("status").status == 0


@pytest.mark.parametrize("statement", TORN)
@pytest.mark.parametrize("argv", [("run", "task", "--yes"), ("plan", "task"), ("doctor", "--repair")])
def test_such_a_journal_is_put_aside_before_anything_is_asked(
    project: Project, argv: tuple[str, ...], statement: str
) -> None:
    spoil(project, statement)
    ran = project.run(*argv, script=one_file())
    (aside,) = set_aside(project)
    assert ran.status == 0
    assert f"the journal was damaged and moved to {aside.name}" in ran.err + ran.out
    assert project.run("sessions").status == 0
    assert "is not damaged" in project.run("doctor", "--repair").out


def test_doctor_finds_what_no_run_looks_at(project: Project) -> None:
    spoil(project, "UPDATE events SET data = '{' WHERE id = 2")
    assert project.run("run", "task", "--yes", script=one_file()).status == 0
    assert "the journal was damaged" in project.run("doctor", "--repair").out


@pytest.mark.parametrize("argv", [("status",), ("undo",), ("resume", "--yes")])
def test_an_empty_journal_beside_what_a_session_left_was_cut_off(project: Project, argv: tuple[str, ...]) -> None:
    project.run("run", "task", "--yes", script=one_file())
    (project.state / "state.db").write_bytes(b"")
    ran = project.run(*argv, "--json", script=one_file())
    assert (ran.status, ran.json["error"]["code"]) == (6, "state-damaged")
    assert project.run("run", "task", "--yes", script=one_file()).status == 0
    assert len(set_aside(project)) == 1


def test_a_journal_that_was_only_just_made_is_empty(project: Project) -> None:
    project.run("run", "task", "--yes", script=one_file())
    for folder in ("runs", "logs"):
        shutil.rmtree(project.state / folder)
    (project.state / "state.db").write_bytes(b"")
    assert project.run("status").status == 2
    assert project.run("run", "task", "--yes", script=one_file()).status == 0
    assert set_aside(project) == []


@pytest.mark.parametrize("argv", [("status",), ("run", "task", "--yes"), ("doctor", "--repair")])
def test_a_folder_where_the_journal_should_be_is_refused(project: Project, argv: tuple[str, ...]) -> None:
    project.run("run", "task", "--yes", script=one_file())
    (project.state / "state.db").unlink()
    (project.state / "state.db").mkdir()
    assert project.run(*argv, script=one_file()).status == 6


def test_a_journal_that_was_taken_away_is_made_anew(project: Project) -> None:
    project.run("run", "task", "--yes", script=one_file())
    (project.state / "state.db").unlink()
    assert project.run("run", "task", "--yes", script=one_file()).status == 0
    assert set_aside(project) == []

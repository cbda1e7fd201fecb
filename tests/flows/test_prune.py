"""Old sessions removed: by hand, and at the end of a run; what else works beside one."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Iterator

import pytest

from orchestra.state.lock import RepositoryLock
from tests.flows.project import Project
from tests.flows.team import one_file


def session(project: Project, name: str, **more: object) -> str:
    ran = project.run("run", name, "--yes", "--json", script=one_file(f"{name}.txt"), **more)  # type: ignore[arg-type]
    return str(ran.json["session_id"])


def left(project: Project) -> list[str]:
    return [row["session_id"] for row in project.run("sessions", "--json").json["sessions"]]


def traces(project: Project, session_id: str) -> list[str]:
    return [path.name for path in project.state.rglob("*") if session_id in path.name]


@contextmanager
def held_by_a_run(project: Project) -> Iterator[None]:
    """While a run, as it seems, holds the repository."""
    lock = RepositoryLock(project.state, now=datetime.now(timezone.utc))
    yield
    lock.release()


def test_prune_keeps_the_newest_and_what_can_go_on(project: Project) -> None:
    resumable = str(project.run("run", "waits", "--json", script=one_file("w.txt")).json["session_id"])
    first, second, third = (session(project, name) for name in ("first", "second", "third"))
    preview = project.run("sessions", "prune", "--keep", "1", "--dry-run", "--json")
    assert len(left(project)) == 4 and preview.json["dry_run"] is True
    ran = project.run("sessions", "prune", "--keep", "1", "--json")

    assert ran.status == preview.status == 0
    gone = {row["session_id"] for row in ran.json["pruned"]}
    assert gone == {row["session_id"] for row in preview.json["pruned"]} == {first, second}
    assert left(project) == [third, resumable]
    assert traces(project, first) == [] and traces(project, third) != []
    assert project.run("resume", resumable, "--yes", script=one_file("w.txt")).status == 0


def test_prune_and_clear_work_beside_a_run_and_hinder_none(project: Project) -> None:
    first, second = session(project, "first"), session(project, "second")
    resumable = str(project.run("run", "waits", "--json", script=one_file("w.txt")).json["session_id"])
    with held_by_a_run(project):
        ran = project.run("sessions", "prune", "--older-than", "0")
        assert (ran.status, project.run("cache", "clear").status) == (0, 0)
    assert "for the run beside to fill" in ran.out
    assert left(project) == [resumable]
    assert traces(project, first) == traces(project, second) == []


def test_a_journal_is_looked_at_beside_a_run_but_not_put_aside(project: Project) -> None:
    session(project, "first")
    with held_by_a_run(project):
        assert project.run("doctor", "--repair").status == 0
        with sqlite3.connect(project.state / "state.db") as connection:
            connection.execute("UPDATE sessions SET started_at = 'yesterday'")
        connection.close()
        assert project.run("doctor", "--repair", "--json").json["error"]["code"] == "state-held"
    assert "was damaged" in project.run("doctor", "--repair").out


def test_prune_spares_what_the_run_beside_was_last_at(project: Project) -> None:
    first, second = session(project, "first"), session(project, "second")
    third = session(project, "third")
    assert project.run("resume", first, "--from", "executing", "--yes", script=one_file("first.txt")).status == 0
    with held_by_a_run(project):
        project.run("sessions", "prune", "--older-than", "0")
    assert left(project) == [third, first]
    project.run("sessions", "prune", "--older-than", "0")
    assert left(project) == [third]
    assert second not in left(project)


def test_an_undone_session_stays_as_long_as_its_undo(project: Project) -> None:
    first = session(project, "first")
    undo = str(project.run("undo", "--json").json["session_id"])
    third = session(project, "third")
    assert project.run("sessions", "prune", "--keep", "2", "--json").json["pruned"] == []
    assert project.run("undo", undo).status == 0
    assert first in left(project)
    assert third in left(project)


def test_prune_by_age_spares_what_is_younger(project: Project) -> None:
    session(project, "first")
    session(project, "second")
    assert "nothing to remove" in project.run("sessions", "prune", "--older-than", "1").out
    assert "removed 1 session" in project.run("sessions", "prune", "--older-than", "0").out


@pytest.mark.parametrize("argv", [
    ("prune", "--keep", "0"), ("prune", "--older-than", "x"), ("prune", "--older-than", "nan"), ("--keep", "3"),
    ("--dry-run",), ("remove",),
])
def test_what_prune_does_not_know_is_a_usage_error(project: Project, argv: tuple[str, ...]) -> None:
    assert project.run("sessions", *argv).status == 2


def test_without_a_journal_nothing_is_made(project: Project) -> None:
    assert project.run("sessions", "prune").out == "nothing to remove\n"
    assert not project.state.exists()


def test_a_run_keeps_as_many_sessions_as_the_configuration_says_and_says_so(project: Project) -> None:
    settings = {"state": {"keep": 2}}
    first = session(project, "first", settings=settings)
    session(project, "second", settings=settings)
    ran = project.run("run", "third", "--yes", script=one_file("third.txt"), settings=settings)

    assert "1 old session removed" in ran.err and "no effect" not in ran.err
    assert first not in left(project) and len(left(project)) == 2
    assert traces(project, first) == []
    (event,) = [event for event in project.run("log", "--json").json["events"] if event["event"] == "state.pruned"]
    assert event["sessions"] == [first]


def test_a_cleared_cache_gives_its_room_back(project: Project) -> None:
    text = "".join(f"line {number} of many\n" for number in range(40_000))
    project.run("run", "task", "--yes", script=one_file("a.txt", text), settings={"cache": {"enabled": True}})
    file = project.state / "state.db"
    before = file.stat().st_size
    assert project.run("cache", "clear").status == 0
    assert before - file.stat().st_size > len(text) / 2

"""Killed at the commits of an undo, of a migration, and of a recovery that is given up: the same as if never killed."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Iterator

import pytest

from orchestra.demo.script import Answer, Call, Text
from orchestra.state.database import make_folder
from orchestra.state.migrations import MIGRATIONS
from tests.crashes.figures import FIGURES
from tests.crashes.journal import journal_of
from tests.crashes.killed import commits_of, killed_at_commit, new_project, run
from tests.flows.project import copy_of
from tests.flows.team import finding, plan_of, planned, whole
from tests.unit.state.old_journals import EARLIER, SESSION, old_journal, rows_of

EVERY = int(os.environ.get("ORCHESTRA_CRASH_EVERY", "19"))
HOPELESS = ("run", "one file", "--yes")


def hopeless(call: Call) -> Answer:
    """A team whose auditor likes nothing."""
    role = call.model.partition("-")[0]
    if role == "architect":
        return Text(plan_of(planned("modified1.txt", "modify"), planned("made/here.txt")))
    if role == "auditor":
        return Text(finding("not like this"))
    return Text(whole(f"what the {role} says of {call.file}\nbefore\nlast\n"))


def points(commits: int) -> Iterator[tuple[int, str]]:
    for number in range(1, commits + 1, min(EVERY, 19)):
        yield number, "before"
        yield number, "after"


def test_an_undo_killed_at_its_commits_is_finished(tmp_path: Path) -> None:
    project = new_project(tmp_path / "fresh")
    before = project.everything()
    assert run(project, "run", "ten files", "--yes").returncode == 0
    whole_one = copy_of(project, tmp_path / "whole")
    assert killed_at_commit(whole_one, 0, "before", "undo").returncode == 0
    for number, when in points(commits_of(whole_one)):
        copy = copy_of(project, tmp_path / f"{number}-{when}")
        killed = killed_at_commit(copy, number, when, "undo")
        finished = run(copy, "undo", "--json")
        if finished.returncode == 0:
            # What the killed undo has begun, a second one has ended: the first has nothing left to do.
            run(copy, "resume", "--json")
        FIGURES.kills, FIGURES.resumes = FIGURES.kills + 1, FIGURES.resumes + 1
        assert killed.returncode == -signal.SIGKILL
        assert finished.returncode == 0 or finished.json["error"]["code"] == "unknown-session", finished.err
        assert copy.everything() == before, (number, when)
        assert list((copy.state / "tmp").iterdir()) == []
        shutil.rmtree(copy.folder)


@pytest.mark.parametrize("version", EARLIER)
@pytest.mark.parametrize("when", ["before", "amid", "after"])
def test_a_migration_killed_at_a_step_goes_on_there_and_loses_no_row(tmp_path: Path, version: int, when: str) -> None:
    project = new_project(tmp_path)
    before = old_journal(make_folder(project.root), version)
    killed = killed_at_commit(project, 1, when, "sessions")
    assert killed.returncode == -signal.SIGKILL
    with closing(sqlite3.connect(project.state / "state.db")) as connection:
        reached = connection.execute("PRAGMA user_version").fetchone()[0]
    assert reached == (version + 1 if when == "after" else version)
    told = run(project, "status", SESSION, "--json")
    FIGURES.kills, FIGURES.resumes = FIGURES.kills + 1, FIGURES.resumes + 1
    assert told.json["session"]["agents"]["architect"]["role"] == "architect"
    after = rows_of(project.state)
    assert {table: after[table] for table in before} == before
    assert project.rows("PRAGMA user_version")[0]["user_version"] == len(MIGRATIONS)
    assert project.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_a_recovery_given_up_and_killed_at_its_commits_is_put_back_all_the_same(tmp_path: Path) -> None:
    variables = {"ORCHESTRA_MAX_ITERATIONS": "1", "ORCHESTRA_MAX_RECOVERY_ATTEMPTS": "1"}
    fresh = new_project(tmp_path / "fresh")
    fresh.variables.update(variables)
    before = fresh.everything()
    whole_one = copy_of(fresh, tmp_path / "whole")
    ended = killed_at_commit(whole_one, 0, "before", *HOPELESS, script=hopeless)
    assert (ended.returncode, whole_one.everything()) == (1, before), ended.err
    expected = journal_of(whole_one)
    assert [row["status"] for row in expected["file_outcomes"]] == ["reverted", "reverted"]
    for number, when in points(commits_of(whole_one)):
        copy = copy_of(fresh, tmp_path / f"{number}-{when}")
        killed = killed_at_commit(copy, number, when, *HOPELESS, script=hopeless)
        known = run(copy, "sessions", "--json").json["sessions"]
        again = ("resume", "--yes") if known else HOPELESS
        run(copy, *again, script=hopeless)
        FIGURES.kills, FIGURES.resumes = FIGURES.kills + 1, FIGURES.resumes + 1
        assert killed.returncode == -signal.SIGKILL
        assert copy.everything() == before, (number, when)
        found = journal_of(copy)
        for table, rows in expected.items():
            assert found[table] == rows, (table, number, when)
        FIGURES.compared += 1
        shutil.rmtree(copy.folder)


def test_a_resume_counts_although_the_run_was_killed_before_it_told_anything(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    # After the commit that makes the session.
    killed_at_commit(project, len(MIGRATIONS) + 1, "after", "run", "ten files", "--yes", "--no-test")
    assert project.rows("SELECT phase FROM sessions") == [{"phase": "init"}]
    assert project.rows("SELECT name FROM events") == []
    assert run(project, "resume", "--yes").returncode == 0
    phases = run(project, "report", "--json").json["report"]["phases"]
    assert [phase["name"] for phase in phases].count("resumed") == 1

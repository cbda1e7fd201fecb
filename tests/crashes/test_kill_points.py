"""SIGKILL at the commits of a run, and at random instants: what is left in the end is as if nothing had happened.

By default a few of each, so that all of tests/crashes takes about three minutes. ORCHESTRA_CRASH_EVERY=1 kills at every
commit of every mode, and has the other tests of this folder try all that they know, ORCHESTRA_CRASH_KILLS=200 kills at
so many random instants, and ORCHESTRA_CRASH_SEED sets which. The figures are told at the end.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.crashes.figures import FIGURES
from tests.crashes.journal import journal_of
from tests.crashes.killed import (
    CALLS, Ended, commits_of, killed_after, killed_at_commit, new_project, run,
)
from tests.flows.project import Project

EVERY = int(os.environ.get("ORCHESTRA_CRASH_EVERY", "71"))
KILLS = int(os.environ.get("ORCHESTRA_CRASH_KILLS", "6"))
SEED = int(os.environ.get("ORCHESTRA_CRASH_SEED", "20261122"))
MODES = {"sequential": 1, "parallel": 4, "pipeline": 4}
"""With how many workers, and so calls in flight."""
MOST_RESUMES = 4


def command(mode: str) -> tuple[str, ...]:
    return ("run", "ten files", "--yes", "--commit", "--mode", mode)


@dataclass(frozen=True)
class Whole:
    """What a run that nothing stops comes to, and how long it takes."""

    tree: dict[str, bytes]
    head: str
    message: str
    commit_tree: str
    journal: dict[str, list[dict[str, Any]]]
    asked: Counter[tuple[str, str | None]]
    seconds: float
    commits: int


def whole_run(folder: Path, mode: str) -> Whole:
    project = new_project(folder)
    start = time.monotonic()
    ended = killed_at_commit(project, 0, "before", *command(mode))
    seconds = time.monotonic() - start
    assert (ended.returncode, len(ended.calls)) == (0, CALLS), ended.err
    return Whole(
        project.tree(), project.head(), project.git("log", "-1", "--format=%B"),
        project.git("rev-parse", "HEAD^{tree}"), journal_of(project), Counter(ended.asked), seconds,
        commits_of(project),
    )


@pytest.fixture(scope="session")
def wholes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Whole]:
    folder = tmp_path_factory.mktemp("whole")
    return {mode: whole_run(folder / mode, mode) for mode in MODES}


def sessions(project: Project) -> int:
    """How many a killed process has begun."""
    if not (project.state / "state.db").exists() or not project.rows("PRAGMA user_version")[0]["user_version"]:
        return 0
    return int(project.rows("SELECT count(*) AS many FROM sessions")[0]["many"])


def finish(project: Project, killed: list[Ended], whole: Whole, mode: str) -> None:
    """Take the session up, or begin it, and hold all that is left against the run that nothing stopped."""
    last = run(project, "resume", "--yes", "--json") if sessions(project) else run(project, *command(mode), "--json")
    FIGURES.kills += sum(1 for each in killed if each.returncode == -signal.SIGKILL)
    FIGURES.resumes += 1
    asked: Counter[tuple[str, str | None]] = Counter(last.asked)
    for each in killed:
        asked += Counter(each.asked)
    repeated = sum((asked - whole.asked).values())
    FIGURES.repeated += repeated
    FIGURES.most_repeated = max(FIGURES.most_repeated, repeated)

    # A kill that came after the end has left nothing to resume.
    assert last.returncode == 0 or last.json["error"]["code"] == "unknown-session", last.err
    assert whole.asked - asked == Counter()
    assert repeated <= MODES[mode] * len(killed)
    assert project.tree() == whole.tree
    assert project.git("log", "-1", "--format=%B") == whole.message
    assert project.git("rev-parse", "HEAD^{tree}") == whole.commit_tree
    assert project.head() == whole.head
    assert project.git("status", "--porcelain") == "?? the-users.txt\n"
    assert list((project.state / "tmp").iterdir()) == []
    found = journal_of(project)
    for table, rows in whole.journal.items():
        assert found[table] == rows, table
    FIGURES.compared += 1


@pytest.mark.parametrize("mode", MODES)
def test_killed_at_its_commits(tmp_path: Path, wholes: dict[str, Whole], mode: str) -> None:
    whole = wholes[mode]
    for number in range(1 + EVERY // 3, whole.commits + 1, EVERY):
        for when in ("before", "after"):
            project = new_project(tmp_path / f"{number}-{when}")
            finish(project, [killed_at_commit(project, number, when, *command(mode))], whole, mode)


@pytest.mark.parametrize("number", range(KILLS))
def test_killed_at_a_random_instant(project: Project, wholes: dict[str, Whole], number: int) -> None:
    mode = list(MODES)[number % len(MODES)]
    whole = wholes[mode]
    instant = random.Random(SEED + number)
    finish(project, [killed_after(project, instant.uniform(0.1, whole.seconds), *command(mode))], whole, mode)


def test_killed_at_random_instants_again_and_again(project: Project, wholes: dict[str, Whole]) -> None:
    whole, instant = wholes["parallel"], random.Random(SEED)
    killed = [killed_after(project, whole.seconds / 2, *command("parallel"))]
    for _ in range(MOST_RESUMES):
        if sessions(project):
            killed.append(killed_after(project, instant.uniform(0.3, whole.seconds / 2), "resume", "--yes"))
    finish(project, killed, whole, "parallel")

"""An undo killed in the middle, and taken up: the same tree as if nothing had happened."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.crashes.killed import killed_after_event, new_project, run
from tests.flows.project import Project, copy_of

FILES = 10


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, dict[str, bytes]]:
    """A project with a session that changed ten files, and its tree before that."""
    project = new_project(tmp_path_factory.mktemp("undo") / "done")
    before = project.everything()
    assert run(project, "run", "ten files", "--yes").returncode == 0
    return project, before


@pytest.fixture
def changed(done: tuple[Project, dict[str, bytes]], tmp_path: Path) -> tuple[Project, dict[str, bytes]]:
    return copy_of(done[0], tmp_path / "copy"), done[1]


@pytest.mark.parametrize("by", ["resume", "undo"])
@pytest.mark.parametrize("events", [1, 2, 4, 7, FILES + 1])
def test_an_undo_that_was_killed_is_finished(
    changed: tuple[Project, dict[str, bytes]], events: int, by: str
) -> None:
    project, before = changed
    killed = killed_after_event(project, events, "undo")
    finished = run(project, by, "--json")

    assert killed.returncode in (-signal.SIGKILL, 0), killed.err
    # Killed after the last file, it has left nothing to do.
    assert finished.returncode in ((0,) if events < FILES else (0, 2)), finished.err
    assert project.everything() == before
    assert list((project.state / "tmp").iterdir()) == []


def test_what_a_killed_undo_had_put_back_can_be_brought_back(changed: tuple[Project, dict[str, bytes]]) -> None:
    project, _ = changed
    after = project.everything()
    killed_after_event(project, 4, "undo")
    run(project, "resume")
    undo = project.rows("SELECT session_id FROM sessions WHERE mode = 'undo'")
    assert run(project, "undo", undo[0]["session_id"]).returncode == 0
    assert project.everything() == after

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pytest

from orchestra.cli.arguments import GlobalOptions
from orchestra.cli.context import Context
from orchestra.cli.output import Output
from orchestra.environment import Environment
from orchestra.errors import StateError
from orchestra.state.database import make_folder
from orchestra.state.manager import StateManager
from tests.unit.fake_clock import FakeClock


def context(folder: Path) -> Context:
    env = Environment(io.StringIO(), io.StringIO(), io.StringIO(), {"PATH": "/usr/bin:/bin"}, folder)
    return Context(env, GlobalOptions(), Output(env, as_json=False, as_json_stream=False))


def test_outside_of_git_the_root_is_the_current_folder(tmp_path: Path) -> None:
    assert (context(tmp_path).git, context(tmp_path).root) == (None, tmp_path)


@pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
def test_inside_of_git_the_root_is_its_top_level(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    assert context(tmp_path / "deep" / "er").root == tmp_path.resolve()


def test_without_a_journal_there_is_none_to_read_and_none_is_made(tmp_path: Path) -> None:
    with context(tmp_path).journal_for_reading() as journal:
        assert journal is None
    assert list(tmp_path.iterdir()) == []


def test_a_journal_is_open_while_it_is_read_and_closed_afterwards(tmp_path: Path) -> None:
    StateManager.open(make_folder(tmp_path), FakeClock()).close()
    with context(tmp_path).journal_for_reading() as journal:
        assert journal is not None and journal.sessions.all() == []
    with pytest.raises(StateError):
        journal.sessions.all()


def test_a_state_folder_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    StateManager.open(make_folder(elsewhere), FakeClock()).close()
    (tmp_path / ".orchestra").symlink_to(elsewhere / ".orchestra")
    with pytest.raises(StateError, match="not a folder"):
        with context(tmp_path).journal_for_reading():
            pass

"""What a project says of itself reaches the check."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from orchestra.clock import CancelToken, SystemClock
from orchestra.workspace.project_check import project_check
from orchestra.workspace.syntax import SyntaxCheck


def check_of(root: Path, path: str = "") -> SyntaxCheck:
    return project_check(root, {"PATH": path}, clock=SystemClock(), cancel=CancelToken())


@pytest.mark.skipif(sys.version_info < (3, 10), reason="the parser of 3.9 lets newer syntax pass")
def test_the_oldest_python_of_the_project_judges(tmp_path: Path) -> None:
    newer = "if (a := 1):\n    pass\n"
    assert check_of(tmp_path)("a.py", newer).defects == ()
    (tmp_path / "pyproject.toml").write_text("[project]\nrequires-python = '>=3.7'\n", encoding="utf-8")
    assert check_of(tmp_path)("a.py", newer).defects[0].line == 1


def test_a_newer_python_on_the_path_judges_what_is_written_for_it(tmp_path: Path) -> None:
    minor = sys.version_info[1] + 1
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "setup.cfg").write_text("[options]\npython_requires = >=3.%d\n" % minor, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / ("python3.%d" % minor)).symlink_to(sys.executable)
    check = check_of(tmp_path / "repo", str(tmp_path / "bin"))
    assert check("a.py", "x = 1\n").defects == ()
    assert check("a.py", "x = 1\ny = = 2\n").defects[0].line == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_settings_that_are_no_text_say_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pyproject.toml")
    (tmp_path / "setup.cfg").write_bytes(b"\xff\xfe")
    (tmp_path / "setup.py").mkdir()
    assert check_of(tmp_path)("a.py", "x = 1\n").defects == ()

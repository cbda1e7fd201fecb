"""Finding a project's tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from orchestra.clock import CancelToken, SystemClock
from orchestra.workspace.sandbox.sandbox import Sandbox
from orchestra.workspace.suite import Suite
from orchestra.workspace.suite_detection import detect
from orchestra.workspace.suite_probing import Prober
from orchestra.workspace.suite_python import interpreters

UNITTEST = "import unittest\n\nclass T(unittest.TestCase):\n    def test_x(self):\n        pass\n"
PYTEST = "def test_x():\n    pass\n"


def put(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def make_python(path: Path) -> str:
    path.parent.mkdir(parents=True)
    path.symlink_to(sys.executable)
    return str(path)


def found(root: Path, *, has_pytest: bool = True, command: str | None = None) -> Suite | None:
    return detect(root, {"PATH": ""}, command=command, imports=lambda python, module: has_pytest)


@pytest.mark.parametrize(
    "files",
    [
        {"pytest.ini": ""},
        {"pyproject.toml": "[tool.pytest.ini_options]\n", "tests/test_a.py": UNITTEST},
        {"setup.cfg": "[metadata]\n[tool:pytest]\n"},
        {"tox.ini": "[pytest]\n"},
        {"conftest.py": ""},
        {"tests/conftest.py": ""},
        {"tests/test_a.py": PYTEST},
        {"a_test.py": PYTEST},
        {"tests/test_a.py": UNITTEST, "tests/test_b.py": PYTEST},
        {"tests/test_a.py": "import unittest\nimport pytest\n"},
    ],
)
def test_finds_pytest(tmp_path: Path, files: dict[str, str]) -> None:
    put(tmp_path, files)
    suite = found(tmp_path)
    assert suite == Suite("pytest", (sys.executable, "-m", "pytest", "-q"))


@pytest.mark.parametrize(
    "files, options",
    [
        ({"test_a.py": UNITTEST}, ("-s", ".")),
        ({"tests/test_a.py": UNITTEST}, ("-s", "tests")),
        ({"tests/test_a.py": UNITTEST, "tests/__init__.py": ""}, ("-s", "tests", "-t", ".")),
        ({"tests/unit/test_a.py": UNITTEST}, ("-s", "tests/unit")),
        ({"tests/unit/test_a.py": UNITTEST, "tests/test_b.py": UNITTEST}, ("-s", "tests")),
        ({"test_a.py": UNITTEST, "tests/test_b.py": UNITTEST}, ("-s", ".")),
        ({"tests/a_test.py": UNITTEST}, ("-s", "tests", "-p", "*_test.py")),
        ({"tests/test_a.py": "from unittest import TestCase\n"}, ("-s", "tests")),
    ],
)
def test_finds_unittest_and_how_it_is_laid_out(tmp_path: Path, files: dict[str, str], options: tuple[str, ...]) -> None:
    put(tmp_path, files)
    assert found(tmp_path) == Suite("unittest", (sys.executable, "-m", "unittest", "discover", *options))


@pytest.mark.parametrize(
    "files, found_by",
    [
        ({"pytest.ini": "", "test_a.py": PYTEST}, "pytest.ini"),
        ({"tests/conftest.py": "", "tests/test_a.py": UNITTEST}, "tests/conftest.py"),
        ({"tests/test_a.py": UNITTEST, "tests/test_b.py": PYTEST}, "tests/test_b.py"),
        ({"a/test_a.py": UNITTEST, "b/test_b.py": UNITTEST}, "a/test_a.py"),
    ],
)
def test_the_file_that_gave_a_suite_away_is_told(tmp_path: Path, files: dict[str, str], found_by: str) -> None:
    put(tmp_path, files)
    suite = found(tmp_path)
    assert suite is not None and suite.found_by == found_by


def test_falls_back_to_unittest_where_pytest_is_not_installed(tmp_path: Path) -> None:
    put(tmp_path, {"pytest.ini": "", "tests/test_a.py": UNITTEST})
    suite = found(tmp_path, has_pytest=False)
    assert suite is not None and suite.framework == "unittest"


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"a.py": "def test_x(): pass\n"},
        {"node_modules/x/test_a.py": PYTEST},
        {"pyproject.toml": "[project]\n# [tool.pytest]\n"},
        {"vendor/.git/config": "", "vendor/test_a.py": PYTEST},
    ],
)
def test_finds_nothing_where_nothing_is(tmp_path: Path, files: dict[str, str]) -> None:
    put(tmp_path, files)
    assert found(tmp_path) is None


def test_pytest_style_tests_without_pytest_are_nothing_to_run(tmp_path: Path) -> None:
    put(tmp_path, {"tests/test_a.py": PYTEST})
    assert found(tmp_path, has_pytest=False) is None


def test_a_command_of_the_users_wins(tmp_path: Path) -> None:
    put(tmp_path, {"pytest.ini": ""})
    assert found(tmp_path, command="make lint && make test") == Suite(
        "command", ("/bin/sh", "-c", "make lint && make test")
    )


def test_the_projects_own_environment_leaves_no_other_choice(tmp_path: Path) -> None:
    root = tmp_path / "root"
    plain = make_python(root / "venv" / "bin" / "python")
    assert interpreters(root, {"PATH": os.environ["PATH"]}) == (plain,)
    hidden = make_python(root / ".venv" / "bin" / "python")
    assert interpreters(root, {"PATH": os.environ["PATH"]}) == (hidden,)
    active = make_python(tmp_path / "active" / "bin" / "python")
    assert interpreters(root, {"VIRTUAL_ENV": str(tmp_path / "active")}) == (active,)
    assert interpreters(root, {"VIRTUAL_ENV": str(tmp_path / "gone")}) == (hidden,)


def test_else_the_path_is_searched_and_our_own_python_comes_last(tmp_path: Path) -> None:
    python3 = make_python(tmp_path / "bin" / "python3")
    assert interpreters(tmp_path, {"PATH": str(tmp_path / "bin")}) == (python3, sys.executable)
    assert interpreters(tmp_path, {}) == (sys.executable,)


def test_takes_the_first_python_that_has_pytest(tmp_path: Path) -> None:
    put(tmp_path, {"tests/test_a.py": PYTEST})
    make_python(tmp_path / "bin" / "python3")
    suite = detect(tmp_path, {"PATH": str(tmp_path / "bin")}, imports=lambda python, module: python == sys.executable)
    assert suite is not None and suite.command[0] == sys.executable


def test_asks_the_python_itself_whether_it_has_pytest(tmp_path: Path) -> None:
    put(tmp_path, {"tests/test_a.py": PYTEST})
    variables = {"PATH": "", "VIRTUAL_ENV": str(tmp_path / "env")}
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    for status, framework in (("0", "pytest"), ("1", None)):
        python.write_text("#!/bin/sh\nexit %s\n" % status)
        python.chmod(0o755)
        prober = Prober(tmp_path, variables, sandbox=Sandbox.none, cancel=CancelToken(), clock=SystemClock())
        suite = detect(tmp_path, variables, imports=prober.can_import)
        assert (suite.framework if suite else None) == framework

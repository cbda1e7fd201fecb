"""Which tests a project has, and which Python runs them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Callable, Mapping, Sequence

from orchestra.workspace.listing import walk
from orchestra.workspace.suite import Suite

MAX_READ_FILES = 200
MAX_READ_BYTES = 65536
PROBE_TIMEOUT_S = 30

_TEST_FILE = re.compile(r"(test_.*|.*_test)\.py")
_PYTEST_CONFIGURED = (
    ("pytest.ini", ""),
    (".pytest.ini", ""),
    ("pytest.toml", ""),
    ("conftest.py", ""),
    ("tests/conftest.py", ""),
    ("test/conftest.py", ""),
    ("pyproject.toml", r"^\[tool\.pytest\b"),
    ("setup.cfg", r"^\[tool:pytest\]"),
    ("tox.ini", r"^\[pytest\]"),
)
_USES_UNITTEST = re.compile(r"^\s*(import unittest|from unittest\b|from django\.test)", re.M)
_USES_PYTEST = re.compile(r"^(import pytest|from pytest\b|(async )?def test_)", re.M)

Imports = Callable[[str, str], bool]
"""Whether an interpreter (its path) can import a module."""


def detect(
    root: Path, variables: Mapping[str, str], *, command: str | None = None, imports: Imports | None = None
) -> Suite | None:
    """The suite to run; None where nothing is found. `command` is a shell line of the user's, which wins.

    `variables` are those for child processes.
    """
    if command is not None:
        return Suite("command", ("/bin/sh", "-c", command))
    files = find_test_files(root)
    can_import = imports or _prober(root, variables)
    for detect_framework in (_detect_pytest, _detect_unittest):
        suite = detect_framework(root, files, interpreters(root, variables), can_import)
        if suite is not None:
            return suite
    return None


def find_test_files(root: Path) -> tuple[str, ...]:
    """The paths of the Python files that are named as tests."""
    return tuple(path for path in walk(root) if _TEST_FILE.fullmatch(path.rsplit("/", 1)[-1]))


def interpreters(root: Path, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Where the project's Python may be, best first; an environment of the project's leaves no other choice."""
    environments = [Path(variables["VIRTUAL_ENV"])] if variables.get("VIRTUAL_ENV") else []
    for folder in (*environments, root / ".venv", root / "venv"):
        # Not resolved: an environment is recognised by the place of its link.
        python = os.path.abspath(folder / "bin" / "python")
        if os.access(python, os.X_OK):
            return (python,)
    found = (shutil.which(name, path=variables.get("PATH", "")) for name in ("python3", "python"))
    return tuple(dict.fromkeys(path for path in (*found, sys.executable) if path))


def _detect_pytest(root: Path, files: Sequence[str], pythons: Sequence[str], can_import: Imports) -> Suite | None:
    mark = _pytest_mark(root) or _pytest_file(root, files)
    if mark is None:
        return None
    for python in pythons:
        if can_import(python, "pytest"):
            return Suite("pytest", (python, "-m", "pytest", "-q"), mark)
    return None


def _detect_unittest(root: Path, files: Sequence[str], pythons: Sequence[str], can_import: Imports) -> Suite | None:
    using = [path for path in files if _USES_UNITTEST.search(_start_of(root, path))]
    if not using or not pythons:
        return None
    command = (pythons[0], "-m", "unittest", "discover", *_discovery_options(root, using))
    return Suite("unittest", command, using[0])


def _discovery_options(root: Path, files: Sequence[str]) -> tuple[str, ...]:
    """Start folder, import root and pattern of `unittest discover`, as the layout needs them."""
    folders = [path.rpartition("/")[0] for path in files]
    start = os.path.commonpath(folders) if all(folders) else ""
    options = ["-s", start or "."]
    parts = start.split("/") if start else []
    if parts and all((root.joinpath(*parts[:depth], "__init__.py")).is_file() for depth in range(1, len(parts) + 1)):
        options += ["-t", "."]
    if not any(path.rsplit("/", 1)[-1].startswith("test") for path in files):
        options += ["-p", "*_test.py"]
    return tuple(options)


def _pytest_mark(root: Path) -> str | None:
    """The file that says that a project uses pytest; None where none does."""
    for name, pattern in _PYTEST_CONFIGURED:
        if (root / name).is_file() and (not pattern or re.search(pattern, _start_of(root, name), re.M)):
            return name
    return None


def _pytest_file(root: Path, files: Sequence[str]) -> str | None:
    """The first file of tests that unittest alone would not do for; None where it would."""
    for path in islice(files, MAX_READ_FILES):
        text = _start_of(root, path)
        if _USES_PYTEST.search(text) or not _USES_UNITTEST.search(text):
            return path
    return None


def _start_of(root: Path, path: str) -> str:
    try:
        with open(root / path, "rb") as file:
            return file.read(MAX_READ_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _prober(root: Path, variables: Mapping[str, str]) -> Imports:
    """Asks each interpreter itself, in the project's folder, without importing the module."""

    def can_import(python: str, module: str) -> bool:
        question = "import importlib.util, sys; sys.exit(importlib.util.find_spec(%r) is None)" % module
        try:
            answer = subprocess.run(
                [python, "-c", question],
                cwd=root,
                env={**variables, "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=PROBE_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return answer.returncode == 0

    return can_import

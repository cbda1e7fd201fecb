"""The tests of a Python project, and which Python runs them."""

from __future__ import annotations

import os
import re
import shutil
import sys
from itertools import islice
from pathlib import Path
from typing import Iterator, Mapping, Sequence

from orchestra.regex import regex
from orchestra.workspace.suite import Suite
from orchestra.workspace.suite_evidence import Evidence

MAX_READ_FILES = 200
MANIFESTS = (
    "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", "tox.ini", "tox.toml", "manage.py",
)
"""Where one of them is, other languages' files come second."""

_TEST_FILE = regex(r"(test_.*|.*_test)\.py")
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
_ENVIRONMENTS = {
    "tox": (
        ("tox.ini", r"^\[(?:tox|testenv)\b"), ("setup.cfg", r"^\[tox:tox\]"), ("pyproject.toml", r"^\[tool\.tox\b"),
        ("tox.toml", ""),
    ),
    "nox": (("noxfile.py", ""),),
}
_USES_UNITTEST = regex(r"^\s*(import unittest|from unittest\b|from django\.test)", re.M)
_USES_PYTEST = regex(r"^(import pytest|from pytest\b|(async )?def test_)", re.M)

_WORD = r"""(?:[^\s'"$`\\;&|<>()#]|'[^'\n]*'|"[^"$`\\\n]*")+"""
_ONE_PYTEST = regex(
    rf"(?:\w+=(?:{_WORD})? +)*(?:(?:uv|poetry) run +)?(?:[\w./-]*/)?(?:pytest|py\.test|python[\w.]* -m pytest)"
    rf"(?: +(?!--(?: |$)){_WORD})* *"
)


def is_one_pytest(line: str) -> bool:
    """Whether a shell line is plainly one call of pytest, which can be told where its cache is.

    A strict pytest 9 that is started without the plugin for its cache refuses to be told: one that make or a script
    starts may be such a one.
    """
    return _ONE_PYTEST.fullmatch(line) is not None and "no:cacheprovider" not in line


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


def configured_pytest(evidence: Evidence) -> Iterator[Suite]:
    """pytest, where a file of the project's sets it up."""
    mark = next((name for name, pattern in _PYTEST_CONFIGURED if evidence.says(name, pattern)), None)
    if mark is not None:
        yield _pytest(evidence, mark)


def python_files(evidence: Evidence) -> Iterator[Suite]:
    """pytest or unittest, as the test files need it."""
    files = _tests_among(evidence.paths)
    mark = _pytest_file(evidence, files)
    if mark is not None:
        yield _pytest(evidence, mark)
    using = [path for path in files if _USES_UNITTEST.search(evidence.text(path))]
    pythons = interpreters(evidence.root, evidence.variables)
    if using and pythons:
        options = _discovery_options(evidence.root, using)
        yield Suite("unittest", (pythons[0], "-m", "unittest", "discover", *options), using[0])


def declared_python(evidence: Evidence) -> Iterator[Suite]:
    """The same, in a project that says it is Python's."""
    if evidence.first(*MANIFESTS) is not None:
        yield from python_files(evidence)


def environments(evidence: Evidence) -> Iterator[Suite]:
    """tox or nox, which make the environments they run tests in."""
    for framework, places in _ENVIRONMENTS.items():
        file = next((name for name, pattern in places if evidence.says(name, pattern)), None)
        if file is not None:
            program = evidence.program(framework)
            yield Suite(framework, (program or framework,), file, "" if program else "%s is not installed" % framework)


def _pytest(evidence: Evidence, mark: str) -> Suite:
    pythons = interpreters(evidence.root, evidence.variables)
    python = next((path for path in pythons if evidence.imports(path, "pytest")), None)
    lacks = "" if python else "no Python that was found has pytest"
    return Suite("pytest", (python or sys.executable, "-m", "pytest", "-q"), mark, lacks)


def _tests_among(paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(path for path in paths if _TEST_FILE.fullmatch(path.rsplit("/", 1)[-1]))


def _pytest_file(evidence: Evidence, files: Sequence[str]) -> str | None:
    """The first file of tests that unittest alone would not do for; None where it would."""
    for path in islice(files, MAX_READ_FILES):
        text = evidence.text(path)
        if _USES_PYTEST.search(text) or not _USES_UNITTEST.search(text):
            return path
    return None


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

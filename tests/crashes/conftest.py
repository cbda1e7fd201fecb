"""A project with history for every crash, and the figures of all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.crashes.figures import FIGURES
from tests.crashes.killed import new_project
from tests.flows.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return new_project(tmp_path)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if FIGURES.kills:
        terminalreporter.write_line(f"crashes: {FIGURES}")

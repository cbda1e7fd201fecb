"""A project with history for every crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crashes.killed import new_project
from tests.flows.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return new_project(tmp_path)

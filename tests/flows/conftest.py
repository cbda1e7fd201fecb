"""A project for every flow."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path)


@pytest.fixture
def plain_folder(tmp_path: Path) -> Project:
    """A project that no git knows."""
    return Project.create(tmp_path, is_repository=False)

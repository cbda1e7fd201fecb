"""A journal in a folder of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from orchestra.records import Task
from orchestra.state.database import make_folder
from orchestra.state.manager import StateManager
from tests.unit.fake_clock import FakeClock

SESSION = "s-20261122-071500-4f2a"
OPTIONS = {"dry_run": False, "allow_dirty": False, "must_show": ["a"]}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path)


@pytest.fixture
def journal(folder: Path, clock: FakeClock) -> Iterator[StateManager]:
    """A journal with one session in it."""
    manager = StateManager.open(folder, clock)
    manager.sessions.create(SESSION, Task("add a flag", "words"), mode="sequential", options=OPTIONS, config={"b": []})
    yield manager
    manager.close()

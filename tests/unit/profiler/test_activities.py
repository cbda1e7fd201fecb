from __future__ import annotations

import importlib

import pytest

from orchestra.metrics.profile import AGAIN, DISK, GIT, LOADING, MODEL, OWN, PERSON, TESTS, TURN, VALIDATION
from orchestra.profiler import activities
from orchestra.profiler.activities import activity_of


@pytest.mark.parametrize(
    ("stack", "activity"),
    [
        (["socket", "requests.sessions", "orchestra.adapters.http", "orchestra.engine.asking"], MODEL),
        (["threading", "orchestra.adapters.gate", "orchestra.adapters.fallback", "orchestra.engine.asking"], TURN),
        (["threading", "orchestra.clock", "orchestra.adapters.course", "orchestra.engine.asking"], AGAIN),
        (["threading", "orchestra.state.writer", "orchestra.state.store", "orchestra.engine.asking"], DISK),
        (["subprocess", "orchestra.workspace.children", "orchestra.workspace.suite_run", "orchestra.engine.x"], TESTS),
        (["subprocess", "orchestra.workspace.children", "orchestra.workspace.languages.tools"], VALIDATION),
        (["subprocess", "orchestra.workspace.children", "orchestra.workspace.git_process"], GIT),
        (["select", "orchestra.environment", "orchestra.views.plan_prompt"], PERSON),
        (["orchestra.agents.blocks", "orchestra.engine.file_job"], OWN),
        (["importlib._bootstrap", "orchestra.cli.main"], LOADING),
        (["threading", "concurrent.futures._base", "orchestra.engine.crew", "orchestra.engine.session"], None),
        (["queue", "concurrent.futures.thread", "threading"], None),
        ([], None),
    ],
)
def test_the_innermost_module_that_says_something_decides(stack: list[str], activity: str | None) -> None:
    assert activity_of(stack) == activity


def test_every_module_that_the_table_names_is_there() -> None:
    """A module that moves would be counted as something else, silently."""
    starts = [start for start, _ in activities._ACTIVITIES if start.startswith("orchestra.")]
    for name in [*starts, *activities._AT_REST, *activities._THROUGH, activities._PAUSE]:
        importlib.import_module(name)

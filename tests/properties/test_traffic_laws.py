"""Laws of the schedules: whatever the plan, the mode and the number of workers."""

from __future__ import annotations

from typing import Mapping

import pytest

from orchestra.engine.file_job import Stage
from orchestra.engine.modes import MODES, schedule_for
from tests.unit.engine.traffic_jobs import Road

pytest.importorskip("hypothesis")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

STAGES = (
    (Stage.EXECUTE,), (Stage.AUDIT,), (Stage.EXECUTE, Stage.AUDIT),
    (Stage.EXECUTE, Stage.AUDIT, Stage.CONSULT, Stage.AUDIT),
)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[str], dict[str, set[str]]]:
    """Paths in any order, and dependencies without a circle, some on what is not among them."""
    size = draw(st.integers(0, 12))
    paths = [f"f{number}" for number in range(size)]
    needs = {
        path: {other for other in paths[:number] if draw(st.booleans())} | draw(st.sampled_from([set(), {"ended"}]))
        for number, path in enumerate(paths)
    }
    return draw(st.permutations(paths)), needs


@settings(max_examples=150)
@given(graphs(), st.sampled_from(MODES), st.integers(1, 6), st.sampled_from(STAGES), st.data())
def test_every_file_ends_once_and_begins_after_what_it_depends_on(
    graph: tuple[list[str], Mapping[str, set[str]]], mode: str, max_concurrency: int, stages: tuple[Stage, ...],
    data: st.DataObject,
) -> None:
    paths, needs = graph
    schedule = schedule_for(mode, max_concurrency)
    failing = data.draw(st.sets(st.sampled_from(paths))) if paths else set()
    road = Road(schedule, stages=stages, failing=failing)
    road.run(*paths, needs=needs)
    assert sorted(road.ended) == sorted(paths)
    first = {path: next(at for at, line in enumerate(road.diary.lines) if line[1] == path) for path in paths}
    end = {path: road.diary.lines.index(("end", path)) for path in paths}
    assert all(end[other] < first[path] for path in paths for other in needs[path] if other in end)
    assert all(road.diary.most[lane] <= most for lane, most in schedule.lanes.items())


@given(graphs())
def test_one_worker_takes_the_first_of_those_that_may_start(graph: tuple[list[str], Mapping[str, set[str]]]) -> None:
    paths, needs = graph
    road = Road(schedule_for("sequential", 1), stages=(Stage.EXECUTE,))
    road.run(*paths, needs=needs)
    left = list(paths)
    for path in road.diary.paths("start"):
        assert path == next(each for each in left if not needs[each] & set(left))
        left.remove(path)
    assert left == []

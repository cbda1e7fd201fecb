from __future__ import annotations

import time
from pathlib import Path

import pytest

from orchestra.environment import Environment
from orchestra.metrics.profile import LOADING
from orchestra.profiler.profiler import Profiler
from tests.unit.fake_clock import FakeClock


def test_what_came_before_the_profiler_is_loading_and_part_of_the_whole() -> None:
    clock = FakeClock()
    profiler = Profiler(clock, begun_s=clock.monotonic() - 2, own_cpu_s=0.25)
    clock.seconds += 1
    found = profiler.profile()
    assert found.wall_ms == 3000 and found.own_cpu_ms == 250
    assert [(one.name, one.wall_ms) for one in found.activities] == [(LOADING, 2000)]
    assert [(phase.name, phase.wall_ms) for phase in found.phases] == [("start", 3000)]
    assert 0 < found.cpu_ms <= 1000 * time.process_time()


def test_within_a_process_among_others_only_its_own_time_counts() -> None:
    clock = FakeClock()
    profiler = Profiler(clock)
    clock.seconds += 1
    found = profiler.profile()
    assert (found.wall_ms, found.own_cpu_ms, found.activities) == (1000, 0, ())


def test_a_process_knows_when_it_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before_s = time.monotonic() - time.process_time()
    begun_s = Environment.of_process().begun_s
    assert begun_s is not None and begun_s <= time.monotonic()
    assert Environment.of_process().clock.monotonic() - begun_s >= time.process_time() - 1 and before_s - begun_s < 1

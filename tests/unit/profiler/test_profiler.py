from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestra.environment import Environment
from orchestra.metrics.profile import LOADING
from orchestra.profiler.profiler import Profiler
from tests.unit.fake_clock import FakeClock

BUSY_COLLECTOR = """
import gc, threading, time
from orchestra.clock import SystemClock
from orchestra.profiler import profiler

def work(depth):
    time.sleep(0.0001)
    if depth:
        work(depth - 1)

def work_on():
    while True:
        work(3)

def begin_threads():
    while True:
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()

for target in (*[work_on] * 8, begin_threads):
    threading.Thread(target=target, daemon=True).start()
profiler.SHORTEST_S, profiler.OWN_SHARE = 0.0005, 1.0
gc.callbacks.append(lambda phase, info: time.sleep(0))
gc.set_threshold(2)
looking = profiler.Profiler(SystemClock())
looking.start()
while looking.profile().samples < 500:
    time.sleep(0.01)
print("on" if gc.isenabled() else "off")
"""
"""Workers, threads that come and go, and garbage whose collection lets other threads go on."""


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


def test_looking_at_threads_never_stops_them_for_ever() -> None:
    ran = subprocess.run([sys.executable, "-c", BUSY_COLLECTOR], stdout=subprocess.PIPE, text=True, timeout=120)
    assert (ran.returncode, ran.stdout) == (0, "on\n")

from __future__ import annotations

from typing import Any

from orchestra.metrics.profile import IDLE, MODEL, TESTS
from orchestra.profiler.tally import Instant, Tally
from orchestra.records import Event
from tests.unit.fake_clock import START

ONE, TWO = 1, 2


def at(wall_s: float, cpu_s: float = 0.0, thread_cpu_s: float = 0.0) -> Instant:
    return Instant(wall_s, cpu_s, thread_cpu_s)


def event(name: str, **data: Any) -> Event:
    return Event(name, START, "info", "s-1", None, data)


def test_phases_take_what_passed_between_their_entries() -> None:
    tally = Tally(at(0))
    tally.add_event(event("phase.entered", phase="planning"), ONE, at(2, 0.5))
    tally.add_event(event("phase.entered", phase="executing"), ONE, at(5, 0.75))
    tally.add_event(event("phase.entered", phase="planning"), ONE, at(6, 1.0))
    phases, _ = tally.costs(at(10, 2.0))
    assert [(cost.name, cost.count, cost.wall_ms, cost.cpu_ms) for cost in phases] == [
        ("start", 1, 2000, 500), ("planning", 2, 7000, 1250), ("executing", 1, 1000, 250),
    ]


def test_an_agent_takes_the_time_and_the_cpu_of_the_thread_that_asks_for_it() -> None:
    tally = Tally(at(0))
    tally.add_event(event("step.started", role="executor"), ONE, at(1, 0, 0.1))
    tally.add_event(event("step.started", role="auditor"), TWO, at(1, 0, 5.0))
    tally.add_event(event("step.completed", role="executor"), ONE, at(4, 0, 0.3))
    tally.add_event(event("step.completed", role="auditor"), TWO, at(2, 0, 5.5))
    _, agents = tally.costs(at(9))
    assert {cost.name: (cost.count, round(cost.wall_ms), round(cost.cpu_ms)) for cost in agents} == {
        "executor": (1, 3000, 200), "auditor": (1, 1000, 500),
    }


def test_a_question_that_failed_ends_with_the_last_that_was_heard_of_it() -> None:
    tally = Tally(at(0))
    tally.add_event(event("step.started", role="executor"), ONE, at(1))
    tally.add_event(event("attempt.failed", role="executor"), ONE, at(3))
    tally.add_event(event("step.started", role="auditor"), ONE, at(50))
    _, agents = tally.costs(at(60))
    assert agents[0].wall_ms == 2000


def test_an_instant_is_divided_among_those_that_did_something() -> None:
    tally = Tally(at(0))
    tally.add_event(event("step.started", role="executor"), ONE, at(0))
    tally.add_event(event("attempt.started", role="executor", model="p/a"), ONE, at(0))
    tally.add_sample({ONE: MODEL, TWO: TESTS}, elapsed_s=2, memory_bytes=100)
    tally.add_sample({ONE: MODEL}, elapsed_s=1, memory_bytes=300)
    tally.add_sample({}, elapsed_s=1, memory_bytes=200)
    assert [(one.name, one.model, one.wall_ms, one.share) for one in tally.activities()] == [
        (MODEL, "p/a", 2000, 0.5), (TESTS, None, 1000, 0.25), (IDLE, None, 1000, 0.25),
    ]
    phases, agents = tally.costs(at(4))
    assert tally.peak_bytes == phases[0].peak_memory_bytes == agents[0].peak_memory_bytes == 300


def test_what_the_session_was_told_is_taken_from_its_events() -> None:
    tally = Tally(at(0))
    tally.add_event(event("session.started", mode="pipeline", max_concurrency=3, caches=True, task="x"), ONE, at(0))
    tally.add_event(event("plan.ready", files=[{}, {}], summary=""), ONE, at(1))
    assert tally.setting == {"mode": "pipeline", "max_concurrency": 3, "caches": True, "files": 2}

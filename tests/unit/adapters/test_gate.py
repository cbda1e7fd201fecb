from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Iterator

import pytest

from orchestra.adapters.allowance import Allowance
from orchestra.adapters.gate import Gate, Turn
from orchestra.clock import CancelToken, Clock, Deadline, SystemClock
from orchestra.errors import Cancelled, RateLimited, TimedOut
from tests.unit.fake_clock import FakeClock

PATIENT_S = 30.0
"""Reached only by a test that fails."""


class SignallingClock(SystemClock):
    """Tells when somebody begins to wait."""

    def __init__(self) -> None:
        self._waiting = threading.Semaphore(0)

    def sleep(self, seconds: float, cancel: CancelToken) -> None:
        self._waiting.release()
        super().sleep(seconds, cancel)

    def until_somebody_waits(self) -> None:
        assert self._waiting.acquire(timeout=PATIENT_S)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as workers:
        yield workers


def _gate(clock: Clock, most: int, jitter: float = 0.0) -> Gate:
    return Gate("zai", Allowance(most), clock=clock, jitter=lambda: jitter)


def _enter(gate: Gate, clock: Clock, model: str = "m", within_s: float | None = None) -> Turn:
    return gate.enter(model, deadline=Deadline.after(clock, within_s), cancel=CancelToken())


def _refused(gate: Gate, clock: FakeClock, wait_s: float | None) -> None:
    """A call that is refused, from its beginning to its end."""
    turn = _enter(gate, clock)
    gate.refused(turn, wait_s)
    gate.leave(turn)


def _in_line(
    gate: Gate, clock: SignallingClock, pool: ThreadPoolExecutor, model: str = "m", cancel: CancelToken | None = None
) -> Future[Turn]:
    """Somebody who has to wait, and does so by now."""
    waiting = pool.submit(
        gate.enter, model, deadline=Deadline(clock, None), cancel=cancel or CancelToken()
    )
    clock.until_somebody_waits()
    return waiting


# How many


def test_lets_in_as_many_as_are_allowed_and_the_next_when_one_leaves(pool: ThreadPoolExecutor) -> None:
    clock = SignallingClock()
    gate = _gate(clock, 2)
    first, _ = _enter(gate, clock), _enter(gate, clock)
    third = _in_line(gate, clock, pool)
    assert not third.done()
    gate.leave(first)
    assert third.result(PATIENT_S).is_in


def test_who_comes_first_is_let_in_first(pool: ThreadPoolExecutor) -> None:
    clock = SignallingClock()
    gate = _gate(clock, 1)
    turn = _enter(gate, clock)
    line = [_in_line(gate, clock, pool) for _ in range(5)]
    for place, waiting in enumerate(line):
        gate.leave(turn)
        turn = waiting.result(PATIENT_S)
        assert not any(later.done() for later in line[place + 1:])


def test_who_stops_waiting_gives_up_the_place(pool: ThreadPoolExecutor) -> None:
    clock = SignallingClock()
    gate = _gate(clock, 1)
    turn, cancel = _enter(gate, clock), CancelToken()
    given_up, patient = _in_line(gate, clock, pool, cancel=cancel), _in_line(gate, clock, pool)
    cancel.cancel()
    assert isinstance(given_up.exception(PATIENT_S), Cancelled)
    gate.leave(turn)
    assert patient.result(PATIENT_S).is_in


def test_a_stop_ends_every_wait_at_once(pool: ThreadPoolExecutor) -> None:
    clock, cancel = SignallingClock(), CancelToken()
    gate = _gate(clock, 1)
    _enter(gate, clock)
    line = [_in_line(gate, clock, pool, cancel=cancel) for _ in range(4)]
    cancel.cancel()
    assert all(isinstance(waiting.exception(PATIENT_S), Cancelled) for waiting in line)


def test_nobody_is_let_in_after_a_stop() -> None:
    clock, cancel = FakeClock(), CancelToken()
    cancel.cancel()
    gate = _gate(clock, 1)
    with pytest.raises(Cancelled):
        gate.enter("m", deadline=Deadline(clock, None), cancel=cancel)
    assert _enter(gate, clock).is_in


def test_nobody_waits_beyond_the_deadline() -> None:
    clock = FakeClock()
    gate = _gate(clock, 1)
    turn = _enter(gate, clock)
    with pytest.raises(TimedOut):
        _enter(gate, clock, within_s=7)
    assert clock.seconds == 7
    gate.leave(turn)
    assert _enter(gate, clock).is_in


def test_a_refusal_halves_how_many_are_let_in() -> None:
    clock = FakeClock()
    gate = _gate(clock, 4)
    turns = [_enter(gate, clock) for _ in range(4)]
    for turn in turns:
        gate.refused(turn, 0.0)
    assert gate.size == 2


# Cooldowns


def test_a_short_cooldown_is_waited_for_by_every_caller() -> None:
    clock = FakeClock()
    gate = _gate(clock, 4)
    _refused(gate, clock, 3.0)
    assert (gate.wait_s("m"), gate.wait_s("other")) == (3.0, 3.0)
    _enter(gate, clock, "other")
    assert clock.seconds == 3.0


def test_a_long_cooldown_sends_callers_of_that_model_away_without_a_wait() -> None:
    clock = FakeClock()
    gate = _gate(clock, 4)
    _refused(gate, clock, 30.0)
    clock.seconds = 5.0
    with pytest.raises(RateLimited) as caught:
        _enter(gate, clock)
    assert (clock.seconds, caught.value.retry_after_s) == (5.0, 25.0)
    assert "zai wants to be left alone for 25 s" in caught.value.what


def test_a_long_cooldown_leaves_the_providers_other_models_open() -> None:
    clock = FakeClock()
    gate = _gate(clock, 4)
    _refused(gate, clock, 30.0)
    assert (gate.wait_s("m"), gate.wait_s("other")) == (30.0, 0.0)
    assert _enter(gate, clock, "other").is_in


def test_those_in_line_are_sent_away_when_a_long_cooldown_begins(pool: ThreadPoolExecutor) -> None:
    clock = SignallingClock()
    gate = _gate(clock, 1)
    turn = _enter(gate, clock)
    held, other = _in_line(gate, clock, pool), _in_line(gate, clock, pool, "other")
    gate.refused(turn, 60.0)
    assert isinstance(held.exception(PATIENT_S), RateLimited)
    gate.leave(turn)
    assert other.result(PATIENT_S).is_in


def test_who_waits_for_a_cooldown_does_not_block_the_line_for_others() -> None:
    clock = FakeClock()
    gate = _gate(clock, 1)
    gate.cool_down("m", 20.0)
    assert _enter(gate, clock, "other").is_in


def test_a_cooldown_is_never_shortened_by_a_later_word() -> None:
    clock = FakeClock()
    gate = _gate(clock, 4)
    turns = [_enter(gate, clock) for _ in range(2)]
    gate.refused(turns[0], 30.0)
    gate.refused(turns[1], 2.0)
    assert gate.wait_s("m") == 30.0


def test_without_a_word_of_the_providers_the_pauses_double_up_to_a_bound() -> None:
    clock = FakeClock()
    gate = _gate(clock, 1)
    pauses = []
    for _ in range(8):
        clock.seconds += 100
        _refused(gate, clock, None)
        pauses.append(gate.wait_s("m"))
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


def test_an_answer_makes_the_pauses_short_again() -> None:
    clock = FakeClock()
    gate = _gate(clock, 1)
    for _ in range(3):
        clock.seconds += 100
        _refused(gate, clock, None)
    clock.seconds += 100
    gate.answered()
    _refused(gate, clock, None)
    assert gate.wait_s("m") == 1


def test_pauses_are_spread_by_chance() -> None:
    clock = FakeClock()
    gate = _gate(clock, 1, jitter=1.0)
    _refused(gate, clock, None)
    assert gate.wait_s("m") == 1.25


def test_an_overloaded_provider_with_no_other_call_of_ours_bears_as_many_as_before() -> None:
    clock = FakeClock()
    gate = _gate(clock, 4)
    assert not gate.overloaded(_enter(gate, clock), 5.0)
    assert (gate.wait_s("m"), gate.size) == (5.0, 4)


def test_an_overloaded_provider_is_asked_less_at_once_and_not_held_off() -> None:
    clock = FakeClock()
    gate = _gate(clock, 4)
    turns = [_enter(gate, clock) for _ in range(4)]
    assert gate.overloaded(turns[0], None)
    assert (gate.wait_s("m"), gate.size) == (0.0, 2)

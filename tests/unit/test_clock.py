from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import pytest

from orchestra.clock import CancelToken, Deadline, Halts, Reprieve, SystemClock, iso
from orchestra.errors import Cancelled
from tests.unit.fake_clock import FakeClock


# A stop


def test_a_stop_is_noticed_by_whoever_looks() -> None:
    cancel = CancelToken()
    cancel.check()
    assert not cancel.is_cancelled and not cancel.wait(0)
    cancel.cancel()
    assert cancel.is_cancelled and cancel.wait(0)
    with pytest.raises(Cancelled):
        cancel.check()


def test_a_stop_is_no_exception_that_a_handler_could_swallow() -> None:
    assert not issubclass(Cancelled, Exception)


def test_what_was_registered_is_called_once_at_the_stop() -> None:
    cancel, called = CancelToken(), []
    cancel.on_cancel(lambda: called.append("first"))
    cancel.on_cancel(lambda: called.append("second"))
    assert called == []
    cancel.cancel()
    cancel.cancel()
    assert called == ["first", "second"]


def test_what_is_registered_after_the_stop_is_called_at_once() -> None:
    cancel, called = CancelToken(), []
    cancel.cancel()
    cancel.on_cancel(lambda: called.append("late"))
    assert called == ["late"]


def test_a_callback_may_register_another_one() -> None:
    cancel, called = CancelToken(), []
    cancel.on_cancel(lambda: cancel.on_cancel(lambda: called.append("inner")))
    cancel.cancel()
    assert called == ["inner"]


def test_one_callback_that_fails_does_not_keep_the_stop_from_the_others() -> None:
    cancel, called = CancelToken(), []

    def fail() -> None:
        raise OSError("a socket that is gone")

    cancel.on_cancel(fail)
    cancel.on_cancel(lambda: called.append("second"))
    with pytest.raises(OSError, match="gone"):
        cancel.cancel()
    assert called == ["second"]
    assert cancel.is_cancelled


def test_a_stop_wakes_those_who_wait() -> None:
    cancel, woken = CancelToken(), []
    threads = [threading.Thread(target=lambda: woken.append(cancel.wait(30))) for _ in range(3)]
    for thread in threads:
        thread.start()
    cancel.cancel()
    for thread in threads:
        thread.join(30)
    assert woken == [True] * 3


def test_registering_while_the_stop_is_ordered_is_never_missed() -> None:
    for _ in range(200):
        cancel, called = CancelToken(), []
        thread = threading.Thread(target=cancel.cancel)
        thread.start()
        cancel.on_cancel(lambda: called.append("called"))
        thread.join(30)
        assert called == ["called"]


# Time


def test_the_systems_clock_never_goes_back_and_says_utc() -> None:
    clock = SystemClock()
    first = clock.monotonic()
    assert clock.monotonic() >= first
    assert clock.now().utcoffset() == timedelta(0)


def test_a_sleep_ends_with_the_stop() -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        SystemClock().sleep(3600, cancel)


def test_a_sleep_of_no_time_is_over() -> None:
    SystemClock().sleep(0, CancelToken())


def test_of_several_halts_the_first_counts() -> None:
    first, second = CancelToken(), CancelToken()
    both = Halts(first, second)
    both.check()
    second.cancel()
    with pytest.raises(Cancelled):
        both.check()


def test_a_reprieve_begins_when_the_halt_is_noticed() -> None:
    clock, cancel = FakeClock(), CancelToken()
    reprieve = Reprieve(cancel, clock, 2)
    clock.seconds = 100
    reprieve.check()
    cancel.cancel()
    reprieve.check()
    clock.seconds = 101.9
    reprieve.check()
    clock.seconds = 102
    with pytest.raises(Cancelled):
        reprieve.check()


# Deadlines


def test_a_deadline_comes_when_its_seconds_have_passed() -> None:
    clock = FakeClock()
    clock.seconds = 100
    deadline = Deadline.after(clock, 10)
    assert (deadline.remaining_s(), deadline.is_over) == (10, False)
    clock.seconds = 109.5
    assert (deadline.remaining_s(), deadline.is_over) == (0.5, False)
    clock.seconds = 110
    assert (deadline.remaining_s(), deadline.is_over) == (0, True)
    clock.seconds = 200
    assert (deadline.remaining_s(), deadline.is_over) == (0, True)


def test_a_deadline_of_none_never_comes() -> None:
    clock = FakeClock()
    deadline = Deadline.after(clock, None)
    clock.seconds = 1e12
    assert (deadline.remaining_s(), deadline.is_over, deadline.within(5)) == (None, False, 5)


@pytest.mark.parametrize(("passed_s", "within"), [(0, 5), (7, 3), (20, 0)])
def test_a_wait_within_a_deadline_is_never_longer_than_what_is_left(passed_s: float, within: float) -> None:
    clock = FakeClock()
    deadline = Deadline.after(clock, 10)
    clock.seconds = passed_s
    assert deadline.within(5) == within


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 22, 7, 15, 0, 999_999, timezone.utc), "2026-11-22T07:15:00.999Z"),
        (datetime(2026, 11, 22, 7, 15, 0, 0, timezone(timedelta(hours=2))), "2026-11-22T05:15:00.000Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 6000, timezone.utc), "2026-01-02T03:04:05.006Z"),
    ],
)
def test_moments_are_written_in_utc_with_milliseconds(moment: datetime, text: str) -> None:
    assert iso(moment) == text

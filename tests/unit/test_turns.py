"""Of threads that all could compute one does, the one longest at its work."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Callable, Iterator

import pytest

from orchestra.turns import Turns

LONG_S = 60.0


@pytest.fixture(name="threads")
def _threads() -> Iterator[Callable[[Callable[[], None]], threading.Thread]]:
    """Starts threads, and sees to it that all have ended."""
    with ExitStack() as stack:
        def start(work: Callable[[], None]) -> threading.Thread:
            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            stack.callback(thread.join, LONG_S)
            return thread

        yield start


def waiting(turns: Turns) -> int:
    return len(turns._waiting)


def until(is_so: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(LONG_S * 1000)):
        if is_so():
            return
        pause.wait(0.001)
    raise AssertionError("it never was so")


def test_others_wait_in_the_order_in_which_they_came(threads: Callable[..., threading.Thread]) -> None:
    turns, done = Turns(patience_s=LONG_S), []

    def work(number: int) -> Callable[[], None]:
        def compute() -> None:
            with turns.taken():
                done.append(number)

        return compute

    started = []
    with turns.taken():
        for number in range(5):
            started.append(threads(work(number)))
            until(lambda: waiting(turns) == number + 1)
        assert done == []
    for thread in started:
        thread.join(LONG_S)
    assert done == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("to_the_end, order", [(False, ["back", "third"]), (True, ["third", "back"])])
def test_who_steps_aside_comes_back_before_those_who_began_later(
    threads: Callable[..., threading.Thread], to_the_end: bool, order: list[str]
) -> None:
    turns, done = Turns(patience_s=LONG_S), []
    is_aside, may_come_back, may_end = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with turns.taken():
            with turns.aside(to_the_end=to_the_end):
                is_aside.set()
                may_come_back.wait(LONG_S)
            done.append("back")

    def second() -> None:
        with turns.taken():
            may_end.wait(LONG_S)

    def third() -> None:
        with turns.taken():
            done.append("third")

    begun = [threads(first)]
    assert is_aside.wait(LONG_S)
    begun.append(threads(second))
    until(lambda: turns._has_it is not None)
    begun.append(threads(third))
    until(lambda: waiting(turns) == 1)
    may_come_back.set()
    until(lambda: waiting(turns) == 2)
    may_end.set()
    for thread in begun:
        thread.join(LONG_S)
    assert done == order


def test_who_waits_without_stepping_aside_holds_nobody_up(threads: Callable[..., threading.Thread]) -> None:
    turns, may_end, all_in = Turns(patience_s=0.001), threading.Event(), threading.Barrier(5)

    def forgetful() -> None:
        with turns.taken():
            may_end.wait(LONG_S)

    def other() -> None:
        with turns.taken():
            # None of them gives its turn up, either.
            all_in.wait(LONG_S)

    begun = [threads(forgetful)]
    until(lambda: turns._has_it is not None)
    begun += [threads(other) for _ in range(4)]
    all_in.wait(LONG_S)
    may_end.set()
    for thread in begun:
        thread.join(LONG_S)
    assert turns._has_it is None and waiting(turns) == 0


def test_what_is_raised_gives_the_turn_up(threads: Callable[..., threading.Thread]) -> None:
    turns = Turns(patience_s=LONG_S)
    with pytest.raises(KeyError), turns.taken():
        with turns.aside():
            raise KeyError("aside")
    assert turns._has_it is None
    with turns.taken():
        assert turns._has_it is not None


def test_who_is_aside_stays_so_whatever_it_waits_for_there() -> None:
    turns = Turns(patience_s=LONG_S)
    with turns.taken():
        with turns.aside(to_the_end=True):
            with turns.aside():
                assert turns._has_it is None
            assert turns._has_it is None
        assert turns._has_it is not None
    assert turns._has_it is None


def test_a_thread_that_took_no_turn_is_not_held_up() -> None:
    turns = Turns(patience_s=LONG_S)
    with turns.aside():
        assert turns._has_it is None
    with turns.taken():
        pass
    with turns.aside(to_the_end=True):
        assert turns._has_it is None


def test_of_many_that_come_and_go_one_computes_at_a_time(threads: Callable[..., threading.Thread]) -> None:
    turns, inside, most = Turns(patience_s=LONG_S), [0], [0]
    pause = threading.Event()

    def work() -> None:
        for _ in range(10):
            with turns.taken():
                for is_long in (False, True):
                    inside[0] += 1
                    pause.wait(0.0001)  # in which any other could come in
                    most[0] = max(most[0], inside[0])
                    inside[0] -= 1
                    with turns.aside(to_the_end=is_long):
                        pass

    for thread in [threads(work) for _ in range(8)]:
        thread.join(LONG_S)
        assert not thread.is_alive()
    assert most == [1]
    assert turns._has_it is None and waiting(turns) == 0

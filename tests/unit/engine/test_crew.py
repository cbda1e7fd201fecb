from __future__ import annotations

import threading
from typing import Iterator

import pytest

from orchestra.clock import CancelToken, Deadline
from orchestra.engine.crew import Crew, out_of_time
from orchestra.engine.helm import Helm, Unmanned
from orchestra.environment import StopSignal
from orchestra.errors import Cancelled, ExitStatus, LimitReached
from orchestra.turns import Turns
from tests.unit.fake_clock import FakeClock

LONG_S = 30


class PausedFor(Unmanned):
    """A helm with a pause that ends after some turns."""

    def __init__(self, turns: int) -> None:
        self.is_paused = turns > 0
        self.turns = 0
        self._left = turns

    def turn(self) -> None:
        self.turns += 1
        if self.turns >= self._left:
            self.is_paused = False


class Bridge:
    """A crew and everything that can stop it."""

    def __init__(self, workers: int = 4, helm: Helm = Unmanned()) -> None:
        self.clock = FakeClock()
        self.stop = StopSignal()
        self.cancel = CancelToken()
        self.crew = Crew(
            workers, stop=self.stop, cancel=self.cancel, deadline=Deadline.after(self.clock, 60), helm=helm
        )

    def until_told(self) -> str:
        """What a worker does that blocks: it listens."""
        assert self.cancel.wait(LONG_S)
        return "unwound"


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    bridge = Bridge()
    yield bridge
    bridge.cancel.cancel()
    bridge.crew.close()


def test_work_is_done_in_turn_where_turns_are_taken() -> None:
    turns, bridge = Turns(), Bridge()
    crew = Crew(2, stop=bridge.stop, cancel=bridge.cancel, deadline=Deadline(bridge.clock, None), turns=turns)
    assert crew.call(lambda: turns._has_it is not None)
    assert turns._has_it is None
    crew.close()
    bridge.crew.close()


def test_a_call_gives_what_its_work_returned_from_another_thread(bridge: Bridge) -> None:
    assert bridge.crew.call(threading.get_ident) not in (None, threading.get_ident())


def test_a_call_raises_what_its_work_raised(bridge: Bridge) -> None:
    def fail() -> None:
        raise LimitReached("no money")

    with pytest.raises(LimitReached, match="no money"):
        bridge.crew.call(fail)


def test_while_a_call_takes_its_time_something_else_is_done_here(bridge: Bridge) -> None:
    done = threading.Event()
    by: list[int] = []

    def meanwhile() -> None:
        by.append(threading.get_ident())
        done.set()

    assert bridge.crew.call(lambda: done.wait(30), meanwhile=meanwhile)
    assert by == [threading.get_ident()]
    assert bridge.crew.call(lambda: 1, meanwhile=lambda: by.append(0)) == 1


def test_what_is_done_comes_back_and_what_is_not_is_waited_for(bridge: Bridge) -> None:
    gate = threading.Event()
    slow = bridge.crew.start(lambda: gate.wait(LONG_S))
    fast = bridge.crew.start(lambda: True)
    assert bridge.crew.next_done([slow, fast]) == {fast}
    gate.set()
    assert bridge.crew.next_done([slow]) == {slow}


def test_no_more_work_at_once_than_there_are_workers() -> None:
    bridge = Bridge(workers=2)
    both, third = threading.Barrier(3), threading.Event()
    futures = [bridge.crew.start(lambda: both.wait(LONG_S)) for _ in range(2)] + [bridge.crew.start(third.set)]
    assert not third.is_set()
    both.wait(LONG_S)
    assert third.wait(LONG_S)
    assert {future.exception(LONG_S) for future in futures} == {None}
    bridge.crew.close()


def test_a_stop_is_noticed_while_waiting_and_reaches_the_workers(bridge: Bridge) -> None:
    futures = [bridge.crew.start(bridge.until_told) for _ in range(4)]
    bridge.stop.request(15)
    with pytest.raises(Cancelled):
        bridge.crew.next_done(futures)
    assert [future.result(LONG_S) for future in futures] == ["unwound"] * 4


def test_a_stop_keeps_what_has_not_begun_from_beginning(bridge: Bridge) -> None:
    busy = [bridge.crew.start(bridge.until_told) for _ in range(4)]
    waiting = bridge.crew.start(lambda: "begun")
    bridge.stop.request(2)
    with pytest.raises(Cancelled):
        bridge.crew.next_done([*busy, waiting])
    assert waiting.cancelled()


def test_a_stop_counts_even_where_something_is_done_already(bridge: Bridge) -> None:
    done = bridge.crew.start(lambda: True)
    done.result(LONG_S)
    bridge.stop.request(2)
    with pytest.raises(Cancelled):
        bridge.crew.next_done([done])


def test_at_the_deadline_everybody_stops_and_the_limit_is_told(bridge: Bridge) -> None:
    future = bridge.crew.start(bridge.until_told)
    bridge.clock.seconds = 60
    with pytest.raises(LimitReached) as caught:
        bridge.crew.call(lambda: True)
    assert caught.value.exit_status is ExitStatus.LIMIT
    assert future.result(LONG_S) == "unwound"


def test_whoever_is_at_work_when_the_crew_is_closed_is_told_to_stop(bridge: Bridge) -> None:
    future = bridge.crew.start(bridge.until_told)
    bridge.crew.close()
    assert future.result(LONG_S) == "unwound"


def test_closing_a_crew_that_is_done_orders_no_stop(bridge: Bridge) -> None:
    bridge.crew.call(lambda: True)
    bridge.crew.close()
    assert not bridge.cancel.is_cancelled


def test_who_does_not_listen_is_not_waited_for(bridge: Bridge) -> None:
    gate = threading.Event()
    deaf = bridge.crew.start(lambda: gate.wait(LONG_S))
    bridge.stop.request(2)
    with pytest.raises(Cancelled):
        bridge.crew.next_done([deaf])
    bridge.crew.close()
    assert not deaf.done()
    gate.set()
    assert deaf.result(LONG_S) is True


def test_the_helm_has_its_turn_while_the_crew_is_waited_for() -> None:
    gate = threading.Event()

    class Opening(Unmanned):
        def turn(self) -> None:
            gate.set()

    crew = Bridge(helm=Opening()).crew
    assert crew.call(lambda: gate.wait(LONG_S))
    crew.close()


def test_in_a_pause_no_call_begins() -> None:
    helm = PausedFor(turns=3)
    bridge = Bridge(helm=helm)
    assert bridge.crew.call(lambda: (helm.is_paused, helm.turns >= 3)) == (False, True)
    bridge.crew.close()


def test_the_end_of_a_pause_is_told_though_nothing_is_done() -> None:
    bridge = Bridge(helm=PausedFor(turns=2))
    busy = bridge.crew.start(bridge.until_told)
    assert bridge.crew.next_done([busy]) == set()
    bridge.crew.close()


def test_after_a_nudge_nobody_is_waited_for_once(bridge: Bridge) -> None:
    busy = bridge.crew.start(bridge.until_told)
    threading.Thread(target=bridge.crew.nudge).start()
    assert bridge.crew.next_done([busy]) == set()
    done = bridge.crew.start(lambda: 1)
    assert bridge.crew.next_done([busy, done]) == {done}


def test_an_errand_is_done_here_while_its_worker_waits(bridge: Bridge) -> None:
    here = threading.get_ident()
    assert bridge.crew.call(lambda: bridge.crew.errand(threading.get_ident)) == here


def test_on_an_errand_others_may_be_put_to_work(bridge: Bridge) -> None:
    def lead() -> int:
        future = bridge.crew.start(lambda: 7)
        while not bridge.crew.next_done([future]):
            pass
        return future.result()

    assert bridge.crew.call(lambda: bridge.crew.errand(lead)) == 7


def test_what_an_errand_raises_is_its_workers_to_deal_with(bridge: Bridge) -> None:
    def fail() -> None:
        raise LookupError("gone")

    def work() -> str:
        try:
            bridge.crew.errand(fail)
        except LookupError as error:
            return str(error)
        return "nothing"

    assert bridge.crew.call(work) == "gone"


def test_who_waits_for_an_errand_gives_its_turn_to_others() -> None:
    turns, bridge = Turns(patience_s=LONG_S), Bridge()
    crew = Crew(2, stop=bridge.stop, cancel=bridge.cancel, deadline=Deadline(bridge.clock, None), turns=turns)

    def lead() -> int:
        future = crew.start(lambda: 7)
        while not crew.next_done([future]):
            pass
        return future.result()

    assert crew.call(lambda: crew.errand(lead)) == 7
    crew.close()
    bridge.crew.close()


def test_a_stop_reaches_who_waits_for_an_errand(bridge: Bridge) -> None:
    def lead() -> None:
        bridge.stop.request(2)
        bridge.crew.next_done([])

    with pytest.raises(Cancelled):
        bridge.crew.call(lambda: bridge.crew.errand(lead))
    assert bridge.cancel.is_cancelled


def test_a_stop_ends_a_pause() -> None:
    bridge = Bridge(helm=PausedFor(turns=1_000_000))
    bridge.stop.request(2)
    with pytest.raises(Cancelled):
        bridge.crew.call(lambda: True)
    bridge.crew.close()


def test_the_limit_names_what_to_type_next() -> None:
    assert "orchestra resume" in (out_of_time().hint or "")

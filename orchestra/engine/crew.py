"""The worker threads, and a main thread that waits for them without missing a stop."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import nullcontext, suppress
from functools import partial
from queue import Empty, Queue
from typing import Any, Callable, Iterable, TypeVar

from orchestra.clock import CancelToken, Deadline
from orchestra.engine.helm import Helm, Unmanned
from orchestra.environment import StopSignal
from orchestra.errors import Cancelled, LimitReached
from orchestra.turns import Turns

T = TypeVar("T")
POLL_S = 0.05
GRACE_S = 0.5


class Crew:
    """Runs what blocks in worker threads. Only the main thread calls its methods, but where it is said.

    A signal handler only sets a flag; the crew notices it here, orders the stop (which shuts live
    sockets and ends children) and gives the workers half a second to unwind.
    """

    def __init__(
        self, workers: int, *, stop: StopSignal, cancel: CancelToken, deadline: Deadline, helm: Helm = Unmanned(),
        turns: Turns | None = None,
    ) -> None:
        """With `turns`, workers compute one after the other."""
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="agent")
        self._stop = stop
        self._cancel = cancel
        self._deadline = deadline
        self._helm = helm
        self._turns = turns
        self._live: set[Future[Any]] = set()
        self._ended: Queue[Future[Any] | None] = Queue()
        """Each future as it gets done, None for a nudge: to ask all of them would lock each, for every one.

        No SimpleQueue: where a signal comes just when its time is up it waits for ever, in Python up to 3.12.
        """
        self._errands: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._done: set[Future[Any] | None] = set()
        """Of these what nobody has heard of yet."""

    def start(self, work: Callable[[], T]) -> Future[T]:
        """Have a worker do it as soon as one is free."""
        future = self._pool.submit(work if self._turns is None else partial(_in_turn, self._turns, work))
        self._live.add(future)
        future.add_done_callback(self._ended.put)
        return future

    def nudge(self) -> None:
        """Have `next_done` come back, though nothing be done. Any thread."""
        self._ended.put(None)

    def next_done(self, futures: Iterable[Future[T]]) -> set[Future[T]]:
        """Those that are done, once there is one; perhaps none when a pause ends first, or after a nudge.

        Raises Cancelled or LimitReached after a stop.
        """
        was_paused, wanted = self.is_paused, set(futures)
        while True:
            self._check()
            with suppress(Empty):
                while True:
                    self._done.add(self._ended.get_nowait())
            done = wanted & self._done
            if done or None in self._done or (was_paused and not self.is_paused):
                self._live -= done
                self._done -= {None, *done}
                return done
            with suppress(Empty):
                self._done.add(self._ended.get(timeout=POLL_S))

    def call(self, work: Callable[[], T], *, meanwhile: Callable[[], None] = lambda: None) -> T:
        """What `work` returned or raised, from a worker; after a pause, where there is one.

        `meanwhile` is done here where that takes longer than a moment.
        """
        self.sit_out_pause()
        future = self.start(work)
        if wait([future], timeout=POLL_S).not_done:
            meanwhile()
        while not self.next_done([future]):
            self._run_errands()
        return future.result()

    def errand(self, work: Callable[[], T]) -> T:
        """What `work` returned or raised, done by the main thread. Only from work that `call` waits for.

        What stops all workers is raised by `call`.
        """
        done: Future[T] = Future()
        self._errands.append((done, work))
        self.nudge()
        with self._turns.aside() if self._turns is not None else nullcontext():
            while not wait([done], timeout=POLL_S).done:
                self._cancel.check()
        return done.result()

    def _run_errands(self) -> None:
        while self._errands:
            done, work = self._errands.popleft()
            try:
                done.set_result(work())
            except BaseException as error:
                done.set_exception(error)
                if self._cancel.is_cancelled or not isinstance(error, Exception):
                    # Its worker was told to stop, and says no more than that.
                    raise

    @property
    def is_paused(self) -> bool:
        """Whether nothing new is to be started. Any thread."""
        return self._helm.is_paused

    def sit_out_pause(self) -> None:
        """Come back when nothing new need be put off any longer. Raises Cancelled or LimitReached after a stop."""
        while self.is_paused:
            self._cancel.wait(POLL_S)
            self._check()

    def close(self) -> None:
        """Tell whoever is still at work to stop, as after a defect elsewhere; who does not listen is not waited for."""
        if not self._cancel.is_cancelled and not all(future.done() for future in self._live):
            self.order_stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def order_stop(self) -> None:
        """Tell every worker to stop, and wait a short while until they have."""
        self._cancel.cancel()
        for future in self._live:
            future.cancel()
        wait(self._live, timeout=GRACE_S)

    def _check(self) -> None:
        self._helm.turn()
        if self._stop.number is not None:
            self.order_stop()
            raise Cancelled()
        if self._deadline.is_over:
            self.order_stop()
            raise out_of_time()


def _in_turn(turns: Turns, work: Callable[[], T]) -> T:
    with turns.taken():
        return work()


def out_of_time() -> LimitReached:
    return LimitReached(
        "the time given to the run is used up", hint="`orchestra resume` goes on; --timeout gives it more"
    )

"""Where a command's time goes: a thread that looks at the others now and then, and an ear for events."""

from __future__ import annotations

import gc
import sys
import threading
import time
from types import FrameType
from typing import Any, Iterator, Mapping

from orchestra.clock import Clock
from orchestra.metrics.profile import LOADING, Profile, profile_json
from orchestra.profiler import process_figures
from orchestra.profiler.activities import activity_of
from orchestra.profiler.tally import Instant, Tally
from orchestra.records import Event

SHORTEST_S, LONGEST_S = 0.01, 0.5
"""Between two looks."""
OWN_SHARE = 0.0025
"""Of one CPU, what looking may take: the more threads there are, the longer it is waited between two looks. On a
machine that leaves the program but a fifth of a CPU it is still little of that."""
_WORKERS = "agent"
"""How the names of the crew's threads begin."""
_IS_COLLECTING_IN_FRAMES = sys.version_info < (3, 12)
"""Whether a collection of garbage may begin wherever an object is made (cpython#97922)."""


class Profiler:
    """Samples from `start` to `stop`; as a listener it hears events in the threads that tell of them.

    With `begun_s`, when the process began, what came before is the loading of code; `own_cpu_s` is what getting the
    profiler itself took.
    """

    def __init__(self, clock: Clock, *, begun_s: float | None = None, own_cpu_s: float = 0.0) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._main = threading.main_thread()
        now = self._now()
        self._children_begun_s = process_figures.children_cpu_s()
        self._begun = now if begun_s is None else Instant(begun_s, 0.0, 0.0)
        self._tally = Tally(self._begun)
        self._own_cpu_s = own_cpu_s
        if begun_s is not None:
            self._tally.add_sample(
                {threading.get_ident(): LOADING}, elapsed_s=now.wall_s - begun_s,
                memory_bytes=process_figures.memory_bytes(),
            )
        self._thread = threading.Thread(target=self._run, name="profiler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No more samples. May be called twice."""
        self._over.set()
        self._thread.join()

    def __call__(self, event: Event) -> None:
        """Hear an event. Any thread."""
        now = self._now()
        with self._lock:
            self._tally.add_event(event, threading.get_ident(), now)

    def profile(self) -> Profile:
        """All until now."""
        now = self._now()
        with self._lock:
            phases, agents = self._tally.costs(now)
            return Profile(
                wall_ms=1000 * (now.wall_s - self._begun.wall_s), cpu_ms=1000 * (now.cpu_s - self._begun.cpu_s),
                children_cpu_ms=1000 * (process_figures.children_cpu_s() - self._children_begun_s),
                peak_memory_bytes=self._tally.peak_bytes, samples=self._tally.samples,
                own_cpu_ms=1000 * self._own_cpu_s, phases=phases, agents=agents,
                activities=self._tally.activities(), **self._tally.setting,
            )

    def document(self) -> dict[str, Any]:
        """The same in JSON."""
        return profile_json(self.profile())

    def _run(self) -> None:
        wait_s, last_s = SHORTEST_S, self._clock.monotonic()
        while not self._over.wait(wait_s):
            begun_s = time.thread_time()
            now_s = self._clock.monotonic()
            self._look(elapsed_s=now_s - last_s)
            last_s = now_s
            took_s = time.thread_time() - begun_s
            self._own_cpu_s += took_s
            wait_s = min(max(SHORTEST_S, took_s / OWN_SHARE), LONGEST_S)

    def _look(self, *, elapsed_s: float) -> None:
        watched = {
            thread.ident for thread in threading.enumerate()
            if thread is self._main or thread.name.startswith(_WORKERS)
        }
        found = {
            ident: activity_of(_modules(frame)) for ident, frame in _frames().items() if ident in watched
        }
        busy = {ident: activity for ident, activity in found.items() if activity is not None}
        memory_bytes = process_figures.memory_bytes()
        with self._lock:
            self._tally.add_sample(busy, elapsed_s=elapsed_s, memory_bytes=memory_bytes)

    def _now(self) -> Instant:
        return Instant(self._clock.monotonic(), process_figures.cpu_s(), time.thread_time())


def _frames() -> Mapping[int, FrameType]:
    """By thread, what it is at.

    Making them holds a lock that every new thread needs. A collection in there lets other threads go on, of which one
    that begins another thread waits for that lock without giving up the interpreter: both for ever (cpython#106883).
    """
    is_collecting = _IS_COLLECTING_IN_FRAMES and gc.isenabled()
    if is_collecting:
        gc.disable()
    try:
        return sys._current_frames()
    finally:
        if is_collecting:
            gc.enable()


def _modules(frame: FrameType | None) -> Iterator[str]:
    """Of a stack, from the innermost frame outwards."""
    while frame is not None:
        yield str(frame.f_globals.get("__name__", ""))
        frame = frame.f_back

"""However many workers ask a provider that bears few calls at once: no work is lost, and it is not stormed."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from orchestra.adapters.candidate import Choice
from orchestra.adapters.fallback import FallbackAdapter
from orchestra.adapters.gated_adapter import GatedAdapter
from orchestra.adapters.health import Health
from orchestra.adapters.http import HttpClient
from orchestra.adapters.model_adapter import ModelAdapter
from orchestra.adapters.rows import ProviderRow
from orchestra.clock import CancelToken, SystemClock
from orchestra.records import ProviderHealth
from tests.unit.adapters.doubles import NEVER, QUESTION, Watcher
from tests.unit.adapters.loopback import Behaviour, Loopback, answers, serving

WORKERS = 32
QUESTIONS = 300
PATIENT_S = 60.0
"""Reached only by a test that fails."""
_ANSWER = answers(200, {"choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}]})
_TOO_MANY = answers(429, {"error": {"message": "too many at once"}}, headers="retry-after-ms: 5\r\n")
_BUSY = answers(503, {"error": "server busy, please try again.  maximum pending requests exceeded"})
"""As Ollama says it."""


class Narrow:
    """A server that refuses what comes while it is busy with as many calls as it bears.

    It says nothing until all workers have come, so that there is a burst.
    """

    def __init__(self, bears: int, refusal: Behaviour) -> None:
        self._bears = bears
        self._refusal = refusal
        self._lock = threading.Lock()
        self._busy = 0
        self._all_have_come = threading.Event()
        self.answered = 0
        self.refused = 0

    def __call__(self, connection: socket.socket, server: Loopback) -> None:
        with self._lock:
            is_welcome = self._busy < self._bears
            self._busy += is_welcome
            self.answered += is_welcome
            self.refused += not is_welcome
            if self.answered + self.refused == WORKERS:
                self._all_have_come.set()
        self._all_have_come.wait(PATIENT_S)
        if not is_welcome:
            self._refusal(connection, server)
            return
        server.is_over.wait(0.01)
        with self._lock:
            self._busy -= 1
        _ANSWER(connection, server)


class HurriedClock(SystemClock):
    """For pauses that no server asked for, which are seconds."""

    def sleep(self, seconds: float, cancel: CancelToken) -> None:
        super().sleep(seconds / 100, cancel)


@pytest.mark.parametrize("refusal", [_TOO_MANY, _BUSY])
@pytest.mark.parametrize("bears", [1, 2, 4])
def test_no_work_is_lost_and_the_number_of_calls_settles_near_what_the_provider_bears(
    bears: int, refusal: Behaviour
) -> None:
    narrow = Narrow(bears, refusal)
    learned: list[ProviderHealth] = []
    with serving(narrow) as server, ThreadPoolExecutor(WORKERS) as pool:
        row = ProviderRow("narrow", server.base_url)
        clock = HurriedClock() if refusal is _BUSY else SystemClock()
        health = Health([row], clock=clock, workers=WORKERS, keep=learned.append)
        http = HttpClient([row], variables={}, workers=WORKERS)
        model = ModelAdapter(row, row.model("m"), http, key=None, clock=clock)
        chain = FallbackAdapter([Choice(GatedAdapter(model, health), row.model("m"))], health=health, clock=clock)
        watchers = [Watcher() for _ in range(QUESTIONS)]
        asked = [
            pool.submit(chain.execute, QUESTION, deadline=NEVER, cancel=CancelToken(), observer=watcher)
            for watcher in watchers
        ]
        texts = [future.result(PATIENT_S).text for future in asked]
    assert texts == ["yes"] * QUESTIONS
    assert narrow.answered == QUESTIONS
    assert sum(len(watcher.attempts) for watcher in watchers) == QUESTIONS + narrow.refused
    # Three or four bursts of fewer and fewer calls, then one refusal now and then.
    assert 0 < narrow.refused < QUESTIONS / 2
    settled = [one.max_concurrency for one in learned[-3:] if one.max_concurrency is not None]
    assert settled and all(bears / 2 <= size <= 2 * bears for size in settled)

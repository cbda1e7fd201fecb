"""What a call costs beside the wait, in CPU of this process: `python -m tests.benchmarks.calls`, by hand.

Our whole path (the journal on disk, the cache, the gate, the chain, the adapter) against `requests.Session().post` and
`json`, at the same server in a child process: batches of the two by turns, and of their ratios the median. Ours is
answered as requests is, in one piece, and then by a stream of ten events, as providers do. Last, what it takes to read
a chat stream of 4,000 events.
"""

from __future__ import annotations

import argparse
import cProfile
import itertools
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Callable, Iterator

import requests

from orchestra.adapters.adapter import Message, Request
from orchestra.adapters.budget import Budget
from orchestra.adapters.health import Health
from orchestra.adapters.http import HttpClient
from orchestra.adapters.model_adapter import ModelAdapter
from orchestra.adapters.rows import ModelRow, PriceTier, ProviderRow
from orchestra.clock import CancelToken, Deadline, SystemClock
from orchestra.config.settings import CacheSettings
from orchestra.engine.answering import discreet, front_of
from orchestra.engine.asking import Asker
from orchestra.engine.discretion import Discretion
from orchestra.engine.chains import ChainPlan, build_chains
from orchestra.observe.events import Events
from orchestra.observe.log import LogFile
from orchestra.observe.placeholders import Placeholders
from orchestra.observe.redaction import Redactor
from orchestra.records import Task
from orchestra.state.database import make_folder
from orchestra.state.manager import StateManager
from tests.benchmarks.answering import EVENTS, LONG
from tests.unit.adapters.doubles import Watcher

SESSION = "s-20261122-071500-4f2a"
KEY = "sk-benchmark-0123456789"
PROMPT = "File: a.txt\n" + "Say what the file is for, and nothing else.\n" * 40
CLOCK = SystemClock()
BATCHES = 15
CALLS = 64
"""In a batch."""


@contextmanager
def serving() -> Iterator[str]:
    """The base URL of the server."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.answering"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        universal_newlines=True,
    )
    assert child.stdin is not None and child.stdout is not None
    try:
        yield child.stdout.readline().strip()
    finally:
        child.stdin.close()
        child.wait()


class Ours:
    """One session's asker, wired as a run wires it."""

    def __init__(self, base_url: str, root: Path, workers: int, *, is_streamed: bool) -> None:
        refused = () if is_streamed else ("stream", "stream_options")
        row = ProviderRow("local", base_url, key_variables=("KEY",), models={
            "model": ModelRow(
                "model", 200000, prices=(PriceTier(Decimal(1), Decimal(2)),), refuses=frozenset(refused)
            )
        })
        folder = make_folder(root)
        self.journal = StateManager.open(folder, CLOCK)
        self.journal.sessions.create(SESSION, Task("a task", "words"), mode="parallel", options={}, config={})
        redactor = Redactor([KEY])
        events = Events(CLOCK, redactor)
        events.of_session(SESSION)
        events.listen(self.journal.add_event, level="info")
        events.listen(LogFile(folder / "logs" / f"{SESSION}.jsonl"), level="info")
        health = Health([row], clock=CLOCK, workers=workers, keep=self.journal.provider_health.keep)
        placeholders = Placeholders(b"a key", [KEY])
        chains = build_chains(
            ChainPlan({"executor": ((row, "model"),)}, {"local": KEY}, {}),
            HttpClient([row], variables={}, workers=workers), CLOCK, health=health, budget=Budget(Decimal(1000)),
            front=front_of(self.journal.reply_cache, CacheSettings(), placeholders.hide_known),
        )
        self._asker = Asker(
            session_id=SESSION, journal=self.journal, chains=discreet(chains, placeholders.hide_known), events=events,
            redactor=redactor, discretion=Discretion(b"a key", placeholders), deadline=Deadline(CLOCK, None),
            cancel=CancelToken(), show=lambda paths: ([], []),
        )

    def call(self, number: int) -> object:
        return self._asker.ask("executor", f"executor/{number}", _question(number), path="a.txt", read=str)


class Bare:
    """What anybody would write first."""

    def __init__(self, base_url: str, workers: int) -> None:
        self._url = base_url + "/chat/completions"
        self._session = requests.Session()
        self._session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=workers))

    def call(self, number: int) -> object:
        messages = [{"role": "user", "content": f"{number}\n{PROMPT}"}]
        payload = {"model": "model", "messages": messages, "max_tokens": 100}
        answer = self._session.post(self._url, json=payload, headers={"Authorization": "Bearer " + KEY}, timeout=60)
        answer.raise_for_status()
        return answer.json()["choices"][0]["message"]["content"]


def _question(number: int) -> Request:
    return Request("Be brief.", (Message.of("user", f"{number}\n{PROMPT}"),))


def cpu_ms(act: Callable[[], object]) -> float:
    """Of all threads of this process."""
    before = time.process_time()
    act()
    return 1000 * (time.process_time() - before)


def compare(base_url: str, workers: int, *, is_streamed: bool, profiled: bool) -> None:
    numbers = itertools.count()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        ours, bare = Ours(base_url, Path(folder), workers, is_streamed=is_streamed), Bare(base_url, workers)

        def batch(call: Callable[[int], object]) -> float:
            mine = list(itertools.islice(numbers, CALLS))
            # Alone, a call is made in this thread.
            act = (lambda: list(map(call, mine))) if workers == 1 else (lambda: list(pool.map(call, mine)))
            return cpu_ms(act) / CALLS

        batch(ours.call), batch(bare.call)
        pairs = [(batch(ours.call), batch(bare.call)) for _ in range(BATCHES)]
        if profiled and workers == 1:
            _print_profile(lambda: batch(ours.call))
        ours.journal.close()
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    mine, theirs = (statistics.median(column) for column in zip(*pairs))
    kind = "streamed" if is_streamed else "whole"
    print(f"{workers:2d} workers, {kind}: {mine:.2f} ms a call, requests alone {theirs:.2f} ms, ratio {ratio:.2f}")


def read_stream(base_url: str, *, profiled: bool) -> None:
    row = ProviderRow("local", base_url)
    adapter = ModelAdapter(row, ModelRow(LONG), HttpClient([row], variables={}, workers=1), key=KEY, clock=CLOCK)

    def read() -> None:
        reply = adapter.execute(_question(0), deadline=Deadline(CLOCK, None), cancel=CancelToken(), observer=Watcher())
        assert reply.text.count(" ") == EVENTS

    read()
    durations = [cpu_ms(read) for _ in range(BATCHES)]
    print(f"a stream of {EVENTS} events: {statistics.median(durations):.1f} ms, at best {min(durations):.1f} ms")
    if profiled:
        _print_profile(read)


def _print_profile(act: Callable[[], object]) -> None:
    # CPU of this thread: waiting for others does not count.
    profile = cProfile.Profile(time.thread_time)
    profile.runcall(act)
    pstats.Stats(profile).sort_stats("tottime").print_stats(40)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", action="store_true", help="also print where the time of one worker goes")
    profiled = parser.parse_args().profile
    with serving() as base_url:
        for workers, is_streamed in itertools.product((1, 32), (False, True)):
            compare(base_url, workers, is_streamed=is_streamed, profiled=profiled)
        read_stream(base_url, profiled=profiled)


if __name__ == "__main__":
    main()

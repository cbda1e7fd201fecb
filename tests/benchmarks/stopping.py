"""How long the program takes to leave on a signal, with many workers blocked on a silent server.

`python -m tests.benchmarks.stopping`, by hand: the time from the signal to the end of the process, over RUNS runs.
"""

from __future__ import annotations

import signal
import statistics
import tempfile
import time
from pathlib import Path

from tests.crashes.killed import new_project, started
from tests.crashes.test_stopping import RUN, WORKERS, Silence

RUNS = 20
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}


def leave(folder: Path, by: signal.Signals) -> float:
    """Seconds. Raises RuntimeError where the process ended otherwise than it should."""
    silence = Silence()
    with started(new_project(folder), *RUN, script=silence) as running:
        if not silence.all_wait.wait(120):
            raise RuntimeError("the workers have not all asked")
        begun_s = time.perf_counter()
        running.process.send_signal(by)
        running.process.wait(60)
        taken_s = time.perf_counter() - begun_s
        ended = running.end()
    if ended.returncode != SIGNALS[by] or "orchestra resume" not in ended.out + ended.err:
        raise RuntimeError(f"ended with {ended.returncode}\n{ended.err}")
    return taken_s


def main() -> None:
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(RUNS):
            taken.append(leave(Path(folder) / str(number), list(SIGNALS)[number % len(SIGNALS)]))
            print("%2d: %.3f s" % (number + 1, taken[-1]), flush=True)
    print("%d workers, %d runs: median %.3f s, worst %.3f s" % (WORKERS, RUNS, statistics.median(taken), max(taken)))


if __name__ == "__main__":
    main()

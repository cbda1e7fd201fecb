"""What `--profile` costs: a sampler beside busy threads, against the same work without it.

`python3 -m tests.benchmarks.profiling [ARCHIVE]` prints how much more CPU it takes, and what the sampler itself counts;
with an archive also what `status --profile` takes more than `status`. The least of all rounds says most: what else a
busy machine does can only make a round dearer.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from typing import Callable

from orchestra.clock import SystemClock
from orchestra.profiler.profiler import Profiler
from orchestra.state.session_ids import is_session_id

THREADS = (1, 4, 32)
TURNS = 10_000
ROUNDS = 31


def work() -> None:
    for number in range(TURNS):
        is_session_id(f"s-20261122-071500-{number:04x}")


def rest(over: threading.Event) -> None:
    over.wait()


def cpu_s(busy: Callable[[], None], *, resting: int, is_profiled: bool) -> tuple[float, float, float]:
    """Wall and CPU of one piece of work beside threads that wait; the sampler's own CPU."""
    over = threading.Event()
    threads = [threading.Thread(target=rest, args=(over,), name=f"agent_{number}") for number in range(resting)]
    for thread in threads:
        thread.start()
    profiler = Profiler(SystemClock())
    if is_profiled:
        profiler.start()
    wall_s, begun_s = time.perf_counter(), time.process_time()
    for _ in range(20):
        busy()
    found = time.perf_counter() - wall_s, time.process_time() - begun_s
    if is_profiled:
        profiler.stop()
    over.set()
    for thread in threads:
        thread.join()
    return (*found, profiler.profile().own_cpu_ms / 1000)


def command_cpu_s(archive: str, folder: str, *flags: str) -> float:
    """CPU of one short command."""
    command = [sys.executable, archive, "status", *flags]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def short_command(archive: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "--quiet", folder], check=True)
        pairs = [
            (command_cpu_s(archive, folder), command_cpu_s(archive, folder, "--profile")) for _ in range(ROUNDS)
        ]
    bare, profiled = (min(column) for column in zip(*pairs))
    return f"status: {1000 * bare:.1f} ms of CPU, with --profile {100 * (profiled / bare - 1):+.2f} %"


def main() -> None:
    for resting in THREADS:
        bare, sampled, shares = [], [], []
        for _ in range(ROUNDS):
            # By turns: what else the machine does changes from second to second.
            _, without_s, _ = cpu_s(work, resting=resting, is_profiled=False)
            _, with_s, own_s = cpu_s(work, resting=resting, is_profiled=True)
            bare.append(without_s)
            sampled.append(with_s)
            shares.append(own_s / with_s)
        print(
            f"{resting} threads: {100 * (min(sampled) / min(bare) - 1):+.2f} % of CPU (least of {ROUNDS} rounds;"
            f" medians {100 * (statistics.median(sampled) / statistics.median(bare) - 1):+.2f} %),"
            f" by the sampler's own count {100 * statistics.median(shares):.2f} %, load {os.getloadavg()[0]:.1f}"
        )
    for archive in sys.argv[1:]:
        print(short_command(os.path.abspath(archive)))


if __name__ == "__main__":
    main()

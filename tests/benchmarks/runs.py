"""Whole runs of the built archive against a provider of fixed latency: `python -m tests.benchmarks.runs`, by hand.

Prints ratios, in which the machine's noise cancels for the most part. The ideal is start-up, the architect's call, and
files x 2 calls x latency / concurrency; start-up is measured in the same minute, as a run whose plan is empty.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
CALLS_PER_FILE = 2
ROLES = ("architect", "executor", "auditor", "consultant")


@dataclass(frozen=True)
class Case:
    """One run."""

    mode: str
    files: int
    workers: int
    latency_s: float


CASES = (
    Case("parallel", 400, 32, 0.2), Case("pipeline", 400, 32, 0.2),
    Case("parallel", 100, 4, 0.02), Case("pipeline", 100, 4, 0.02),
    Case("parallel", 400, 32, 0.02), Case("pipeline", 400, 32, 0.02),
    Case("sequential", 100, 1, 0.0), Case("parallel", 10_000, 32, 0.0),
)


@dataclass(frozen=True)
class Measured:
    """What one process took."""

    wall_s: float
    cpu_s: float
    peak_mib: float


@contextmanager
def provider(latency_s: float, files: int) -> Iterator[str]:
    """The base URL of a provider in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.slow_models", str(latency_s), str(files)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.kill()


def config_of(url: str, case: Case) -> dict[str, object]:
    """In which that provider answers for everybody."""
    models = {f"{role}-model": {"price_input": 0, "price_output": 0} for role in ROLES}
    return {
        "providers": {"slow": {"base_url": url, "models": models}},
        "agents": {role: [f"slow/{role}-model"] for role in ROLES},
        "mode": case.mode, "max_concurrency": case.workers, "cache": {"enabled": False}, "tests": {"run": False},
    }


def run(archive: Path, case: Case) -> Measured:
    with provider(case.latency_s, case.files) as url, tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        subprocess.run(["git", "init", "--quiet", str(root / "place")], check=True)
        (root / "config.json").write_text(json.dumps(config_of(url, case)))
        flags = ["--yes", "--json", "--config", str(root / "config.json")]
        return measured([sys.executable, str(archive), "run", *flags, "parts"], root)


def measured(command: Sequence[str], root: Path) -> Measured:
    """Raises RuntimeError where the run did not end well."""
    with open(root / "out", "wb") as out, open(root / "err", "wb") as err:
        started_s = time.perf_counter()
        variables = {**os.environ, "HOME": str(root)}
        process = subprocess.Popen(command, cwd=root / "place", stdout=out, stderr=err, env=variables)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started_s
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError((root / "err").read_text()[-2000:])
    return Measured(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", type=Path, default=ROOT / "dist" / "orchestra.pyz")
    parser.add_argument("--only", type=int, nargs="*", help="numbers of cases, from 0")
    options = parser.parse_args()
    archive = options.archive.resolve()
    print("load %.1f on %d cores, Python %s" % (os.getloadavg()[0], os.cpu_count() or 0, sys.version.split()[0]))
    print("%-10s %6s %8s %9s %8s %8s %7s %9s %9s" % (
        "mode", "files", "workers", "latency", "ideal s", "wall s", "ratio", "ms/file", "peak MiB"
    ))
    for number, case in enumerate(CASES):
        if options.only and number not in options.only:
            continue
        empty = run(archive, Case(case.mode, 0, case.workers, 0.0))
        taken = run(archive, case)
        waits_s = case.latency_s * (1 + case.files * CALLS_PER_FILE / case.workers)
        ideal_s = max(empty.wall_s + waits_s, taken.cpu_s)
        print("%-10s %6d %8d %6.0f ms %8.2f %8.2f %7.2f %9.1f %9.0f" % (
            case.mode, case.files, case.workers, 1000 * case.latency_s, ideal_s, taken.wall_s, taken.wall_s / ideal_s,
            1000 * (taken.cpu_s - empty.cpu_s) / case.files, taken.peak_mib,
        ), flush=True)


if __name__ == "__main__":
    main()

"""How long commands take over a session of many finished files: `python -m tests.benchmarks.resuming`, by hand.

The session is made by the program itself against a provider on loopback. Its end is then taken out of its row, as if a
kill had come right before it, so that `resume` has to find that nothing is left to be done. Prints wall time and, since
a machine may be busy with other things, CPU; of several rounds the median and the worst.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Sequence

from tests.benchmarks.runs import ROOT, Case, Measured, config_of, measured, provider

FILES = 5000
WORKERS = 16
ROUNDS = 5
AIM_S = 1.5
COMMANDS = (("resume", "--yes", "--json"), ("status", "--json"), ("report", "--json"), ("sessions", "--json"))
_KILLED = "UPDATE sessions SET phase = 'executing', can_resume = 1, exit_status = NULL"


def make_session(program: Sequence[str], root: Path, files: int) -> None:
    """A run over so many files, from its plan to its end, in the folder `place`."""
    subprocess.run(["git", "init", "--quiet", str(root / "place")], check=True)
    with provider(0.0, files) as url:
        config = config_of(url, Case("parallel", files, WORKERS, 0.0))
        (root / "config.json").write_text(json.dumps(config))
        taken = measured([*program, "run", "--yes", "--json", "--config", str(root / "config.json"), "parts"], root)
    print("the run of %d files took %.1f s, %.1f s of CPU" % (files, taken.wall_s, taken.cpu_s), flush=True)


def take_out_the_end(root: Path) -> None:
    with closing(sqlite3.connect(root / "place" / ".orchestra" / "state.db")) as connection, connection:
        connection.execute(_KILLED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", type=Path, help="measure this archive in place of the checkout")
    parser.add_argument("--files", type=int, default=FILES)
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = "" if options.archive else str(ROOT)
    program = [sys.executable, *([str(options.archive.resolve())] if options.archive else ["-m", "orchestra"])]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_session(program, root, options.files)
        start = [measured([*program, "--version"], root) for _ in range(ROUNDS)]
        print("%-10s %s" % ("--version", told(start)), flush=True)
        for command in COMMANDS:
            taken = []
            for _ in range(ROUNDS):
                if command[0] == "resume":
                    take_out_the_end(root)
                taken.append(measured([*program, *command], root))
            print("%-10s %s" % (command[0], told(taken)), flush=True)


def told(taken: Sequence[Measured]) -> str:
    wall, cpu = [one.wall_s for one in taken], [one.cpu_s for one in taken]
    return "wall %.2f s (worst %.2f), CPU %.2f s (worst %.2f), aim %.1f s, load %.1f" % (
        statistics.median(wall), max(wall), statistics.median(cpu), max(cpu), AIM_S, os.getloadavg()[0],
    )


if __name__ == "__main__":
    main()

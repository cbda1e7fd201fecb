"""How soon a watch sees a save, and what it costs at rest: `python -m tests.benchmarks.watching`, by hand.

For trees of 2,000 and 20,000 files in a repository, by the kernel's notices and by looking: seconds to begin, the share
of a core while idle, and seconds from a save (temp file and rename) to its being told, without the debounce time.
"""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from orchestra.clock import CancelToken, SystemClock
from orchestra.engine.watch import TURN_S
from orchestra.workspace.git import Git
from orchestra.workspace.watch_scope import WatchScope
from orchestra.workspace.watcher import Watcher

IDLE_S = 30.0
SAVES = 12


def fill(root: Path, files: int) -> list[Path]:
    """A repository with so many files, twenty to a folder."""
    paths = [root / f"d{number // 400}" / f"s{number // 20 % 20}" / f"f{number}.py" for number in range(files)]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n", encoding="utf-8")
    for arguments in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    return paths


def save(path: Path, after_s: float, saved: list[float]) -> None:
    time.sleep(after_s)
    path.with_suffix(".tmp").write_text(f"x = {time.time_ns()}\n", encoding="utf-8")
    path.with_suffix(".tmp").rename(path)
    saved.append(time.monotonic())


def delay_s(watcher: Watcher, path: Path) -> float:
    """From a save at a moment of chance to its being told."""
    saved: list[float] = []
    thread = threading.Thread(target=save, args=(path, random.uniform(0, 6), saved))
    thread.start()
    while not watcher.changes(TURN_S):
        pass
    told = time.monotonic()
    thread.join()
    return told - saved[0]


def measure(root: Path, paths: list[Path], *, only_looks: bool) -> str:
    began = time.monotonic()
    scope = WatchScope(root, Git.find(root, dict(os.environ)))
    watcher = Watcher(root, scope, SystemClock(), CancelToken(), only_looks=only_looks)
    start_s = time.monotonic() - began
    # The folders' times have settled by then.
    time.sleep(3)
    watcher.changes(0, is_settling=True)
    began, began_cpu = time.monotonic(), time.process_time()
    while time.monotonic() - began < IDLE_S:
        watcher.changes(TURN_S)
    idle = (time.process_time() - began_cpu) / (time.monotonic() - began)
    delays = sorted(delay_s(watcher, random.choice(paths)) for _ in range(SAVES))
    how = watcher.why_looking and "looking" or "notices"
    watcher.close()
    return (
        f"{len(paths):>6} files  {how:<8} begins in {start_s:5.2f} s  idle {idle:6.2%} of a core"
        f"  told after {delays[len(delays) // 2]:.2f} s, at most {delays[-1]:.2f} s"
    )


if __name__ == "__main__":
    for count in (2_000, 20_000):
        with tempfile.TemporaryDirectory() as folder:
            filled = fill(Path(folder), count)
            for looks in (False, True):
                print(measure(Path(folder), filled, only_looks=looks), flush=True)

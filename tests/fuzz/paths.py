"""Paths at random against a real tree full of ways out: python -m tests.fuzz.paths --examples N --seed S."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Sequence

from tests.properties.path_ground import Ground, twin_of, wild_path

PER_GROUND = 500


def main(argv: Sequence[str] | None = None) -> int:
    """Status 0 where every law held; the first path that broke one is in the traceback, with the seed on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    started_s = time.monotonic()
    print(f"seed {arguments.seed}", file=sys.stderr)
    accepted, together = run(arguments.examples, arguments.seed)
    print(
        f"{arguments.examples} paths and as many plans: {accepted} paths and {together} plans accepted, the others "
        f"refused, nothing outside touched or read, in {time.monotonic() - started_s:.0f} s"
    )
    return 0


def run(examples: int, seed: int) -> tuple[int, int]:
    """How many paths and how many plans were accepted. Raises AssertionError where a law is broken."""
    chance = random.Random(seed)
    accepted = together = 0
    for start in range(0, examples, PER_GROUND):
        with tempfile.TemporaryDirectory() as folder:
            ground = Ground(Path(folder), chance.randrange(1 << 30))
            for _ in range(min(PER_GROUND, examples - start)):
                path = wild_path(chance)
                accepted += ground.check(path)
                other = twin_of(path, chance) if chance.random() < 0.5 else wild_path(chance)
                together += ground.check_together([path, other])
    return accepted, together


if __name__ == "__main__":
    sys.exit(main())

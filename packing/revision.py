"""What git says about the sources that go into the archive."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

UNKNOWN = "unknown"
SOURCES = ("orchestra", "packing", "build_zipapp.py", "LICENSE")
"""What the archive is made from."""
EPOCH_OF_ZIP_S = 315532800
"""1980-01-01, the oldest date that a zip can hold."""


@dataclass(frozen=True)
class Revision:
    """Which sources an archive is made of."""

    commit: str
    """Shortened, with `-dirty` where the folder differs from it; `unknown` outside git."""
    time_s: int
    """The date that every entry of the archive gets, in seconds since 1970."""
    files: tuple[str, ...] | None
    """What git tracks, and what is new and not ignored; None outside git."""


def revision_of(folder: Path) -> Revision:
    """The revision of a checkout. SOURCE_DATE_EPOCH, where set, is its time (reproducible-builds.org)."""
    wanted_time = os.environ.get("SOURCE_DATE_EPOCH")
    top = _git(folder, "rev-parse", "--show-toplevel")
    # A source folder unpacked inside another repository is not that repository's.
    if top is None or Path(top.strip()) != folder.resolve():
        return Revision(UNKNOWN, int(wanted_time or EPOCH_OF_ZIP_S), None)
    commit, _, time = (_git(folder, "log", "-1", "--format=%H %ct") or UNKNOWN).strip().partition(" ")
    listed = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard") or ""
    changed = _git(folder, "status", "--porcelain", "--", *SOURCES)
    return Revision(
        commit[:7] + ("-dirty" if changed else ""),
        int(wanted_time or time or EPOCH_OF_ZIP_S),
        tuple(sorted(set(listed.split("\0")) - {""})),
    )


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints; None where there is no git, or it refuses. Variables of a hook that runs us do not count."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except FileNotFoundError:
        return None
    return os.fsdecode(done.stdout) if done.returncode == 0 else None

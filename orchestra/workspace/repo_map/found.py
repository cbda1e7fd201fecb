"""The files that may be mapped, as they lie on the disk."""

from __future__ import annotations

import os
import posixpath
import stat
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple

from orchestra.workspace.languages.interpreters import has_suffix
from orchestra.workspace.repo_map.file_facts import MAX_FILE_BYTES
from orchestra.workspace.repo_map.grammar import grammar_of

_SETTLED_NS = 2_000_000_000
"""A file changed so short a time ago may change once more without its stamp showing it."""
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Found(NamedTuple):
    """One file."""

    path: str
    stamp: str
    changed_ns: int

    def line(self, now_ns: int | None = None) -> str:
        """With a time, one that changed right before it has a stamp that none will ever have."""
        return f"{self.path}\t{self.stamp if now_ns is None or now_ns - self.changed_ns > _SETTLED_NS else '-'}"


def find(root: Path, paths: Iterable[str]) -> Iterator[Found]:
    """Those that have one name, a bearable length, and no link on the way to them.

    Of a file without suffix only its first line may tell whether its language is known.
    """
    inside: dict[str, bool] = {"": True}
    top = os.fspath(root)
    for path in paths:
        is_likely = grammar_of(path) is not None or not has_suffix(path)
        if not is_likely or not _is_inside(top, path.rpartition("/")[0], inside):
            continue
        try:
            found = os.lstat(f"{top}/{path}")
        except OSError:
            continue
        # Its other name may lie anywhere, where nobody meant it to be shown.
        if stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_size <= MAX_FILE_BYTES:
            stamp = f"{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_size}:{found.st_ino}"
            yield Found(path, stamp, max(found.st_mtime_ns, found.st_ctime_ns))


def read(place: str, most_bytes: int = MAX_FILE_BYTES + 1) -> bytes | None:
    """The first bytes of a file; None where it cannot be read."""
    try:
        descriptor = os.open(place, _FLAGS)
        with os.fdopen(descriptor, "rb") as file:
            return file.read(most_bytes)
    except OSError:
        return None


def _is_inside(top: str, folder: str, known: dict[str, bool]) -> bool:
    """Whether no part of the folder's path is a link."""
    if folder not in known:
        above = posixpath.dirname(folder)
        known[folder] = _is_inside(top, above, known) and not os.path.islink(os.path.join(top, folder))
    return known[folder]

"""Paths as git takes and gives them: pathspecs, lists, and the entries of its status."""

from __future__ import annotations

import os
from typing import Iterator

from orchestra.dataclass import dataclass

# The number of fields before the path, by the kind of the entry (git-status(1), Porcelain Format Version 2).
_FIELDS = {"1": 8, "2": 9, "u": 10}


@dataclass(frozen=True)
class StatusEntry:
    """One file that differs from HEAD, in the index, in the working tree, or by not being tracked."""

    path: str
    index: str
    """git's letter: `.` unchanged, M, T, A, D, R, C, U; `?` untracked, `!` ignored."""
    worktree: str
    """The same letters."""

    @property
    def is_untracked(self) -> bool:
        return self.index == "?"


def literal(path: str) -> str:
    """The pathspec that fits this path alone. Said so in each one: a variable for it would reach the user's hooks."""
    return ":(literal)" + path


def split(output: bytes) -> list[str]:
    """The paths of an output that ends each with NUL."""
    return [os.fsdecode(part) for part in output.split(b"\0") if part]


def parse_status(output: bytes) -> tuple[StatusEntry, ...]:
    """The entries of `git status --porcelain=v2 -z`."""
    return tuple(_entries(os.fsdecode(output)))


def _entries(output: str) -> Iterator[StatusEntry]:
    records = iter(output.split("\0"))
    for record in records:
        kind = record[:1]
        if kind in ("?", "!"):
            yield StatusEntry(record[2:], kind, kind)
        elif kind in _FIELDS:
            fields = record.split(" ", _FIELDS[kind])
            yield StatusEntry(fields[-1], fields[1][0], fields[1][1])
            if kind == "2":
                # The name before the rename is a record of its own.
                next(records, None)

"""Fingerprints of what a test run must leave as it is."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Iterable, Iterator, Mapping, Sequence

from orchestra.errors import OrchestraError
from orchestra.found_files import plain
from orchestra.workspace.tree import Tree

Seal = Mapping[str, str]
"""Place to fingerprint; a planned file's place is its path, any other is absolute."""
ABSENT = "absent"


def seal(root: Path, planned: Iterable[str], watched: Sequence[Path]) -> dict[str, str]:
    """The fingerprints of planned files, and of the watched files and all that lies in the watched folders."""
    tree = Tree(root)
    marks = {path: _mark_of_planned(tree, path) for path in planned}
    for place in watched:
        marks.update((str(file), _mark(file)) for file in _files_of(place))
    return marks


def broken(before: Seal, after: Seal) -> tuple[str, ...]:
    """The places whose fingerprints differ, sorted."""
    places = sorted({*before, *after})
    return tuple(place for place in places if before.get(place, ABSENT) != after.get(place, ABSENT))


def stamps(root: Path, paths: Iterable[str]) -> dict[str, tuple[int, int, int] | None]:
    """Of each file its time, size and mode, by which a change shows without reading it; None for an absent one."""
    return {path: _stamp(os.path.join(root, path)) for path in paths}


def _stamp(place: str) -> tuple[int, int, int] | None:
    try:
        status = os.lstat(place)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_mode


def _mark_of_planned(tree: Tree, path: str) -> str:
    try:
        image = tree.read(path)
    except OrchestraError as error:
        # Such as a link in its place.
        return "not to be read: %s" % error.what
    if image.content is None:
        return ABSENT
    return "%o %s" % (image.mode or 0, hashlib.sha256(image.content).hexdigest())


def _files_of(place: Path) -> Iterator[Path]:
    if os.path.islink(place) or not os.path.isdir(place):
        yield place
        return
    for folder, names, files in os.walk(place):
        links = [name for name in names if os.path.islink(os.path.join(folder, name))]
        for name in (*files, *links):
            yield Path(folder, name)


def _mark(file: Path) -> str:
    """Of a link, its target and what lies there."""
    try:
        target = os.readlink(file) if os.path.islink(file) else ""
        status = os.stat(file)
        if not stat.S_ISREG(status.st_mode):
            return "%s %o" % (target, status.st_mode)
        with open(file, "rb", opener=plain) as stream:
            return "%s %o %s" % (target, status.st_mode, hashlib.sha256(stream.read()).hexdigest())
    except OSError:
        return ABSENT if not os.path.lexists(file) else "not to be read"

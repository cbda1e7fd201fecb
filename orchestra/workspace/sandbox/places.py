"""Which files a suite may write, by the place of its project."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Mapping, Sequence

from orchestra.dataclass import dataclass
from orchestra.workspace.listing import SKIPPED_FOLDERS
from orchestra.workspace.path_names import PRIVATE_FOLDERS

MAX_FOLDERS = 20_000
TEMP_FOLDERS = ("/tmp", "/var/tmp")
_DEVICES = (
    "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts",
    "/dev/shm",
)


@dataclass(frozen=True)
class Places:
    """Absolute paths, as the keeper's order has them."""

    writable: tuple[str, ...]
    read_only: tuple[str, ...]
    inner_writable: tuple[str, ...]
    in_place: tuple[tuple[str, str], ...]
    may_write: tuple[str, ...]
    temp: str | None
    """Where temp files go."""


def places_of(root: Path, private: Path | None, *, has_mounts: bool, needed: Sequence[str]) -> Places:
    """The places for one run; `private` is a new folder, `needed` are paths that the suite must still see."""
    top = os.path.realpath(root)
    read_only = tuple(private_folders(top))
    own = None if private is None else os.path.realpath(private)
    is_inner = own is not None and any(own.startswith(path + "/") for path in read_only)
    writable = [top] if own is None or is_inner else [top, own]
    in_place, temp = [], own
    if own is not None and has_mounts:
        seen = [*needed, top, own]
        hidden = [place for place in TEMP_FOLDERS if os.path.isdir(place) and not _holds_any(place, seen)]
        in_place = [(own, place) for place in hidden]
        temp = "/tmp" if "/tmp" in hidden else own
    may_write = (top, *([own] if own else []), *_DEVICES, *(place for _, place in in_place))
    return Places(
        tuple(writable), read_only, (own,) if own and is_inner else (), tuple(in_place), may_write, temp
    )


def private_folders(root: str) -> list[str]:
    """`.git` and `.orchestra` of a project, and `.git` of the repositories in it: what says which programs git runs."""
    found = [os.path.join(root, name) for name in PRIVATE_FOLDERS if _is_plain(os.path.join(root, name))]
    for count, (folder, names, files) in enumerate(os.walk(root)):
        if count == MAX_FOLDERS:
            break
        if folder != root and (".git" in names or ".git" in files):
            found.append(os.path.join(folder, ".git"))
        names[:] = [name for name in names if name not in SKIPPED_FOLDERS]
    return found


def needed_paths(command: Sequence[str], variables: Mapping[str, str]) -> list[str]:
    """Where the programs of a suite lie."""
    named = [command[0], *variables.get("PATH", "").split(os.pathsep), variables.get("VIRTUAL_ENV", "")]
    absolute = [path for path in named if os.path.isabs(path)]
    return [*absolute, *map(os.path.realpath, absolute), variables.get("HOME", "")]


def _holds_any(folder: str, paths: Sequence[str]) -> bool:
    real = os.path.realpath(folder)
    return any(path == place or path.startswith(place + "/") for place in (folder, real) for path in paths)


def _is_plain(path: str) -> bool:
    return os.path.exists(path) and not os.path.islink(path)

"""A tree as its folders and its files' times, sizes and inodes tell of it, and what differs from it later."""

from __future__ import annotations

import os
import stat
from dataclasses import field
from typing import AbstractSet, Callable, Iterable, Mapping, Sequence

from orchestra.dataclass import dataclass

KeepFolders = Callable[[Sequence[str]], AbstractSet[str]]
_SETTLED_NS = 2_000_000_000
"""A folder changed more recently than this could change again without its time telling."""


@dataclass(frozen=True)
class Folder:
    """What lay in one folder: regular files with their stamps, folders with their inodes; links count as nothing."""

    mtime_ns: int | None
    """None where it could not tell of a later change."""
    files: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    folders: Mapping[str, int] = field(default_factory=dict)


def differing(old: Mapping[str, tuple[int, int, int]], new: Mapping[str, tuple[int, int, int]]) -> set[str]:
    """The names that are new, gone, or stamped otherwise."""
    return {name for name, _ in old.items() ^ new.items()}


class Snapshot:
    """The tree below a root as it was last looked at. Paths are relative to it; the root itself is ''."""

    def __init__(self, root: str, keep_folders: KeepFolders, *, now_ns: Callable[[], int]) -> None:
        """`keep_folders` tells which of newly found folders belong to it; `now_ns` is the time that files bear."""
        self._root = root
        self._keep_folders = keep_folders
        self._now_ns = now_ns
        self._folders: dict[str, Folder] = {"": Folder(None)}
        self._left_out: set[str] = set()
        self._fresh = {""}

    def take_fresh(self) -> set[str]:
        """The folders that are new, or lie elsewhere on the disk, since this was last asked."""
        fresh, self._fresh = self._fresh, set()
        return fresh

    def count_files(self) -> int:
        return sum(len(folder.files) for folder in self._folders.values())

    def paths(self) -> list[str]:
        """The files as they were last looked at."""
        return [f"{path}/{name}" if path else name for path, it in self._folders.items() for name in it.files]

    def look(self, folders: Iterable[str] | None = None) -> set[str]:
        """The files that were changed, made or removed since they were last looked at, in these folders or in all."""
        changed: set[str] = set()
        todo = list(self._folders) if folders is None else [path for path in folders if path in self._folders]
        while todo:
            found: list[str] = []
            for path in todo:
                if path in self._folders:
                    self._look_at(path, changed, found)
            kept = self._keep_folders(found) if found else frozenset()
            self._left_out.update(path for path in found if path not in kept)
            self._folders.update((path, Folder(None)) for path in kept)
            self._fresh |= kept
            todo = sorted(kept)
        return changed

    def sort_again(self) -> None:
        """Have every folder be judged anew, after the rules changed; files that drop out are no change."""
        known = [path for path in self._folders if path]
        kept = self._keep_folders(known)
        for path in known:
            if path not in kept:
                self._folders.pop(path, None)
        for path in self._folders:
            self._folders[path] = Folder(None, self._folders[path].files, self._folders[path].folders)
        self._left_out.clear()

    def _look_at(self, path: str, changed: set[str], found: list[str]) -> None:
        old = self._folders[path]
        place = self._place(path)
        try:
            status = os.lstat(place)
            if not stat.S_ISDIR(status.st_mode):
                raise NotADirectoryError(place)
            if status.st_mtime_ns == old.mtime_ns:
                new = Folder(old.mtime_ns, _stamps(place, old.files), old.folders)
            else:
                new = _read(place, status.st_mtime_ns, self._now_ns())
        except OSError:
            return self._drop(path, changed)
        prefix = path + "/" if path else ""
        if new.files != old.files:
            changed.update(prefix + name for name in differing(old.files, new.files))
        for name, inode in old.folders.items():
            if new.folders.get(name) != inode:
                self._left_out.discard(prefix + name)
                self._drop(prefix + name, changed)
        self._folders[path] = new
        if new.mtime_ns != old.mtime_ns or new.mtime_ns is None:
            inner = (prefix + name for name in sorted(new.folders))
            found += [folder for folder in inner if folder not in self._folders and folder not in self._left_out]

    def _drop(self, path: str, changed: set[str]) -> None:
        """Forget a folder that is gone, and all below it."""
        if path == "":
            # It may come back, as a mount does.
            self._folders[""] = Folder(None)
            return
        gone = self._folders.pop(path, None)
        self._fresh.discard(path)
        if gone is not None:
            changed.update(f"{path}/{name}" for name in gone.files)
            for name in gone.folders:
                self._drop(f"{path}/{name}", changed)

    def _place(self, path: str) -> str:
        return os.path.join(self._root, path) if path else self._root


def _read(place: str, mtime_ns: int, now_ns: int) -> Folder:
    files, folders = {}, {}
    with os.scandir(place) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders[entry.name] = entry.inode()
            elif entry.is_file(follow_symlinks=False):
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                files[entry.name] = (status.st_mtime_ns, status.st_size, status.st_ino)
    is_settled = abs(now_ns - mtime_ns) > _SETTLED_NS
    return Folder(mtime_ns if is_settled else None, files, folders)


def _stamps(place: str, known: Mapping[str, tuple[int, int, int]]) -> Mapping[str, tuple[int, int, int]]:
    """The stamps of the same files now; the very mapping where none changed, which is the most frequent case."""
    changed: dict[str, os.stat_result | None] = {}
    prefix = place + "/"
    for name, stamp in known.items():
        try:
            status = os.lstat(prefix + name)
        except FileNotFoundError:
            changed[name] = None
            continue
        if status.st_mtime_ns != stamp[0] or status.st_size != stamp[1] or status.st_ino != stamp[2]:
            changed[name] = status
    if not changed:
        return known
    kept = {name: stamp for name, stamp in known.items() if name not in changed}
    now = {name: status for name, status in changed.items() if status is not None}
    return {**kept, **{name: (it.st_mtime_ns, it.st_size, it.st_ino) for name, it in now.items()}}

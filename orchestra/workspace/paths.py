"""Whether a path of a plan may be touched, with the disk looked at; nothing is opened or changed."""

from __future__ import annotations

import os
import stat
import sys
import unicodedata
from pathlib import Path
from typing import Iterable

from orchestra.errors import RefusedPath, WorkspaceError
from orchestra.workspace.path_names import normalise, quoted, refused

_KINDS = (
    (stat.S_ISDIR, "is a folder"),
    (stat.S_ISFIFO, "is a named pipe"),
    (stat.S_ISSOCK, "is a socket"),
    (stat.S_ISBLK, "is a device"),
    (stat.S_ISCHR, "is a device"),
)


def check_path(root: Path, path: str, *, for_writing: bool = True) -> str:
    """The normalised path relative to `root`. Raises RefusedPath that says why it must not be touched.

    An absent file is fine. Symlinks are refused wherever they lead: the file they lead to has a path of its own.
    """
    whole = _spelling_on_disk(root, path)
    parts = whole.split("/")
    for depth in range(1, len(parts)):
        if not _check_folder(root, whole, "/".join(parts[:depth])):
            return whole
    status = _lstat(root, whole)
    if status is not None:
        _check_target(root, whole, status, for_writing)
    return whole


def check_plan_paths(root: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """The normalised paths of a plan, all fit for writing. Raises RefusedPath, also where two of them collide."""
    checked = tuple(check_path(root, path) for path in paths)
    folds = folds_case(root)
    seen: dict[str, str] = {}
    for path in checked:
        key = _collision_key(path, folds)
        if key in seen:
            raise refused(path, "is planned twice%s" % _as_other(path, seen[key]), hint="plan each file once")
        seen[key] = path
    for path in checked:
        parts = _collision_key(path, folds).split("/")
        for depth in range(1, len(parts)):
            other = seen.get("/".join(parts[:depth]))
            if other is not None:
                raise refused(path, "lies below %s, which is planned as a file" % quoted(other))
    return checked


def folds_case(root: Path) -> bool:
    """Whether the file system takes `A` and `a` for the same name; seen from the names that are there."""
    try:
        names = sorted(os.listdir(root))
    except OSError:
        names = []
    for name in names:
        other = name.swapcase()
        if other == name or other.swapcase() != name:
            continue
        return other not in names and os.path.lexists(os.path.join(root, other))
    return sys.platform == "darwin"


def _spelling_on_disk(root: Path, path: str) -> str:
    """NFC, except for a file that is there under the very spelling given."""
    whole = normalise(path)
    if unicodedata.is_normalized("NFC", path):
        return whole
    given = "/".join(part for part in path.split("/") if part not in ("", "."))
    return given if os.path.lexists(os.path.join(root, given)) else whole


def _check_folder(root: Path, path: str, folder: str) -> bool:
    """Whether the folder is there; raises RefusedPath when nothing may be touched below it."""
    status = _lstat(root, folder)
    if status is None:
        return False
    if stat.S_ISLNK(status.st_mode):
        raise _through_link(root, path, folder)
    if not stat.S_ISDIR(status.st_mode):
        raise refused(path, "lies below %s, which is a file" % quoted(folder))
    if os.path.lexists(os.path.join(root, folder, ".git")):
        raise refused(path, "belongs to another repository, %s" % quoted(folder), hint="run in that repository instead")
    return True


def _check_target(root: Path, path: str, status: os.stat_result, for_writing: bool) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise _through_link(root, path, path)
    for is_kind, words in _KINDS:
        if is_kind(status.st_mode):
            raise refused(path, words)
    if for_writing and status.st_nlink > 1:
        hint = "replace it by a copy of its own first: cp FILE NEW && mv NEW FILE"
        raise refused(path, "has another name elsewhere (a hard link), so it is not written", hint=hint)


def _through_link(root: Path, path: str, link: str) -> RefusedPath:
    real_root = os.path.realpath(root)
    real = os.path.realpath(os.path.join(real_root, path))
    subject = "is a symlink" if link == path else "goes through the symlink %s" % quoted(link)
    if os.path.commonpath([real_root, real]) != real_root:
        return refused(path, "%s that leads outside the repository" % subject)
    inside = os.path.relpath(real, real_root).replace(os.sep, "/")
    return refused(path, "%s; links are not followed" % subject, hint="name the file itself: %s" % quoted(inside))


def _lstat(root: Path, path: str) -> os.stat_result | None:
    try:
        return os.lstat(os.path.join(root, path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WorkspaceError(
            "%s cannot be looked at: %s" % (quoted(path), error.strerror),
            where=str(root),
            hint="check the permissions of its folders",
        ) from error


def _collision_key(path: str, folds: bool) -> str:
    key = unicodedata.normalize("NFC", path)
    return unicodedata.normalize("NFC", key.casefold()) if folds else key


def _as_other(path: str, other: str) -> str:
    return "" if path == other else ", also as %s" % quoted(other)

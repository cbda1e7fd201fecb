"""Whether a path of a plan may be touched, with the disk looked at; nothing is opened or changed."""

from __future__ import annotations

import os
import stat
import unicodedata
from pathlib import Path
from typing import Iterable, Sequence

from orchestra.errors import RefusedPath, WorkspaceError
from orchestra.found_files import own
from orchestra.regex import regex
from orchestra.workspace.collisions import check_distinct
from orchestra.workspace.path_names import normalise, quoted, refused

MAX_FILE_BYTES = 64 << 20
"""Of a file that is written: its before-image has to find room in the journal and in memory."""
_MOST_SUBMODULE_BYTES = 1 << 20
_MOST_TOLD = 20
_TREE = "run in a working tree instead"

_KINDS = (
    (stat.S_ISDIR, "is a folder"),
    (stat.S_ISFIFO, "is a named pipe"),
    (stat.S_ISSOCK, "is a socket"),
    (stat.S_ISBLK, "is a device"),
    (stat.S_ISCHR, "is a device"),
)
_SUBMODULE = regex(r"(?im)^[ \t]*path[ \t]*=(.*)$")
# Names that Windows keeps for devices, with any ending (learn.microsoft.com, Naming Files).
_RESERVED = regex(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])([ .].*)?")


def check_path(root: Path, path: str, *, for_writing: bool = True) -> str:
    """The normalised path relative to `root`. Raises RefusedPath that says why it must not be touched.

    An absent file is fine. Symlinks are refused wherever they lead: the file they lead to has a path of its own.
    """
    _check_root(root, path)
    return _check_below(root, path, for_writing)


def _check_below(root: Path, path: str, for_writing: bool) -> str:
    whole = _spelling_on_disk(root, path)
    parts = whole.split("/")
    for depth in range(1, len(parts)):
        if not _check_folder(root, whole, "/".join(parts[:depth])):
            _check_new(whole, parts[depth - 1:])
            return whole
    status = _lstat(root, whole)
    if status is not None:
        _check_target(root, whole, status, for_writing)
    else:
        _check_new(whole, parts[-1:])
    return whole


def check_plan_paths(root: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """The normalised paths of a plan, all fit for writing. Raises RefusedPath, also where two of them collide.

    It names all that are unfit by themselves and a collision of the others: the architect has one chance to mend them.
    """
    asked = tuple(paths)
    for path in asked[:1]:
        _check_root(root, path)
    checked: list[str] = []
    unfit: list[RefusedPath] = []
    for path in asked:
        try:
            checked.append(_check_below(root, path, True))
        except RefusedPath as refusal:
            unfit.append(refusal)
    for check in (_check_submodules, check_distinct):
        try:
            check(root, checked)
        except RefusedPath as refusal:
            unfit.append(refusal)
    if unfit:
        raise _all_of(unfit)
    return tuple(checked)


def _all_of(unfit: Sequence[RefusedPath]) -> RefusedPath:
    told = unfit[:_MOST_TOLD]
    more = ["and %d more" % (len(unfit) - _MOST_TOLD)] if len(unfit) > _MOST_TOLD else []
    hints = dict.fromkeys(refusal.hint for refusal in told if refusal.hint)
    return RefusedPath("; ".join([*(refusal.what for refusal in told), *more]), hint="; ".join(hints) or None)


def _check_submodules(root: Path, paths: Iterable[str]) -> None:
    """Raises RefusedPath for one in a submodule that is not checked out: nothing on the disk tells it from a folder."""
    names = [name for name in _submodules(root) if not _holds_anything(root / name)]
    for path in paths:
        for name in names:
            if f"{path}/".startswith(f"{name}/"):
                hint = "check it out with `git submodule update --init`, and run there"
                raise refused(path, "belongs to another repository, the submodule %s" % quoted(name), hint=hint)


def _submodules(root: Path) -> tuple[str, ...]:
    try:
        with open(root / ".gitmodules", "rb", opener=own) as file:
            text = file.read(_MOST_SUBMODULE_BYTES).decode("utf-8", "surrogateescape")
    except OSError:
        return ()
    said = (os.path.normpath(found[1].strip(" \t\r").strip('"')) for found in _SUBMODULE.finditer(text))
    inside = (name for name in said if name != os.curdir and not name.startswith((os.pardir, os.sep)))
    return tuple(name for name in inside if "\0" not in name)


def _holds_anything(folder: Path) -> bool:
    try:
        return bool(os.listdir(folder))
    except NotADirectoryError:
        return True
    except OSError:
        return False


def _spelling_on_disk(root: Path, path: str) -> str:
    """NFC, but for what is there under another spelling of the same name: that one."""
    found: list[str] = []
    given = [part for part in path.split("/") if part not in ("", ".")]
    for part, typed in zip(normalise(path).split("/"), given):
        found.append(_entry(os.path.join(root, *found), part, typed))
    return "/".join(found)


def _entry(folder: str, name: str, typed: str) -> str:
    """The name in the folder that is meant by `name`, which was `typed` so."""
    status = _status(os.path.join(folder, name))
    if name.isascii() and (status is None or _status(os.path.join(folder, name.swapcase())) is None):
        return name
    try:
        names = os.listdir(folder)
    except OSError:
        return name
    if typed in names or name in names:
        return typed if typed in names else name
    if status is None:
        same = [other for other in names if unicodedata.normalize("NFC", other) == name]
    else:
        # The file system folds names: of those that read alike the one that is this very file.
        alike = [other for other in names if other.casefold() == name.casefold()]
        same = [other for other in alike if _is_same(status, _status(os.path.join(folder, other)))]
    return same[0] if len(same) == 1 else name


def _is_same(one: os.stat_result, other: os.stat_result | None) -> bool:
    return other is not None and os.path.samestat(one, other)


def check_root(root: Path) -> None:
    """Raises WorkspaceError where the root is git's own folder, bare or not, or below it."""
    folder = _git_folder_around(root)
    if folder is not None:
        raise WorkspaceError("this is git's own folder, which holds no files to work on", where=str(folder), hint=_TREE)


def _check_root(root: Path, path: str) -> None:
    folder = _git_folder_around(root)
    if folder is not None:
        raise refused(path, "would lie in git's own folder, %s" % folder, hint=_TREE)


def _git_folder_around(root: Path) -> Path | None:
    return next(filter(_is_git_folder, (root.resolve(), *root.resolve().parents)), None)


def _check_folder(root: Path, path: str, folder: str) -> bool:
    """Whether the folder is there; raises RefusedPath when nothing may be touched below it."""
    status = _lstat(root, folder)
    if status is None:
        return False
    if stat.S_ISLNK(status.st_mode):
        raise _through_link(root, path, folder)
    if not stat.S_ISDIR(status.st_mode):
        raise refused(path, "lies below %s, which is a file" % quoted(folder))
    if os.path.lexists(os.path.join(root, folder, ".git")) or _is_git_folder(root / folder):
        raise refused(path, "belongs to another repository, %s" % quoted(folder), hint="run in that repository instead")
    return True


def _check_target(root: Path, path: str, status: os.stat_result, for_writing: bool) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise _through_link(root, path, path)
    for is_kind, words in _KINDS:
        if is_kind(status.st_mode):
            raise refused(path, words)
    if for_writing and status.st_size > MAX_FILE_BYTES:
        raise refused(path, "is too large to be changed (%d bytes)" % status.st_size, hint="leave it out of the plan")
    if for_writing and status.st_nlink > 1:
        hint = "replace it by a copy of its own first: cp FILE NEW && mv NEW FILE"
        raise refused(path, "has another name elsewhere (a hard link), so it is not written", hint=hint)


def _check_new(path: str, names: Iterable[str]) -> None:
    """Refuses to make what no checkout on Windows could hold; a file that is there already is somebody's wish."""
    for name in names:
        if _RESERVED.fullmatch(name):
            raise refused(path, "has the name of a device on Windows, %s" % quoted(name), hint="choose another name")


def _is_git_folder(folder: Path) -> bool:
    """What git takes for a repository of its own (is_git_directory in setup.c)."""
    return os.path.lexists(folder / "HEAD") and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def _through_link(root: Path, path: str, link: str) -> RefusedPath:
    real_root = os.path.realpath(root)
    real = os.path.realpath(os.path.join(real_root, path))
    subject = "is a symlink" if link == path else "goes through the symlink %s" % quoted(link)
    if os.path.commonpath([real_root, real]) != real_root:
        return refused(path, "%s that leads outside the repository" % subject)
    inside = os.path.relpath(real, real_root).replace(os.sep, "/")
    return refused(path, "%s; links are not followed" % subject, hint="name the file itself: %s" % quoted(inside))


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None


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

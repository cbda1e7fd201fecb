"""Temp files in `.orchestra/tmp`, or beside their target under a name that tells whose they are."""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Iterator

from orchestra.regex import regex

_NAME = regex(r"\.orchestra-[0-9a-f]{16}\.tmp")
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def make(folder: int, mode: int) -> tuple[str, int]:
    """The name and the open descriptor of a new file in an open folder; the umask applies to `mode`."""
    name = ".orchestra-%s.tmp" % secrets.token_hex(8)
    return name, os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode, dir_fd=folder)


@contextmanager
def own_folder(root: Path) -> Iterator[int | None]:
    """A descriptor of `.orchestra/tmp`; None where there is no `.orchestra` or it cannot be used."""
    descriptor = _open_own_folder(root)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


@contextmanager
def private_folder(root: Path) -> Iterator[Path | None]:
    """A new empty folder outside the user's files, removed afterwards; None where none can be made."""
    folder = _make_private_folder(root)
    parent = None if folder is None else os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield folder
    finally:
        if folder is not None and parent is not None:
            _remove(folder.name, parent)
            os.close(parent)


def clean_own_folder(root: Path) -> None:
    """Remove everything in `.orchestra/tmp`; what cannot be removed stays."""
    with own_folder(root) as descriptor:
        if descriptor is not None:
            for name in os.listdir(descriptor):
                _remove(name, descriptor)


def clean_beside(folder: int) -> None:
    """Remove the temp files of an interrupted run from an open folder of the user's."""
    for name in os.listdir(folder):
        if _NAME.fullmatch(name):
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)


def _open_own_folder(root: Path) -> int | None:
    outer = None
    try:
        outer = os.open(root / ".orchestra", _FOLDER_FLAGS)
        with suppress(FileExistsError):
            os.mkdir("tmp", 0o700, dir_fd=outer)
        return os.open("tmp", _FOLDER_FLAGS, dir_fd=outer)
    except OSError:
        return None
    finally:
        if outer is not None:
            os.close(outer)


def _remove(name: str, parent: int) -> None:
    """Remove what lies in the open folder, by descriptors: a link swapped in leads nowhere. What cannot go stays."""
    with suppress(OSError):
        return os.unlink(name, dir_fd=parent)
    with suppress(OSError, RecursionError):
        if stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            # A program may have taken its own rights away.
            os.chmod(name, 0o700, dir_fd=parent)
        folder = os.open(name, _FOLDER_FLAGS, dir_fd=parent)
        try:
            for inner in os.listdir(folder):
                _remove(inner, folder)
        finally:
            os.close(folder)
        os.rmdir(name, dir_fd=parent)


def _make_private_folder(root: Path) -> Path | None:
    with own_folder(root) as descriptor:
        preferred = None if descriptor is None else root.resolve() / ".orchestra" / "tmp"
    for parent in (preferred, None):
        with suppress(OSError):
            return Path(tempfile.mkdtemp(prefix="run-", dir=parent))
    return None

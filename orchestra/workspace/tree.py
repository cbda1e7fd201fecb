"""Reading and writing files of the user's tree, without ever following a symlink."""

from __future__ import annotations

import errno
import os
import stat
import sys
import unicodedata
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Callable, Iterable, Iterator, NamedTuple

from orchestra.errors import OrchestraError
from orchestra.records import FileImage
from orchestra.regex import regex
from orchestra.workspace import temp_files
from orchestra.workspace.disk_errors import disk_error
from orchestra.workspace.path_names import normalise, quoted, refused

WriteBytes = Callable[[int, bytes], None]

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
_KEPT_ATTRIBUTE = regex(r"user\.|system\.posix_acl_access$|security\.selinux$")


def write_all(descriptor: int, content: bytes) -> None:
    """Put the bytes into an open file and on the disk; the one place where content is written."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view):]
    os.fsync(descriptor)


class Placed(NamedTuple):
    """What came of a write."""

    mode: int
    folders: tuple[str, ...]
    """Those that had to be made, outermost first."""


class Tree:
    """The files below one root, reached folder by folder from its descriptor, so that no swapped link leads out.

    Paths are relative, with forward slashes, as `check_path` returns them. Raises RefusedPath for what is
    not a regular file, WorkspaceError for what the disk refuses. Any thread.
    """

    def __init__(self, root: Path, *, write_bytes: WriteBytes = write_all) -> None:
        self.root = root
        self._write_bytes = write_bytes

    def exists(self, path: str) -> bool:
        """Whether a regular file lies there."""
        return self.read(path).content is not None

    def read(self, path: str) -> FileImage:
        """What lies at the path now."""
        with _errors_for(path, "read"):
            try:
                with self._folder_of(path) as (folder, name):
                    # Looked at before it is opened: opening a device can already do something.
                    _check_regular(path, os.stat(name, dir_fd=folder, follow_symlinks=False))
                    descriptor = os.open(name, _READ_FLAGS, dir_fd=folder)
            except FileNotFoundError:
                return FileImage(None)
            try:
                status = os.fstat(descriptor)
                _check_regular(path, status)
                return FileImage(_content(descriptor, status.st_size), stat.S_IMODE(status.st_mode))
            finally:
                os.close(descriptor)

    def write(self, path: str, content: bytes, *, mode: int | None = None) -> Placed:
        """Put the content there in one instant.

        Without `mode` an existing file keeps its own and a new one gets what the umask leaves.
        Nothing is left behind when it fails.
        """
        created: list[str] = []
        with _errors_for(path, "written"):
            try:
                for is_last in (False, False, True):
                    try:
                        with self._folder_of(path, created=created, for_writing=True) as (folder, name):
                            new_mode = self._replace(path, folder, name, content, mode)
                        break
                    except FileNotFoundError:
                        # Another thread may have removed a folder that was empty for a moment.
                        if is_last:
                            raise
            except BaseException:
                self.remove_empty_folders(created)
                raise
        return Placed(new_mode, tuple(dict.fromkeys(created)))

    def absent_folders(self, path: str) -> tuple[str, ...]:
        """The folders on the way to the path that are not there, outermost first."""
        parts = path.split("/")[:-1]
        folders = ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
        present = sum(1 for _ in takewhile(lambda folder: os.path.lexists(self.root / folder), folders))
        return tuple(folders[present:])

    def remove_empty_folders(self, paths: Iterable[str]) -> None:
        """Remove these folders where they are empty, the innermost first; what cannot be removed stays."""
        for path in sorted(paths, key=lambda path: path.count("/"), reverse=True):
            with suppress(OSError, OrchestraError), self._folder_of(path) as (folder, name):
                os.rmdir(name, dir_fd=folder)

    def delete(self, path: str) -> None:
        """Remove the file; an absent one is fine."""
        with _errors_for(path, "deleted"), suppress(FileNotFoundError):
            with self._folder_of(path, for_writing=True) as (folder, name):
                _check_regular(path, os.stat(name, dir_fd=folder, follow_symlinks=False))
                os.unlink(name, dir_fd=folder)
                _sync_folder(folder)

    def clean_temp(self, paths: Iterable[str] = ()) -> None:
        """Remove what an interrupted run left in `.orchestra/tmp` and beside the given paths."""
        temp_files.clean_own_folder(self.root)
        # Each folder once: a plan may have thousands of files in one.
        for path in {path.rpartition("/")[0]: path for path in paths}.values():
            with suppress(OSError, OrchestraError), self._folder_of(path) as (folder, _):
                temp_files.clean_beside(folder)

    def _replace(self, path: str, folder: int, name: str, content: bytes, mode: int | None) -> int:
        """The mode of what lies there now."""
        old = _status(folder, name)
        if old is not None:
            _check_regular(path, old)
        with temp_files.own_folder(self.root) as own:
            if own is not None and os.fstat(own).st_dev == os.fstat(folder).st_dev:
                try:
                    return self._replace_from(own, folder, name, content, mode, old)
                except OSError as error:
                    # Two mounts of one device look alike until something is moved between them.
                    if error.errno != errno.EXDEV:
                        raise
        return self._replace_from(folder, folder, name, content, mode, old)

    def _replace_from(
        self, temp_folder: int, folder: int, name: str, content: bytes, mode: int | None, old: os.stat_result | None
    ) -> int:
        if mode is None and old is not None:
            mode = stat.S_IMODE(old.st_mode)
        # A file whose mode is known is never readable for longer than that mode allows.
        temp, descriptor = temp_files.make(temp_folder, 0o666 if mode is None else 0o600)
        try:
            try:
                self._write_bytes(descriptor, content)
                if old is not None:
                    _keep_owner(descriptor, old)
                    _keep_attributes(descriptor, folder, name)
                if mode is not None:
                    os.fchmod(descriptor, mode)
                new_mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
            finally:
                os.close(descriptor)
            os.rename(temp, name, src_dir_fd=temp_folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(temp, dir_fd=temp_folder)
            raise
        _sync_folder(folder)
        return new_mode

    @contextmanager
    def _folder_of(
        self, path: str, *, created: list[str] | None = None, for_writing: bool = False
    ) -> Iterator[tuple[int, str]]:
        """A descriptor of the folder that holds the path, and the last name; folders are made if `created` is given.

        What is another repository by now is refused `for_writing`.
        """
        if normalise(path) != unicodedata.normalize("NFC", path):
            raise refused(path, "is not in its normal spelling")
        *folders, name = path.split("/")
        folder = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for depth, part in enumerate(folders):
                if created is not None and _make_folder(folder, part):
                    created.append("/".join(folders[: depth + 1]))
                inner = os.open(part, _FOLDER_FLAGS, dir_fd=folder)
                os.close(folder)
                folder = inner
                if for_writing and _is_repository(folder):
                    other = quoted("/".join(folders[: depth + 1]))
                    raise refused(path, "belongs to another repository, %s" % other, hint="move it away, or run there")
            yield folder, name
        finally:
            os.close(folder)


@contextmanager
def _errors_for(path: str, verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise refused(path, "has a symlink or a file where a folder should be") from error
        raise disk_error(error, path=path, verb=verb) from error


def _content(descriptor: int, size_bytes: int) -> bytes:
    """All of an open file. Not by a file object, which asks the kernel ten times where three will do."""
    parts = [os.read(descriptor, size_bytes + 1)]
    while parts[-1]:
        parts.append(os.read(descriptor, 2**20))
    return b"".join(parts)


def _check_regular(path: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise refused(path, "is a folder")
    if stat.S_ISLNK(status.st_mode):
        raise refused(path, "is a symlink; links are not followed")
    if not stat.S_ISREG(status.st_mode):
        raise refused(path, "is not a regular file")


def _status(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _is_repository(folder: int) -> bool:
    """Of a folder's descriptor: whether git takes it for one of its own (see workspace.paths)."""
    if _status(folder, ".git") is not None:
        return True
    if _status(folder, "HEAD") is None:
        return False
    parts = (_status(folder, name) for name in ("objects", "refs"))
    return all(part is not None and stat.S_ISDIR(part.st_mode) for part in parts)


def _make_folder(parent: int, name: str) -> bool:
    try:
        os.mkdir(name, 0o777, dir_fd=parent)
    except FileExistsError:
        return False
    _sync_folder(parent)
    return True


def _keep_owner(descriptor: int, old: os.stat_result) -> None:
    """Only root can; for everybody else the file becomes their own, as with every editor."""
    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        with suppress(PermissionError):
            os.fchown(descriptor, old.st_uid, old.st_gid)


def _keep_attributes(descriptor: int, folder: int, name: str) -> None:
    """The user's own, access lists and labels, as far as this user may set them; no rights of a program."""
    if sys.platform != "linux":
        return
    with suppress(OSError):
        old = os.open(name, _READ_FLAGS, dir_fd=folder)
        try:
            for attribute in filter(_KEPT_ATTRIBUTE.match, os.listxattr(old)):
                with suppress(OSError):
                    os.setxattr(descriptor, attribute, os.getxattr(old, attribute))
        finally:
            os.close(old)


def _sync_folder(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot sync a folder.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise

"""Linux's notices of what changes in folders (inotify(7)), by ctypes."""

from __future__ import annotations

import ctypes
import os
import select
import struct
from typing import Iterable

_MODIFY, _CLOSE_WRITE, _MOVED, _CREATE, _DELETE = 0x2, 0x8, 0xC0, 0x100, 0x200
_OVERFLOW, _IGNORED = 0x4000, 0x8000
_ONLY_FOLDERS, _NO_LINKS, _NO_UNLINKED = 0x01000000, 0x02000000, 0x04000000
_MASK = _MODIFY | _CLOSE_WRITE | _MOVED | _CREATE | _DELETE | _ONLY_FOLDERS | _NO_LINKS | _NO_UNLINKED
_EVENT = struct.Struct("iIII")
_READ_BYTES = 1 << 16


class Inotify:
    """Tells in which folders something happened. One thread."""

    def __init__(self) -> None:
        """Raises OSError where the kernel has none, or too many are open."""
        libc = ctypes.CDLL(None, use_errno=True)
        if not hasattr(libc, "inotify_init1"):
            raise OSError("this system has no inotify")
        self._add = libc.inotify_add_watch
        self._add.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)
        self._descriptor = _checked(libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)
        self._folders: dict[int, str] = {}

    def add(self, folder: str, place: str) -> None:
        """Be told of `folder`, which lies at `place`; one that is gone is passed over.

        Raises OSError with ENOSPC where the user's share of watches is used up.
        """
        try:
            self._folders[_checked(self._add(self._descriptor, os.fsencode(place), _MASK))] = folder
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            pass

    def wait(self, seconds: float) -> bool:
        """Whether there is something to take, at most that much later."""
        return bool(self._poll.poll(max(0, round(seconds * 1000))))

    def take(self) -> set[str] | None:
        """The folders in which something happened since this was last asked; None where notices were lost."""
        happened: set[str] = set()
        while True:
            try:
                notices = os.read(self._descriptor, _READ_BYTES)
            except BlockingIOError:
                return happened
            if any(mask & _OVERFLOW for _, mask in _events(notices)):
                return None
            for watch, mask in _events(notices):
                folder = self._folders.get(watch)
                if mask & _IGNORED:
                    # Its folder is gone, or lies elsewhere now.
                    self._folders.pop(watch, None)
                elif folder is not None:
                    happened.add(folder)

    def close(self) -> None:
        os.close(self._descriptor)


def _events(notices: bytes) -> Iterable[tuple[int, int]]:
    at = 0
    while at < len(notices):
        watch, mask, _, length = _EVENT.unpack_from(notices, at)
        at += _EVENT.size + length
        yield watch, mask


def _checked(result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result

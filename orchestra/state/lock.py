"""One run per repository at a time."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Callable

from orchestra.errors import StateError, StateHeld
from orchestra.found_files import own
from orchestra.state.database import cannot_write
from orchestra.state.lock_owner import LockOwner

FILE = "lock"
_MOST_BYTES = 4096


class RepositoryLock:
    """Held from construction to `release`, or until the process dies.

    The kernel lets go of the lock when its owner dies, so a dead owner is taken over without a guess
    about process ids; pid, host and start time stand in the file for whoever is refused or only looks.
    """

    def __init__(self, folder: Path, *, now: datetime, flock: Callable[[int, int], None] = fcntl.flock) -> None:
        path = folder / FILE
        self._descriptor = _opened(path)
        try:
            flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held_by = _owner(self._descriptor)
            os.close(self._descriptor)
            raise _held(path, held_by) from None
        except OSError as error:
            os.close(self._descriptor)
            raise StateError(
                "the repository cannot be locked", where=f"{path}: {error.strerror}",
                hint="a file system without locks cannot hold the state: work on another one",
            ) from None
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, LockOwner.current(now).as_bytes(), 0)
        except OSError as error:
            os.close(self._descriptor)
            raise StateError(
                "the lock cannot be written", where=f"{path}: {error.strerror}", hint="make room, then run again"
            ) from None

    def release(self) -> None:
        """Let others in. The file stays: removing it would open a race."""
        with suppress(OSError):  # a disk that has failed meanwhile: whoever reads the name finds its owner dead
            os.ftruncate(self._descriptor, 0)
        # Closing is not enough: a child that is just being started holds the descriptor until its exec is through.
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)


def check_lock(folder: Path, *, now: datetime) -> None:
    """Raises what a lock would. It is taken, which refuses others, only to know of an owner on another host."""
    path = folder / FILE
    descriptor = _opened(path)
    try:
        owner = LockOwner.read(os.pread(descriptor, _MOST_BYTES, 0))
    finally:
        os.close(descriptor)
    if owner is None or not owner.may_live():
        return
    if owner.is_here:
        raise _held(path, str(owner))
    RepositoryLock(folder, now=now).release()


def may_be_held(folder: Path) -> bool:
    """Whether a live process may hold the lock, by what stands in its file: taking it, to see, would refuse others."""
    try:
        with open(folder / FILE, "rb", opener=own) as file:
            owner = LockOwner.read(file.read())
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return owner is not None and owner.may_live()


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise cannot_write(path, error) from None
        where = f"{path}: {error.strerror}"
        raise StateError("the lock cannot be opened", where=where, hint="move it away") from None


def _held(path: Path, by: str) -> StateHeld:
    return StateHeld(f"another run holds this repository ({by})", where=str(path), hint="wait for it, or stop it")


def _owner(descriptor: int) -> str:
    owner = LockOwner.read(os.pread(descriptor, _MOST_BYTES, 0))
    # A dead one stands there until the next has written its own name.
    return str(owner) if owner is not None and owner.may_live() else "which is just starting"

"""One run per repository at a time."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from datetime import datetime
from pathlib import Path
from typing import Callable

from orchestra.clock import iso
from orchestra.errors import StateError, StateHeld

FILE = "lock"


class RepositoryLock:
    """Held from construction to `release`, or until the process dies.

    The kernel lets go of the lock when its owner dies, so a dead owner is taken over without a guess
    about process ids; pid, host and start time stand in the file for whoever is refused.
    """

    def __init__(self, folder: Path, *, now: datetime, flock: Callable[[int, int], None] = fcntl.flock) -> None:
        path = folder / FILE
        try:
            self._descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise StateError("the lock cannot be opened", where=f"{path}: {error.strerror}") from None
        try:
            flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held_by = _owner(self._descriptor)
            os.close(self._descriptor)
            raise StateHeld(
                f"another run holds this repository ({held_by})", where=str(path), hint="wait for it, or stop it"
            ) from None
        except OSError as error:
            os.close(self._descriptor)
            raise StateError(
                "the repository cannot be locked", where=f"{path}: {error.strerror}",
                hint="a file system without locks cannot hold the state: work on another one",
            ) from None
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "started_at": iso(now)}
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps(owner).encode("utf-8"), 0)

    def release(self) -> None:
        """Let others in. The file stays: removing it would open a race."""
        os.ftruncate(self._descriptor, 0)
        # Closing is not enough: a child that is just being started holds the descriptor until its exec is through.
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)


def may_be_held(folder: Path) -> bool:
    """Whether a live process may hold the lock, by what stands in its file: taking it, to see, would refuse others.

    One on another host is taken to be alive.
    """
    try:
        owner = json.loads((folder / FILE).read_bytes())
        if owner["host"] == socket.gethostname():
            os.kill(owner["pid"], 0)
    except (ProcessLookupError, FileNotFoundError, ValueError, KeyError, TypeError):
        return False
    except OSError:
        return True
    return True


def _owner(descriptor: int) -> str:
    try:
        owner = json.loads(os.pread(descriptor, 4096, 0))
        return f"pid {owner['pid']} on {owner['host']} since {owner['started_at']}"
    except (ValueError, KeyError, TypeError):
        return "which is just starting"

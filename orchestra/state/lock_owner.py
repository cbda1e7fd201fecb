"""Who holds the lock: a process, told from a later one that was given its number."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestra.clock import iso
from orchestra.dataclass import dataclass
from orchestra.found_files import read_json

_PROC = Path("/proc")
_PS_S = 5.0


@dataclass(frozen=True)
class LockOwner:
    """What stands in the lock's file."""

    pid: int
    host: str
    started_at: str
    """When it took the lock."""
    process: str | None = None
    """When the process began, in the kernel's own terms; None where it does not tell."""

    @classmethod
    def current(cls, now: datetime) -> LockOwner:
        return cls(os.getpid(), socket.gethostname(), iso(now), start_of(os.getpid()))

    @classmethod
    def read(cls, content: bytes) -> LockOwner | None:
        """None where no owner stands there, or only half of one."""
        try:
            found: Any = read_json(content)
            owner = cls(found["pid"], found["host"], found["started_at"], found.get("process"))
        except (ValueError, KeyError, TypeError):
            return None
        kinds = ((owner.pid, int), (owner.host, str), (owner.started_at, str), (owner.process, (str, type(None))))
        return owner if all(isinstance(value, kind) for value, kind in kinds) and owner.pid > 0 else None

    def as_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode("utf-8")

    @property
    def is_here(self) -> bool:
        return self.host == socket.gethostname()

    def may_live(self) -> bool:
        """One on another host is taken to be alive; one whose number another process has now is dead."""
        if not self.is_here:
            return True
        try:
            os.kill(self.pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
        except OSError:
            pass  # it is another user's
        found = start_of(self.pid)
        return self.process is None or found is None or found == self.process

    def __str__(self) -> str:
        return f"pid {self.pid} on {self.host} since {self.started_at}"


def start_of(pid: int, proc: Path = _PROC) -> str | None:
    """When a process began, such that no other of the same number says the same; None where nobody tells.

    On Linux the boot and the clock ticks since then (proc(5), field 22 of stat), elsewhere what ps says.
    """
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        # The second field is a program's name in brackets, with any character in it.
        fields = (proc / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        return f"{boot}:{int(fields[19])}"
    except (OSError, ValueError, IndexError):
        return None if (proc / "self/stat").exists() else _by_ps(pid)


def _by_ps(pid: int) -> str | None:
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, timeout=_PS_S, env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC0"},
        )
        return done.stdout.decode("ascii", "replace").strip() or None
    return None

"""What the kernel says of this process."""

from __future__ import annotations

import os
import resource
import sys

_STATM = "/proc/self/statm"


def cpu_s() -> float:
    """Of this process, all threads."""
    return _cpu_s(resource.RUSAGE_SELF)


def children_cpu_s() -> float:
    """Of the children that have ended."""
    return _cpu_s(resource.RUSAGE_CHILDREN)


def memory_bytes() -> int:
    """The size in memory now; where the kernel does not tell, the largest so far."""
    try:
        with open(_STATM, "rb") as stream:
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        # getrusage(2): kilobytes on Linux, bytes on macOS.
        return largest if sys.platform == "darwin" else largest * 1024


def _cpu_s(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime

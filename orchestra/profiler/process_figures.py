"""What the kernel says of this process."""

from __future__ import annotations

import os
import sys
import time

_STATM = "/proc/self/statm"


def cpu_s() -> float:
    """Of this process, all threads."""
    return time.process_time()


def children_cpu_s() -> float:
    """Of the children that have ended, to a hundredth."""
    found = os.times()
    return found.children_user + found.children_system


def memory_bytes() -> int:
    """The size in memory now; where the kernel does not tell, the largest so far."""
    try:
        with open(_STATM, "rb") as stream:
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        import resource  # takes as long to load as a dozen looks

        largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        # getrusage(2): kilobytes on Linux, bytes on macOS.
        return largest if sys.platform == "darwin" else largest * 1024

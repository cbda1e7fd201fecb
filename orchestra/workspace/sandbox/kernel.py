"""The kernel's own calls, which the standard library has no names for."""

from __future__ import annotations

import ctypes
import os

NO_NEW_PRIVS = 38
PDEATHSIG = 1
SET_DUMPABLE = 4
SET_SECCOMP = 22
CAPBSET_DROP = 24
CHILD_SUBREAPER = 36


def libc() -> ctypes.CDLL:
    """The C library that the interpreter itself is bound to."""
    return ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> int:
    """What a function of the C library returns; OSError where that is -1."""
    result = getattr(libc(), name)(*arguments)
    if result == -1:
        raise _error(name)
    return int(result)


def syscall(number: int, *arguments: object) -> int:
    """What a system call returns. Numbers come as `ctypes.c_size_t` and the like, lest they be passed too short."""
    function = libc().syscall
    function.restype = ctypes.c_long
    result = function(ctypes.c_long(number), *arguments)
    if result == -1:
        raise _error("syscall %d" % number)
    return int(result)


def prctl(option: int, *arguments: int) -> int:
    """One of the process's switches, see prctl(2)."""
    return call("prctl", option, *(ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]))


def _error(name: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, "%s: %s" % (name, os.strerror(number)))

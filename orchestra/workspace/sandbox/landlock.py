"""Landlock: rights that a process gives up for itself and all its children (landlock(7))."""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Iterable

from orchestra.workspace.sandbox import kernel

OLDEST_ABI = 2
"""Before it, no file could be moved from one folder to another."""
TRUNCATE_ABI = 3
TCP_ABI = 4
SCOPE_ABI = 6

# The same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1
_BIND_AND_CONNECT_TCP = 3
_ABSTRACT_SOCKETS_AND_SIGNALS = 3

_WRITE_FILE, _REFER, _TRUNCATE = 1 << 1, 1 << 13, 1 << 14
_REMOVE_AND_MAKE = sum(1 << bit for bit in range(4, 13))
_OF_FILES = _WRITE_FILE | _TRUNCATE


def abi() -> int:
    """The version the kernel speaks; 0 where it has none, or it is switched off."""
    try:
        return kernel.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    except OSError:
        return 0


def restrict(version: int, writable: Iterable[str], *, denies_tcp: bool) -> None:
    """Let this process write only at and below these paths; those that are not there are passed over.

    `version` is that of `abi()`. Needs `NO_NEW_PRIVS`. Raises OSError.
    """
    rights = _WRITE_FILE | _REMOVE_AND_MAKE | _REFER | (_TRUNCATE if version >= TRUNCATE_ABI else 0)
    attributes = struct.pack("=Q", rights)
    if version >= TCP_ABI:
        attributes += struct.pack("=Q", _BIND_AND_CONNECT_TCP if denies_tcp else 0)
    if version >= SCOPE_ABI:
        attributes += struct.pack("=Q", _ABSTRACT_SOCKETS_AND_SIGNALS)
    ruleset = kernel.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for path in writable:
            _allow(ruleset, path, rights)
        kernel.syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return
    try:
        if not os.path.isdir(path):
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, place)
        kernel.syscall(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(place)

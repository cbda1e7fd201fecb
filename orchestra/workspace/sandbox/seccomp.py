"""A filter of system calls: no sockets but the allowed kinds, and no way around that (seccomp(2))."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from typing import Iterable, Sequence

from orchestra.workspace.sandbox import kernel

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16

# Of each architecture its number in audit.h, and those of socket(2) and truncate(2). Only 64 bits.
_ARCHITECTURES = {"x86_64": (0xC000003E, 41, 76), "aarch64": (0xC00000B7, 198, 45), "riscv64": (0xC00000F3, 198, 45)}
_IO_URING_SETUP = 425
_OTHER_NUMBERING = 0x40000000
"""From here on x86_64 has the calls of x32."""

_MODE_FILTER = 2
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES
_GO_ON, _TO_REFUSAL, _TO_LEAVE = "go on", "to the refusal", "to leave"


def is_known() -> bool:
    """Whether the numbers of this machine's calls are known here."""
    return os.uname().machine in _ARCHITECTURES and struct.calcsize("P") == 8


def restrict(families: Iterable[int], *, denies_truncate: bool) -> None:
    """Let this process make only sockets of these families. Needs `NO_NEW_PRIVS`. Raises OSError."""
    instructions = program(os.uname().machine, tuple(families), denies_truncate=denies_truncate)
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HP", len(instructions), ctypes.addressof(buffer))
    kernel.call("prctl", kernel.SET_SECCOMP, _MODE_FILTER, header, 0, 0)


def program(machine: str, families: Sequence[int], *, denies_truncate: bool) -> list[tuple[int, int, int, int]]:
    """The filter's instructions: code, how many to leap over where it holds and where not, operand (bpf)."""
    architecture, socket, truncate = _ARCHITECTURES[machine]
    refused = [_IO_URING_SETUP, *([truncate] if denies_truncate else [])]
    lines = [
        (_LOAD, _ARCHITECTURE, _GO_ON, _GO_ON),
        (_IF_EQUAL, architecture, _GO_ON, _TO_REFUSAL),
        (_LOAD, _NUMBER, _GO_ON, _GO_ON),
        (_IF_AT_LEAST, _OTHER_NUMBERING, _TO_REFUSAL, _GO_ON),
        *((_IF_EQUAL, number, _TO_REFUSAL, _GO_ON) for number in refused),
        (_IF_EQUAL, socket, _GO_ON, _TO_LEAVE),
        (_LOAD, _FIRST_ARGUMENT, _GO_ON, _GO_ON),
        *((_IF_EQUAL, family, _TO_LEAVE, _GO_ON) for family in families),
        (_RETURN, _REFUSE, _GO_ON, _GO_ON),
        (_RETURN, _ALLOW, _GO_ON, _GO_ON),
    ]
    ends = {_TO_REFUSAL: len(lines) - 2, _TO_LEAVE: len(lines) - 1}

    def leap(place: int, target: str) -> int:
        return ends[target] - place - 1 if target in ends else 0

    return [
        (code, leap(place, holds), leap(place, fails), operand)
        for place, (code, operand, holds, fails) in enumerate(lines)
    ]

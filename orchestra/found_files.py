"""Files at places where nobody says that what lies there means well."""

from __future__ import annotations

import errno
import json
import os
import select
import stat
from typing import Callable

_LONGEST_KEY_BYTES = 65536


def plain(path: str, flags: int, mode: int = 0o666) -> int:
    """An opener for `open` that takes plain files only, and never waits: a pipe would hold the program for ever."""
    descriptor = os.open(path, flags | os.O_NONBLOCK, mode)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a plain file", path)
    return descriptor


def own(path: str, flags: int) -> int:
    """The same for files of the program's own, which are never links, and new ones nobody else's to read."""
    return plain(path, flags | os.O_NOFOLLOW, 0o600)


def start_of(
    path: str | os.PathLike[str], most_bytes: int, *, opener: Callable[[str, int], int] = plain
) -> bytes | None:
    """The first bytes of what lies there; None where it cannot be read, or is no plain file."""
    try:
        with open(path, "rb", opener=opener) as file:
            return file.read(most_bytes)
    except OSError:
        return None


def read_json(content: str | bytes) -> object:
    """The value. Raises ValueError for anything that is not JSON, absurdly nested text too."""
    try:
        value: object = json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def key_text(path: str, *, patience_s: float = 5.0) -> str:
    """Of the file, or pipe, that holds a key. Raises OSError, UnicodeDecodeError."""
    content = b""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        ready = select.poll()
        ready.register(descriptor, select.POLLIN)
        while len(content) <= _LONGEST_KEY_BYTES:
            if not ready.poll(patience_s * 1000):
                raise OSError(errno.ETIMEDOUT, "nothing comes from it")
            piece = os.read(descriptor, _LONGEST_KEY_BYTES)
            if not piece:
                return content.decode("utf-8")
            content += piece
    finally:
        os.close(descriptor)
    raise OSError(errno.EFBIG, "it is larger than any key")

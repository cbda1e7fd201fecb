"""Text that the user has the program read: standard input, and files named, which may be pipes."""

from __future__ import annotations

import io
import os
import select
from pathlib import Path
from typing import TextIO

from orchestra.clock import Halt

_TURN_MS = 100
_PIECE_BYTES = 65536


def text_of_file(path: Path, halt: Halt) -> str:
    """Without the mark that editors may begin it with.

    Raises OSError, UnicodeDecodeError, and Cancelled at the halt.
    """
    with open(path, "rb", opener=_open_at_once) as file:
        return _text(_whole(file.fileno(), halt), "utf-8-sig", "strict")


def text_of_stream(stream: TextIO, halt: Halt) -> str:
    """All that comes until its end. Raises OSError, ValueError, and Cancelled at the halt."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return stream.read()
    return _text(_whole(descriptor, halt), stream.encoding, stream.errors or "strict")


def _whole(descriptor: int, halt: Halt) -> bytes:
    """Waits in short turns, since a blocked read would notice no signal."""
    content = bytearray()
    ready = select.poll()
    ready.register(descriptor, select.POLLIN)
    while True:
        halt.check()
        if ready.poll(_TURN_MS):
            piece = os.read(descriptor, _PIECE_BYTES)
            if not piece:
                return bytes(content)
            content += piece


def _text(content: bytes, encoding: str, errors: str) -> str:
    """As a stream would give it, whose lines all end alike."""
    return io.TextIOWrapper(io.BytesIO(content), encoding, errors).read()


def _open_at_once(path: str, flags: int) -> int:
    """Also a pipe that nobody writes to yet."""
    return os.open(path, flags | os.O_NONBLOCK)

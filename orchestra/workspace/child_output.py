"""Output of a child process, kept whole or only its two ends."""

from __future__ import annotations

CUT_MARK = b"\n[... %d bytes left out ...]\n"


class OutputBuffer:
    """Collects bytes; with `keep_bytes`, no more than that many from the start and from the end."""

    def __init__(self, keep_bytes: int | None) -> None:
        self._keep_bytes = keep_bytes
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def add(self, chunk: bytes) -> None:
        """Take the next piece."""
        if self._keep_bytes is None:
            self._head += chunk
            return
        room = self._keep_bytes - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        self._tail += chunk
        surplus = len(self._tail) - self._keep_bytes
        if surplus > 0:
            del self._tail[:surplus]
            self._dropped += surplus

    @property
    def is_cut(self) -> bool:
        return self._dropped > 0

    def content(self) -> bytes:
        """What was kept, with a line that says how much is missing."""
        cut = CUT_MARK % self._dropped if self._dropped else b""
        return bytes(self._head) + cut + bytes(self._tail)

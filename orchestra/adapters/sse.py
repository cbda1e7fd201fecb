"""Server-sent events from bytes as they arrive (WHATWG HTML, section 9.2)."""

from __future__ import annotations

from typing import NamedTuple

from orchestra.errors import InvalidResponse

MAX_LINE_BYTES = 16 * 1024 * 1024
MAX_STREAM_BYTES = 64 * 1024 * 1024

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class ServerEvent(NamedTuple):
    """One event: its name, empty where the server gave none, and its data lines joined."""

    name: str
    data: str


def in_utf8(raw: bytes) -> str:
    """The text of a part of an answer that has come whole. Raises InvalidResponse for what is no UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidResponse("the answer is not UTF-8") from None


class SseParser:
    """Fed with pieces of a stream of any size, gives the events that became whole."""

    def __init__(self, *, max_line_bytes: int = MAX_LINE_BYTES, max_stream_bytes: int = MAX_STREAM_BYTES) -> None:
        self._max_line_bytes = max_line_bytes
        self._left_bytes = max_stream_bytes
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._is_after_cr = False
        self._is_first_line = True
        self._name = ""
        self._data: list[str] = []

    def feed(self, piece: bytes) -> list[ServerEvent]:
        """The events completed by this piece. Raises InvalidResponse beyond the bounds, and for what is no UTF-8."""
        self._left_bytes -= len(piece)
        if self._left_bytes < 0:
            raise InvalidResponse("the answer is longer than any real one")
        return self._take(piece) if piece else []

    def close(self) -> list[ServerEvent]:
        """What the end of the stream completes: an event whose blank line never came.

        The standard drops it, but some servers leave the last line end out; a reader notices a cut one by itself.
        """
        return [*self._take(b"\n"), *self._take(b"\n")]

    def _take(self, piece: bytes) -> list[ServerEvent]:
        if self._is_after_cr and piece.startswith(b"\n"):
            piece = piece[1:]
        self._is_after_cr = piece.endswith(b"\r")
        if b"\r" in piece:
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = piece.split(b"\n")
        self._hold(lines[0])
        if len(lines) == 1:
            return []
        lines[0] = self._release()
        self._hold(lines.pop())
        events = []
        for line in lines:
            # Nearly all lines are of these two kinds.
            if line.startswith(b"data: "):
                self._data.append(in_utf8(line[6:]))
            elif line:
                self._take_field(line)
            elif self._data:
                events.append(self._event())
            else:
                self._name = ""
        return events

    def _hold(self, part: bytes) -> None:
        self._held_bytes += len(part)
        if self._held_bytes > self._max_line_bytes:
            raise InvalidResponse("a line of the answer is longer than any real one")
        if part:
            self._held.append(part)

    def _release(self) -> bytes:
        line = b"".join(self._held)
        self._held = []
        self._held_bytes = 0
        if self._is_first_line:
            self._is_first_line = False
            return line[len(_BYTE_ORDER_MARK):] if line.startswith(_BYTE_ORDER_MARK) else line
        return line

    def _take_field(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        value = value[1:] if value.startswith(b" ") else value
        if field == b"data":
            self._data.append(in_utf8(value))
        elif field == b"event":
            self._name = in_utf8(value)

    def _event(self) -> ServerEvent:
        event = ServerEvent(self._name, "\n".join(self._data))
        self._name, self._data = "", []
        return event

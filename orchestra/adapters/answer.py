"""From the bytes of a good status to a whole reply, streamed or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Iterator

from orchestra.adapters.sse import MAX_STREAM_BYTES, ServerEvent, SseParser, in_utf8
from orchestra.adapters.wire import StreamReader, WireFormat, WireReply, parsed
from orchestra.errors import ConnectionFailed, InvalidResponse, TimedOut

if TYPE_CHECKING:
    from orchestra.adapters.exchange import Exchange

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_answer(
    exchange: Exchange, wire_format: WireFormat, reader: StreamReader, received: Callable[[int], None]
) -> WireReply:
    """The whole answer. `received` is told of every few characters; `reader` keeps what came before a fault."""
    pieces = exchange.pieces()
    beginning = _beginning(pieces)
    # A server may ignore that a stream was asked for, and the first character is a surer sign than Content-Type.
    if beginning[:1] in (b"{", b"["):
        wire = _unstreamed(_value(beginning, pieces), wire_format, reader)
        received(len(wire.text))
        return wire
    try:
        for events in _events(beginning, pieces):
            characters = reader.feed_all(events)
            if characters:
                received(characters)
            if reader.is_done:
                exchange.settle()
                break
    except (ConnectionFailed, TimedOut):
        # What would have followed the end mark is not the answer any more.
        if not reader.has_end:
            raise
    return reader.reply()


def _beginning(pieces: Iterator[bytes]) -> bytes:
    beginning = b""
    for piece in pieces:
        beginning = (beginning + piece).lstrip()
        if beginning.startswith(_BYTE_ORDER_MARK):
            beginning = beginning[len(_BYTE_ORDER_MARK):].lstrip()
        if beginning and not _BYTE_ORDER_MARK.startswith(beginning):
            break
    return beginning


def _events(beginning: bytes, pieces: Iterator[bytes]) -> Iterator[list[ServerEvent]]:
    """What each piece completes."""
    parser = SseParser()
    yield parser.feed(beginning)
    for piece in pieces:
        yield parser.feed(piece)
    yield parser.close()


def _unstreamed(value: object, wire_format: WireFormat, reader: StreamReader) -> WireReply:
    if isinstance(value, list) and len(value) > 1:
        # Google's answer where a proxy has lost `alt=sse`: the events of the stream as one array.
        for data in value:
            reader.feed_value(data)
        return reader.reply()
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        raise InvalidResponse("the answer is not an object")
    return wire_format.parse_reply(value)


def _value(beginning: bytes, pieces: Iterator[bytes]) -> object:
    parts = [beginning]
    size_bytes = len(beginning)
    for piece in pieces:
        parts.append(piece)
        size_bytes += len(piece)
        if size_bytes > MAX_STREAM_BYTES:
            raise InvalidResponse("the answer is longer than any real one")
    return parsed(in_utf8(b"".join(parts)))

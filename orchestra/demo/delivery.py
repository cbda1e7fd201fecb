"""An answer as the bytes that go over the connection."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Iterable, Mapping

from orchestra.dataclass import dataclass
from orchestra.demo.script import Answer, Call, Cut, Drip, Fault, Hang, Reset, Text
from orchestra.demo.wire.exchange import Said
from orchestra.demo.wire.formats import format_named

KEEP, CLOSE, RESET, HANG = "keep", "close", "reset", "hang"

_LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True)
class Delivery:
    """What is sent, piece by piece, and what becomes of the connection."""

    pieces: tuple[bytes, ...]
    ending: str = KEEP
    """KEEP, CLOSE, RESET, or HANG: stays silent until the provider stops."""
    delay_s: float = 0.0
    """Waited before the first piece."""
    pause_s: float = 0.0
    """Waited before every further piece."""


def deliver(call: Call, answer: Answer) -> Delivery:
    """How `answer` is sent to `call`."""
    if isinstance(answer, Fault):
        return Delivery((json_or_text(answer.status, answer.body, answer.headers),))
    if isinstance(answer, Hang) and answer.text is None:
        return Delivery((), HANG)
    if isinstance(answer, Drip):
        return _dripping(call, answer)
    text = answer if isinstance(answer, Text) else Text(answer.text or "")
    said = _said(call, text)
    if isinstance(answer, Text):
        pieces = _events(call, said) if call.is_streamed else (_document(call, said),)
        return Delivery(pieces, delay_s=text.delay_s, pause_s=text.pause_s)
    if isinstance(answer, Cut):
        pieces = (*_unfinished_events(call, said), _LAST_CHUNK) if call.is_streamed else _half(call, said, cut=True)
        return Delivery(pieces, CLOSE)
    pieces = _unfinished_events(call, said) if call.is_streamed else _half(call, said, cut=False)
    return Delivery(pieces, RESET if isinstance(answer, Reset) else HANG)


def json_or_text(status: int, body: str | bytes | list[Any] | Mapping[str, Any], headers: Mapping[str, str]) -> bytes:
    """A whole HTTP answer with this body and, over our own, these headers."""
    if isinstance(body, (str, bytes)):
        content, kind = body.encode("utf-8") if isinstance(body, str) else body, "text/plain; charset=utf-8"
    else:
        content, kind = json.dumps(body, ensure_ascii=False).encode("utf-8"), "application/json"
    return _head(status, {"Content-Type": kind, "Content-Length": str(len(content)), **headers}) + content


def _said(call: Call, text: Text) -> Said:
    asked = _tokens(len(call.system) + sum(len(turn) for _, turn in call.turns))
    read = asked if text.most_input_tokens is None else min(asked, text.most_input_tokens)
    pieces = tuple(text.text[at:at + text.chunk_chars] for at in range(0, len(text.text), text.chunk_chars))
    return Said(
        number=call.number, model=call.model, pieces=pieces, thinking=text.thinking, finish=text.finish,
        input_tokens=read, output_tokens=_tokens(len(text.text)) + len(text.thinking) // 4,
        cached_tokens=text.cached_tokens, wants_usage=call.wants_usage,
    )


def _tokens(characters: int) -> int:
    return max(1, characters // 4)


def _document(call: Call, said: Said) -> bytes:
    return json_or_text(200, format_named(call.protocol).whole(said), {})


def _half(call: Call, said: Said, *, cut: bool) -> tuple[bytes, ...]:
    """Half of a document; a cut one claims no more than it has, so that only its reader sees the fault."""
    if cut:
        content = json.dumps(format_named(call.protocol).whole(said)).encode("ascii")
        half = content[: len(content) // 2]
        return (json_or_text(200, half, {"Content-Type": "application/json", "Connection": "close"}),)
    document = _document(call, said)
    return (document[: len(document) - len(document) // 4],)


def _events(call: Call, said: Said) -> tuple[bytes, ...]:
    stream = format_named(call.protocol).stream(said)
    events = (*stream.opening, *stream.deltas, *stream.closing)
    return (_stream_head(), *_chunked(event.encode() for event in events), _LAST_CHUNK)


def _unfinished_events(call: Call, said: Said) -> tuple[bytes, ...]:
    stream = format_named(call.protocol).stream(said)
    return (_stream_head(Connection="close"), *_chunked(event.encode() for event in stream.opening + stream.deltas))


def _dripping(call: Call, answer: Drip) -> Delivery:
    said = _said(call, Text(answer.text))
    whole = b"".join(_events(call, said)) if call.is_streamed else _document(call, said)
    at_once = 0 if answer.drips_head else whole.index(b"\r\n\r\n") + 4
    first = (whole[:at_once],) if at_once else ()
    drops = tuple(whole[at:at + 1] for at in range(at_once, len(whole)))
    return Delivery((*first, *drops), pause_s=answer.pause_s)


def _chunked(parts: Iterable[bytes]) -> Iterable[bytes]:
    for part in parts:
        yield b"%x\r\n%s\r\n" % (len(part), part)


def _stream_head(**headers: str) -> bytes:
    kind = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "Transfer-Encoding": "chunked"}
    return _head(200, {**kind, **headers})


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    reasons = {known.value: known.phrase for known in HTTPStatus}
    lines = [f"HTTP/1.1 {status} {reasons.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

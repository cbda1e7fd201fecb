from __future__ import annotations

import pytest

from orchestra.adapters.sse import ServerEvent, SseParser
from orchestra.errors import InvalidResponse

_STREAM = (
    b'\xef\xbb\xbf: a comment\n\nevent: greeting\r\ndata: {"a":\r\ndata:1}\r\n\r\n'
    b"id: 7\rdata: second\r\rdata\n\nretry: 5\n\nevent: nameless\n\ndata: \xc3\xa9\n\n"
)
_EVENTS = [
    ServerEvent("greeting", '{"a":\n1}'),
    ServerEvent("", "second"),
    ServerEvent("", ""),
    ServerEvent("", "é"),
]


def _parse(pieces: list[bytes]) -> list[ServerEvent]:
    parser = SseParser()
    events = [event for piece in pieces for event in parser.feed(piece)]
    return events + parser.close()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_reads_the_same_events_however_the_stream_is_cut(size: int) -> None:
    assert _parse([_STREAM[at:at + size] for at in range(0, len(_STREAM), size)]) == _EVENTS


def test_gives_an_event_as_soon_as_its_blank_line_came() -> None:
    parser = SseParser()
    assert parser.feed(b"data: a\n") == []
    assert parser.feed(b"\n") == [ServerEvent("", "a")]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r"])
def test_the_end_completes_an_event_without_its_blank_line(end: bytes) -> None:
    assert _parse([b"data: [DONE]" + end]) == [ServerEvent("", "[DONE]")]


def test_an_event_without_data_is_none() -> None:
    assert _parse([b"event: ping\n\n", b": keep-alive\n\n"]) == []


def test_a_line_beyond_its_bound_is_refused_before_it_ends() -> None:
    parser = SseParser(max_line_bytes=10)
    parser.feed(b"data: 1234")
    with pytest.raises(InvalidResponse):
        parser.feed(b"5")


def test_a_stream_beyond_its_bound_is_refused() -> None:
    parser = SseParser(max_stream_bytes=20)
    parser.feed(b"data: 1\n\n" * 2)
    with pytest.raises(InvalidResponse):
        parser.feed(b"data: 1\n\n")


@pytest.mark.parametrize("line", [b"data: caf\xe9\n\n", b"data:caf\xe9\n\n", b"event: \xff\n", b"data: \xed\xa0\xbd\n"])
@pytest.mark.parametrize("size", [1, 1000])
def test_what_is_no_utf_8_is_refused(line: bytes, size: int) -> None:
    with pytest.raises(InvalidResponse):
        _parse([line[at:at + size] for at in range(0, len(line), size)])


def test_what_says_nothing_may_be_in_any_encoding() -> None:
    assert _parse([b": caf\xe9\ncaf\xe9: 1\ndata: 1\n\n"]) == [ServerEvent("", "1")]

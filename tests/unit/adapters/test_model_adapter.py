from __future__ import annotations

import threading
from decimal import Decimal
from typing import Callable

import pytest

from orchestra.adapters.http import HttpClient
from orchestra.adapters.model_adapter import (
    ClaudeAdapter,
    CodexAdapter,
    GeminiAdapter,
    GLMAdapter,
    KimiAdapter,
    ModelAdapter,
)
from orchestra.adapters.rows import PROTOCOLS, ModelRow, PriceTier, ProviderRow
from orchestra.clock import CancelToken
from orchestra.config.settings import TimeoutSettings
from orchestra.errors import (
    AuthFailed,
    BadRequest,
    Cancelled,
    ConnectionFailed,
    InvalidResponse,
    Overloaded,
    ProviderFault,
    TimedOut,
    Truncated,
)
from orchestra.records import Reply, Usage
from tests.unit.adapters.doubles import CLOCK, NEVER, QUESTION, Watcher
from tests.unit.adapters.loopback import (
    Behaviour,
    Loopback,
    answers,
    closes,
    hangs,
    in_turn,
    sends,
    serving,
    streams,
)

_KEY = "secret-0123456789"
_MODEL = ModelRow("m", max_output=50, prices=(PriceTier(Decimal(1), Decimal(10), Decimal("0.1")),))


def _delta(content: str, finish: str | None = None) -> dict[str, object]:
    return {"choices": [{"delta": {"content": content}, "finish_reason": finish}]}


_USAGE = {"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 10}}
_CHAT = (_delta("Hel"), _delta("lo"), _delta("", "stop"), _USAGE, "data: [DONE]\n\n")
_STREAMS = {
    "openai-chat": _CHAT,
    "openai-responses": (
        {"type": "response.output_text.delta", "delta": "Hello"},
        {
            "type": "response.completed",
            "response": {"status": "completed", "usage": {"input_tokens": 100, "output_tokens": 10}},
        },
    ),
    "anthropic-messages": (
        {"type": "message_start", "message": {"usage": {"input_tokens": 100, "output_tokens": 1}}},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hello"}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 10}},
        {"type": "message_stop"},
    ),
    "gemini": (
        {"candidates": [{"content": {"parts": [{"text": "Hel"}]}}]},
        {
            "candidates": [{"content": {"parts": [{"text": "lo"}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 10},
        },
    ),
}


def _adapter(server: Loopback, protocol: str = "openai-chat", timeout: TimeoutSettings | None = None) -> ModelAdapter:
    row = ProviderRow("p", server.base_url, protocol, ("KEY",), timeout=timeout or TimeoutSettings())
    return ModelAdapter(row, _MODEL, HttpClient([row], variables={}, workers=1), key=_KEY, clock=CLOCK)


def _execute(adapter: ModelAdapter, watcher: Watcher, cancel: CancelToken | None = None) -> Reply:
    return adapter.execute(QUESTION, deadline=NEVER, cancel=cancel or CancelToken(), observer=watcher)


def _failing(behaviour: Behaviour, timeout: TimeoutSettings | None = None) -> tuple[ProviderFault, Watcher]:
    watcher = Watcher()
    with serving(behaviour) as server, pytest.raises(ProviderFault) as caught:
        _execute(_adapter(server, timeout=timeout), watcher)
    return caught.value, watcher


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_streamed_answer_is_a_reply_with_its_price(protocol: str) -> None:
    watcher = Watcher()
    with serving(streams(*_STREAMS[protocol])) as server:
        reply = _execute(_adapter(server, protocol), watcher)
        assert _KEY in str(server.received[0].headers) and _KEY not in server.received[0].line
    cached = 0 if protocol == "anthropic-messages" else None
    assert (reply.text, reply.provider, reply.model_id) == ("Hello", "p", "m")
    assert reply.usage == Usage(100, 10, cached, Decimal("0.0002"))
    assert watcher.started == ["p/m"] and watcher.characters == 5
    (attempt,) = watcher.attempts
    assert (attempt.success, attempt.usage, attempt.error_code) == (True, reply.usage, None)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_connection_of_a_whole_stream_is_used_again(protocol: str) -> None:
    with serving(streams(*_STREAMS[protocol])) as server:
        adapter = _adapter(server, protocol)
        _execute(adapter, Watcher())
        _execute(adapter, Watcher())
        assert (len(server.received), server.connections) == (2, 1)


def test_a_stream_that_comes_as_one_array_is_read() -> None:
    watcher = Watcher()
    with serving(answers(200, _STREAMS["gemini"])) as server:
        reply = _execute(_adapter(server, "gemini"), watcher)
    assert (reply.text, reply.usage.input_tokens, watcher.characters) == ("Hello", 100, 5)
    with serving(answers(200, [*_STREAMS["gemini"][:1], {"error": {"code": 503}}])) as server:
        with pytest.raises(Overloaded):
            _execute(_adapter(server, "gemini"), Watcher())


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream", "text/plain"])
@pytest.mark.parametrize("blanks", [b"", b" \n", b"\xef\xbb\xbf"])
def test_an_answer_in_one_piece_is_read_though_a_stream_was_asked_for(content_type: str, blanks: bytes) -> None:
    body = b'{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}'
    watcher = Watcher()
    with serving(answers(200, blanks + body, content_type=content_type)) as server:
        assert _execute(_adapter(server), watcher).text == "Hello"
    assert watcher.characters == 5


_LATIN_1 = b'{"choices":[{"message":{"content":"caf\xe9"},"finish_reason":"stop"}]}'


@pytest.mark.parametrize(
    "behaviour, expected",
    [
        pytest.param(answers(401, {"error": {"message": "no"}}), AuthFailed, id="401"),
        pytest.param(answers(529, b""), Overloaded, id="529"),
        pytest.param(answers(302, b"", headers="Location: https://evil.example/\r\n"), BadRequest, id="redirect"),
        pytest.param(answers(200, b""), InvalidResponse, id="nothing"),
        pytest.param(answers(200, b"<html>hello</html>"), InvalidResponse, id="a web page"),
        pytest.param(answers(200, b"{"), InvalidResponse, id="half an object"),
        pytest.param(answers(200, b"[]"), InvalidResponse, id="an empty list"),
        pytest.param(answers(200, [{"error": {"type": "overloaded_error"}}]), Overloaded, id="an error in a list"),
        pytest.param(streams(_delta("Hel")), InvalidResponse, id="no end mark"),
        pytest.param(streams(_delta("Hel"), "data: [DONE]\n\n"), InvalidResponse, id="done without a reason"),
        pytest.param(streams(_delta("Hel"), ends_well=False), ConnectionFailed, id="reset in mid-stream"),
        pytest.param(streams(_delta("Hel"), {"error": {"code": 503}}), Overloaded, id="error in mid-stream"),
        pytest.param(streams(_delta("Hel"), "data: nonsense\n\n"), InvalidResponse, id="garbage in mid-stream"),
        pytest.param(answers(200, _LATIN_1), InvalidResponse, id="no UTF-8"),
        pytest.param(answers(200, b"data: " + _LATIN_1 + b"\n\n"), InvalidResponse, id="no UTF-8 in a stream"),
        pytest.param(streams(_delta("Hel", "length")), Truncated, id="truncated"),
        pytest.param(closes, ConnectionFailed, id="closed at once"),
    ],
)
def test_a_failed_call_is_a_fault_and_an_attempt(behaviour: Behaviour, expected: type[ProviderFault]) -> None:
    fault, watcher = _failing(behaviour)
    assert type(fault) is expected
    (attempt,) = watcher.attempts
    assert (attempt.success, attempt.error_code) == (False, expected.error_code)
    assert attempt.error_message == fault.message
    assert "p" in str(fault.where)


def test_a_stream_that_hangs_times_out() -> None:
    head = sends(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ndata: {}\n\n")
    fault, _ = _failing(in_turn(head, hangs), TimeoutSettings(idle=0.2))
    assert type(fault) is TimedOut


@pytest.mark.parametrize("end", [hangs, closes])
def test_what_happens_after_the_end_mark_does_not_spoil_the_answer(end: Behaviour) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    event = b'data: {"choices":[{"delta":{"content":"Hello"},"finish_reason":"stop"}]}\n\n'
    behaviour = in_turn(sends(head + b"%x\r\n%s\r\n" % (len(event), event)), end)
    with serving(behaviour) as server:
        assert _execute(_adapter(server, timeout=TimeoutSettings(idle=0.2)), Watcher()).text == "Hello"


def test_what_was_written_to_the_providers_cache_is_paid_at_its_own_price() -> None:
    written = {"input_tokens": 100, "cache_creation_input_tokens": 1000, "cache_read_input_tokens": 10}
    start = {"type": "message_start", "message": {"usage": written}}
    tier = PriceTier(Decimal(1), Decimal(10), Decimal("0.1"), written_usd=Decimal("1.25"))
    with serving(streams(start, *_STREAMS["anthropic-messages"][1:])) as server:
        row = ProviderRow("p", server.base_url, "anthropic-messages")
        http = HttpClient([row], variables={}, workers=1)
        adapter = ModelAdapter(row, ModelRow("m", prices=(tier,)), http, key=None, clock=CLOCK)
        usage = _execute(adapter, Watcher()).usage
    assert (usage.input_tokens, usage.cached_tokens, usage.written_tokens) == (1110, 10, 1000)
    assert usage.cost_usd == Decimal("0.001451")


def test_usage_told_before_a_stream_broke_off_is_recorded() -> None:
    watcher = Watcher()
    with serving(streams(*_STREAMS["anthropic-messages"][:2], ends_well=False)) as server:
        with pytest.raises(ConnectionFailed):
            _execute(_adapter(server, "anthropic-messages"), watcher)
    # What is told at the beginning of a stream is not what it came to: the cost counts the two tokens of "Hello".
    assert watcher.attempts[0].usage == Usage(100, 1, 0, Decimal("0.00012"))


def test_a_truncated_answer_carries_what_came_and_its_usage() -> None:
    fault, watcher = _failing(streams(_delta("Hel"), _delta("lo", "length"), _USAGE, "data: [DONE]\n\n"))
    assert isinstance(fault, Truncated)
    assert (fault.partial_text, fault.output_tokens) == ("Hello", 10)
    assert watcher.attempts[0].usage.cost_usd == Decimal("0.0002")


def test_a_completed_response_that_used_up_its_cap_is_taken_for_truncated() -> None:
    usage = {"input_tokens": 100, "output_tokens": 50}
    event = {"type": "response.completed", "response": {"status": "completed", "usage": usage}}
    with serving(streams(_STREAMS["openai-responses"][0], event)) as server:
        with pytest.raises(Truncated) as caught:
            _execute(_adapter(server, "openai-responses"), Watcher())
    assert caught.value.partial_text == "Hello"


def test_a_key_that_the_provider_repeats_is_not_told() -> None:
    fault, watcher = _failing(answers(401, {"error": {"message": "bad key %s!" % _KEY}}))
    assert fault.what == "bad key [key]!"
    assert _KEY not in str(watcher.attempts)


def test_a_long_error_body_is_read_to_its_bound_only() -> None:
    head = sends(b"HTTP/1.1 500 X\r\nConnection: close\r\n\r\n")
    fault, _ = _failing(in_turn(head, lambda connection, server: _pour(connection.sendall, server)))
    assert fault.http_status == 500 and len(fault.what) == 500


def _pour(send: Callable[[bytes], None], server: Loopback) -> None:
    while not server.is_over.is_set():
        send(b"x" * 65536)


def test_a_blocked_call_is_cancelled_and_no_attempt_is_invented() -> None:
    watcher, cancel = Watcher(), CancelToken()
    with serving(hangs) as server:
        stopper = threading.Thread(target=lambda: server.is_asked.wait() and cancel.cancel())
        stopper.start()
        with pytest.raises(Cancelled):
            _execute(_adapter(server), watcher, cancel)
        stopper.join()
    assert (watcher.started, watcher.attempts) == (["p/m"], [])


def test_is_available_with_a_key_or_where_none_is_needed() -> None:
    http = HttpClient([], variables={}, workers=1)
    with_key, without = ProviderRow("p", "http://h/v1", key_variables=("KEY",)), ProviderRow("p", "http://h/v1")
    assert ModelAdapter(with_key, _MODEL, http, key="k", clock=CLOCK).is_available()
    assert not ModelAdapter(with_key, _MODEL, http, key=None, clock=CLOCK).is_available()
    assert ModelAdapter(without, _MODEL, http, key=None, clock=CLOCK).is_available()


@pytest.mark.parametrize(
    "adapter, name",
    [
        (KimiAdapter, "moonshot/kimi-k2.6"),
        (GLMAdapter, "zai/glm-4.7"),
        (GeminiAdapter, "gemini/gemini-3.1-pro-preview"),
        (CodexAdapter, "openai/gpt-5.3-codex"),
        (ClaudeAdapter, "anthropic/claude-opus-4-5"),
    ],
)
def test_the_named_adapters(adapter: Callable[..., ModelAdapter], name: str) -> None:
    http = HttpClient([], variables={}, workers=1)
    assert adapter(http, key=None, clock=CLOCK).get_info().name == name
    assert adapter(http, key=None, clock=CLOCK, model="x").get_info().model == "x"


def test_an_answer_without_its_usage_costs_what_is_estimated_and_is_recorded_as_unknown() -> None:
    watcher = Watcher()
    with serving(streams(*_CHAT[:3], _CHAT[-1])) as server:
        _execute(_adapter(server), watcher)
    usage = watcher.attempts[0].usage
    assert (usage.input_tokens, usage.output_tokens) == (None, None)
    assert usage.cost_usd is not None and Decimal("0.00003") < usage.cost_usd < Decimal("0.0001")


def test_a_call_that_brought_nothing_has_no_cost() -> None:
    _, watcher = _failing(answers(500, {"error": {"message": "broken"}}))
    assert watcher.attempts[0].usage.cost_usd is None

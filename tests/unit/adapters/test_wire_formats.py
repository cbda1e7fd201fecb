from __future__ import annotations

import json
from typing import Any, Callable

import pytest

from orchestra.adapters import anthropic_messages, gemini, openai_chat, openai_responses
from orchestra.adapters.adapter import Message, Request, Segment
from orchestra.adapters.rows import BUDGET, ModelRow
from orchestra.adapters.sse import ServerEvent
from orchestra.adapters.wire import WireFormat, WireReply
from orchestra.errors import (
    ApiError,
    ContentFiltered,
    ContextExceeded,
    InvalidResponse,
    Overloaded,
    ProviderFault,
    RateLimited,
    Truncated,
)
from orchestra.records import Usage

_FORMATS: dict[str, WireFormat] = {
    "chat": openai_chat,
    "responses": openai_responses,
    "messages": anthropic_messages,
    "gemini": gemini,
}
_REQUEST = Request(
    "Be brief.", (Message.of("user", "One?"), Message.of("assistant", "Two."), Message.of("user", "Three?"))
)
_DONE = "[DONE]"


def _stream(name: str, events: list[Any]) -> WireReply:
    reader = _FORMATS[name].new_reader()
    for event in events:
        reader.feed(ServerEvent("", event if isinstance(event, str) else json.dumps(event)))
    return reader.reply()


def _delta(content: object, finish: str | None = None, **rest: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": {"content": content, **rest}, "finish_reason": finish}]}


def _chunk(*parts: object, finish: str | None = None, **rest: object) -> dict[str, object]:
    candidate: dict[str, object] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    return {"candidates": [{**candidate, **({"finishReason": finish} if finish else {})}], **rest}


def _response(status: str, *parts: object, **rest: object) -> dict[str, object]:
    message = {"type": "message", "role": "assistant", "content": list(parts)}
    return {"status": status, "error": None, "output": [{"type": "reasoning", "summary": []}, message], **rest}


def _output(text: str) -> dict[str, object]:
    return {"type": "output_text", "text": text, "annotations": []}


def _message_stream(stop_reason: str | None, *texts: str) -> list[Any]:
    start = {"input_tokens": 10, "cache_creation_input_tokens": 2, "cache_read_input_tokens": 3, "output_tokens": 1}
    return [
        {"type": "message_start", "message": {"usage": start}},
        {"type": "content_block_start", "content_block": {"type": "thinking", "thinking": "hm"}},
        {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "secret"}},
        {"type": "ping"},
        {"type": "content_block_start", "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}} for text in texts),
        {"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]


_CHAT_USAGE = {"prompt_tokens": 19, "completion_tokens": 21, "total_tokens": 40}
_RESPONSES_USAGE = {"input_tokens": 36, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 87}
_GEMINI_USAGE = {"promptTokenCount": 10, "candidatesTokenCount": 5, "thoughtsTokenCount": 120, "totalTokenCount": 135}


def test_chat_payload() -> None:
    assert openai_chat.url_path("m") == "/chat/completions"
    assert openai_chat.headers("k") == {"Authorization": "Bearer k"} and openai_chat.headers(None) == {}
    assert openai_chat.build_payload(_REQUEST, ModelRow("m", max_output=99)) == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "One?"},
            {"role": "assistant", "content": "Two."},
            {"role": "user", "content": "Three?"},
        ],
        "max_tokens": 99,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_responses_payload() -> None:
    assert openai_responses.url_path("m") == "/responses"
    assert openai_responses.headers("k") == {"Authorization": "Bearer k"} and openai_responses.headers(None) == {}
    payload = openai_responses.build_payload(_REQUEST, ModelRow("m", max_output=99))
    turns = payload.pop("input")
    assert payload == {
        "model": "m", "instructions": "Be brief.", "max_output_tokens": 99, "store": False, "stream": True
    }
    assert isinstance(turns, list)
    assert [(turn["role"], turn["content"][0]["type"], turn["content"][0]["text"]) for turn in turns] == [
        ("user", "input_text", "One?"), ("assistant", "output_text", "Two."), ("user", "input_text", "Three?")
    ]


def test_messages_payload() -> None:
    assert anthropic_messages.url_path("m") == "/messages"
    assert anthropic_messages.headers("k") == {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    assert anthropic_messages.headers(None) == {"anthropic-version": "2023-06-01"}
    assert anthropic_messages.build_payload(_REQUEST, ModelRow("m", max_output=99)) == {
        "model": "m",
        "max_tokens": 99,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": "One?"},
            {"role": "assistant", "content": "Two."},
            {"role": "user", "content": "Three?"},
        ],
        "stream": True,
    }


def test_gemini_payload() -> None:
    assert gemini.url_path("a b") == "/models/a%20b:streamGenerateContent?alt=sse"
    assert gemini.headers("k") == {"x-goog-api-key": "k"} and gemini.headers(None) == {}
    assert gemini.build_payload(_REQUEST, ModelRow("m", max_output=99)) == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "One?"}]},
            {"role": "model", "parts": [{"text": "Two."}]},
            {"role": "user", "parts": [{"text": "Three?"}]},
        ],
        "generationConfig": {"maxOutputTokens": 99},
    }


@pytest.mark.parametrize("name", _FORMATS)
def test_the_requests_own_cap_goes_before_the_models(name: str) -> None:
    request = Request("", (Message.of("user", "?"),), max_output_tokens=5)
    payload = json.dumps(_FORMATS[name].build_payload(request, ModelRow("m", max_output=99)))
    assert ": 5" in payload and "99" not in payload
    assert "Be brief" not in payload and "nstruction" not in payload and "system" not in payload


@pytest.mark.parametrize(
    "name, sent",
    [
        ("chat", {"reasoning_effort": "high"}),
        ("responses", {"reasoning": {"effort": "high"}}),
        ("messages", {"output_config": {"effort": "high"}}),
    ],
)
def test_the_effort_is_sent_in_the_protocols_field_where_it_is_set(name: str, sent: dict[str, object]) -> None:
    payload = _FORMATS[name].build_payload(_REQUEST, ModelRow("m", effort="high"))
    assert payload == {**_FORMATS[name].build_payload(_REQUEST, ModelRow("m")), **sent}


def test_geminis_effort_lies_beside_the_output_cap() -> None:
    payload = gemini.build_payload(_REQUEST, ModelRow("m", max_output=9, effort="low"))
    assert payload["generationConfig"] == {"maxOutputTokens": 9, "thinkingConfig": {"thinkingLevel": "low"}}


@pytest.mark.parametrize(
    "name, model, sent",
    [
        ("chat", ModelRow("m", thinking=True), {"type": "enabled"}),
        ("chat", ModelRow("m", thinking=False), {"type": "disabled"}),
        ("messages", ModelRow("m", thinking=True), {"type": "adaptive"}),
        ("messages", ModelRow("m", thinking=False), {"type": "disabled"}),
        (
            "messages",
            ModelRow("m", thinking=True, thinking_switch=BUDGET, max_output=9000),
            {"type": "enabled", "budget_tokens": 4500},
        ),
        (
            "messages",
            ModelRow("m", thinking=True, thinking_switch=BUDGET, max_output=1025),
            {"type": "enabled", "budget_tokens": 1024},
        ),
        ("messages", ModelRow("m", thinking=True, thinking_switch=BUDGET, max_output=1024), None),
        ("messages", ModelRow("m", thinking=False, thinking_switch=BUDGET), None),
        ("messages", ModelRow("m", thinking_switch=BUDGET), None),
    ],
)
def test_thinking_is_switched_as_the_model_has_it(name: str, model: ModelRow, sent: object) -> None:
    assert _FORMATS[name].build_payload(_REQUEST, model).get("thinking") == sent


@pytest.mark.parametrize("name", _FORMATS)
def test_the_output_cap_goes_into_the_field_that_the_model_names(name: str) -> None:
    payload = _FORMATS[name].build_payload(_REQUEST, ModelRow("m", max_output=99, output_cap_field="cap"))
    text = json.dumps(payload)
    assert '"cap": 99' in text and text.count("99") == 1


_MARK = {"cache_control": {"type": "ephemeral"}}


def test_a_prompts_beginning_is_marked_where_the_provider_caches_only_what_is_marked() -> None:
    model = ModelRow("m", marks_cache=True)
    payload = anthropic_messages.build_payload(Request("Be brief.", (Message.of("user", "One?"),)), model)
    assert payload["system"] == [{"type": "text", "text": "Be brief.", **_MARK}]
    assert payload["messages"] == [{"role": "user", "content": "One?"}]
    unmarked = anthropic_messages.build_payload(_REQUEST, ModelRow("m"))
    assert "cache_control" not in json.dumps(unmarked)


@pytest.mark.parametrize("name, of_system", [
    ("chat", lambda payload: payload["messages"][0]["content"]),
    ("responses", lambda payload: payload["instructions"]),
    ("messages", lambda payload: payload["system"][0]["text"]),
    ("gemini", lambda payload: payload["systemInstruction"]["parts"][0]["text"]),
])
def test_what_prompts_share_ends_the_system_text_with_the_mark_at_its_end(
    name: str, of_system: Callable[[Any], str]
) -> None:
    shared = (Segment("text", "The task:\n", True), Segment("task", "Do it.", True))
    for rules, said in (("Be brief.", "Be brief.\n\nThe task:\nDo it."), ("", "The task:\nDo it.")):
        request = Request(rules, (Message.of("user", "One?"),), shared=shared)
        payload = _FORMATS[name].build_payload(request, ModelRow("m", marks_cache=True))
        assert of_system(payload) == said
        assert payload.get("system") in (None, [{"type": "text", "text": said, **_MARK}])


def test_a_conversation_that_goes_on_is_marked_at_its_end_too() -> None:
    payload = anthropic_messages.build_payload(_REQUEST, ModelRow("m", marks_cache=True))
    assert payload["messages"] == [
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "Two."},
        {"role": "user", "content": [{"type": "text", "text": "Three?", **_MARK}]},
    ]


def test_no_mark_stands_on_instructions_that_are_not_there() -> None:
    request = Request("", (Message.of("user", "One?"),))
    assert "system" not in anthropic_messages.build_payload(request, ModelRow("m", marks_cache=True))


def test_tokens_written_to_the_cache_are_told_by_responses_too() -> None:
    usage = {**_RESPONSES_USAGE, "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 30}}
    reply = openai_responses.parse_reply(_response("completed", _output("Hello"), usage=usage))
    assert reply.usage == Usage(36, 87, 4, written_tokens=30)


def test_what_a_model_refuses_is_not_sent() -> None:
    model = ModelRow("m", refuses=frozenset({"stream_options"}))
    assert "stream_options" not in openai_chat.build_payload(_REQUEST, model)


_GOOD = [
    pytest.param(
        "chat",
        [
            _delta(None, role="assistant"),
            _delta(None, reasoning_content="secret"),
            _delta("Hel"),
            _delta("lo"),
            _delta("", "stop"),
            {"choices": [], "usage": {**_CHAT_USAGE, "prompt_tokens_details": {"cached_tokens": 10}}},
            _DONE,
        ],
        Usage(19, 21, 10),
        id="chat with usage at the end",
    ),
    pytest.param(
        "chat",
        [
            _delta("Hello"),
            {"choices": [{"delta": {}, "finish_reason": "stop", "usage": {**_CHAT_USAGE, "cached_tokens": 10}}]},
            _DONE,
        ],
        Usage(19, 21, 10),
        id="chat with usage in the choice",
    ),
    pytest.param(
        "chat",
        [_delta("Hello", "stop"), {"usage": {**_CHAT_USAGE, "prompt_cache_hit_tokens": 10}}],
        Usage(19, 21, 10),
        id="chat with DeepSeek's name for what was cached",
    ),
    pytest.param("chat", [_delta("Hello", "stop"), {"usage": None, "choices": []}], Usage(), id="chat without usage"),
    pytest.param(
        "responses",
        [
            {"type": "response.created", "response": {"status": "in_progress", "error": None}},
            {"type": "response.reasoning_summary_text.delta", "delta": "secret"},
            {"type": "response.output_text.delta", "delta": "Hel"},
            {"type": "response.output_text.delta", "delta": "lo"},
            {"type": "response.output_text.done", "text": "Hello"},
            {
                "type": "response.completed",
                "response": _response("completed", _output("Hello"), usage=_RESPONSES_USAGE),
            },
        ],
        Usage(36, 87, 4),
        id="responses",
    ),
    pytest.param(
        "responses",
        [{"type": "response.completed", "response": _response("completed", _output("Hello"))}],
        Usage(),
        id="responses without deltas",
    ),
    pytest.param(
        "messages", _message_stream("end_turn", "Hel", "lo"), Usage(15, 7, 3, written_tokens=2), id="messages"
    ),
    pytest.param(
        "gemini",
        [
            _chunk({"text": "secret", "thought": True}),
            _chunk({"text": "Hel"}, usageMetadata={"promptTokenCount": 10}),
            _chunk({"text": "lo"}, finish="STOP", usageMetadata={**_GEMINI_USAGE, "cachedContentTokenCount": 2}),
        ],
        Usage(10, 125, 2),
        id="gemini",
    ),
]


@pytest.mark.parametrize("name, events, usage", _GOOD)
def test_reads_a_stream(name: str, events: list[Any], usage: Usage) -> None:
    reply = _stream(name, events)
    assert (reply.text, reply.finish, reply.usage, reply.fault()) == ("Hello", "stop", usage, None)


@pytest.mark.parametrize(
    "name, events, count",
    [
        ("chat", [_delta("Hello"), _DONE], 2),
        ("responses", [{"type": "response.output_text.delta", "delta": "Hello"}], 1),
        ("messages", _message_stream("end_turn", "Hello")[:-1], 7),
        ("messages", _message_stream(None, "Hello"), 8),
        ("gemini", [_chunk({"text": "Hello"})], 1),
        *((name, [], 0) for name in _FORMATS),
        *((name, [_DONE], 1) for name in _FORMATS),
    ],
)
def test_a_stream_without_its_end_mark_is_no_answer(name: str, events: list[Any], count: int) -> None:
    assert len(events) == count
    with pytest.raises(InvalidResponse):
        _stream(name, events)


@pytest.mark.parametrize(
    "name, body, usage",
    [
        (
            "chat",
            {
                "choices": [
                    {"index": 0, "message": {"content": "Hello", "reasoning_content": "x"}, "finish_reason": "stop"}
                ],
                "usage": _CHAT_USAGE,
            },
            Usage(19, 21, None),
        ),
        ("responses", _response("completed", _output("Hel"), _output("lo"), usage=_RESPONSES_USAGE), Usage(36, 87, 4)),
        (
            "messages",
            {
                "type": "message",
                "content": [{"type": "thinking", "thinking": "x"}, {"type": "text", "text": "Hello"}],
                "stop_reason": "end_turn",
                "usage": {"input_tokens": 10, "output_tokens": 5},
            },
            Usage(10, 5, 0),
        ),
        ("gemini", _chunk({"text": "Hello"}, finish="STOP", usageMetadata=_GEMINI_USAGE), Usage(10, 125, None)),
    ],
)
def test_reads_a_body_in_one_piece(name: str, body: dict[str, object], usage: Usage) -> None:
    reply = _FORMATS[name].parse_reply(body)
    assert (reply.text, reply.finish, reply.usage, reply.fault()) == ("Hello", "stop", usage, None)


def _incomplete(reason: str, *parts: object) -> list[Any]:
    response = _response("incomplete", *parts, incomplete_details={"reason": reason})
    return [{"type": "response.incomplete", "response": response}]


@pytest.mark.parametrize(
    "name, events, expected",
    [
        ("chat", [_delta("Hel", "length")], Truncated),
        ("chat", [_delta("Hel", "model_context_window_exceeded")], Truncated),
        ("chat", [_delta("", "model_context_window_exceeded")], ContextExceeded),
        ("chat", [_delta("Hel", "sensitive")], ContentFiltered),
        ("chat", [_delta("Hel", "content_filter")], ContentFiltered),
        ("chat", [_delta(None, refusal="I won't"), _delta(None, "stop")], ContentFiltered),
        ("chat", [_delta("Hel", "network_error")], ApiError),
        ("chat", [_delta("", "stop")], InvalidResponse),
        ("chat", [_delta(" \n", "stop")], InvalidResponse),
        ("responses", _incomplete("max_output_tokens", _output("Hel")), Truncated),
        (
            "responses",
            [{**_incomplete("max_output_tokens", _output("Hel"))[0], "type": "response.completed"}],
            Truncated,
        ),
        ("responses", _incomplete("content_filter"), ContentFiltered),
        ("responses", _incomplete("steered"), ApiError),
        (
            "responses",
            [{"type": "response.completed", "response": _response("completed", {"type": "refusal", "refusal": "no"})}],
            ContentFiltered,
        ),
        ("messages", _message_stream("max_tokens", "Hel"), Truncated),
        ("messages", _message_stream("model_context_window_exceeded", "Hel"), Truncated),
        ("messages", _message_stream("model_context_window_exceeded"), ContextExceeded),
        ("messages", _message_stream("refusal", "Hel"), ContentFiltered),
        ("messages", _message_stream("end_turn"), InvalidResponse),
        ("gemini", [_chunk({"text": "Hel"}, finish="MAX_TOKENS")], Truncated),
        ("gemini", [{"candidates": [{"finishReason": "MAX_TOKENS"}]}], Truncated),
        ("gemini", [_chunk({"text": "Hel"}, finish="SAFETY")], ContentFiltered),
        ("gemini", [{"promptFeedback": {"blockReason": "SAFETY"}}], ContentFiltered),
        ("gemini", [_chunk({"text": "Hel"}, finish="IMAGE_SAFETY")], ContentFiltered),
        ("gemini", [_chunk({"text": "Hel"}, finish="NEW_IN_2027")], ApiError),
        ("gemini", [_chunk(finish="MALFORMED_FUNCTION_CALL")], ApiError),
        ("gemini", [_chunk(finish="STOP")], InvalidResponse),
    ],
)
def test_an_end_that_is_no_good_answer_is_a_fault(
    name: str, events: list[Any], expected: type[ProviderFault]
) -> None:
    assert type(_stream(name, events).fault()) is expected


@pytest.mark.parametrize("text", [
    "<think>hmm</think>\n", "\ufeff<think>hmm ```\nno\n```\n", "<thinking>one</thinking><thinking>two",
    "◁think▷hm◁/think▷",
])
def test_an_answer_that_is_thinking_only_holds_nothing(text: str) -> None:
    fault = _stream("chat", [_delta(text, "stop")]).fault()
    assert type(fault) is InvalidResponse
    assert fault.what == "the answer is nothing but thinking"


@pytest.mark.parametrize("text", ["<think>hm</think>\nHello", "Hello <think>", "<thinker>", "Hm.\n<think>h</think>\n"])
def test_an_answer_with_more_than_thinking_is_a_good_one(text: str) -> None:
    reply = _stream("chat", [_delta(text, "stop")])
    assert (reply.text, reply.fault()) == (text, None)


def test_thinking_that_reached_the_cap_is_cut_off() -> None:
    assert type(_stream("chat", [_delta("<think>hmm", "length")]).fault()) is Truncated


@pytest.mark.parametrize("reason", ["STOP", "MAX_TOKENS", "SAFETY", "IMAGE_SAFETY", "OTHER", "NEW_IN_2027"])
def test_a_reason_of_geminis_says_the_same_in_a_stream_and_without_one(reason: str) -> None:
    streamed = _stream("gemini", [_chunk({"text": "Hel"}), _chunk(finish=reason)])
    assert gemini.parse_reply(_chunk({"text": "Hel"}, finish=reason)) == streamed


def test_a_truncated_answer_keeps_what_came() -> None:
    events = [_delta("Hel", "length"), {"choices": [], "usage": _CHAT_USAGE}]
    fault = _stream("chat", events).fault()
    assert isinstance(fault, Truncated)
    assert (fault.partial_text, fault.output_tokens) == ("Hel", 21)


@pytest.mark.parametrize(
    "name, event, expected",
    [
        ("chat", {"error": {"message": "Overloaded", "type": "overloaded_error"}}, Overloaded),
        ("chat", {"error": {"code": "1302", "message": "slow"}}, RateLimited),
        ("chat", {"error": "Context size has been exceeded."}, ContextExceeded),
        ("responses", {"type": "error", "error": {"code": "context_length_exceeded"}}, ContextExceeded),
        ("responses", {"type": "error", "code": "rate_limit_exceeded", "message": "x"}, RateLimited),
        (
            "responses",
            {"type": "response.failed", "response": {"status": "failed", "error": {"code": "server_error"}}},
            ApiError,
        ),
        ("messages", {"type": "error", "error": {"type": "overloaded_error", "message": "x"}}, Overloaded),
        ("gemini", {"error": {"code": 503, "status": "UNAVAILABLE", "message": "x"}}, Overloaded),
    ],
)
def test_an_error_event_is_a_fault(name: str, event: dict[str, object], expected: type[ProviderFault]) -> None:
    with pytest.raises(ProviderFault) as caught:
        _stream(name, [event])
    assert type(caught.value) is expected


@pytest.mark.parametrize("name", _FORMATS)
@pytest.mark.parametrize(
    "body",
    [{}, {"hello": 1}, {"choices": 3, "output": "x", "content": None, "candidates": {}}, {"choices": [None, 1, []]}],
)
def test_a_body_of_another_shape_is_no_answer(name: str, body: dict[str, object]) -> None:
    with pytest.raises(InvalidResponse):
        _FORMATS[name].parse_reply(body)


@pytest.mark.parametrize("name", _FORMATS)
def test_an_error_in_a_body_of_a_good_status_is_a_fault(name: str) -> None:
    with pytest.raises(RateLimited):
        _FORMATS[name].parse_reply({"error": {"message": "x", "code": "rate_limit_exceeded"}})


@pytest.mark.parametrize("name", _FORMATS)
@pytest.mark.parametrize("data", ["nonsense", "{", "[1]", "7", "[" * 100_000])
def test_an_event_that_is_not_an_object_is_no_answer(name: str, data: str) -> None:
    with pytest.raises(InvalidResponse):
        _stream(name, [data])


def test_a_character_escaped_across_two_events_is_joined() -> None:
    events = ['{"choices":[{"delta":{"content":"\\ud83d"}}]}', '{"choices":[{"delta":{"content":"\\ude00 \\ud83d"}}]}']
    assert _stream("chat", [*events, _delta("", "stop")]).text == "\U0001f600 \ufffd"


def test_counts_that_cannot_be_are_unknown() -> None:
    usage = {"prompt_tokens": -1, "completion_tokens": True, "prompt_tokens_details": {"cached_tokens": 1e300}}
    assert _stream("chat", [_delta("Hello", "stop"), {"usage": usage}]).usage == Usage()


@pytest.mark.parametrize("data, expected", [
    ('{"code": "1302", "message": "x"}', RateLimited),
    ('{"type": "overloaded_error", "message": "x"}', Overloaded),
    ("Overloaded", Overloaded),
])
@pytest.mark.parametrize("name", _FORMATS)
def test_an_event_named_error_is_a_fault_whatever_it_holds(
    name: str, data: str, expected: type[ProviderFault]
) -> None:
    with pytest.raises(expected):
        _FORMATS[name].new_reader().feed(ServerEvent("error", data))


def test_a_gateways_code_beside_an_answer_is_no_fault() -> None:
    choice = {"index": 0, "message": {"content": "fine"}, "finish_reason": "stop"}
    body = {"code": 0, "msg": "ok", "choices": [choice]}
    assert _FORMATS["chat"].parse_reply(body).text == "fine"

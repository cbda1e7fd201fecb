"""Each wire format word for word, streamed and whole."""

from __future__ import annotations

import pytest

from orchestra.demo.provider import ScriptedProvider
from orchestra.demo.script import Text
from tests.unit.demo.client import ask

ANSWER = Text("One two three.", chunk_chars=5, thinking="Counting up to three.", cached_tokens=1)
PIECES = ["One t", "wo th", "ree."]
SYSTEM, QUESTION = "S" * 10, "Q" * 30
INPUT_TOKENS, THINKING_TOKENS, OUTPUT_TOKENS = 10, 5, 8


def answered(protocol, answer=ANSWER, *, streamed, model="some-model"):
    with ScriptedProvider(lambda call: answer) as provider:
        got = ask(provider, protocol, model=model, system=SYSTEM, text=QUESTION, streamed=streamed)
    assert got.status == 200
    assert got.headers["content-type"] == ("text/event-stream" if streamed else "application/json")
    return got.events if streamed else got.json


def test_chat_stream_ends_with_the_reason_the_usage_and_done():
    events = answered("openai-chat", streamed=True)
    assert {name for name, _ in events} == {None}
    *chunks, done = [data for _, data in events]
    assert done == "[DONE]"
    assert {(chunk["object"], chunk["model"], chunk["id"]) for chunk in chunks} == {
        ("chat.completion.chunk", "some-model", "chatcmpl-1")
    }
    *spoken, usage = chunks
    assert [chunk["choices"][0]["delta"] for chunk in spoken] == [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "Counting up to three."},
        *({"content": piece} for piece in PIECES),
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in spoken] == [None] * 5 + ["stop"]
    assert all("usage" not in chunk and "usage" not in chunk["choices"][0] for chunk in spoken)
    assert usage["choices"] == []
    assert usage["usage"] == chat_usage()


def chat_usage():
    return {
        "prompt_tokens": INPUT_TOKENS, "completion_tokens": OUTPUT_TOKENS,
        "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS, "prompt_tokens_details": {"cached_tokens": 1},
    }


def test_chat_stream_of_kimi_has_its_usage_in_the_last_choice_too():
    events = answered("openai-chat", streamed=True, model="kimi-k2.6")
    assert [data["choices"][0]["usage"] for _, data in events[-3:-2]] == [chat_usage()]


def test_chat_answer_holds_text_reasoning_and_usage():
    body = answered("openai-chat", streamed=False)
    assert body["object"] == "chat.completion"
    message = {"role": "assistant", "content": "One two three.", "reasoning_content": "Counting up to three."}
    assert body["choices"] == [{"index": 0, "message": message, "finish_reason": "stop"}]
    assert body["usage"] == chat_usage()


RESPONSES_EVENTS = [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.reasoning_summary_text.delta",
    "response.output_item.done",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
]


def test_responses_stream_is_numbered_named_and_ends_with_the_whole_response():
    events = answered("openai-responses", streamed=True)
    assert [name for name, _ in events] == RESPONSES_EVENTS
    assert [data["type"] for _, data in events] == RESPONSES_EVENTS
    assert [data["sequence_number"] for _, data in events] == list(range(len(events)))
    assert [data["delta"] for name, data in events if name == "response.output_text.delta"] == PIECES
    by_name = dict(events)
    assert by_name["response.output_text.done"]["text"] == "One two three."
    assert by_name["response.created"]["response"]["status"] == "in_progress"
    assert by_name["response.completed"]["response"] == answered("openai-responses", streamed=False)


def test_responses_answer_has_the_text_in_a_message_item_only():
    body = answered("openai-responses", streamed=False)
    assert (body["object"], body["status"], body["error"]) == ("response", "completed", None)
    assert body["incomplete_details"] is None and "output_text" not in body
    reasoning, message = body["output"]
    assert reasoning["type"] == "reasoning"
    assert message["type"] == "message" and message["status"] == "completed"
    assert message["content"] == [{"type": "output_text", "text": "One two three.", "annotations": []}]
    assert body["usage"] == {
        "input_tokens": INPUT_TOKENS, "input_tokens_details": {"cached_tokens": 1},
        "output_tokens": OUTPUT_TOKENS, "output_tokens_details": {"reasoning_tokens": THINKING_TOKENS},
        "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
    }


def test_anthropic_stream_goes_from_message_start_to_message_stop():
    events = answered("anthropic-messages", streamed=True)
    assert [name for name, _ in events] == [data["type"] for _, data in events] == [
        "message_start",
        "content_block_start", "content_block_delta", "content_block_stop",
        "content_block_start", "ping",
        "content_block_delta", "content_block_delta", "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    deltas = [data["delta"] for name, data in events if name == "content_block_delta"]
    assert deltas == [
        {"type": "thinking_delta", "thinking": "Counting up to three."},
        *({"type": "text_delta", "text": piece} for piece in PIECES),
    ]
    start, end = dict(events)["message_start"]["message"], dict(events)["message_delta"]
    assert start["stop_reason"] is None and start["content"] == []
    assert end["delta"]["stop_reason"] == "end_turn"
    assert end["usage"] == {"output_tokens": OUTPUT_TOKENS}
    read_and_cached = start["usage"]["input_tokens"], start["usage"]["cache_read_input_tokens"]
    assert read_and_cached == (INPUT_TOKENS - 1, 1)


def test_anthropic_answer_counts_the_cached_prompt_apart():
    body = answered("anthropic-messages", streamed=False)
    assert [(block["type"], block.get("text")) for block in body["content"]] == [
        ("thinking", None), ("text", "One two three."),
    ]
    assert body["stop_reason"] == "end_turn"
    assert body["usage"] == {
        "input_tokens": INPUT_TOKENS - 1, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 1,
        "output_tokens": OUTPUT_TOKENS,
    }


def test_gemini_stream_has_reason_and_usage_in_its_last_chunk_only():
    events = answered("gemini", streamed=True)
    assert {name for name, _ in events} == {None}
    chunks = [data for _, data in events]
    assert [chunk["candidates"][0]["content"]["parts"] for chunk in chunks] == [
        [{"text": "Counting up to three.", "thought": True}],
        *([{"text": piece}] for piece in PIECES),
        [{"text": ""}],
    ]
    assert [chunk["candidates"][0].get("finishReason") for chunk in chunks] == [None] * 4 + ["STOP"]
    assert ["usageMetadata" in chunk for chunk in chunks] == [False] * 4 + [True]
    assert chunks[-1]["usageMetadata"] == gemini_usage()


def gemini_usage():
    return {
        "promptTokenCount": INPUT_TOKENS, "candidatesTokenCount": OUTPUT_TOKENS - THINKING_TOKENS,
        "thoughtsTokenCount": THINKING_TOKENS, "cachedContentTokenCount": 1,
        "totalTokenCount": INPUT_TOKENS + OUTPUT_TOKENS,
    }


def test_gemini_answer_marks_thoughts_apart_from_the_text():
    body = answered("gemini", streamed=False)
    (candidate,) = body["candidates"]
    assert candidate["content"]["role"] == "model"
    assert candidate["content"]["parts"] == [
        {"text": "Counting up to three.", "thought": True}, {"text": "One two three."},
    ]
    assert candidate["finishReason"] == "STOP"
    assert body["usageMetadata"] == gemini_usage()


def end_mark(protocol, streamed, finish):
    """Where each format says how the answer ended."""
    got = answered(protocol, Text("Cut sh", finish=finish), streamed=streamed)
    if protocol == "openai-chat":
        return (got[-3][1] if streamed else got)["choices"][0]["finish_reason"]
    if protocol == "openai-responses":
        body = got[-1][1]["response"] if streamed else got
        assert not streamed or got[-1][0] == f"response.{body['status']}"
        return body["status"], body["incomplete_details"]["reason"]
    if protocol == "anthropic-messages":
        return dict(got)["message_delta"]["delta"]["stop_reason"] if streamed else got["stop_reason"]
    return (got[-1][1] if streamed else got)["candidates"][0]["finishReason"]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("protocol, length, blocked", [
    ("openai-chat", "length", "content_filter"),
    ("openai-responses", ("incomplete", "max_output_tokens"), ("incomplete", "content_filter")),
    ("anthropic-messages", "max_tokens", "refusal"),
    ("gemini", "MAX_TOKENS", "SAFETY"),
])
def test_says_why_an_answer_stopped_early(protocol, length, blocked, streamed):
    assert end_mark(protocol, streamed, "length") == length
    assert end_mark(protocol, streamed, "filter") == blocked

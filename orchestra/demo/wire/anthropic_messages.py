"""The format `anthropic-messages`: POST /messages."""

from __future__ import annotations

from typing import Any

from orchestra.demo.wire.exchange import JsonObject, Prompt, Said, SseEvent, SseStream, required, text_of

_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "filter": "refusal"}


def read(target: str, payload: JsonObject) -> Prompt:
    """What the request asks; `max_tokens` must be there."""
    required(payload, "max_tokens", int)
    messages = [(str(message["role"]), text_of(message["content"])) for message in required(payload, "messages", list)]
    if any(role not in ("user", "assistant") for role, _ in messages):
        raise ValueError("messages: the roles are user and assistant")
    return Prompt(
        model=required(payload, "model", str),
        system=text_of(payload.get("system")),
        turns=tuple(messages),
        is_streamed=bool(payload.get("stream")),
    )


def whole(said: Said) -> JsonObject:
    """The body of an answer that is not streamed."""
    content = [{"type": "text", "text": said.text}]
    if said.thinking:
        content.insert(0, {"type": "thinking", "thinking": said.thinking, "signature": ""})
    usage = {**_input_usage(said), "output_tokens": said.output_tokens}
    return {**_message(said), "content": content, "stop_reason": _STOP_REASONS[said.finish], "usage": usage}


def stream(said: Said) -> SseStream:
    """The events of a streamed answer, ending in message_stop."""
    index = 1 if said.thinking else 0
    start = {**_message(said), "usage": {**_input_usage(said), "output_tokens": 1}}
    opening = (
        _event("message_start", message=start),
        *(_thinking_events(said) if said.thinking else ()),
        _event("content_block_start", index=index, content_block={"type": "text", "text": ""}),
        _event("ping"),
    )
    closing = (
        _event("content_block_stop", index=index),
        _event(
            "message_delta",
            delta={"stop_reason": _STOP_REASONS[said.finish], "stop_sequence": None},
            usage={"output_tokens": said.output_tokens},
        ),
        _event("message_stop"),
    )
    return SseStream(opening, tuple(_delta(index, "text_delta", text=piece) for piece in said.pieces), closing)


def _thinking_events(said: Said) -> tuple[SseEvent, ...]:
    block = {"type": "thinking", "thinking": "", "signature": ""}
    return (
        _event("content_block_start", index=0, content_block=block),
        _delta(0, "thinking_delta", thinking=said.thinking),
        _event("content_block_stop", index=0),
    )


def _delta(index: int, kind: str, **fields: Any) -> SseEvent:
    return _event("content_block_delta", index=index, delta={"type": kind, **fields})


def _event(name: str, **fields: Any) -> SseEvent:
    return SseEvent.of({"type": name, **fields}, name=name)


def _message(said: Said) -> JsonObject:
    return {
        "id": f"msg_{said.number}", "type": "message", "role": "assistant", "model": said.model,
        "content": [], "stop_reason": None, "stop_sequence": None,
    }


def _input_usage(said: Said) -> JsonObject:
    # Anthropic counts what came from the cache apart; the sum is the whole prompt.
    return {
        "input_tokens": said.input_tokens - said.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": said.cached_tokens,
    }

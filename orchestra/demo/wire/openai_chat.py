"""The format `openai-chat`: POST /chat/completions (also Moonshot's and z.ai's)."""

from __future__ import annotations

from typing import Any

from orchestra.demo.wire.exchange import JsonObject, Prompt, Said, SseEvent, SseStream, required, text_of

_SYSTEM_ROLES = ("system", "developer")
_FINISH_REASONS = {"stop": "stop", "length": "length", "filter": "content_filter"}


def read(target: str, payload: JsonObject) -> Prompt:
    """What the request asks."""
    messages = [(str(message["role"]), text_of(message["content"])) for message in required(payload, "messages", list)]
    return Prompt(
        model=required(payload, "model", str),
        system="\n".join(text for role, text in messages if role in _SYSTEM_ROLES),
        turns=tuple(turn for turn in messages if turn[0] not in _SYSTEM_ROLES),
        is_streamed=bool(payload.get("stream")),
        wants_usage=bool((payload.get("stream_options") or {}).get("include_usage")),
    )


def whole(said: Said) -> JsonObject:
    """The body of an answer that is not streamed."""
    message = {"role": "assistant", "content": said.text}
    if said.thinking:
        message["reasoning_content"] = said.thinking
    choice = {"index": 0, "message": message, "finish_reason": _FINISH_REASONS[said.finish]}
    return {**_head(said, "chat.completion"), "choices": [choice], "usage": _usage(said)}


def stream(said: Said) -> SseStream:
    """The chunks of a streamed answer, ending in `[DONE]`."""
    thinking = (_delta(said, {"reasoning_content": said.thinking}),) if said.thinking else ()
    last = {"index": 0, "delta": {}, "finish_reason": _FINISH_REASONS[said.finish]}
    if said.model.startswith("kimi"):
        # Moonshot reports usage here whether or not it was asked for.
        last["usage"] = _usage(said)
    closing = [_chunk(said, [last])]
    if said.wants_usage:
        closing.append(_chunk(said, [], usage=_usage(said)))
    return SseStream(
        opening=(_delta(said, {"role": "assistant", "content": ""}), *thinking),
        deltas=tuple(_delta(said, {"content": piece}) for piece in said.pieces),
        closing=(*closing, SseEvent("[DONE]")),
    )


def _delta(said: Said, delta: JsonObject) -> SseEvent:
    return _chunk(said, [{"index": 0, "delta": delta, "finish_reason": None}])


def _chunk(said: Said, choices: list[dict[str, Any]], **more: Any) -> SseEvent:
    return SseEvent.of({**_head(said, "chat.completion.chunk"), "choices": choices, **more})


def _head(said: Said, kind: str) -> JsonObject:
    return {"id": f"chatcmpl-{said.number}", "object": kind, "created": 0, "model": said.model}


def _usage(said: Said) -> JsonObject:
    return {
        "prompt_tokens": said.input_tokens,
        "completion_tokens": said.output_tokens,
        "total_tokens": said.total_tokens,
        "prompt_tokens_details": {"cached_tokens": said.cached_tokens},
    }

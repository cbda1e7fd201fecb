"""The format `gemini`: POST /models/MODEL:generateContent and :streamGenerateContent?alt=sse."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from orchestra.demo.wire.exchange import JsonObject, Prompt, Said, SseEvent, SseStream, required, text_of

_FINISH_REASONS = {"stop": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY"}
_ROLES = {"user": "user", "model": "assistant"}


def read(target: str, payload: JsonObject) -> Prompt:
    """What the request asks; the model and the method stand in the URL."""
    url = urlsplit(target)
    model, _, method = unquote(url.path).rpartition("/models/")[2].rpartition(":")
    is_streamed = method == "streamGenerateContent"
    if is_streamed and parse_qs(url.query).get("alt") != ["sse"]:
        raise ValueError("alt: only sse is served here")
    contents = required(payload, "contents", list)
    if any(content["role"] not in _ROLES for content in contents):
        raise ValueError("contents: the roles are user and model")
    return Prompt(
        model=model,
        system=text_of((payload.get("systemInstruction") or {}).get("parts")),
        turns=tuple((_ROLES[content["role"]], text_of(content["parts"])) for content in contents),
        is_streamed=is_streamed,
    )


def whole(said: Said) -> JsonObject:
    """The body of an answer that is not streamed."""
    return _chunk(said, [*_thoughts(said), {"text": said.text}], is_last=True)


def stream(said: Said) -> SseStream:
    """The chunks of a streamed answer; the last one has finishReason and the usage."""
    return SseStream(
        opening=tuple(SseEvent.of(_chunk(said, [part])) for part in _thoughts(said)),
        deltas=tuple(SseEvent.of(_chunk(said, [{"text": piece}])) for piece in said.pieces),
        closing=(SseEvent.of(_chunk(said, [{"text": ""}], is_last=True)),),
    )


def _thoughts(said: Said) -> list[JsonObject]:
    return [{"text": said.thinking, "thought": True}] if said.thinking else []


def _chunk(said: Said, parts: list[JsonObject], *, is_last: bool = False) -> JsonObject:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    head = {"modelVersion": said.model, "responseId": f"response-{said.number}"}
    if not is_last:
        return {"candidates": [candidate], **head}
    candidate["finishReason"] = _FINISH_REASONS[said.finish]
    thoughts_tokens = len(said.thinking) // 4
    usage = {
        "promptTokenCount": said.input_tokens,
        "candidatesTokenCount": said.output_tokens - thoughts_tokens,
        "thoughtsTokenCount": thoughts_tokens,
        "cachedContentTokenCount": said.cached_tokens,
        "totalTokenCount": said.total_tokens,
    }
    return {"candidates": [candidate], "usageMetadata": usage, **head}

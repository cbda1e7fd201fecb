"""The format `openai-responses`: POST /responses."""

from __future__ import annotations

from itertools import count
from typing import Any, Iterator

from orchestra.demo.wire.exchange import JsonObject, Prompt, Said, SseEvent, SseStream, required, text_of

_SYSTEM_ROLES = ("system", "developer")
_INCOMPLETE_REASONS = {"length": "max_output_tokens", "filter": "content_filter"}


def read(target: str, payload: JsonObject) -> Prompt:
    """What the request asks."""
    asked = payload.get("input")
    items = [{"role": "user", "content": asked}] if isinstance(asked, str) else required(payload, "input", list)
    messages = [(str(item["role"]), text_of(item["content"])) for item in items]
    system = [text_of(payload.get("instructions"))] + [text for role, text in messages if role in _SYSTEM_ROLES]
    return Prompt(
        model=required(payload, "model", str),
        system="\n".join(text for text in system if text),
        turns=tuple(turn for turn in messages if turn[0] not in _SYSTEM_ROLES),
        is_streamed=bool(payload.get("stream")),
    )


def whole(said: Said) -> JsonObject:
    """The body of an answer that is not streamed; also `response` in a stream's last event."""
    reason = _INCOMPLETE_REASONS.get(said.finish)
    return {
        **_head(said, "incomplete" if reason else "completed"),
        "incomplete_details": {"reason": reason} if reason else None,
        "output": [*_reasoning(said), _message(said, "incomplete" if reason else "completed", [_part(said.text)])],
        "usage": {
            "input_tokens": said.input_tokens,
            "input_tokens_details": {"cached_tokens": said.cached_tokens},
            "output_tokens": said.output_tokens,
            "output_tokens_details": {"reasoning_tokens": len(said.thinking) // 4},
            "total_tokens": said.total_tokens,
        },
    }


def stream(said: Said) -> SseStream:
    """The numbered events of a streamed answer, ending in response.completed or response.incomplete."""
    numbers = count()
    last = whole(said)
    index = len(_reasoning(said))
    place = {"item_id": f"msg_{said.number}", "output_index": index, "content_index": 0}
    opening = (
        _event(numbers, "response.created", response=_head(said, "in_progress")),
        _event(numbers, "response.in_progress", response=_head(said, "in_progress")),
        *_reasoning_events(said, numbers),
        _event(numbers, "response.output_item.added", output_index=index, item=_message(said, "in_progress", [])),
        _event(numbers, "response.content_part.added", **place, part=_part("")),
    )
    deltas = tuple(_event(numbers, "response.output_text.delta", **place, delta=piece) for piece in said.pieces)
    closing = (
        _event(numbers, "response.output_text.done", **place, text=said.text),
        _event(numbers, "response.content_part.done", **place, part=_part(said.text)),
        _event(numbers, "response.output_item.done", output_index=index, item=last["output"][index]),
        _event(numbers, f"response.{last['status']}", response=last),
    )
    return SseStream(opening, deltas, closing)


def _reasoning_events(said: Said, numbers: Iterator[int]) -> Iterator[SseEvent]:
    for item in _reasoning(said):
        yield _event(numbers, "response.output_item.added", output_index=0, item={**item, "summary": []})
        yield _event(
            numbers, "response.reasoning_summary_text.delta",
            item_id=item["id"], output_index=0, summary_index=0, delta=said.thinking,
        )
        yield _event(numbers, "response.output_item.done", output_index=0, item=item)


def _event(numbers: Iterator[int], name: str, **fields: Any) -> SseEvent:
    return SseEvent.of({"type": name, "sequence_number": next(numbers), **fields}, name=name)


def _head(said: Said, status: str) -> JsonObject:
    return {
        "id": f"resp_{said.number}", "object": "response", "created_at": 0, "status": status, "error": None,
        "incomplete_details": None, "model": said.model, "output": [], "usage": None,
    }


def _reasoning(said: Said) -> list[JsonObject]:
    if not said.thinking:
        return []
    summary = [{"type": "summary_text", "text": said.thinking}]
    return [{"type": "reasoning", "id": f"rs_{said.number}", "summary": summary}]


def _message(said: Said, status: str, content: list[JsonObject]) -> JsonObject:
    return {"type": "message", "id": f"msg_{said.number}", "status": status, "role": "assistant", "content": content}


def _part(text: str) -> JsonObject:
    return {"type": "output_text", "text": text, "annotations": []}

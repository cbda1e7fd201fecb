"""The chat completions protocol, as OpenAI began it and most servers speak it."""

from __future__ import annotations

from typing import Mapping

from orchestra.adapters.adapter import Request
from orchestra.adapters.rows import ModelRow
from orchestra.adapters.shapes import count_at, items_at, mapping_at, text_at
from orchestra.adapters.wire import (
    FAILED,
    FILTERED,
    LENGTH,
    STOP,
    WINDOW,
    StreamReader,
    WireReply,
    accepted,
    output_cap,
)
from orchestra.errors import InvalidResponse
from orchestra.records import Usage

SAYS_WHEN_TRUNCATED = True

_FINISHES = {
    "length": LENGTH,
    "content_filter": FILTERED,
    "sensitive": FILTERED,
    "model_context_window_exceeded": WINDOW,
    "network_error": FAILED,
    "error": FAILED,
    "abort": FAILED,
}
"""Any other reason ends an answer as it should."""


def url_path(model_id: str) -> str:
    return "/chat/completions"


def headers(key: str | None) -> dict[str, str]:
    return {"Authorization": "Bearer " + key} if key else {}


def build_payload(request: Request, model: ModelRow) -> dict[str, object]:
    system = [{"role": "system", "content": request.system}] if request.system else []
    turns = [{"role": message.role, "content": message.text} for message in request.messages]
    payload: dict[str, object] = {
        "model": model.id,
        "messages": system + turns,
        model.output_cap_field or "max_tokens": output_cap(request, model),
        "stream": True,
        "stream_options": {"include_usage": True},
        **_thinking(model),
    }
    return accepted(payload, model)


def _thinking(model: ModelRow) -> dict[str, object]:
    said: dict[str, object] = {}
    if model.effort is not None:
        said["reasoning_effort"] = model.effort
    if model.thinking is not None:
        said["thinking"] = {"type": "enabled" if model.thinking else "disabled"}
    return said


def parse_reply(body: Mapping[str, object]) -> WireReply:
    reader = ChatReader()
    reader.feed_value(body)
    if not items_at(body, "choices"):
        raise InvalidResponse("the answer holds no choice")
    return reader.reply()


class ChatReader(StreamReader):
    """Reads chunks, and a body in one piece, which differs by `message` in place of `delta`."""

    def take(self, data: Mapping[str, object]) -> str:
        # Moonshot puts the usage of a stream into the choice. Of thousands of events, one or two have any of these.
        if data.get("usage"):
            self._take_usage(mapping_at(data, "usage"))
        choice = _first_choice(data.get("choices"))
        if choice.get("usage"):
            self._take_usage(mapping_at(choice, "usage"))
        turn = choice.get("delta") or choice.get("message")
        reason = choice.get("finish_reason")
        if reason and isinstance(reason, str):
            self.ends(_FINISHES.get(reason, STOP), reason)
        if not isinstance(turn, dict):
            return ""
        if turn.get("refusal") and text_at(turn, "refusal"):
            self.ends(FILTERED, "refusal")
        content = turn.get("content")
        return content if isinstance(content, str) else _joined(content)

    def _take_usage(self, usage: Mapping[str, object]) -> None:
        if not usage:
            return
        told = (
            count_at(mapping_at(usage, "prompt_tokens_details"), "cached_tokens"),
            count_at(usage, "cached_tokens"),  # Moonshot
            count_at(usage, "prompt_cache_hit_tokens"),  # DeepSeek
        )
        self.usage = Usage(
            input_tokens=count_at(usage, "prompt_tokens"),
            output_tokens=count_at(usage, "completion_tokens"),
            cached_tokens=next((count for count in told if count is not None), None),
        )


new_reader = ChatReader


def _first_choice(choices: object) -> Mapping[str, object]:
    """The choice that we asked for; an empty one where the event holds none of it."""
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and not choice.get("index"):
            return choice
    return {}


def _joined(parts: object) -> str:
    texts = [part for part in parts if text_at(part, "type") == "text"] if isinstance(parts, list) else []
    return "".join(text_at(part, "text") for part in texts)

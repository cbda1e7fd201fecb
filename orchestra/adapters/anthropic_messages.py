"""Anthropic's Messages protocol."""

from __future__ import annotations

from typing import Mapping

from orchestra.adapters.adapter import Message, Request
from orchestra.adapters.rows import BUDGET, ModelRow
from orchestra.adapters.shapes import count_at, items_at, mapping_at, text_at
from orchestra.adapters.wire import FILTERED, LENGTH, STOP, WINDOW, StreamReader, WireReply, accepted, output_cap
from orchestra.records import Usage

SAYS_WHEN_TRUNCATED = True

_FINISHES = {"max_tokens": LENGTH, "model_context_window_exceeded": WINDOW, "refusal": FILTERED}
"""Any other reason ends an answer as it should."""
_CACHE_MARK = {"cache_control": {"type": "ephemeral"}}
_LEAST_BUDGET_TOKENS = 1024


def url_path(model_id: str) -> str:
    return "/messages"


def headers(key: str | None) -> dict[str, str]:
    return {"anthropic-version": "2023-06-01", **({"x-api-key": key} if key else {})}


def build_payload(request: Request, model: ModelRow) -> dict[str, object]:
    cap = output_cap(request, model)
    payload: dict[str, object] = {
        "model": model.id,
        model.output_cap_field or "max_tokens": cap,
        **({"system": _content(request.system, is_marked=model.marks_cache)} if request.system else {}),
        "messages": _turns(request.messages, marks_cache=model.marks_cache),
        "stream": True,
        **({"output_config": {"effort": model.effort}} if model.effort is not None else {}),
        **_thinking(model, cap),
    }
    return accepted(payload, model)


def _turns(messages: tuple[Message, ...], *, marks_cache: bool) -> list[dict[str, object]]:
    # All questions of an agent begin with the same rules, task and plan, at whose end there is always a mark. A turn is
    # marked only once a conversation has gone on, because then it may go on again: writing to the cache costs more than
    # not to.
    last = len(messages) - 1
    return [
        {"role": message.role, "content": _content(message.text, is_marked=marks_cache and 0 < place == last)}
        for place, message in enumerate(messages)
    ]


def _content(text: str, *, is_marked: bool) -> object:
    return [{"type": "text", "text": text, **_CACHE_MARK}] if is_marked else text


def _thinking(model: ModelRow, cap_tokens: int) -> dict[str, object]:
    if model.thinking is None:
        return {}
    if model.thinking_switch != BUDGET:
        return {"thinking": {"type": "adaptive" if model.thinking else "disabled"}}
    # Without being asked for, these models do not think; and the budget must lie below the cap.
    if not model.thinking or cap_tokens <= _LEAST_BUDGET_TOKENS:
        return {}
    return {"thinking": {"type": "enabled", "budget_tokens": max(_LEAST_BUDGET_TOKENS, cap_tokens // 2)}}


def parse_reply(body: Mapping[str, object]) -> WireReply:
    reader = MessagesReader()
    reader.feed_value(body)
    return reader.reply()


class MessagesReader(StreamReader):
    """Reads events. The reason comes before the end mark, so both are waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._stop_reason = ""
        self._counts: dict[str, int] = {}

    def take(self, data: Mapping[str, object]) -> str:
        kind = text_at(data, "type")
        if kind == "message_start":
            self._take_usage(mapping_at(data, "message", "usage"))
        elif kind == "content_block_start":
            return _block_text(mapping_at(data, "content_block"))
        elif kind == "content_block_delta":
            delta = mapping_at(data, "delta")
            return text_at(delta, "text") if text_at(delta, "type") == "text_delta" else ""
        elif kind == "message_delta":
            self._stop_reason = text_at(mapping_at(data, "delta"), "stop_reason") or self._stop_reason
            self._take_usage(mapping_at(data, "usage"))
        elif kind == "message_stop":
            self.is_done = True
            self._end()
        elif kind == "message":
            self._stop_reason = text_at(data, "stop_reason")
            self._take_usage(mapping_at(data, "usage"))
            self._end()
            return "".join(_block_text(block) for block in items_at(data, "content"))
        return ""

    def _end(self) -> None:
        if self._stop_reason:
            self.ends(_FINISHES.get(self._stop_reason, STOP), self._stop_reason)

    def _take_usage(self, usage: Mapping[str, object]) -> None:
        names = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        found = {name: count_at(usage, name) for name in names}
        self._counts.update({name: count for name, count in found.items() if count is not None})
        cached = self._counts.get("cache_read_input_tokens", 0)
        fresh = self._counts.get("input_tokens")
        written = self._counts.get("cache_creation_input_tokens")
        self.usage = Usage(
            input_tokens=None if fresh is None else fresh + (written or 0) + cached,
            output_tokens=self._counts.get("output_tokens"),
            cached_tokens=cached,
            written_tokens=written,
        )


new_reader = MessagesReader


def _block_text(block: object) -> str:
    return text_at(block, "text") if text_at(block, "type") == "text" else ""

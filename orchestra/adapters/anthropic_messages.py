"""Anthropic's Messages protocol."""

from __future__ import annotations

from typing import Mapping

from orchestra.adapters.adapter import Request
from orchestra.adapters.rows import ModelRow
from orchestra.adapters.shapes import count_at, items_at, mapping_at, text_at
from orchestra.adapters.wire import FILTERED, LENGTH, STOP, WINDOW, StreamReader, WireReply, accepted, output_cap
from orchestra.records import Usage

SAYS_WHEN_TRUNCATED = True

_FINISHES = {"max_tokens": LENGTH, "model_context_window_exceeded": WINDOW, "refusal": FILTERED}
"""Any other reason ends an answer as it should."""


def url_path(model_id: str) -> str:
    return "/messages"


def headers(key: str | None) -> dict[str, str]:
    return {"anthropic-version": "2023-06-01", **({"x-api-key": key} if key else {})}


def build_payload(request: Request, model: ModelRow) -> dict[str, object]:
    payload: dict[str, object] = {
        "model": model.id,
        "max_tokens": output_cap(request, model),
        **({"system": request.system} if request.system else {}),
        "messages": [{"role": message.role, "content": message.text} for message in request.messages],
        "stream": True,
    }
    return accepted(payload, model)


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
        written = self._counts.get("cache_creation_input_tokens", 0)
        self.usage = Usage(
            input_tokens=None if fresh is None else fresh + written + cached,
            output_tokens=self._counts.get("output_tokens"),
            cached_tokens=cached,
        )


new_reader = MessagesReader


def _block_text(block: object) -> str:
    return text_at(block, "text") if text_at(block, "type") == "text" else ""

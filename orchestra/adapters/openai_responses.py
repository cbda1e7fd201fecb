"""OpenAI's Responses protocol."""

from __future__ import annotations

from typing import Mapping

from orchestra.adapters.adapter import Message, Request
from orchestra.adapters.error_body import is_error
from orchestra.adapters.faults import classify_event
from orchestra.adapters.rows import ModelRow
from orchestra.adapters.shapes import count_at, items_at, mapping_at, text_at
from orchestra.adapters.wire import FAILED, FILTERED, LENGTH, STOP, StreamReader, WireReply, accepted, output_cap
from orchestra.records import Usage

SAYS_WHEN_TRUNCATED = False
"""llama.cpp's server says `completed` where the output cap was reached."""

_ENDS = ("response.completed", "response.incomplete", "response.failed")
_INCOMPLETE = {"max_output_tokens": LENGTH, "content_filter": FILTERED}


def url_path(model_id: str) -> str:
    return "/responses"


def headers(key: str | None) -> dict[str, str]:
    return {"Authorization": "Bearer " + key} if key else {}


def build_payload(request: Request, model: ModelRow) -> dict[str, object]:
    instructions = {"instructions": request.system} if request.system else {}
    payload: dict[str, object] = {
        "model": model.id,
        **instructions,
        "input": [_turn(message) for message in request.messages],
        model.output_cap_field or "max_output_tokens": output_cap(request, model),
        **({"reasoning": {"effort": model.effort}} if model.effort is not None else {}),
        "store": False,
        "stream": True,
    }
    return accepted(payload, model)


def parse_reply(body: Mapping[str, object]) -> WireReply:
    if is_error(body):
        raise classify_event(body)
    reader = ResponsesReader()
    reader.feed_value({"type": "response." + text_at(body, "status"), "response": body})
    return reader.reply()


class ResponsesReader(StreamReader):
    """Reads events; the last one holds the whole response again."""

    def __init__(self) -> None:
        super().__init__()
        self._has_text = False

    def take(self, data: Mapping[str, object]) -> str:
        kind = text_at(data, "type")
        if kind == "response.output_text.delta":
            delta = text_at(data, "delta")
            self._has_text = self._has_text or bool(delta)
            return delta
        if kind in _ENDS:
            self.is_done = True
            response = mapping_at(data, "response")
            # Some servers name every last event alike and tell the truth in the response only.
            said = "response." + text_at(response, "status")
            return self._take_whole(response, said if said in _ENDS else kind)
        return ""

    def _take_whole(self, response: Mapping[str, object], kind: str) -> str:
        usage = mapping_at(response, "usage")
        details = mapping_at(usage, "input_tokens_details")
        self.usage = Usage(
            input_tokens=count_at(usage, "input_tokens"),
            output_tokens=count_at(usage, "output_tokens"),
            cached_tokens=count_at(details, "cached_tokens"),
            written_tokens=count_at(details, "cache_write_tokens"),
        )
        if kind == "response.failed":
            raise classify_event(response)
        if kind == "response.incomplete":
            reason = text_at(mapping_at(response, "incomplete_details"), "reason")
            self.ends(_INCOMPLETE.get(reason, FAILED), reason)
        else:
            self.ends(STOP, "completed")
        parts = [part for item in items_at(response, "output") for part in _message_parts(item)]
        if any(text_at(part, "type") == "refusal" for part in parts):
            self.ends(FILTERED, "refusal")
        if self._has_text:
            return ""
        return "".join(text_at(part, "text") for part in parts if text_at(part, "type") == "output_text")


new_reader = ResponsesReader


def _turn(message: Message) -> dict[str, object]:
    if message.role == "user":
        return {"role": "user", "content": [{"type": "input_text", "text": message.text}]}
    part = {"type": "output_text", "text": message.text, "annotations": []}
    return {"type": "message", "role": "assistant", "status": "completed", "content": [part]}


def _message_parts(item: object) -> list[object]:
    return items_at(item, "content") if text_at(item, "type") == "message" else []

"""Google's generateContent protocol."""

from __future__ import annotations

from typing import Mapping
from urllib.parse import quote

from orchestra.adapters.adapter import Request
from orchestra.adapters.rows import ModelRow
from orchestra.adapters.shapes import count_at, items_at, mapping_at, text_at
from orchestra.adapters.wire import FAILED, FILTERED, LENGTH, STOP, StreamReader, WireReply, accepted, output_cap
from orchestra.records import Usage

SAYS_WHEN_TRUNCATED = True

_FINISHES = {
    "STOP": STOP,
    "MAX_TOKENS": LENGTH,
    "CONTINUATION": LENGTH,
    "SAFETY": FILTERED,
    "RECITATION": FILTERED,
    "LANGUAGE": FILTERED,
    "BLOCKLIST": FILTERED,
    "PROHIBITED_CONTENT": FILTERED,
    "SPII": FILTERED,
    "ESCALATION": FILTERED,
    "MODEL_ARMOR": FILTERED,
    "PUP_LIMITED_DISABLED": FILTERED,
    "IMAGE_SAFETY": FILTERED,
    "IMAGE_PROHIBITED_CONTENT": FILTERED,
    "IMAGE_RECITATION": FILTERED,
}
"""Any other reason is a failure: a malformed answer, a call of a tool that nobody offered."""


def url_path(model_id: str) -> str:
    return "/models/%s:streamGenerateContent?alt=sse" % quote(model_id, safe="/")


def headers(key: str | None) -> dict[str, str]:
    # Never in the URL, which ends up in logs.
    return {"x-goog-api-key": key} if key else {}


def build_payload(request: Request, model: ModelRow) -> dict[str, object]:
    payload: dict[str, object] = {
        "contents": [
            {"role": "user" if message.role == "user" else "model", "parts": [{"text": message.text}]}
            for message in request.messages
        ],
        "generationConfig": {
            model.output_cap_field or "maxOutputTokens": output_cap(request, model),
            **({"thinkingConfig": {"thinkingLevel": model.effort}} if model.effort is not None else {}),
        },
    }
    if request.system:
        payload["systemInstruction"] = {"parts": [{"text": request.system}]}
    return accepted(payload, model)


def parse_reply(body: Mapping[str, object]) -> WireReply:
    reader = GeminiReader()
    reader.feed_value(body)
    return reader.reply()


class GeminiReader(StreamReader):
    """Reads chunks; each has the shape of a whole body. Nothing but the end of the stream follows the last one."""

    def take(self, data: Mapping[str, object]) -> str:
        self._take_usage(mapping_at(data, "usageMetadata"))
        block_reason = text_at(mapping_at(data, "promptFeedback"), "blockReason")
        if block_reason:
            self.ends(FILTERED, block_reason)
        candidate = next(iter(items_at(data, "candidates")), None)
        reason = text_at(candidate, "finishReason")
        if reason and reason != "FINISH_REASON_UNSPECIFIED":
            self.ends(_FINISHES.get(reason, FAILED), reason)
        parts = items_at(mapping_at(candidate, "content"), "parts")
        return "".join(text_at(part, "text") for part in parts if not mapping_at(part).get("thought"))

    def _take_usage(self, usage: Mapping[str, object]) -> None:
        if not usage:
            return
        answer = count_at(usage, "candidatesTokenCount")
        thoughts = count_at(usage, "thoughtsTokenCount")
        self.usage = Usage(
            input_tokens=count_at(usage, "promptTokenCount"),
            # An answer that was thought only has no candidates to count.
            output_tokens=None if answer is None and thoughts is None else (answer or 0) + (thoughts or 0),
            cached_tokens=count_at(usage, "cachedContentTokenCount"),
        )


new_reader = GeminiReader

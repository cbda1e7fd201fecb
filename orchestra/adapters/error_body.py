"""What a provider says about a failure, from any of the shapes that providers use."""

from __future__ import annotations

import html
import json
import re
from typing import Mapping

from orchestra.adapters.shapes import items_at, mapping_at, parse_json, text_at
from orchestra.dataclass import dataclass
from orchestra.regex import regex

MAX_MESSAGE_CHARACTERS = 500
_MAX_TEXT_CHARACTERS = 65536
_MAX_PAGE_CHARACTERS = 4096
"""Of a web page only its beginning is worth reading."""

_CONTROL = regex(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_BLANKS = regex(r"\s{2,}")
_KEY = regex(r"\b(?:sk|ak)-[\w*.-]{6,}|\bAIza[\w-]{20,}")
_TAG = regex(r"<(script|style|head)\b.*?</\1\s*>|<[^>]{0,2000}>", re.IGNORECASE | re.DOTALL)
_TITLE = regex(r"<title[^>]{0,200}>([^<]{1,500})<", re.IGNORECASE)
_ANSWERS = frozenset({"choices", "output", "content", "candidates"})
"""Where the wire formats hold an answer."""
_EVENT_DATA = regex(r"^data: ?(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class ErrorBody:
    """The parts of an error that tell what kind it is."""

    message: str
    """For people: one line, bounded, without control characters or keys."""
    code: str = ""
    """The provider's most specific word, such as `1113` or `context_length_exceeded`."""
    kind: str = ""
    """The provider's wider word, such as `invalid_request_error` or `RESOURCE_EXHAUSTED`."""
    text: str = ""
    """All of it, to look for patterns."""
    retry_delay: str = ""
    """Gemini's RetryInfo, such as `47s`."""


def read_error(body: bytes) -> ErrorBody:
    """The error in a body: an object, a list of one, a bare string, a stream's event, HTML, plain text, or nothing."""
    text = body.decode("utf-8-sig", "replace")[:_MAX_TEXT_CHARACTERS]
    event = _EVENT_DATA.search(text)
    try:
        return error_in(parse_json(event.group(1) if event else text))
    except ValueError:
        return ErrorBody(readable(_without_tags(text[:_MAX_PAGE_CHARACTERS])), text=text)


def error_in(value: object) -> ErrorBody:
    """The error in a parsed body or stream event."""
    if isinstance(value, list) and value:
        value = value[0]
    outer = mapping_at(value)
    # What lies around it may be the request, or a part of an answer.
    inner = mapping_at(outer, "error") or mapping_at(outer, "response", "error")
    # Written again, because the provider may have escaped what the patterns look for.
    text = json.dumps(inner or _without_quotations(value), ensure_ascii=False)[:_MAX_TEXT_CHARACTERS]
    if isinstance(value, str):
        return ErrorBody(readable(value), text=text)
    if inner:
        return _from_object(inner, text)
    if isinstance(outer.get("error"), str):
        return ErrorBody(readable(text_at(outer, "error")), _word(outer, "code"), _word(outer, "type"), text)
    return _from_object(outer, text)


def _without_quotations(value: object) -> object:
    """FastAPI's list of what is wrong with a request, without the request that it quotes: its words tell nothing."""
    reasons = _reasons(value)
    return {**mapping_at(value), "detail": reasons} if reasons else value


def _reasons(value: object) -> str:
    return "; ".join(filter(None, (text_at(detail, "msg") for detail in items_at(value, "detail"))))


def is_error(value: object) -> bool:
    """Whether a parsed body or stream event of a call that began well is an error."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return isinstance(value, dict) and bool(
        value.get("error")
        or value.get("type") == "error"
        or value.get("object") == "error"
        # Some gateways say no more than these two; others put them beside a good answer.
        or ("code" in value and _has_code_and_message(value) and not value.keys() & _ANSWERS)
    )


def readable(text: str) -> str:
    """One line of at most 500 characters, without control characters or anything that looks like a key."""
    line = _BLANKS.sub(" ", _CONTROL.sub(" ", _KEY.sub("[key]", text[:_MAX_TEXT_CHARACTERS]))).strip()
    if len(line) > MAX_MESSAGE_CHARACTERS:
        line = line[:MAX_MESSAGE_CHARACTERS - 1] + "…"
    return line


def _has_code_and_message(value: Mapping[str, object]) -> bool:
    return value.get("code") is not None and isinstance(value.get("message", value.get("msg")), str)


def _from_object(error: Mapping[str, object], text: str) -> ErrorBody:
    names = ("message", "msg", "detail", "error_description")
    message = next(filter(None, (text_at(error, name) for name in names)), "") or _reasons(error)
    kind = _word(error, "type") or _word(error, "status")
    details = items_at(error, "details")
    reasons = [text_at(detail, "reason") for detail in details]
    delays = [text_at(detail, "retryDelay") for detail in details]
    return ErrorBody(
        readable(message or text),
        next(filter(None, reasons), "") or _word(error, "code"),
        "" if kind == "error" else kind,
        text,
        next(filter(None, delays), ""),
    )


def _word(error: Mapping[str, object], key: str) -> str:
    value = error.get(key)
    return str(value)[:100] if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _without_tags(text: str) -> str:
    title = _TITLE.search(text)
    if title:
        return html.unescape(title.group(1))
    return html.unescape(_TAG.sub(" ", text)) if text.lstrip().startswith("<") else text

"""The four wire formats by name and by URL."""

from __future__ import annotations

from typing import Callable
from urllib.parse import urlsplit

from orchestra.dataclass import dataclass
from orchestra.demo.wire import anthropic_messages, gemini, openai_chat, openai_responses
from orchestra.demo.wire.exchange import JsonObject, Prompt, Said, SseStream


@dataclass(frozen=True)
class WireFormat:
    """How one protocol is spoken by a server."""

    protocol: str
    version: str
    """The segment that `base_url` ends with."""
    endings: tuple[str, ...]
    """What the path of its requests ends with."""
    read: Callable[[str, JsonObject], Prompt]
    whole: Callable[[Said], JsonObject]
    stream: Callable[[Said], SseStream]


_FORMATS = (
    WireFormat(
        "openai-chat", "v1", ("/chat/completions",), openai_chat.read, openai_chat.whole, openai_chat.stream
    ),
    WireFormat(
        "openai-responses", "v1", ("/responses",),
        openai_responses.read, openai_responses.whole, openai_responses.stream,
    ),
    WireFormat(
        "anthropic-messages", "v1", ("/messages",),
        anthropic_messages.read, anthropic_messages.whole, anthropic_messages.stream,
    ),
    WireFormat(
        "gemini", "v1beta", (":generateContent", ":streamGenerateContent"), gemini.read, gemini.whole, gemini.stream
    ),
)

PROTOCOLS = tuple(wire.protocol for wire in _FORMATS)


def format_named(protocol: str) -> WireFormat:
    """The format of that name; raises ValueError for any other name."""
    for wire in _FORMATS:
        if wire.protocol == protocol:
            return wire
    raise ValueError(f"no such protocol: {protocol}; there are {', '.join(PROTOCOLS)}")


def format_of(target: str) -> WireFormat | None:
    """The format that a request target belongs to, version segment included; None for any other."""
    path = urlsplit(target).path
    for wire in _FORMATS:
        if path.startswith(f"/{wire.version}/") and path.endswith(wire.endings):
            return wire
    return None

"""What goes in and out of a model, in no provider's words."""

from __future__ import annotations

import json
from typing import Any, Mapping

from orchestra.dataclass import dataclass

JsonObject = Mapping[str, Any]


@dataclass(frozen=True)
class Prompt:
    """What a request asks, read from one of the wire formats."""

    model: str
    system: str
    turns: tuple[tuple[str, str], ...]
    """(role, text); the role is `user` or `assistant` in every format."""
    is_streamed: bool
    wants_usage: bool = True
    """Whether a stream should report usage where the format leaves that to the client."""


@dataclass(frozen=True)
class Said:
    """An answer to be written in one of the wire formats."""

    number: int
    """Of the call; ids are made from it."""
    model: str
    pieces: tuple[str, ...]
    """The text, cut as it is to be streamed."""
    thinking: str
    finish: str
    """`stop`, `length` or `filter`."""
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    wants_usage: bool

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True)
class SseEvent:
    """One server-sent event."""

    data: str
    name: str | None = None

    @classmethod
    def of(cls, value: JsonObject, *, name: str | None = None) -> SseEvent:
        """An event that carries a JSON object."""
        return cls(json.dumps(value, ensure_ascii=False), name)

    def encode(self) -> bytes:
        """The bytes on the wire, with the empty line that ends the event."""
        lines = [f"event: {self.name}"] if self.name else []
        return "\n".join([*lines, f"data: {self.data}", "", ""]).encode("utf-8")


@dataclass(frozen=True)
class SseStream:
    """A streamed answer; without `closing` it has no end mark."""

    opening: tuple[SseEvent, ...]
    deltas: tuple[SseEvent, ...]
    closing: tuple[SseEvent, ...]


def required(payload: JsonObject, key: str, kind: type) -> Any:
    """The value of a key that providers insist on; raises ValueError as they answer 400."""
    if not isinstance(payload.get(key), kind):
        raise ValueError(f"{key}: {kind.__name__} expected")
    return payload[key]


def text_of(content: Any) -> str:
    """The text of a message's content: a string, or a list of parts that have `text`."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise ValueError("content: text or a list of parts expected")
    return "".join(str(part.get("text") or "") for part in content)

"""What the four wire formats have in common: the whole reply, and the reading of a stream."""

from __future__ import annotations

from typing import Iterable, Mapping, Protocol

from orchestra.adapters.adapter import Request
from orchestra.adapters.error_body import is_error
from orchestra.adapters.faults import classify_event
from orchestra.adapters.rows import ModelRow
from orchestra.adapters.shapes import parse_json
from orchestra.adapters.sse import ServerEvent
from orchestra.adapters.thoughts import end_of_thoughts
from orchestra.dataclass import dataclass
from orchestra.errors import ApiError, ContentFiltered, ContextExceeded, InvalidResponse, ProviderFault, Truncated
from orchestra.records import Usage

STOP = "stop"
LENGTH = "length"
FILTERED = "filtered"
WINDOW = "window"
FAILED = "failed"
FINISHES = (STOP, LENGTH, FILTERED, WINDOW, FAILED)
"""Why an answer ended: by itself, at the output cap, blocked or refused, at the end of the window, by a failure."""


@dataclass(frozen=True)
class WireReply:
    """An answer with its end mark, good or not."""

    text: str
    finish: str
    """One of FINISHES."""
    usage: Usage
    """Without its cost."""
    reason: str = ""
    """The provider's own word for `finish`."""

    def fault(self) -> ProviderFault | None:
        """The fault that this answer is; None for a good one."""
        reason = " (%s)" % self.reason[:100] if self.reason else ""
        if self.finish == FILTERED:
            return ContentFiltered("the answer was blocked or refused" + reason)
        if self.finish == FAILED:
            return ApiError("the provider broke the answer off" + reason)
        if self.finish == WINDOW and not self.text:
            return ContextExceeded("the prompt left no room for an answer" + reason)
        if self.finish in (LENGTH, WINDOW):
            return Truncated(
                "the answer stopped at the output cap" + reason,
                hint="raise max_output of this model",
                partial_text=self.text,
                output_tokens=self.usage.output_tokens,
            )
        text = self.text.lstrip("\ufeff")
        if text[end_of_thoughts(text):].strip():
            return None
        return InvalidResponse("the answer is %s" % ("nothing but thinking" if text.strip() else "empty"))


class StreamReader:
    """Fed with events one by one; knows the answer so far. Each wire format says what an event means in `take`."""

    def __init__(self) -> None:
        self.usage = Usage()
        self.is_done = False
        """Whether nothing of interest can follow."""
        self._texts: list[str] = []
        self._finish: str | None = None
        self._reason = ""

    def feed_all(self, events: Iterable[ServerEvent]) -> int:
        """As `feed`, up to the one that ends the answer."""
        characters = 0
        for event in events:
            characters += self.feed(event)
            if self.is_done:
                break
        return characters

    def feed(self, event: ServerEvent) -> int:
        """How many characters of the answer the event brought.

        Raises the fault that an error event is, InvalidResponse for data that is not JSON.
        """
        data = event.data.strip()
        if event.name == "error":
            raise classify_event(_value_or_text(data))
        if data == "[DONE]":
            self.is_done = True
            return 0
        return self.feed_value(parsed(data)) if data else 0

    def feed_value(self, value: object) -> int:
        """The same for the parsed data of an event."""
        if is_error(value):
            raise classify_event(value)
        if not isinstance(value, dict):
            raise InvalidResponse("an event of the answer is not an object")
        text = self.take(value)
        self._texts.append(text)
        return len(text)

    def take(self, data: Mapping[str, object]) -> str:
        """The characters of the answer in one event; notes usage and the end mark on the way."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """What has come of the answer."""
        return mended("".join(self._texts))

    @property
    def has_end(self) -> bool:
        """Whether the end mark has come."""
        return self._finish is not None

    def ends(self, finish: str, reason: str) -> None:
        """Note the end mark. A refusal stays one, whatever follows."""
        if self._finish == FILTERED:
            return
        self._finish, self._reason = finish, reason

    def reply(self) -> WireReply:
        """The whole answer. Raises InvalidResponse when its end mark has not come."""
        if self._finish is None:
            raise InvalidResponse("the answer ended without its end mark")
        return WireReply(self.text, self._finish, self.usage, self._reason)


class WireFormat(Protocol):
    """How to ask one family of providers, and how to read them. The modules of that name implement it."""

    @property
    def SAYS_WHEN_TRUNCATED(self) -> bool:
        """False where some servers call an answer complete that stopped at the output cap."""

    def url_path(self, model_id: str) -> str:
        """What follows the base URL."""

    def headers(self, key: str | None) -> dict[str, str]:
        """The headers that carry the key, and those the protocol asks for."""

    def build_payload(self, request: Request, model: ModelRow) -> dict[str, object]:
        """The body to send: a request for a streamed answer, without what the model refuses."""

    def parse_reply(self, body: Mapping[str, object]) -> WireReply:
        """The answer in a body that was not streamed. Raises a ProviderFault for an error or another shape."""

    def new_reader(self) -> StreamReader:
        """A reader for one streamed answer."""


def output_cap(request: Request, model: ModelRow) -> int:
    """How many tokens the answer may have."""
    return model.max_output if request.max_output_tokens is None else request.max_output_tokens


def accepted(payload: dict[str, object], model: ModelRow) -> dict[str, object]:
    """The payload without what the model refuses."""
    return {name: value for name, value in payload.items() if name not in model.refuses}


def parsed(text: str) -> object:
    """The value in a piece of an answer. Raises InvalidResponse for what is not JSON."""
    try:
        return parse_json(text)
    except ValueError:
        raise InvalidResponse("the answer is not JSON") from None


def _value_or_text(text: str) -> object:
    try:
        return parse_json(text)
    except ValueError:
        return text


def mended(text: str) -> str:
    """The text with surrogate pairs joined that were escaped one by one, and lone ones replaced."""
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

"""The seam between agents and models: a request, an adapter, and who watches a call."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Callable, Iterable, Protocol, Sequence

from orchestra.adapters.tokens import estimate_tokens
from orchestra.clock import CancelToken, Deadline
from orchestra.dataclass import dataclass
from orchestra.records import Attempt, Reply


TOKENS_PER_TURN = 6
"""What a turn costs beside its text, at most."""


@dataclass(frozen=True)
class Segment:
    """A named stretch of a prompt; what is protected must never be shortened."""

    name: str
    text: str
    protected: bool


def join(segments: Iterable[Segment]) -> str:
    """The text that the segments make together."""
    return "".join(segment.text for segment in segments)


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: str
    """`user` or `assistant`; the first and the last are the user's."""
    segments: tuple[Segment, ...]

    @classmethod
    def of(cls, role: str, text: str, *, protected: bool = True) -> Message:
        """A turn of one segment."""
        return cls(role, (Segment("text", text, protected),))

    @property
    def text(self) -> str:
        """What is sent."""
        return join(self.segments)


@dataclass(frozen=True)
class Request:
    """One question to a model, in no provider's words."""

    rules: str
    """The role's own. Protected as a whole."""
    messages: tuple[Message, ...]
    max_output_tokens: int | None = None
    """None: the model's own cap from the catalog."""
    cacheable: bool = True
    """Whether an earlier answer to the same question will do: not where asking again is the point."""
    passed_over: frozenset[str] = frozenset()
    """`PROVIDER/MODEL` of those that a chain does not ask, as long as it has others."""
    goes_first: bool = False
    """Whether it is about what was paid for already: where money is short, others wait for it."""
    shared: tuple[Segment, ...] = ()
    """What all prompts of the role in a session have in common: with the rules it makes one prefix, which is cached."""

    @cached_property
    def system(self) -> str:
        """What is sent before the first turn."""
        return "\n\n".join(part for part in (self.rules, join(self.shared)) if part)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All of them, in the order in which they are sent."""
        return (*self.shared, *(segment for message in self.messages for segment in message.segments))

    def with_texts(self, change: Callable[[Segment], str], *, leaving: str = "") -> Request:
        """The request with other texts in its segments, changed in their order; itself where none differs.

        Turns of the role `leaving` stay.
        """
        shared = _changed(self.shared, change)
        turns = [
            message.segments if message.role == leaving else _changed(message.segments, change)
            for message in self.messages
        ]
        if shared is self.shared and all(new is old.segments for new, old in zip(turns, self.messages)):
            return self
        messages = tuple(Message(old.role, new) for new, old in zip(turns, self.messages))
        return replace(self, shared=shared, messages=messages)

    @cached_property
    def estimated_tokens(self) -> int:
        """About how many tokens a provider counts for the whole prompt. Counted once: several ask for it."""
        turns = sum(estimate_tokens(message.text) for message in self.messages)
        return _tokens_of_system(self.system) + turns + TOKENS_PER_TURN * (1 + len(self.messages))


def _changed(segments: tuple[Segment, ...], change: Callable[[Segment], str]) -> tuple[Segment, ...]:
    texts = [change(segment) for segment in segments]
    if all(text == segment.text for text, segment in zip(texts, segments)):
        return segments
    return tuple(Segment(old.name, text, old.protected) for text, old in zip(texts, segments))


@lru_cache(maxsize=16)
def _tokens_of_system(system: str) -> int:
    """A role has the same in every prompt of a session."""
    return estimate_tokens(system)


@dataclass(frozen=True)
class AdapterInfo:
    """Who would answer."""

    name: str
    """`PROVIDER/MODEL`; of a chain, its first choice."""
    model: str
    provider: str


class CallObserver(Protocol):
    """What a call tells while it runs, in the caller's thread."""

    def attempt_started(self, info: AdapterInfo) -> None:
        """A model is about to be asked."""

    def received(self, characters: int) -> None:
        """So many more characters of the answer arrived."""

    def attempt_ended(self, attempt: Attempt) -> None:
        """The model answered or failed."""

    def waiting(self, info: AdapterInfo, seconds: float) -> None:
        """That model will be asked, but not before so many seconds have passed."""

    def compacted(
        self, info: AdapterInfo, tokens_before: int, tokens_after: int, strategies: Sequence[str]
    ) -> None:
        """The prompt for that model was too long and has been shortened by these strategies; both by estimate."""


class Adapter(Protocol):
    """Something that answers: one model, or a chain of them."""

    def execute(
        self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> Reply:
        """The whole answer.

        Raises a ProviderFault when there is none, Cancelled when the run is stopped.
        Any thread; blocks until the answer is whole or `deadline` is over.
        """

    def is_available(self) -> bool:
        """Whether asking makes sense now: a key is there where one is needed. Opens no connection."""

    def get_info(self) -> AdapterInfo:
        """Who would answer."""

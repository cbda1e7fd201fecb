"""A prompt that does not fit a model's window, made shorter without touching what is protected."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Callable, Sequence

from orchestra.adapters.adapter import Request, Segment
from orchestra.adapters.shortening.passages import Kind, Passage, split
from orchestra.adapters.shortening.repeats import drop_repeats
from orchestra.adapters.shortening.sentences import keep_weightiest
from orchestra.adapters.shortening.signatures import summarise_code
from orchestra.adapters.shortening.whitespace import drop_blanks
from orchestra.adapters.shortening.wordiness import shorten_phrases
from orchestra.adapters.window import would_exceed_context
from orchestra.dataclass import dataclass
from orchestra.errors import ContextExceeded

__all__ = ["STRATEGIES", "Compaction", "compact_prompt", "would_exceed_context"]

Strategy = Callable[[Sequence[Passage], int], "list[Passage]"]
"""From passages and how many tokens are too many to as many passages, none longer; the fixed ones the same."""

STRATEGIES: tuple[tuple[str, Strategy], ...] = (
    ("whitespace", drop_blanks),
    ("repeats", drop_repeats),
    ("signatures", summarise_code),
    ("phrases", shorten_phrases),
    ("sentences", keep_weightiest),
)
"""In the order of harmlessness: each is applied only where those before it were not enough."""
_MOST_ROUNDS = 4
_MOST_ROUNDED_UP = 3
"""In tokens, for each passage that is counted by itself."""


@dataclass(frozen=True)
class Compaction:
    """A request that was made shorter, and by how much in estimated tokens."""

    compacted_prompt: Request
    before_tokens: int
    after_tokens: int
    strategies: tuple[str, ...]
    """The names of those that made it shorter, in the order in which they did."""

    @property
    def reduction_percent(self) -> float:
        return 100.0 * (self.before_tokens - self.after_tokens) / (self.before_tokens or 1)


def compact_prompt(request: Request, target_tokens: int) -> Compaction:
    """The request with at most `target_tokens`, or as near to it as all strategies together come.

    Protected segments come out byte for byte. Raises ContextExceeded where they alone are more than the target.
    """
    before = request.estimated_tokens
    if before <= target_tokens:
        return Compaction(request, before, before, ())
    room = target_tokens - _protected_tokens(request)
    if room < 0:
        raise ContextExceeded(
            "the part of the prompt that must not be shortened takes about %d tokens, and there is room for %d"
            % (target_tokens - room, target_tokens),
            hint="name a model with a larger window, or split the file or the task",
        )
    draft, applied = _fitted(_Draft.of(request), target_tokens, room)
    after = draft.request.estimated_tokens
    if after >= before:
        return Compaction(request, before, before, ())
    return Compaction(draft.request, before, after, applied)


def _fitted(draft: _Draft, target_tokens: int, room: int) -> tuple[_Draft, tuple[str, ...]]:
    """The draft shortened until its unprotected part has room, or until nothing changes any more."""
    applied: dict[str, None] = {}
    for _ in range(_MOST_ROUNDS):
        before = draft.passages
        for name, strategy in STRATEGIES:
            excess = draft.unprotected_tokens - room
            if 0 < excess <= _MOST_ROUNDED_UP * len(draft.passages):
                # Counted passage by passage it is a little too much.
                excess = draft.request.estimated_tokens - target_tokens
            if excess <= 0:
                return draft, tuple(applied)
            shorter = strategy(draft.passages, excess)
            if shorter != draft.passages:
                applied.setdefault(name)
                draft = replace(draft, passages=shorter)
        if draft.passages == before:
            break
        # What is read afresh may be taken for something else, and shortened further.
        draft = _Draft.of(draft.request)
    return draft, tuple(applied)


def _protected_tokens(request: Request) -> int:
    return request.with_texts(lambda segment: segment.text if segment.protected else "").estimated_tokens


@dataclass(frozen=True)
class _Draft:
    """A request and its passages, those of all segments in one row."""

    original: Request
    passages: list[Passage]
    counts: tuple[int, ...]
    """How many passages each segment has."""

    @classmethod
    def of(cls, request: Request) -> _Draft:
        rows = [
            [Passage(Kind.PROTECTED, segment.text)] if segment.protected else split(segment.text)
            for segment in request.segments
        ]
        return cls(request, [passage for row in rows for passage in row], tuple(map(len, rows)))

    @property
    def unprotected_tokens(self) -> int:
        return sum(passage.tokens for passage in self.passages if passage.kind is not Kind.PROTECTED)

    @property
    def request(self) -> Request:
        """The request with the passages as they are now; protected segments are the original ones."""
        passages, counts = iter(self.passages), iter(self.counts)

        def refilled(segment: Segment) -> str:
            texts = [passage.text for passage in islice(passages, next(counts))]
            return segment.text if segment.protected else "".join(texts)

        return self.original.with_texts(refilled)

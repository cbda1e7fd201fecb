"""Making a prompt fit a model's window, before it is paid for nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Callable

from orchestra.adapters.adapter import Request
from orchestra.adapters.rows import ModelRow
from orchestra.adapters.window import (
    CountTokens, estimated_tokens, prompt_tokens, room_tokens, would_exceed_context,
)
from orchestra.dataclass import dataclass
from orchestra.errors import ContextExceeded

if TYPE_CHECKING:
    from orchestra.adapters.compaction import Compaction

SHARES = (0.75, 0.5)
"""Of the room for the prompt, what a compacted one may fill: the first time, the second time."""


def _compact(request: Request, target_tokens: int) -> Compaction:
    # Loaded for the first prompt that is too long, since few ever are.
    from orchestra.adapters.compaction import compact_prompt

    return compact_prompt(request, target_tokens)


@dataclass(frozen=True)
class Fitting:
    """How long a prompt is, and how it gets shorter."""

    count_tokens: CountTokens = estimated_tokens
    compact: Callable[[Request, int], Compaction] = _compact
    """Given how many tokens it should have. Raises ContextExceeded when what is protected has more alone."""

    def is_too_long(self, request: Request, model: ModelRow) -> bool:
        """Whether prompt and answer do not fit the window together; False where the window is unknown."""
        return would_exceed_context(request, model, count_tokens=self.count_tokens)

    def shortened(
        self, request: Request, model: ModelRow, times: int, *, refused_tokens: int | None = None
    ) -> Compaction:
        """The prompt compacted for the n-th time, its figures in the model's own tokens.

        `refused_tokens` is how many it had when it was compacted last. Raises ContextExceeded when that does not help.
        """
        room, size = room_tokens(request, model), self._tokens(request, model)
        # A prompt that was refused has more tokens than estimated, or the window is smaller than it is said to be.
        wanted = size if room is None else min(room, size)
        target = SHARES[times - 1] * wanted
        if refused_tokens is not None:
            target = min(target, SHARES[0] * refused_tokens)
        try:
            compacted = self._compacted(request, model, target)
        except ContextExceeded:
            if room is None or room >= size:
                raise
            # Not as short as wanted, but short enough for all that is known.
            compacted = self._compacted(request, model, room)
        left = self._tokens(compacted.compacted_prompt, model)
        if left >= (size if refused_tokens is None else refused_tokens) or (room is not None and left > room):
            there_is = "" if room is None else f", and room for {max(0, room)}"
            raise ContextExceeded(
                f"the prompt still has about {left} tokens{there_is}",
                hint="name a model with a larger window, or split the file or the task",
            )
        return replace(compacted, before_tokens=size, after_tokens=left)

    def _tokens(self, request: Request, model: ModelRow) -> int:
        return prompt_tokens(request, model, count_tokens=self.count_tokens)

    def _compacted(self, request: Request, model: ModelRow, tokens: float) -> Compaction:
        return self.compact(request, int(tokens / model.token_factor))

"""Making a prompt fit a model's window, before it is paid for nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, NamedTuple

from orchestra.adapters.adapter import Request
from orchestra.adapters.rows import ModelRow
from orchestra.adapters.wire import output_cap
from orchestra.errors import ContextExceeded

SHARES = (0.75, 0.5)
"""Of the room for the prompt, what a compacted one may fill: the first time, the second time."""


class Shortened(NamedTuple):
    """A prompt that was too long."""

    request: Request
    tokens_before: int
    tokens_after: int


@dataclass(frozen=True)
class Fitting:
    """How long a prompt is, and how it gets shorter."""

    count_tokens: Callable[[Request], int]
    """An estimate."""
    compact: Callable[[Request, int], Request]
    """Given how many tokens it should have. Raises ContextExceeded when what is protected has more alone."""

    def is_too_long(self, request: Request, model: ModelRow) -> bool:
        """Whether prompt and answer do not fit the window together; False where the window is unknown."""
        room = room_tokens(request, model)
        return room is not None and self.count_tokens(request) > room

    def shortened(self, request: Request, model: ModelRow, times: int) -> Shortened:
        """The prompt compacted for the n-th time. Raises ContextExceeded when that does not help."""
        room, size = room_tokens(request, model), self.count_tokens(request)
        # A prompt that was refused has more tokens than estimated, or the window is smaller than it is said to be.
        wanted = size if room is None else min(room, size)
        try:
            compacted = self.compact(request, int(SHARES[times - 1] * wanted))
        except ContextExceeded:
            if room is None or room >= size:
                raise
            # Not as short as wanted, but short enough for all that is known.
            compacted = self.compact(request, room)
        left = self.count_tokens(compacted)
        if left >= size or (room is not None and left > room):
            there_is = "" if room is None else f", and room for {max(0, room)}"
            raise ContextExceeded(
                f"the prompt still has about {left} tokens{there_is}",
                hint="name a model with a larger window, or split the file or the task",
            )
        return Shortened(compacted, size, left)


def room_tokens(request: Request, model: ModelRow) -> int | None:
    """Tokens of the window that the prompt may have; None where the window is unknown."""
    if model.context_window is None:
        return None
    return model.context_window - cap_within(request, model)


def cap_within(request: Request, model: ModelRow) -> int:
    """The output cap, but never more than half of the window."""
    cap = output_cap(request, model)
    return cap if model.context_window is None else min(cap, model.context_window // 2)


def with_cap(request: Request, model: ModelRow) -> Request:
    """The request with a cap that leaves room for a prompt."""
    cap = cap_within(request, model)
    return request if cap == output_cap(request, model) else replace(request, max_output_tokens=cap)

"""A model's window: what of it the prompt may have, and what the answer."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import Callable

from orchestra.adapters.adapter import Request
from orchestra.adapters.rows import ModelRow
from orchestra.adapters.wire import output_cap

CountTokens = Callable[[Request], int]
"""An estimate for any model."""


def estimated_tokens(request: Request) -> int:
    """The estimate that is made where no other way of counting is given."""
    return request.estimated_tokens


def prompt_tokens(
    request: Request, model: ModelRow, *, count_tokens: CountTokens = estimated_tokens
) -> int:
    """About how many tokens the model will count for the whole prompt."""
    return ceil(count_tokens(request) * model.token_factor)


def room_tokens(request: Request, model: ModelRow) -> int | None:
    """Tokens of the window that the prompt may have; None where the window is unknown."""
    if model.context_window is None:
        return model.max_input
    room = model.context_window - cap_within(request, model)
    return room if model.max_input is None else min(room, model.max_input)


def would_exceed_context(
    request: Request, model: ModelRow, *, count_tokens: CountTokens = estimated_tokens
) -> bool:
    """Whether the prompt is likely not to fit the model's window together with the longest answer.

    False for an unknown window.
    """
    room = room_tokens(request, model)
    return room is not None and prompt_tokens(request, model, count_tokens=count_tokens) > room


def longest_prompt(model: ModelRow) -> int | None:
    """Tokens that a prompt may have at most, whatever is left for the answer; None where that is unknown."""
    return min((limit for limit in (model.context_window, model.max_input) if limit is not None), default=None)


def narrowed(model: ModelRow, window_tokens: int | None) -> ModelRow:
    """The model with the window that its provider says it has, where that is smaller than the one it is known for."""
    if window_tokens is None or (model.context_window is not None and model.context_window <= window_tokens):
        return model
    return replace(model, context_window=window_tokens)


def cap_within(request: Request, model: ModelRow) -> int:
    """The output cap, but never more than half of the window."""
    cap = output_cap(request, model)
    return cap if model.context_window is None else min(cap, model.context_window // 2)


def with_cap(request: Request, model: ModelRow) -> Request:
    """The request with a cap that leaves room for a prompt."""
    cap = cap_within(request, model)
    return request if cap == output_cap(request, model) else replace(request, max_output_tokens=cap)

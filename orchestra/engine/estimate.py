"""What carrying out a plan is likely to cost, before anybody approves it."""

from __future__ import annotations

from decimal import Decimal
from typing import Callable, Mapping, Sequence

from orchestra.adapters.catalog import cost_usd, is_priced
from orchestra.adapters.rows import ModelRow
from orchestra.dataclass import dataclass
from orchestra.records import Plan, PlannedFile

SizeOf = Callable[[str], "int | None"]
"""From a path to the size of the file there in bytes; None where there is none."""

_BYTES_PER_TOKEN = 3.2
_RULES_TOKENS = 800
"""Of a prompt: its rules, the task, the form of the answer."""
_TOKENS_PER_PLANNED_FILE = 60
"""Of a prompt: the plan's line for it."""
_NEW_FILE_TOKENS = (300, 2_500)
_EDIT_TOKENS = (150, 2_500)
_REVIEW_TOKENS = (120, 600)
_THINKING_TOKENS = (0, 4_000)
"""Each the least and the most that is usual."""


@dataclass(frozen=True)
class CostRange:
    """From all goes well at once to every fix is needed; without the models whose price is unknown."""

    low_usd: Decimal
    high_usd: Decimal
    unpriced: tuple[str, ...] = ()
    """Roles whose first choice has no price."""


def estimated_cost(
    plan: Plan, models: Mapping[str, ModelRow], *, size_of: SizeOf, max_iterations: int
) -> CostRange | None:
    """The range for a plan; `models` are the first choices by role. None where no price is known at all."""
    roles = [role for role in ("executor", "auditor", "consultant") if role in models]
    unpriced = tuple(role for role in roles if not is_priced(models[role]))
    if not roles or len(unpriced) == len(roles):
        return None
    frame = _RULES_TOKENS + _TOKENS_PER_PLANNED_FILE * len(plan.files)
    low = high = Decimal(0)
    for planned in plan.files:
        own, shown = _tokens(size_of(planned.path)), _shown_tokens(planned, size_of)
        for spread, rounds in ((0, 1), (1, max_iterations)):
            calls = _calls(planned, frame + shown, own, spread, rounds)
            cost = sum((_price(models.get(role), *tokens) for role, *tokens in calls), Decimal(0))
            low, high = (low + cost, high) if spread == 0 else (low, high + cost)
    if len(plan.files) > 1:
        # The review of the whole change, each time after some of it was mended.
        for spread, rounds in ((0, 1), (1, max_iterations)):
            change = sum(_EDIT_TOKENS[spread] for _ in plan.files)
            cost = rounds * _price(
                models.get("auditor"), frame + change, _REVIEW_TOKENS[spread] + _THINKING_TOKENS[spread]
            )
            low, high = (low + cost, high) if spread == 0 else (low, high + cost)
    return CostRange(low, high, unpriced)


def _calls(
    planned: PlannedFile, frame: int, own: int, spread: int, rounds: int
) -> Sequence[tuple[str, int, int]]:
    """Role, tokens of the prompt and of the answer of each call for one file."""
    thinking = _THINKING_TOKENS[spread]
    review = ("auditor", frame + 2 * own + _EDIT_TOKENS[spread], _REVIEW_TOKENS[spread] + thinking)
    if planned.action == "delete":
        return [review]
    draft = min(own, _EDIT_TOKENS[spread]) if own else _NEW_FILE_TOKENS[spread]
    first = ("executor", frame + own, draft + thinking)
    fix = ("consultant", frame + own + draft, draft + thinking)
    return [first, review] + [fix, review] * (rounds - 1)


def _price(model: ModelRow | None, input_tokens: int, output_tokens: int) -> Decimal:
    """Zero where the price is unknown: the range says for whom."""
    cost = None if model is None else cost_usd(model, input_tokens, output_tokens, None)
    return cost or Decimal(0)


def _shown_tokens(planned: PlannedFile, size_of: SizeOf) -> int:
    return sum(_tokens(size_of(path)) for path in planned.depends_on)


def _tokens(size_bytes: int | None) -> int:
    return int((size_bytes or 0) / _BYTES_PER_TOKEN)

"""What follows a fault, as one table over the classes of faults."""

from __future__ import annotations

from enum import Enum
from typing import Sequence

from orchestra.adapters.gate import SHORT_WAIT_S
from orchestra.dataclass import dataclass
from orchestra.errors import (
    ApiError,
    AuthFailed,
    BadRequest,
    ConnectionFailed,
    ContentFiltered,
    ContextExceeded,
    HostNotAllowed,
    InvalidResponse,
    ModelNotFound,
    ModelQuotaExhausted,
    Overloaded,
    ProviderFault,
    QuotaExhausted,
    RateLimited,
    TimedOut,
    TooExpensive,
    Truncated,
)

PATIENCE_S = 60.0
"""How long one question waits in all, where no other model of its chain is left to ask: limits by the minute pass."""
LONGEST_PAUSE_S = 30.0


class Same(Enum):
    """How the same model is asked again."""

    NOT = "not asked"
    AS_IT_WAS = "the same"
    WHEN_LET_IN = "after the wait"
    COMPACTED = "compacted"
    GOING_ON = "going on"


class After(Enum):
    """What follows when that did not help."""

    NEXT = "next model"
    LARGER = "next model with a larger window"
    RAISE = "raised"


@dataclass(frozen=True)
class Rule:
    """One row: what follows faults of a class."""

    fault: type[ProviderFault]
    happened: str
    same: Same = Same.NOT
    times: int = 0
    """How often at most the same model is asked again."""
    pause_s: float = 0.5
    """Before the first time; at most double that, by chance, and double again before each further time."""
    passes: bool = False
    """Whether it passes by itself, so that waiting beats failing where no other model is left to ask."""
    after: After = After.NEXT


RULES = (
    Rule(RateLimited, "too many requests", Same.WHEN_LET_IN, 2, pause_s=0.0, passes=True),
    Rule(Overloaded, "the provider is overloaded", Same.AS_IT_WAS, 1, pause_s=4.0, passes=True),
    Rule(TimedOut, "no answer in time", Same.AS_IT_WAS, 1),
    Rule(ConnectionFailed, "not reached, or the connection was cut", Same.AS_IT_WAS, 1),
    Rule(InvalidResponse, "garbage, nothing, or no end mark", Same.AS_IT_WAS, 1),
    Rule(BadRequest, "the request was refused"),
    Rule(ApiError, "the provider failed", Same.AS_IT_WAS, 1),
    Rule(ContextExceeded, "the prompt is longer than the window", Same.COMPACTED, 2, after=After.LARGER),
    Rule(Truncated, "the answer stopped at the output cap", Same.GOING_ON, 2, after=After.RAISE),
    Rule(ContentFiltered, "blocked by a filter, or refused by the model"),
    Rule(ModelNotFound, "the model is not served"),
    Rule(AuthFailed, "wrong key, or no permission"),
    Rule(ModelQuotaExhausted, "this model's quota for the day is used up"),
    Rule(QuotaExhausted, "no money, or no quota left"),
    Rule(HostNotAllowed, "the host is not one that may be reached"),
    Rule(TooExpensive, "more than is left of the budget; no call is made"),
    Rule(ProviderFault, "anything else"),
)
"""The first row whose class fits decides."""


def rule_for(fault: ProviderFault) -> Rule:
    """The row that decides."""
    return next(rule for rule in RULES if isinstance(fault, rule.fault))


def may_ask_again(rule: Rule, fault: ProviderFault, times: int) -> bool:
    """Whether the same model is asked once more, after it has been so many times already."""
    if fault.retry_same == type(fault).retry_same:
        return times < rule.times
    # The provider itself has said whether to try again.
    return fault.retry_same and times < max(1, rule.times)


def pause_s(rule: Rule, times: int, jitter: float) -> float:
    """Seconds before the same model is asked again, so many times after the first; `jitter` is from 0 to 1."""
    pause: float = rule.pause_s * (1 + jitter) * 2.0 ** min(times, 10)
    return min(LONGEST_PAUSE_S, pause)


def policy_rows() -> Sequence[tuple[str, str, str, str]]:
    """The table for people: `error_code`, what happened, what the same model is asked, what follows."""
    rules = [rule for rule in RULES if rule.fault is not ProviderFault]
    return [(rule.fault.error_code, rule.happened, _same_model(rule), _afterwards(rule)) for rule in rules]


def _same_model(rule: Rule) -> str:
    times = {0: "never", 1: "once", 2: "twice"}[rule.times]
    return {
        Same.NOT: "not asked again",
        Same.AS_IT_WAS: f"asked again {times}, after {rule.pause_s:g} to {2 * rule.pause_s:g} s",
        Same.WHEN_LET_IN: f"asked again {times} at most, after the wait it names if that is {SHORT_WAIT_S:g} s or less",
        Same.COMPACTED: f"asked again {times} at most, with a compacted prompt",
        Same.GOING_ON: f"asked {times} at most to go on where it stopped; the parts are joined",
    }[rule.same]


def _afterwards(rule: Rule) -> str:
    if rule.after is After.RAISE:
        return "a draft counts as refused: the consultant is asked for edits or a shorter file; else the step failed"
    if rule.fault is TooExpensive:
        return "next model; where none is left, the run stops with status 7 and can be resumed"
    text = str(rule.after.value)
    if rule.passes:
        text += f"; where none is left, waits up to {PATIENCE_S:g} s"
    if rule.fault.drops_provider:
        text += "; the provider is not asked again in this run"
    if rule.fault.drops_model:
        text += "; this one is not asked again in this run"
    return text

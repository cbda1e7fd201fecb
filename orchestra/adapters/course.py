"""The course that one question takes through a chain: whom to ask next, how long to wait, when to give up."""

from __future__ import annotations

import copy
from typing import Callable, Sequence

from orchestra.adapters.adapter import CallObserver
from orchestra.adapters.candidate import Candidate
from orchestra.adapters.gate import SHORT_WAIT_S, left_alone
from orchestra.adapters.health import Health
from orchestra.adapters.policy import PATIENCE_S, After, Rule, Same, may_ask_again, pause_s, rule_for
from orchestra.adapters.window import longest_prompt
from orchestra.clock import CancelToken, Clock, Deadline
from orchestra.errors import (
    AuthFailed, ContextExceeded, InvalidResponse, Overloaded, ProviderFault, TimedOut, TooExpensive, Truncated,
)

_REASON_CHARACTERS = 120
_LEAST_PATIENCE_S = 1.0
"""What every further try waits at least: a provider that asks for no wait at all is not stormed."""


class Course:
    """For one question and the thread that asks it. Carries the policy's table out."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        *,
        health: Health,
        clock: Clock,
        jitter: Callable[[], float],
        deadline: Deadline,
    ) -> None:
        self._candidates = tuple(candidates)
        self._health = health
        self._clock = clock
        self._jitter = jitter
        self._deadline = deadline
        self._patience_s = PATIENCE_S
        self._failed: dict[Candidate, ProviderFault] = {}
        """In the order of their last faults."""
        self._too_small: int | None = None
        """The longest prompt, in tokens, of a model that it did not fit."""

    def next(self, observer: CallObserver, cancel: CancelToken) -> Candidate:
        """The model to ask now; waits until it may be asked.

        Raises the last fault, with every model's reason in its text, when there is none. Cancelled.
        """
        cancel.check()
        candidate = self._choose()
        if candidate is None:
            raise self._given_up()
        wait_s = self._wait_s(candidate)
        if wait_s > 0:
            observer.waiting(candidate.info, wait_s)
        own_s = max(0.0, candidate.ready_at_s - self._clock.monotonic())
        # A short cooldown is waited for at the gate, which keeps our place in line.
        sleep_s = wait_s if wait_s > SHORT_WAIT_S else own_s
        if sleep_s > 0:
            self._clock.sleep(sleep_s, cancel)
        return candidate

    def failed(self, candidate: Candidate, fault: ProviderFault) -> None:
        """Do what the table says. Raises Truncated where an answer is not whole after its last part."""
        self._failed.pop(candidate, None)
        self._failed[candidate] = fault
        rule = rule_for(fault)
        if isinstance(fault, Truncated):
            self._cut_off(candidate, fault, rule)
        elif rule.same is Same.COMPACTED:
            candidate.is_over = not candidate.can_compact(fault)
            if candidate.is_over and rule.after is After.LARGER:
                self._too_small = longest_prompt(candidate.model)
        else:
            is_again = may_ask_again(rule, fault, candidate.times)
            candidate.is_put_off = candidate.is_put_off or not is_again
            candidate.is_over = not is_again and not (rule.passes and fault.retry_same)
            candidate.times_in_crowd += isinstance(fault, Overloaded) and fault.is_in_crowd
            candidate.ready_at_s = self._clock.monotonic() + self._pause_s(candidate, fault, rule)
            candidate.times += 1

    def _pause_s(self, candidate: Candidate, fault: ProviderFault, rule: Rule) -> float:
        own_s = pause_s(rule, max(0, candidate.times - candidate.times_in_crowd), self._jitter())
        # The gate holds those back who were rate limited, together with everybody else.
        asked_s = None if rule.same is Same.WHEN_LET_IN else fault.retry_after_s
        return own_s if asked_s is None else max(own_s, asked_s)

    def _cut_off(self, candidate: Candidate, fault: Truncated, rule: Rule) -> None:
        if candidate.can_go_on(fault, rule):
            return
        if candidate.has_begun:
            raise candidate.whole_fault(fault) from None
        candidate.is_over = True

    def _choose(self) -> Candidate | None:
        if self._failed and self._deadline.is_over:
            return None
        in_time = {candidate: wait_s for candidate, wait_s in self._waits_s().items() if self._is_in_time(wait_s)}
        for candidate, wait_s in in_time.items():
            if _is_next(candidate, wait_s):
                return candidate
        soonest = min(in_time, key=lambda candidate: in_time[candidate], default=None)
        if soonest is None:
            return None
        cost_s = max(in_time[soonest], _LEAST_PATIENCE_S)
        if cost_s > self._patience_s or not self._is_in_time(cost_s):
            return None
        self._patience_s -= cost_s
        soonest.ready_at_s = max(soonest.ready_at_s, self._clock.monotonic() + cost_s)
        return soonest

    def _waits_s(self) -> dict[Candidate, float]:
        """Of those that are left to ask."""
        left = [candidate for candidate in self._candidates if self._why_not(candidate) is None]
        return {candidate: self._wait_s(candidate) for candidate in left}

    def _next_try_s(self) -> float | None:
        """The wait after which it would go on if it had the time; None where it would not."""
        waits = self._waits_s()
        at_once = [wait_s for candidate, wait_s in waits.items() if _is_next(candidate, wait_s)]
        in_patience = [max(wait_s, _LEAST_PATIENCE_S) for wait_s in waits.values()]
        return min([*at_once, *(cost_s for cost_s in in_patience if cost_s <= self._patience_s)], default=None)

    def _is_in_time(self, wait_s: float) -> bool:
        left_s = self._deadline.remaining_s()
        return wait_s == 0 or left_s is None or wait_s < left_s

    def _wait_s(self, candidate: Candidate) -> float:
        own_s = candidate.ready_at_s - self._clock.monotonic()
        return max(0.0, own_s, self._health.wait_s(candidate.info))

    def _why_not(self, candidate: Candidate) -> ProviderFault | None:
        """Why a model is not asked, however long one waits; None for one that is."""
        if candidate.is_over:
            return self._failed[candidate]
        dropped = self._health.why_dropped(candidate.info)
        if dropped is not None:
            return dropped
        if not candidate.is_available():
            return AuthFailed("there is no key for it", hint="set the provider's key")
        longest = longest_prompt(candidate.model)
        if self._too_small is not None and longest is not None and longest <= self._too_small:
            return ContextExceeded("its window is not larger")
        return None

    def _given_up(self) -> ProviderFault:
        """The last fault, or of a chain that nobody was asked of the last reason, with all reasons in its text.

        A call that was too expensive counts before every other fault, since money would have brought an answer. Where
        a model has begun and then had nothing to say, and waiting brings no other, its answer is one that is cut off.
        """
        failed = dict(self._failed)
        passed_over = {
            candidate: self._why_not(candidate) or self._too_late(candidate)
            for candidate in self._candidates
            if candidate not in failed
        }
        reasons = {**failed, **passed_over}
        faults = list(failed.values() or passed_over.values())
        last = next((fault for fault in faults if isinstance(fault, TooExpensive)), faults[-1])
        next_try_s = self._next_try_s()
        ended = (one for one in reversed(failed) if one.has_begun and isinstance(failed[one], InvalidResponse))
        begun = next(ended, None)
        if begun is not None and next_try_s is None and not isinstance(last, TooExpensive):
            return begun.whole_fault(Truncated("the rest of the answer did not come", where=failed[begun].where))
        fault = copy.copy(last)
        fault.__cause__ = last
        fault.next_try_s = next_try_s
        if len(reasons) > 1:
            beginning = "none of the chain's models answered" if failed else "no model of the chain is left to ask"
            lines = (_line(candidate, reason) for candidate, reason in reasons.items())
            fault.what = f"{beginning}: {'; '.join(lines)}"
            fault.where = None
        return fault

    def _too_late(self, candidate: Candidate) -> ProviderFault:
        wait_s = self._wait_s(candidate)
        if wait_s > 0:
            return left_alone(candidate.info.provider, wait_s)
        return TimedOut("the time was up before it was asked")


def _is_next(candidate: Candidate, wait_s: float) -> bool:
    """Whether it costs no patience to ask it."""
    return wait_s <= SHORT_WAIT_S and not candidate.is_put_off


def _line(candidate: Candidate, fault: ProviderFault) -> str:
    what = fault.what
    short = what if len(what) <= _REASON_CHARACTERS else what[:_REASON_CHARACTERS - 1] + "…"
    return f"{candidate.info.name}: {short}"

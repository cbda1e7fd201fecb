"""One model's part in answering one question: what it was asked, how often, and what it has said so far."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import TypeVar

from orchestra.adapters.adapter import Adapter, AdapterInfo, CallObserver, Request
from orchestra.adapters.continuation import going_on, joined
from orchestra.adapters.fitting import SHARES, Fitting
from orchestra.adapters.policy import Rule
from orchestra.adapters.rows import ModelRow
from orchestra.adapters.watched import Watched
from orchestra.adapters.window import narrowed, with_cap
from orchestra.clock import CancelToken, Deadline
from orchestra.dataclass import dataclass
from orchestra.errors import ContextExceeded, ProviderFault, Truncated
from orchestra.records import Attempt, Reply, Usage


_Amount = TypeVar("_Amount", int, Decimal)
_NOTHING = Usage()


@dataclass(frozen=True)
class Choice:
    """One model of a chain."""

    adapter: Adapter
    model: ModelRow
    """Its own limits."""


class Candidate:
    """For one question and the thread that asks it."""

    def __init__(self, choice: Choice, request: Request, fitting: Fitting | None) -> None:
        self.info: AdapterInfo = choice.adapter.get_info()
        self.model = choice.model
        self.times = 0
        """How often it was asked again."""
        self.times_in_crowd = 0
        """How often of these it had refused a crowd of calls: that is ended by fewer at once, not by longer pauses."""
        self.ready_at_s = 0.0
        """On the clock's monotonic scale: not to be asked before."""
        self.is_put_off = False
        """Whether others come first from now on."""
        self.is_over = False
        """Whether it is not asked again."""
        self._adapter = choice.adapter
        self._fitting = fitting
        self._question = request
        self._prepared: Request | None = None
        self._answer = ""
        self._parts = 0
        self._compactions = 0
        self._sent_tokens: int | None = None
        """Of the compacted prompt that was sent last."""
        self._refused_tokens: int | None = None
        """The same of one that is to be made shorter once more."""
        self._spent = _Spent()

    def ask(self, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver) -> Reply:
        """The whole answer, parts of earlier calls included. Raises what the call raises.

        Truncated without a part where it cannot be told how the parts belong together;
        ContextExceeded without a call when the prompt cannot be made short enough.
        """
        if self._prepared is None:
            self._prepared = self._prepare(observer)
        watched = _Added(observer, self._spent)
        reply = self._adapter.execute(self._prepared, deadline=deadline, cancel=cancel, observer=watched)
        if not self._parts:
            return reply
        answer = joined(self._answer, reply.text, is_end=True)
        if answer is None:
            raise Truncated("the rest of the answer does not join on to what came before", where=self.info.name)
        return replace(reply, text=answer, usage=self._spent.usage, latency_ms=self._spent.latency_ms)

    def is_available(self) -> bool:
        """As of its adapter."""
        return self._adapter.is_available()

    @property
    def has_begun(self) -> bool:
        """Whether there is a part of an answer."""
        return self._parts > 0

    def can_compact(self, fault: ProviderFault) -> bool:
        """Have the next prompt be shorter; False where it has been made so often enough."""
        if isinstance(fault, ContextExceeded):
            self.model = narrowed(self.model, fault.window_tokens)
        if self._fitting is None or self._compactions == len(SHARES):
            return False
        self._compactions += 1
        self._prepared = None
        self._refused_tokens = self._sent_tokens
        return True

    def can_go_on(self, fault: Truncated, rule: Rule) -> bool:
        """Have the next call go on with the answer; False where that brought nothing, or was done often enough."""
        text = fault.partial_text
        answer = joined(self._answer, text) if self._parts else text
        if answer is None or not text.strip():
            return False
        self._answer = answer
        self._parts += 1
        self._prepared = None
        # With a part of the answer in it the next prompt is longer.
        self._refused_tokens = None
        self.times = self.times_in_crowd = 0
        return self._parts <= rule.times

    def whole_fault(self, fault: Truncated) -> Truncated:
        """The fault with all of the answer, after the last part."""
        tokens = self._spent.usage.output_tokens
        times = f", {self._parts} times in a row" if fault.partial_text else ""
        return Truncated(
            fault.what + times, where=fault.where, hint=fault.hint,
            partial_text=self._answer, output_tokens=tokens,
        )

    def _prepare(self, observer: CallObserver) -> Request:
        request = going_on(self._question, self._answer) if self._parts else self._question
        if self._fitting is not None:
            if not self._compactions and self._fitting.is_too_long(request, self.model):
                self._compactions = 1
            if self._compactions:
                shortened = self._fitting.shortened(
                    request, self.model, self._compactions, refused_tokens=self._refused_tokens
                )
                self._sent_tokens = shortened.after_tokens
                observer.compacted(self.info, shortened.before_tokens, shortened.after_tokens, shortened.strategies)
                request = shortened.compacted_prompt
        return with_cap(request, self.model)


class _Spent:
    """What the calls for one answer took together."""

    def __init__(self) -> None:
        self.usage = _NOTHING
        self.latency_ms = 0

    def add(self, attempt: Attempt) -> None:
        self.latency_ms += attempt.latency_ms
        if self.usage is _NOTHING:
            # Nearly always there is one call.
            self.usage = attempt.usage
            return
        names = [part.name for part in fields(Usage)]
        self.usage = Usage(**{name: _sum(getattr(self.usage, name), getattr(attempt.usage, name)) for name in names})


class _Added(Watched):
    """Adds up what the calls took."""

    def __init__(self, observer: CallObserver, spent: _Spent) -> None:
        super().__init__(observer)
        self._spent = spent

    def attempt_ended(self, attempt: Attempt) -> None:
        self._spent.add(attempt)
        super().attempt_ended(attempt)


def _sum(one: _Amount | None, other: _Amount | None) -> _Amount | None:
    return other if one is None else one if other is None else one + other

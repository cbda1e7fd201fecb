"""A chain of models, which answers when one of them does."""

from __future__ import annotations

import random
from typing import Callable, Sequence

from orchestra.adapters.adapter import AdapterInfo, CallObserver, Request
from orchestra.adapters.candidate import Candidate, Choice
from orchestra.adapters.course import Course
from orchestra.adapters.fitting import Fitting
from orchestra.adapters.health import Health
from orchestra.adapters.policy import PATIENCE_S
from orchestra.clock import CancelToken, Clock, Deadline
from orchestra.errors import NoProviderError, ProviderFault
from orchestra.records import Reply


class FallbackAdapter:
    """Asks its models until one answers, by the policy's table. Any thread."""

    def __init__(
        self,
        choices: Sequence[Choice],
        *,
        health: Health,
        clock: Clock,
        fitting: Fitting | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Without `fitting` no prompt is compacted. `jitter` gives numbers from 0 to 1."""
        if not choices:
            raise NoProviderError("the chain is empty", hint="name PROVIDER/MODEL under `agents` in the configuration")
        self._choices = tuple(choices)
        self._health = health
        self._clock = clock
        self._fitting = fitting
        self._jitter = jitter

    def is_available(self) -> bool:
        """Whether a model has its key, is in use, and may be asked within the time that a question waits."""
        infos = [choice.adapter.get_info() for choice in self._choices if choice.adapter.is_available()]
        return any(
            self._health.why_dropped(info) is None and self._health.wait_s(info) <= PATIENCE_S for info in infos
        )

    def get_info(self) -> AdapterInfo:
        return self._choices[0].adapter.get_info()

    def execute(
        self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> Reply:
        """As of any adapter; when no model answered, the last fault, with every model's reason in its text."""
        course = Course(
            [Candidate(choice, request, self._fitting) for choice in self._choices_for(request)],
            health=self._health, clock=self._clock, jitter=self._jitter, deadline=deadline,
        )
        while True:
            candidate = course.next(observer, cancel)
            try:
                return candidate.ask(deadline=deadline, cancel=cancel, observer=observer)
            except ProviderFault as fault:
                course.failed(candidate, fault)

    def _choices_for(self, request: Request) -> Sequence[Choice]:
        if not request.passed_over:
            return self._choices
        left = [choice for choice in self._choices if choice.adapter.get_info().name not in request.passed_over]
        return left or self._choices

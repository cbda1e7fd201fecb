"""Stand-ins that the tests of adapters share."""

from __future__ import annotations

from typing import Sequence

from orchestra.adapters.adapter import AdapterInfo, CallObserver, Message, Request
from orchestra.clock import CancelToken, Deadline, SystemClock
from orchestra.errors import ProviderFault
from orchestra.records import Attempt, Reply, Usage

CLOCK = SystemClock()
QUESTION = Request(rules="Be brief.", messages=(Message.of("user", "What is it?"),))
NEVER = Deadline(CLOCK, None)


class Watcher:
    """Keeps what a call told."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.characters = 0
        self.attempts: list[Attempt] = []
        self.waits_s: list[tuple[str, float]] = []
        self.compactions: list[tuple[str, int, int, tuple[str, ...]]] = []

    def attempt_started(self, info: AdapterInfo) -> None:
        self.started.append(info.name)

    def received(self, characters: int) -> None:
        self.characters += characters

    def attempt_ended(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)

    def waiting(self, info: AdapterInfo, seconds: float) -> None:
        self.waits_s.append((info.name, seconds))

    def compacted(
        self, info: AdapterInfo, tokens_before: int, tokens_after: int, strategies: Sequence[str]
    ) -> None:
        self.compactions.append((info.name, tokens_before, tokens_after, tuple(strategies)))


class ScriptedAdapter:
    """Gives its outcomes in turn: faults are raised, words are answers."""

    def __init__(self, name: str, *outcomes: BaseException | str, available: bool = True) -> None:
        self._provider, self._model = name.split("/")
        self._outcomes = list(outcomes)
        self._available = available
        self.calls = 0

    def execute(
        self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> Reply:
        self.calls += 1
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return Reply(outcome, Usage(), self._provider, self._model, 1)

    def is_available(self) -> bool:
        return self._available

    def get_info(self) -> AdapterInfo:
        return AdapterInfo("%s/%s" % (self._provider, self._model), self._model, self._provider)


def fault_class_of(fault: ProviderFault | None) -> type[ProviderFault] | None:
    return None if fault is None else type(fault)

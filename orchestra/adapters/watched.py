"""An observer that passes everything on, for those who want to hear a part of it."""

from __future__ import annotations

from typing import Sequence

from orchestra.adapters.adapter import AdapterInfo, CallObserver
from orchestra.records import Attempt


class Watched(CallObserver):
    """Tells another observer what a call tells."""

    def __init__(self, observer: CallObserver) -> None:
        self._observer = observer

    def attempt_started(self, info: AdapterInfo) -> None:
        self._observer.attempt_started(info)

    def received(self, characters: int) -> None:
        self._observer.received(characters)

    def attempt_ended(self, attempt: Attempt) -> None:
        self._observer.attempt_ended(attempt)

    def waiting(self, info: AdapterInfo, seconds: float) -> None:
        self._observer.waiting(info, seconds)

    def compacted(
        self, info: AdapterInfo, tokens_before: int, tokens_after: int, strategies: Sequence[str]
    ) -> None:
        self._observer.compacted(info, tokens_before, tokens_after, strategies)

"""One model behind the reply cache: what was answered before is not asked, nor paid, again."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from orchestra.adapters.adapter import Adapter, AdapterInfo, CallObserver, Request
from orchestra.adapters.fingerprint import fingerprint, hash_of
from orchestra.clock import CancelToken, Deadline
from orchestra.records import Reply, Usage

_NOTHING_USED = Usage(0, 0, 0, Decimal(0))


class ReplyStore(Protocol):
    """Where whole answers are kept for a while. Any thread."""

    def find(self, key: str) -> Reply | None:
        """The answer as it was kept; None where there is none that still counts."""

    def keep(self, key: str, reply: Reply) -> None:
        """Keep an answer under that key."""


class CachedAdapter:
    """Answers from the store where it can, else asks the model and keeps the answer. Any thread.

    An answer from the store is not an attempt: the observer is told nothing, and the reply says `from_cache`
    with a usage and a cost of zero. Faults are never kept.
    """

    def __init__(self, adapter: Adapter, store: ReplyStore, *, setting: str) -> None:
        """`setting` is what shapes answers beyond model and question: the server's address, the model's options."""
        self._adapter = adapter
        self._store = store
        self._setting = setting

    def is_available(self) -> bool:
        return self._adapter.is_available()

    def get_info(self) -> AdapterInfo:
        return self._adapter.get_info()

    def execute(
        self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> Reply:
        cancel.check()
        if not request.cacheable:
            return self._adapter.execute(request, deadline=deadline, cancel=cancel, observer=observer)
        key = hash_of(self._setting, self.get_info().name, fingerprint(request).digest)
        found = self._store.find(key)
        if found is not None:
            return replace(found, usage=_NOTHING_USED, latency_ms=0, from_cache=True, saved=found.usage)
        reply = self._adapter.execute(request, deadline=deadline, cancel=cancel, observer=observer)
        self._store.keep(key, reply)
        return reply

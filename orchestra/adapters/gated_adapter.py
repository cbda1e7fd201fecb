"""One model behind the gate of its provider."""

from __future__ import annotations

from orchestra.adapters.adapter import Adapter, AdapterInfo, CallObserver, Request
from orchestra.adapters.health import Health
from orchestra.clock import CancelToken, Deadline
from orchestra.records import Reply


class GatedAdapter:
    """Asks the model when it is this call's turn, and lets all callers learn from what comes of it. Any thread."""

    def __init__(self, adapter: Adapter, health: Health) -> None:
        self._adapter = adapter
        self._health = health

    def is_available(self) -> bool:
        return self._adapter.is_available()

    def get_info(self) -> AdapterInfo:
        return self._adapter.get_info()

    def execute(
        self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> Reply:
        """As of any adapter; also RateLimited without a call, while the provider wants to be left alone for long."""
        with self._health.turn(self.get_info(), deadline=deadline, cancel=cancel):
            return self._adapter.execute(request, deadline=deadline, cancel=cancel, observer=observer)

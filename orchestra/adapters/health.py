"""What a run has learned about its providers, shared by all workers."""

from __future__ import annotations

import threading

from orchestra.adapters.adapter import AdapterInfo
from orchestra.errors import ProviderFault


class RunHealth:
    """Which providers and models are of no more use in this run. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dropped: dict[str, ProviderFault] = {}

    def note(self, info: AdapterInfo, fault: ProviderFault) -> None:
        """Learn from a fault of that model."""
        with self._lock:
            if fault.drops_provider:
                self._dropped.setdefault(info.provider, fault)
            elif fault.drops_model:
                self._dropped.setdefault(info.name, fault)

    def why_dropped(self, info: AdapterInfo) -> ProviderFault | None:
        """The fault that put the model or its provider out; None while it is in use."""
        with self._lock:
            return self._dropped.get(info.provider) or self._dropped.get(info.name)

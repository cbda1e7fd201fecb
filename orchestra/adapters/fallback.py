"""A chain of models: what to do when one fails."""

from __future__ import annotations

import copy
from enum import Enum
from typing import NamedTuple, Sequence

from orchestra.adapters.adapter import Adapter, AdapterInfo, CallObserver, Request
from orchestra.adapters.health import RunHealth
from orchestra.clock import CancelToken, Deadline
from orchestra.errors import AuthFailed, NoProviderError, ProviderFault
from orchestra.records import Reply

_REASON_CHARACTERS = 120


class Move(Enum):
    """What follows a fault."""

    NEXT_MODEL = "next model"
    STOP = "stop"


_POLICY: tuple[tuple[type[ProviderFault], Move], ...] = (
    (ProviderFault, Move.NEXT_MODEL),
)
"""The first row whose class fits decides. What a fault means for later calls is RunHealth's to know."""


class _Failure(NamedTuple):
    info: AdapterInfo
    fault: ProviderFault


class FallbackAdapter:
    """Asks its adapters in turn until one answers. Any thread."""

    def __init__(self, adapters: Sequence[Adapter], *, health: RunHealth) -> None:
        if not adapters:
            raise NoProviderError("the chain is empty", hint="name PROVIDER/MODEL under `agents` in the configuration")
        self._adapters = tuple(adapters)
        self._health = health

    def is_available(self) -> bool:
        return any(self._why_not(adapter) is None for adapter in self._adapters)

    def get_info(self) -> AdapterInfo:
        return self._adapters[0].get_info()

    def execute(
        self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> Reply:
        """As of any adapter; when no model answered, the last fault, with every model's reason in its text."""
        failures: list[_Failure] = []
        passed_over: list[_Failure] = []
        for adapter in self._adapters:
            cancel.check()
            if failures and (deadline.is_over or _move(failures[-1].fault) is Move.STOP):
                break
            reason = self._why_not(adapter)
            if reason is not None:
                passed_over.append(_Failure(adapter.get_info(), reason))
                continue
            try:
                return adapter.execute(request, deadline=deadline, cancel=cancel, observer=observer)
            except ProviderFault as fault:
                failures.append(_Failure(adapter.get_info(), fault))
                self._health.note(adapter.get_info(), fault)
        raise _exhausted(failures, passed_over) from (failures or passed_over)[-1].fault

    def _why_not(self, adapter: Adapter) -> ProviderFault | None:
        """Why an adapter is passed over; None for one to ask."""
        dropped = self._health.why_dropped(adapter.get_info())
        if dropped is None and not adapter.is_available():
            return AuthFailed("there is no key for it", hint="set the provider's key")
        return dropped


def _move(fault: ProviderFault) -> Move:
    return next(move for fault_class, move in _POLICY if isinstance(fault, fault_class))


def _exhausted(failures: list[_Failure], passed_over: list[_Failure]) -> ProviderFault:
    last = copy.copy((failures or passed_over)[-1].fault)
    if len(failures) == 1 and not passed_over:
        return last
    count = "1 model was" if len(failures) == 1 else "%d models were" % len(failures)
    beginning = count + " asked and none answered" if failures else "no model of the chain is left to ask"
    last.what = "%s: %s" % (beginning, "; ".join(map(_line, failures + passed_over)))
    last.where = None
    return last


def _line(failure: _Failure) -> str:
    what = failure.fault.what
    short = what if len(what) <= _REASON_CHARACTERS else what[:_REASON_CHARACTERS - 1] + "…"
    return "%s: %s" % (failure.info.name, short)

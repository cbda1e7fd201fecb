"""What is known about the providers: who is of no more use, who must be left alone for a while, who bears how much."""

from __future__ import annotations

import copy
import random
import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import Callable, Iterable, Iterator, Sequence

from orchestra.adapters.adapter import AdapterInfo
from orchestra.adapters.allowance import Allowance
from orchestra.adapters.gate import SHORT_WAIT_S, Gate, Turn
from orchestra.adapters.rows import ProviderRow
from orchestra.clock import CancelToken, Clock, Deadline
from orchestra.errors import Overloaded, ProviderFault, RateLimited
from orchestra.records import ProviderHealth

LONGEST_KEPT_COOLDOWN_S = 600.0
"""A later run asks again after this time at the latest: meanwhile the user may have paid, or changed the key."""


def keep_nothing(learned: ProviderHealth) -> None:
    """For runs without a memory."""


class Health:
    """One for a run, shared by all workers. Any thread.

    Every call to a model takes a turn here, so that what one caller is told holds for all.
    """

    def __init__(
        self,
        providers: Sequence[ProviderRow],
        *,
        clock: Clock,
        workers: int,
        known: Iterable[ProviderHealth] = (),
        keep: Callable[[ProviderHealth], None] = keep_nothing,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`known` is what earlier runs gave to `keep`; providers of another base URL are not meant by it."""
        self._clock = clock
        self._keep = keep
        self._lock = threading.Lock()
        self._dropped: dict[str, ProviderFault] = {}
        self._base_urls = {row.name: row.base_url for row in providers}
        meant = [one for one in known if self._base_urls.get(one.provider) == one.base_url]
        learned = {one.provider: one.max_concurrency for one in meant if one.max_concurrency is not None}
        self._gates = {
            row.name: Gate(
                row.name, Allowance(row.max_concurrency or workers, learned=learned.get(row.name)),
                clock=clock, jitter=jitter,
            )
            for row in providers
        }
        self._kept_sizes = {name: gate.size for name, gate in self._gates.items()}
        self._cool_down(meant)

    def wait_s(self, info: AdapterInfo) -> float:
        """Seconds for which the model's provider wants to be left alone."""
        return self._gates[info.provider].wait_s(info.model)

    def why_dropped(self, info: AdapterInfo) -> ProviderFault | None:
        """The fault that put the model or its provider out of use for the run; None while it is in use."""
        with self._lock:
            return self._dropped.get(info.provider) or self._dropped.get(info.name)

    @contextmanager
    def turn(self, info: AdapterInfo, *, deadline: Deadline, cancel: CancelToken) -> Iterator[None]:
        """Do one call in the block; what it raises is learned from.

        Waits in line before. Raises RateLimited where the provider must be left alone for long, the fault that
        dropped it, TimedOut at the deadline, Cancelled.
        """
        gate = self._gates[info.provider]
        turn = gate.enter(info.model, deadline=deadline, cancel=cancel)
        try:
            dropped = self.why_dropped(info)
            if dropped is not None:
                raise copy.copy(dropped)
            yield
        except ProviderFault as fault:
            self._learn(info, gate, turn, fault)
            raise
        else:
            gate.answered()
            self._keep_size(info.provider, gate.size)
        finally:
            gate.leave(turn)

    def _learn(self, info: AdapterInfo, gate: Gate, turn: Turn, fault: ProviderFault) -> None:
        if fault.drops_provider or fault.drops_model:
            with self._lock:
                self._dropped.setdefault(info.provider if fault.drops_provider else info.name, fault)
        if isinstance(fault, RateLimited):
            gate.refused(turn, fault.retry_after_s)
        elif isinstance(fault, Overloaded):
            fault.is_in_crowd = gate.overloaded(turn, fault.retry_after_s)
        else:
            return
        self._keep_size(info.provider, gate.size)
        wait_s = gate.wait_s(info.model)
        if wait_s > SHORT_WAIT_S:
            until = self._clock.now() + timedelta(seconds=min(wait_s, LONGEST_KEPT_COOLDOWN_S))
            base_url = self._base_urls[info.provider]
            self._keep(ProviderHealth(info.provider, base_url, model=info.model, cooldown_until=until))

    def _keep_size(self, provider: str, size: int) -> None:
        with self._lock:
            is_news = self._kept_sizes[provider] != size
            self._kept_sizes[provider] = size
        if is_news:
            self._keep(ProviderHealth(provider, self._base_urls[provider], max_concurrency=size))

    def _cool_down(self, known: Iterable[ProviderHealth]) -> None:
        now = self._clock.now()
        for one in known:
            if one.model is not None and one.cooldown_until is not None:
                seconds = (one.cooldown_until - now).total_seconds()
                # What lies farther ahead was kept before the clock was set back.
                if 0 < seconds <= LONGEST_KEPT_COOLDOWN_S:
                    self._gates[one.provider].cool_down(one.model, seconds)

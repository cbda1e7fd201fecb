"""Who answers: the models with the reply cache before them, a recorder that listens, or a cassette in their place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Callable, Mapping

from orchestra.adapters.adapter import Adapter, AdapterInfo, CallObserver, Request
from orchestra.adapters.result_cache import CachedAdapter
from orchestra.adapters.rows import ProviderRow
from orchestra.clock import CancelToken, Clock, Deadline
from orchestra.config.settings import CacheSettings
from orchestra.dataclass import dataclass
from orchestra.engine.chains import Front, no_front
from orchestra.errors import Truncated
from orchestra.records import AGENT_ROLES, Reply
from orchestra.state.reply_cache import ReplyCache

if TYPE_CHECKING:
    from orchestra.adapters.recording import Recorder
    from orchestra.adapters.replaying import Cassette


Hide = Callable[[str], str]
"""Takes known secrets out of a text."""


@dataclass(frozen=True)
class Discreet:
    """A model, or who answers for it, whose answers repeat no known secret to those who keep them. Any thread."""

    adapter: Adapter
    hide: Hide

    def is_available(self) -> bool:
        return self.adapter.is_available()

    def get_info(self) -> AdapterInfo:
        return self.adapter.get_info()

    def execute(
        self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> Reply:
        try:
            reply = self.adapter.execute(request, deadline=deadline, cancel=cancel, observer=observer)
        except Truncated as fault:
            fault.partial_text = self.hide(fault.partial_text)
            raise
        return replace(reply, text=self.hide(reply.text))


def discreet(chains: Mapping[str, Adapter], hide: Hide) -> dict[str, Adapter]:
    """Whoever answers for a role: what was kept in another run, or comes in parts, may hold what only shows now."""
    return {role: Discreet(chain, hide) for role, chain in chains.items()}


def front_of(cache: ReplyCache, settings: CacheSettings, hide: Hide = str) -> Front:
    """What the configuration puts before each model: a cache, which is given no known secret to keep."""
    if not settings.enabled:
        return no_front
    cached = _cached(cache, settings)
    return lambda role, row, adapter: cached(role, row, Discreet(adapter, hide))


def recorded(chains: Mapping[str, Adapter], recorder: Recorder) -> dict[str, Adapter]:
    """The chains by role, each with a recorder that listens."""
    from orchestra.adapters.recording import RecordingAdapter

    return {role: RecordingAdapter(chain, recorder, role=role) for role, chain in chains.items()}


def replayed(cassette: Cassette, clock: Clock) -> dict[str, Adapter]:
    """The cassette, for every role."""
    from orchestra.adapters.replaying import ReplayAdapter

    return {role: ReplayAdapter(cassette, role=role, clock=clock) for role in AGENT_ROLES}


def _cached(cache: ReplyCache, settings: CacheSettings) -> Front:
    store = cache.limited(ttl_s=settings.ttl, max_bytes=settings.max_bytes)

    def front(role: str, row: ProviderRow, adapter: Adapter) -> Adapter:
        model = row.model(adapter.get_info().model)
        setting = f"{row.protocol} {row.base_url} effort={model.effort} thinking={model.thinking}"
        return CachedAdapter(adapter, store, setting=setting)

    return front

"""Who answers: the models with the reply cache before them, a recorder that listens, or a cassette in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping

from orchestra.adapters.adapter import Adapter
from orchestra.adapters.result_cache import CachedAdapter
from orchestra.adapters.rows import ProviderRow
from orchestra.clock import Clock
from orchestra.config.settings import CacheSettings
from orchestra.engine.chains import Front, no_front
from orchestra.records import AGENT_ROLES
from orchestra.state.reply_cache import ReplyCache


if TYPE_CHECKING:
    from orchestra.adapters.recording import Recorder
    from orchestra.adapters.replaying import Cassette


def front_of(cache: ReplyCache, settings: CacheSettings) -> Front:
    """What the configuration puts before each model."""
    return _cached(cache, settings) if settings.enabled else no_front


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

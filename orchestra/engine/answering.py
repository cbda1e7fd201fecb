"""What stands before a model: the reply cache, or nothing."""

from __future__ import annotations

from orchestra.adapters.adapter import Adapter
from orchestra.adapters.result_cache import CachedAdapter
from orchestra.adapters.rows import ProviderRow
from orchestra.config.settings import CacheSettings
from orchestra.engine.chains import Front, no_front
from orchestra.state.reply_cache import ReplyCache


def front_of(cache: ReplyCache, settings: CacheSettings) -> Front:
    """What the configuration puts before each model."""
    return _cached(cache, settings) if settings.enabled else no_front


def _cached(cache: ReplyCache, settings: CacheSettings) -> Front:
    store = cache.limited(ttl_s=settings.ttl, max_bytes=settings.max_bytes)

    def front(role: str, row: ProviderRow, adapter: Adapter) -> Adapter:
        model = row.model(adapter.get_info().model)
        setting = f"{row.protocol} {row.base_url} effort={model.effort} thinking={model.thinking}"
        return CachedAdapter(adapter, store, setting=setting)

    return front

"""Which providers and models there are: the built-in rows with the user's settings merged over them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Callable, Mapping
from urllib.parse import urlsplit

from orchestra.adapters.built_in import BUILT_IN_PROVIDERS
from orchestra.adapters.rows import PROTOCOLS, ModelRow, PriceTier, ProviderRow
from orchestra.config.settings import ModelSettings, ProviderSettings
from orchestra.errors import ConfigError

__all__ = ["ModelRow", "PriceTier", "ProviderRow", "cost_usd", "find_key", "needs_key", "resolve"]

_MILLION = Decimal(1_000_000)


def resolve(settings: Mapping[str, ProviderSettings]) -> Mapping[str, ProviderRow]:
    """Every provider by name: the built-in ones and the user's own.

    Raises ConfigError for a provider that cannot be spoken to.
    """
    rows = {row.name: row for row in BUILT_IN_PROVIDERS}
    for name, said in settings.items():
        rows[name] = _merged(rows.get(name) or ProviderRow(name, base_url=""), said)
    return rows


def needs_key(row: ProviderRow) -> bool:
    """Whether a key must be there before the provider is asked."""
    return bool(row.key_variables or row.key_file)


def find_key(row: ProviderRow, variables: Mapping[str, str], read_file: Callable[[str], str]) -> str | None:
    """The key to send; None where there is none. The first variable that has a value wins.

    `read_file` gives the text of the file at a path. Raises ConfigError for a key file that cannot be read,
    and for a key that no header can carry; the message never holds the key.
    """
    for name in row.key_variables:
        key = variables.get(name, "").strip()
        if key:
            return _checked(key, name)
        path = variables.get(name + "_FILE")
        if path:
            return _key_from_file(path, name + "_FILE", read_file)
    if row.key_file:
        return _key_from_file(row.key_file, "providers.%s.api_key_file" % row.name, read_file)
    return None


def cost_usd(
    model: ModelRow, input_tokens: int | None, output_tokens: int | None, cached_tokens: int | None
) -> Decimal | None:
    """The price of an attempt; None when usage or price is unknown. `input_tokens` includes the cached ones."""
    if input_tokens is None or output_tokens is None:
        return None
    tiers = [tier for tier in model.prices if tier.above_input_tokens == 0 or input_tokens > tier.above_input_tokens]
    tier = tiers[-1] if tiers else PriceTier()
    if tier.input_usd is None or tier.output_usd is None:
        return None
    cached = min(cached_tokens or 0, input_tokens)
    cached_usd = tier.input_usd if tier.cached_usd is None else tier.cached_usd
    total = (input_tokens - cached) * tier.input_usd + cached * cached_usd + output_tokens * tier.output_usd
    return total / _MILLION


def _merged(row: ProviderRow, said: ProviderSettings) -> ProviderRow:
    has_own_key = bool(said.api_key_env or said.api_key_file)
    merged = replace(
        row,
        protocol=said.protocol or row.protocol,
        base_url=(said.base_url or row.base_url).rstrip("/"),
        key_variables=((said.api_key_env,) if said.api_key_env else ()) if has_own_key else row.key_variables,
        key_file=said.api_key_file if has_own_key else row.key_file,
        headers={**row.headers, **said.headers},
        ca_bundle=said.ca_bundle or row.ca_bundle,
        client_cert=said.client_cert or row.client_cert,
        proxy=said.proxy or row.proxy,
        timeout=said.timeout,
        max_concurrency=said.max_concurrency or row.max_concurrency,
        models={**row.models, **{id: _merged_model(row.model(id), about) for id, about in said.models.items()}},
    )
    _check(merged)
    return merged


def _merged_model(row: ModelRow, said: ModelSettings) -> ModelRow:
    return replace(
        row,
        context_window=row.context_window if said.context_window is None else said.context_window,
        max_output=row.max_output if said.max_output is None else said.max_output,
        prices=_merged_prices(row.prices, said),
    )


def _merged_prices(tiers: tuple[PriceTier, ...], said: ModelSettings) -> tuple[PriceTier, ...]:
    if said.price_input is None and said.price_output is None and said.price_cached is None:
        return tiers
    # The user knows one price per kind, so what they name holds for prompts of every length.
    return tuple(
        replace(
            tier,
            input_usd=tier.input_usd if said.price_input is None else said.price_input,
            output_usd=tier.output_usd if said.price_output is None else said.price_output,
            cached_usd=_merged_cached_price(tier, said),
        )
        for tier in tiers or (PriceTier(),)
    )


def _merged_cached_price(tier: PriceTier, said: ModelSettings) -> Decimal | None:
    if said.price_cached is not None:
        return said.price_cached
    # A cached price beside another price for input would be a mixture of two price lists.
    return tier.cached_usd if said.price_input is None else None


def _check(row: ProviderRow) -> None:
    where = "providers.%s" % row.name
    if row.protocol not in PROTOCOLS:
        raise ConfigError(
            "unknown protocol %r" % row.protocol, where=where + ".protocol", hint="use one of " + ", ".join(PROTOCOLS)
        )
    try:
        url = urlsplit(row.base_url)
        is_usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or url.query or url.fragment or "@" in url.netloc:
        raise ConfigError(
            "base_url is not the address of a server" if row.base_url else "base_url is missing",
            where=where + ".base_url",
            hint="write it with its version segment, such as http://127.0.0.1:8080/v1, and without a key",
        )


def _key_from_file(path: str, origin: str, read_file: Callable[[str], str]) -> str | None:
    try:
        key = read_file(path).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigError("the key file cannot be read: %s" % reason, where="%s: %s" % (origin, path)) from None
    return _checked(key, origin) if key else None


def _checked(key: str, origin: str) -> str:
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigError(
            "the key holds a blank, a line break or another character that keys do not have",
            where=origin,
            hint="copy the key again, alone on one line",
        )
    return key

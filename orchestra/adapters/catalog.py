"""Which providers and models there are: the rows of the package with the user's settings merged over them."""

from __future__ import annotations

from dataclasses import field, replace
from decimal import Decimal
from typing import Callable, Mapping
from urllib.parse import urlsplit, urlunsplit

from orchestra.adapters.built_in import BUILT_IN_PROVIDERS
from orchestra.adapters.model_settings import merged_model
from orchestra.adapters.ready_made import READY_MADE_PROVIDERS
from orchestra.adapters.rows import PROTOCOLS, ModelRow, PriceTier, ProviderRow
from orchestra.config.settings import ProviderSettings
from orchestra.dataclass import dataclass
from orchestra.errors import ConfigError

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class FoundKey:
    """A key, and where it was found."""

    value: str = field(repr=False)
    origin: str
    """The variable, or the dotted key of the configuration, that holds it or names its file."""


def resolve(settings: Mapping[str, ProviderSettings]) -> Mapping[str, ProviderRow]:
    """Every provider by name: the built-in ones, the ready-made ones and the user's own.

    Raises ConfigError for a provider that cannot be spoken to, and for a switch that a model does not have.
    """
    rows = {row.name: row for row in (*BUILT_IN_PROVIDERS, *READY_MADE_PROVIDERS)}
    for name, said in settings.items():
        rows[name] = _merged(rows.get(name) or ProviderRow(name, base_url=""), said)
    return rows


def needs_key(row: ProviderRow) -> bool:
    """Whether a key must be there before the provider is asked."""
    return bool(row.key_variables or row.key_file)


def find_key(row: ProviderRow, variables: Mapping[str, str], read_file: Callable[[str], str]) -> str | None:
    """The key to send, as `locate_key` finds it; None where there is none."""
    found = locate_key(row, variables, read_file)
    return None if found is None else found.value


def locate_key(
    row: ProviderRow, variables: Mapping[str, str], read_file: Callable[[str], str]
) -> FoundKey | None:
    """The key to send and where it stands; None where there is none. The first variable that has a value wins.

    `read_file` gives the text of the file at a path. Raises ConfigError for a key file that cannot be read,
    and for a key that no header can carry; the message never holds the key.
    """
    for name in row.key_variables:
        key = variables.get(name, "").strip()
        if key:
            return FoundKey(_checked(key, name), name)
        path = variables.get(name + "_FILE")
        if path:
            return _key_from_file(path, name + "_FILE", read_file)
    if row.key_file:
        return _key_from_file(row.key_file, "providers.%s.api_key_file" % row.name, read_file)
    return None


def cost_usd(
    model: ModelRow,
    input_tokens: int | None,
    output_tokens: int | None,
    cached_tokens: int | None,
    written_tokens: int | None = None,
) -> Decimal | None:
    """The price of an attempt; None when usage or price is unknown.

    `input_tokens` is the whole prompt, with what was read from the provider's cache and written to it.
    """
    if input_tokens is None or output_tokens is None:
        return None
    tier = price_tier(model, input_tokens)
    if tier.input_usd is None or tier.output_usd is None:
        return None
    cached = min(cached_tokens or 0, input_tokens)
    written = min(written_tokens or 0, input_tokens - cached)
    cached_usd = tier.input_usd if tier.cached_usd is None else tier.cached_usd
    written_usd = tier.input_usd if tier.written_usd is None else tier.written_usd
    prompt = (input_tokens - cached - written) * tier.input_usd + cached * cached_usd + written * written_usd
    return (prompt + output_tokens * tier.output_usd) / _MILLION


def is_priced(model: ModelRow) -> bool:
    """Whether its price is known."""
    tier = price_tier(model, 0)
    return tier.input_usd is not None and tier.output_usd is not None


def price_tier(model: ModelRow, input_tokens: int) -> PriceTier:
    """The prices that hold for a prompt of that length; one of unknowns where nobody knows them."""
    tiers = [tier for tier in model.prices if tier.above_input_tokens == 0 or input_tokens > tier.above_input_tokens]
    return tiers[-1] if tiers else PriceTier()


def _merged(row: ProviderRow, said: ProviderSettings) -> ProviderRow:
    has_own_key = bool(said.api_key_env or said.api_key_file)
    merged = replace(
        row,
        protocol=said.protocol or row.protocol,
        base_url=_in_ascii((said.base_url or row.base_url).rstrip("/")),
        key_variables=((said.api_key_env,) if said.api_key_env else ()) if has_own_key else row.key_variables,
        key_file=said.api_key_file if has_own_key else row.key_file,
        headers={**row.headers, **said.headers},
        ca_bundle=said.ca_bundle or row.ca_bundle,
        client_cert=said.client_cert or row.client_cert,
        proxy=said.proxy or row.proxy,
        timeout=said.timeout,
        max_concurrency=said.max_concurrency or row.max_concurrency,
    )
    _check(merged)
    # An id that the user lists is sent as it is: a reseller may still serve what its vendor has switched off.
    models = {
        id: merged_model(row.models.get(id) or replace(row.unlisted, id=id), about, merged)
        for id, about in said.models.items()
    }
    return replace(merged, models={**row.models, **models})


def _in_ascii(url: str) -> str:
    """The address with its host as name servers know it (RFC 3490); as it is where that cannot be."""
    if url.isascii():
        return url
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        in_ascii = parts.netloc.lower().replace(host, host.encode("idna").decode("ascii"))
        return urlunsplit(parts._replace(netloc=in_ascii))
    except ValueError:
        return url


def _check(row: ProviderRow) -> None:
    where = "providers.%s" % row.name
    if row.protocol not in PROTOCOLS:
        raise ConfigError(
            "unknown protocol %r" % row.protocol, where=where + ".protocol", hint="use one of " + ", ".join(PROTOCOLS)
        )
    try:
        url = urlsplit(row.base_url)
        is_usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0 and url.netloc.isascii()
    except ValueError:
        is_usable = False
    if not is_usable or url.query or url.fragment or "@" in url.netloc:
        raise ConfigError(
            "base_url is not the address of a server" if row.base_url else "base_url is missing",
            where=where + ".base_url",
            hint="write it with its version segment, such as http://127.0.0.1:8080/v1, and without a key",
        )


def _key_from_file(path: str, origin: str, read_file: Callable[[str], str]) -> FoundKey | None:
    try:
        # Some editors begin a file with a byte order mark.
        key = read_file(path).lstrip("\ufeff").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigError(
            "the key file cannot be read: %s" % reason, where="%s: %s" % (origin, path),
            hint="name a small text file that holds nothing but the key",
        ) from None
    return FoundKey(_checked(key, origin), origin) if key else None


def _checked(key: str, origin: str) -> str:
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigError(
            "the key holds a blank, a line break or another character that keys do not have",
            where=origin,
            hint="copy the key again, alone on one line",
        )
    return key

"""Providers, their keys and what they answer; the model servers on this machine; every host of a run."""

from __future__ import annotations

from typing import Any, Mapping, Sequence
from urllib.parse import urlsplit

from orchestra.adapters.egress import is_loopback
from orchestra.adapters.proxies import choose_proxy, proxy_host_of
from orchestra.adapters.rows import ProviderRow
from orchestra.cli.checkup.finding import FAIL, OK, WARN, Finding
from orchestra.engine.chains import ChainPlan
from orchestra.engine.inquiry import Inquiry
from orchestra.engine.survey import Provider

_MOST_NAMED = 5


def check_providers(providers: Sequence[Provider], asked: Mapping[str, Inquiry]) -> list[Finding]:
    """One finding for each built-in provider and each that the user means to use."""
    return [
        _check_provider(provider, asked.get(provider.row.name))
        for provider in providers
        if provider.row.is_built_in or provider.is_wanted
    ]


def check_servers(servers: Sequence[ProviderRow], asked: Mapping[str, Inquiry]) -> list[Finding]:
    """The model servers that answer where they usually do on this machine."""
    found = [asked[row.name] for row in servers if row.name in asked and asked[row.name].is_reached]
    if not found:
        titles = ", ".join(row.title for row in servers)
        return [Finding("servers", OK, f"none answers on this machine ({titles})", details={"found": []})]
    return [
        Finding(
            f"server {inquiry.row.name}", OK, f"{inquiry.row.title} at {inquiry.row.base_url}{_offer(inquiry)}",
            details={"base_url": inquiry.row.base_url, "models": _ids(inquiry)},
        )
        for inquiry in found
    ]


def check_hosts(plans: Sequence[ChainPlan], variables: Mapping[str, str], *, offline: bool) -> Finding:
    """Every host that a run could reach, with the proxies on the way."""
    rows = {row.name: row for plan in plans for row in plan.providers}
    roads = [_road(row, variables, offline=offline) for row in rows.values()]
    allowed = [road for road in roads if not offline or is_loopback(str(road["host"]))]
    hosts = dict.fromkeys(_host_text(road) for road in allowed)
    text = ", ".join(hosts) or "none"
    return Finding("hosts", OK, f"a run could reach: {text}", details={"hosts": allowed})


def _check_provider(provider: Provider, inquiry: Inquiry | None) -> Finding:
    row = provider.row
    name = f"provider {row.name}"
    error = None if inquiry is None else inquiry.error
    details = {
        "provider": row.name, "host": _host(row), "key_from": None if provider.key is None else provider.key.origin,
        "agents": sorted({role for roles in provider.roles.values() for role in roles}),
        "reached": None if inquiry is None else inquiry.is_reached,
        "served": None if inquiry is None or inquiry.models is None else len(inquiry.models),
        "error": None if error is None else {"code": error.code, "message": error.message},
    }
    if not provider.can_be_asked:
        return Finding(name, _state_without_key(provider), provider.why_not_asked + _use(provider),
                       _key_hint(provider), details)
    key = "no key needed" if provider.key is None else f"key from {provider.key.origin}"
    text = f"{_host(row)}, {key}{_use(provider)}"
    if inquiry is None:
        return Finding(name, OK, text, details=details)
    if error is not None:
        state = WARN if provider.roles else OK
        answer = "answers, but" if inquiry.is_reached else "not reached:"
        return Finding(name, state, f"{text}; {answer} {error.what}", error.hint, details)
    return Finding(name, OK, f"{text}; serves {len(inquiry.models or ())} models", details=details)


def _state_without_key(provider: Provider) -> str:
    if not provider.roles:
        return OK if provider.key_error is None else WARN
    return WARN if provider.row.is_built_in and provider.key_error is None else FAIL


def _key_hint(provider: Provider) -> str:
    if provider.key_error is not None and provider.key_error.hint:
        return provider.key_error.hint
    return f"set {provider.row.key_variables[0]}" if provider.row.key_variables else "write the key into its file"


def _use(provider: Provider) -> str:
    roles = dict.fromkeys(role for roles in provider.roles.values() for role in roles)
    return f", for {', '.join(roles)}" if roles else ", in no chain"


def _offer(inquiry: Inquiry) -> str:
    ids = _ids(inquiry)
    if not ids:
        return ""
    named = ", ".join(ids[:_MOST_NAMED]) + (" and more" if len(ids) > _MOST_NAMED else "")
    return f" serves {named}; in a chain: {inquiry.row.name}/{ids[0]}"


def _ids(inquiry: Inquiry) -> list[str]:
    return [model.id for model in inquiry.models or ()]


def _road(row: ProviderRow, variables: Mapping[str, str], *, offline: bool) -> dict[str, Any]:
    proxy = None if offline else choose_proxy(row.base_url, row.proxy, variables)
    return {"provider": row.name, "host": _host(row), "proxy": proxy_host_of(proxy) if proxy else None}


def _host_text(road: Mapping[str, Any]) -> str:
    return f"{road['host']} by way of {road['proxy']}" if road["proxy"] else str(road["host"])


def _host(row: ProviderRow) -> str:
    return urlsplit(row.base_url).hostname or ""

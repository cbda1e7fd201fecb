"""What of a configuration may be shown, and what may be kept: headers and proxies can hold secrets."""

from __future__ import annotations

import re
from typing import Callable, Mapping
from urllib.parse import urlsplit, urlunsplit

from orchestra.regex import regex

MASK = "***"

_SECRET_NAME = regex(r"auth|key|token|secret|passw|cookie|credential|session|sign|bearer", re.IGNORECASE)
_SECRET_VALUE = regex(r"(?i:bearer |basic )|(?=.*[0-9])(?=.*[A-Za-z])\S{16,}")


def looks_secret(name: str, value: str) -> bool:
    """Whether a header seems to hold a secret, by its name or by the look of its value."""
    return bool(_SECRET_NAME.search(name) or _SECRET_VALUE.match(value))


def masked(values: Mapping[str, object]) -> dict[str, object]:
    """The values fit for a screen: no header's value, no proxy's user."""
    return _with_providers(values, header=lambda name, value: MASK, proxy=_masked_proxy)


def without_secrets(values: Mapping[str, object]) -> dict[str, object]:
    """The values fit to be kept: a secret-looking header keeps its name only (null), as does a proxy with a user."""
    return _with_providers(
        values,
        header=lambda name, value: None if value is None or looks_secret(name, value) else value,
        proxy=lambda proxy: None if _has_user(proxy) else proxy,
    )


def _with_providers(
    values: Mapping[str, object],
    *,
    header: Callable[[str, str], str | None],
    proxy: Callable[[str], str | None],
) -> dict[str, object]:
    providers = values.get("providers")
    if not isinstance(providers, Mapping):
        return dict(values)
    cleaned = {}
    for name, provider in providers.items():
        cleaned[name] = dict(provider)
        headers = provider.get("headers") or {}
        if headers:
            cleaned[name]["headers"] = {key: header(key, value) for key, value in headers.items()}
        if provider.get("proxy"):
            cleaned[name]["proxy"] = proxy(provider["proxy"])
    return {**values, "providers": cleaned}


def _has_user(proxy: str) -> bool:
    return "@" in urlsplit(proxy).netloc


def _masked_proxy(proxy: str) -> str:
    if not _has_user(proxy):
        return proxy
    parts = urlsplit(proxy)
    return urlunsplit(parts._replace(netloc=MASK + "@" + parts.netloc.rpartition("@")[2]))

"""Which proxy leads to a host, from the configuration and the usual variables."""

from __future__ import annotations

import ipaddress
from typing import Mapping
from urllib.parse import urlsplit

from orchestra.adapters.egress import is_loopback

WANTS_USER_HINT = "the proxy wants a user and a password: write them into its URL"


def choose_proxy(url: str, configured: str | None, variables: Mapping[str, str]) -> str | None:
    """The URL of the proxy to go through; None to go straight.

    What the provider's settings name always counts. Variables do not count for this machine, which a proxy
    would look for on itself, nor for what NO_PROXY names.
    """
    if configured:
        return _with_scheme(configured)
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if is_loopback(host) or _is_exempt(host, parts.port, _variable(variables, "no_proxy")):
        return None
    # HTTP_PROXY in capitals can be set by a request's header where a program runs as CGI; this one never does.
    found = _variable(variables, parts.scheme + "_proxy") or _variable(variables, "all_proxy")
    return _with_scheme(found) if found else None


def proxy_host_of(proxy: str) -> str | None:
    """The host in the proxy's URL, as it is looked up; None where the URL cannot be read."""
    try:
        parts = urlsplit(proxy)
        host = parts.hostname or ""
        if not host.isascii():
            # Whoever opens the connection reads it so; most proxies do not need it loaded.
            from urllib3.util import parse_url

            host = parse_url(proxy).host or ""
        is_read = host.isprintable() and " " not in host and parts.port != 0
    except ValueError:
        return None
    return host if host and is_read else None


def _variable(variables: Mapping[str, str], name: str) -> str:
    return variables.get(name) or variables.get(name.upper()) or ""


def _with_scheme(proxy: str) -> str:
    return proxy if "://" in proxy else "http://" + proxy


def _is_exempt(host: str, port: int | None, no_proxy: str) -> bool:
    return any(_covers(entry, host, port) for entry in no_proxy.lower().replace(",", " ").split())


def _covers(entry: str, host: str, port: int | None) -> bool:
    if entry == "*":
        return True
    name, entry_port = _name_and_port(entry)
    if entry_port and entry_port != str(port):
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = name.lstrip("*").lstrip(".")
        return bool(name) and (host == name or host.endswith("." + name))
    try:
        return address in ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False


def _name_and_port(entry: str) -> tuple[str, str]:
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, rest.lstrip(":")
    name, _, port = entry.partition(":")
    # More than one colon: an IPv6 address without brackets.
    return (entry, "") if ":" in port else (name, port)

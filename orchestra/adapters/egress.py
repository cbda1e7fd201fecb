"""Which hosts may be reached: the configured ones, under `--offline` only those on this machine."""

from __future__ import annotations

import ipaddress
from typing import Iterable

from orchestra.errors import HostNotAllowed


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine by its form; no name is looked up."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


class Egress:
    """Asked before a connection is opened."""

    def __init__(self, hosts: Iterable[str], *, offline: bool) -> None:
        self._hosts = frozenset(map(_plain, hosts))
        self._is_offline = offline

    def check(self, host: str) -> None:
        """Raises HostNotAllowed for a host that must not be reached."""
        if self._is_offline and not is_loopback(host):
            raise HostNotAllowed(
                "%s is not on this machine" % host,
                hint="leave out --offline, or use a local server",
            )
        if _plain(host) not in self._hosts:
            raise HostNotAllowed(
                "%s is not a configured host" % host, hint="name it in the base_url of a provider"
            )


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()

"""Which hosts may be reached: the configured ones, under `--offline` only those on this machine."""

from __future__ import annotations

import ipaddress
import socket
from typing import Iterable

from orchestra.errors import HostNotAllowed

_LOOPBACK = 127


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine by its form; no name is looked up."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost" or _is_short_loopback(name)
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or (mapped is not None and mapped.is_loopback)


def _is_short_loopback(name: str) -> bool:
    """Whether it is an older spelling, such as 127.1, of such an address: what resolves names reads it so."""
    try:
        # It overlooks what follows a blank.
        return not any(map(str.isspace, name)) and socket.inet_aton(name)[0] == _LOOPBACK
    except OSError:
        return False


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

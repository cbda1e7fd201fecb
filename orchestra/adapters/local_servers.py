"""Model servers that usually listen on this machine."""

from __future__ import annotations

from dataclasses import replace
from typing import Mapping, Sequence
from urllib.parse import urlsplit

from orchestra.adapters.egress import is_loopback
from orchestra.adapters.ready_made import LOCAL_PROVIDERS
from orchestra.adapters.rows import ProviderRow
from orchestra.config.settings import TimeoutSettings

PROBE_TIMEOUT = TimeoutSettings(connect=0.5, first_byte=2, idle=2, total=3)
"""A server on this machine that is there says at once what it serves."""


def usual_servers(
    rows: Mapping[str, ProviderRow], servers: Sequence[ProviderRow] = LOCAL_PROVIDERS
) -> tuple[ProviderRow, ...]:
    """The ready-made servers as `rows` have them, to be asked without much patience.

    One that the configuration has moved to another machine is not among them.
    """
    found = (rows.get(server.name, server) for server in servers)
    return tuple(replace(row, timeout=PROBE_TIMEOUT) for row in found if is_local(row))


def is_local(row: ProviderRow) -> bool:
    """Whether a provider is on this machine, by the form of its address."""
    return is_loopback(urlsplit(row.base_url).hostname or "")

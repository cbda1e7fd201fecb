from __future__ import annotations

import socket

import pytest
import requests
import urllib3

from orchestra.adapters.transport_faults import transport_fault
from orchestra.errors import ConnectionFailed, TimedOut

_POOL = urllib3.HTTPConnectionPool("h")


def _wrapped(inner: Exception) -> requests.ConnectionError:
    """As requests and urllib3 wrap the errors of a connection."""
    outer = urllib3.exceptions.NewConnectionError(_POOL, "Failed to connect")  # type: ignore[arg-type]
    outer.__cause__ = inner
    return requests.ConnectionError(urllib3.exceptions.MaxRetryError(_POOL, "/secret-path", outer))


@pytest.mark.parametrize(
    "inner, proxy_host, what",
    [
        (socket.gaierror(-2, "Name or service not known"), None, "the name h.example is not known"),
        (socket.gaierror(-2, "Name or service not known"), "p.example", "the name p.example is not known"),
        (ConnectionRefusedError(111, "refused"), None, "nothing listens at h.example:443"),
        (ConnectionRefusedError(111, "refused"), "p.example", "nothing listens at the proxy p.example"),
        (OSError(101, "Network is unreachable"), None, "h.example:443 cannot be reached: Network is unreachable"),
        (ConnectionResetError(104, "reset"), None, "h.example:443 cut the connection"),
    ],
)
def test_the_innermost_cause_gives_the_words(inner: Exception, proxy_host: str | None, what: str) -> None:
    fault = transport_fault(_wrapped(inner), provider="p", server="h.example:443", proxy_host=proxy_host)
    assert (type(fault), fault.what, fault.where) == (ConnectionFailed, what, "provider p")
    assert "secret-path" not in str(fault)
    if proxy_host:
        assert fault.hint == "check providers.p.proxy, HTTPS_PROXY or NO_PROXY"


def test_a_sockets_own_timeout_is_a_timeout() -> None:
    fault = transport_fault(_wrapped(socket.timeout()), provider="p", server="h.example:443", proxy_host=None)
    assert type(fault) is TimedOut

"""Connections that tell the call they serve about their sockets, and ask before they open one."""

from __future__ import annotations

import http.client
import socket
from functools import partial
from typing import Any, Callable

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from orchestra.adapters.watchdog import FIRST_BYTE, Call

BeforeOpening = Callable[[str], Call]
"""Given the host to connect to: the call that the present thread is busy with. Raises where it must not connect."""
CurrentCall = Callable[[], Call]


_SWITCHING_PROTOCOLS = 101


class _FinalResponse(http.client.HTTPResponse):
    """Reads over every interim answer, of which the standard library knows one only (RFC 9110, 15.2)."""

    def begin(self) -> None:
        super().begin()
        while 100 <= self.status < 200 and self.status != _SWITCHING_PROTOCOLS:
            # It takes what has headers for begun.
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()


class _WatchedConnection(HTTPConnection):
    """Plain, or the inner part of a TLS one."""

    response_class = _FinalResponse

    def __init__(self, *args: Any, before_opening: BeforeOpening, current_call: CurrentCall, **options: Any) -> None:
        super().__init__(*args, **options)
        self._before_opening = before_opening
        self._current_call = current_call

    def _new_conn(self) -> socket.socket:
        call = self._before_opening(self.host)
        self.timeout = call.left_s()
        connected = super()._new_conn()
        # Before any TLS handshake, which a server can draw out too.
        call.hold(connected)
        return connected

    def request(self, *args: Any, **options: Any) -> None:
        call = self._current_call()
        call.is_on_used_connection = self.sock is not None
        if self.sock is None:
            self.connect()
        call.hold(self.sock)
        call.enter(FIRST_BYTE)
        super().request(*args, **options)


class _WatchedTlsConnection(_WatchedConnection, HTTPSConnection):
    """The method resolution order puts the watching between TLS and the plain connection's `_new_conn`."""


def watched_pools(before_opening: BeforeOpening, current_call: CurrentCall) -> dict[str, Callable[..., object]]:
    """What a urllib3 pool manager takes as `pool_classes_by_scheme`."""
    options = {"before_opening": before_opening, "current_call": current_call}

    def pool_of(pool_class: Any, connection_class: Any, *args: Any, **pool_options: Any) -> object:
        pool = pool_class(*args, **pool_options)
        pool.ConnectionCls = partial(connection_class, **options)
        return pool

    return {
        "http": partial(pool_of, HTTPConnectionPool, _WatchedConnection),
        "https": partial(pool_of, HTTPSConnectionPool, _WatchedTlsConnection),
    }

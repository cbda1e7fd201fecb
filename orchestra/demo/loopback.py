"""A small HTTP server on 127.0.0.1: connections, waits, and ends that no polite server makes."""

from __future__ import annotations

import os
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Mapping

from orchestra.dataclass import dataclass
from orchestra.demo.delivery import HANG, KEEP, RESET, Delivery

_POLL_S = 0.02
"""How soon the accepting thread notices the stop."""


@dataclass(frozen=True)
class ReceivedRequest:
    """A request as it came over the connection."""

    method: str
    target: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class LoopbackServer(ThreadingHTTPServer):
    """Serves from its making until `stop`, each connection in a thread of its own.

    `respond` is called in those threads.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, respond: Callable[[ReceivedRequest], Delivery]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        # A client that goes away between poll and accept leaves nothing to accept: that must not be waited for.
        self.socket.settimeout(_POLL_S)
        self.respond = respond
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(_POLL_S,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End every wait and every connection; returns when the port is free."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        self.shutdown()
        self.server_close()
        self._thread.join()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            _shut(connection)

    def server_bind(self) -> None:
        """Binds without asking for the host's name, which may wait for a name server that is not there."""
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.server_address = self.socket.getsockname()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silent: a client that goes away is a client's right, and standard error is not ours."""


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LoopbackServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.server.respond(ReceivedRequest(self.command, self.path, headers, body)))

    do_GET = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""

    def _send(self, delivery: Delivery) -> None:
        wait_s = delivery.delay_s
        for piece in delivery.pieces:
            if wait_s and self.server.stopping.wait(wait_s):
                self.close_connection = True
                return
            self.wfile.write(piece)
            wait_s = delivery.pause_s
        if delivery.ending == HANG:
            self.server.stopping.wait()
        if delivery.ending != KEEP:
            self.close_connection = True
        if delivery.ending == RESET:
            _reset(self.connection)


def _reset(connection: socket.socket) -> None:
    """Close so that the other end sees a reset: lingering for no time discards the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # Without its descriptor the socket object cannot say goodbye first, as the server would have it do.
    os.close(connection.detach())


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it ended by itself meanwhile

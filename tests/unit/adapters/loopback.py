"""A server on this machine that does with a connection exactly what a test says."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, Callable, Iterator


@dataclass(frozen=True)
class Received:
    line: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> object:
        return json.loads(self.body)


@dataclass
class Loopback:
    """What a test sees of its server."""

    port: int
    scheme: str = "http"
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    is_asked: threading.Event = field(default_factory=threading.Event)
    is_over: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set once a connection has ended."""

    @property
    def base_url(self) -> str:
        return "%s://127.0.0.1:%d/v1" % (self.scheme, self.port)


Behaviour = Callable[[socket.socket, Loopback], None]
"""Answers one request; an OSError ends the connection."""


@contextmanager
def serving(
    behaviour: Behaviour, *, tls: ssl.SSLContext | None = None, is_http: bool = True
) -> Iterator[Loopback]:
    """A server for the time of a `with`; when it is not HTTP, the behaviour does not wait for a request."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Loopback(listener.getsockname()[1], "https" if tls else "http")
    serve = _http(behaviour, tls) if is_http else behaviour
    threading.Thread(target=_accept, args=(listener, server, serve), daemon=True).start()
    try:
        yield server
    finally:
        server.is_over.set()
        listener.close()


def answers(status: int, body: object, *, headers: str = "", content_type: str = "application/json") -> Behaviour:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode("utf-8")
    head = "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\n" % (status, content_type, len(raw))
    return sends((head + headers + "\r\n").encode() + raw)


def streams(*events: object, ends_well: bool = True) -> Behaviour:
    """Server-sent events in chunks; text goes out as it is."""
    pieces = [event if isinstance(event, str) else "data: %s\n\n" % json.dumps(event) for event in events]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece.encode()), piece.encode()) for piece in pieces)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    return sends(head + chunks + b"0\r\n\r\n") if ends_well else in_turn(sends(head + chunks), resets)


def sends(raw: bytes) -> Behaviour:
    return lambda connection, server: connection.sendall(raw)


def in_turn(*behaviours: Behaviour) -> Behaviour:
    def behave(connection: socket.socket, server: Loopback) -> None:
        for behaviour in behaviours:
            behaviour(connection, server)

    return behave


def one_after_another(*behaviours: Behaviour) -> Behaviour:
    """The first request gets the first one, and so on."""

    def behave(connection: socket.socket, server: Loopback) -> None:
        behaviours[len(server.received) - 1](connection, server)

    return behave


def drips(connection: socket.socket, server: Loopback) -> None:
    """A byte now and then until the other side has enough."""
    while not server.is_over.wait(0.02):
        connection.sendall(b"x")


def hangs(connection: socket.socket, server: Loopback) -> None:
    server.is_over.wait()


def closes(connection: socket.socket, server: Loopback) -> None:
    raise ConnectionAbortedError


def resets(connection: socket.socket, server: Loopback) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionAbortedError


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _accept(listener: socket.socket, server: Loopback, serve: Behaviour) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        server.connections += 1
        threading.Thread(target=_quietly, args=(serve, connection, server), daemon=True).start()


def _quietly(serve: Behaviour, connection: socket.socket, server: Loopback) -> None:
    try:
        with connection:
            serve(connection, server)
    except OSError:
        pass
    server.hung_up.set()


def _http(behaviour: Behaviour, tls: ssl.SSLContext | None) -> Behaviour:
    def serve(connection: socket.socket, server: Loopback) -> None:
        if tls:
            connection = tls.wrap_socket(connection, server_side=True)
        with connection, connection.makefile("rb") as stream:
            while _serve_one(connection, stream, server, behaviour):
                pass

    return serve


def _serve_one(connection: socket.socket, stream: BinaryIO, server: Loopback, behaviour: Behaviour) -> bool:
    line = stream.readline().decode("latin-1").strip()
    if not line:
        return False
    headers = {}
    for raw in iter(stream.readline, b"\r\n"):
        if not raw:
            return False
        name, _, value = raw.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    server.received.append(Received(line, headers, body))
    server.is_asked.set()
    behaviour(connection, server)
    return True

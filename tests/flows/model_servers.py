"""Servers on loopback that list models, and a configuration that looks for the usual ones nowhere else."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Iterator, Mapping

from orchestra.demo.delivery import Delivery, json_or_text
from orchestra.demo.loopback import LoopbackServer, ReceivedRequest

USUAL = ("llama-cpp", "ollama", "vllm", "lm-studio")


@dataclass
class ListingServer:
    """What a test sees of it."""

    base_url: str
    received: list[ReceivedRequest] = field(default_factory=list)


@contextmanager
def listing(body: str | Mapping[str, Any], *, status: int = 200) -> Iterator[ListingServer]:
    """A server that answers every request with this body, JSON unless it is text."""
    seen: list[ReceivedRequest] = []

    def respond(request: ReceivedRequest) -> Delivery:
        seen.append(request)
        return Delivery((json_or_text(status, body, {}),))

    server = LoopbackServer(respond)
    try:
        yield ListingServer(f"http://127.0.0.1:{server.server_port}/v1", seen)
    finally:
        server.stop()


def models(*ids: str, **more: object) -> dict[str, Any]:
    """A list of models as most servers give it; `more` stands in every entry."""
    return {"object": "list", "data": [{"id": model_id, "object": "model", **more} for model_id in ids]}


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def nobody_home(**addresses: str) -> Mapping[str, Any]:
    """Settings of providers in which the usual servers are where nothing listens, but for those named here.

    A hyphen in a name is written as an underscore.
    """
    nowhere = {name: f"http://127.0.0.1:{closed_port()}/v1" for name in USUAL}
    named = {name.replace("_", "-"): address for name, address in addresses.items()}
    return {name: {"base_url": address} for name, address in {**nowhere, **named}.items()}

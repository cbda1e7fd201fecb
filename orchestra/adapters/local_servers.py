"""Model servers that listen on this machine at their usual ports."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Sequence

CONNECT_S = 0.3


@dataclass(frozen=True)
class UsualServer:
    """A kind of server and where it listens unless it is told otherwise."""

    software: str
    port: int

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


USUAL_SERVERS = (
    UsualServer("llama.cpp", 8080),
    UsualServer("Ollama", 11434),
    UsualServer("vLLM or llama-cpp-python", 8000),
    UsualServer("LM Studio", 1234),
)


def listening(servers: Sequence[UsualServer] = USUAL_SERVERS) -> tuple[UsualServer, ...]:
    """Those whose port takes a connection; nothing is sent, so what listens there may be something else."""
    return tuple(server for server in servers if _listens(server.port))


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=CONNECT_S).close()
    except OSError:
        return False
    return True

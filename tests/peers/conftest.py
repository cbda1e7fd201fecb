"""The peers, each started once, and asked afresh by every test."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from tests.peers.environment import peers_python
from tests.peers.llmock import LLMock
from tests.peers.processes import running


@pytest.fixture(scope="session")
def llmock_python() -> Path:
    return peers_python("llmock", "uvicorn")


@pytest.fixture(scope="session")
def llmock_server(llmock_python: Path) -> Iterator[LLMock]:
    # It takes a broken event for noticed where the connection closes before its stream is over: that takes time.
    with running(llmock_python, "llmock_server.py", LLMOCK_STREAM_CHUNK_DELAY_MS="10") as address:
        yield LLMock(address)


@pytest.fixture
def llmock(llmock_server: LLMock) -> LLMock:
    """With nothing scripted and nothing remembered."""
    llmock_server.reset()
    return llmock_server

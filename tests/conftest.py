"""An end for a test that hangs: it is no reason to learn nothing of all others."""

from __future__ import annotations

import signal
from typing import Iterator

import pytest

HANGS_S = 600
"""Longer than any test takes on a slow machine. What its threads are at, pytest prints before (setup.cfg)."""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    # The kernel ends the process: with the interpreter's own locks held nothing in it could.
    signal.alarm(HANGS_S)
    yield
    signal.alarm(0)

"""The terminal itself, as a program before a real one meets it: a process with a pseudo-terminal of its own."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from typing import Iterator

import pytest

GONE = """
import os, sys
from orchestra.views.screen.terminal import Terminal
terminal = Terminal(has_color=True)
os.read({wait}, 1)
terminal.begin()
terminal.draw([(("a", ""),)])
terminal.end()
with terminal.lent():
    pass
os.write({told}, repr((terminal.is_gone, terminal.key(0.0), terminal.size)).encode())
"""
KEYS = """
import os
from orchestra.views.screen.terminal import Terminal
terminal = Terminal(has_color=True)
terminal.begin()
os.write({told}, b"!")
keys = []
for _ in range(20):
    key = terminal.key(1.0)
    keys += [] if key is None else [key]
    if key == "z":
        break
terminal.end()
os.write({told}, " ".join(keys[:-1]).encode())
"""


class Child:
    """A program with a terminal, and two pipes: one that it waits for, one that it tells by."""

    def __init__(self, script: str) -> None:
        self.keyboard, terminal = pty.openpty()
        wait, self.go = os.pipe()
        self._told, told = os.pipe()
        text = script.format(wait=wait, told=told)
        self.process = subprocess.Popen(
            [sys.executable, "-c", text], env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8"},
            stdin=terminal, stdout=terminal, stderr=terminal, pass_fds=(wait, told),
        )
        for descriptor in (terminal, wait, told):
            os.close(descriptor)

    def told(self) -> str:
        return os.read(self._told, 1000).decode()

    def hang_up(self) -> None:
        os.close(self.keyboard)

    def close(self) -> None:
        self.process.communicate(timeout=60)
        for descriptor in (self._told, self.go, self.keyboard):
            with suppress(OSError):
                os.close(descriptor)


def test_a_terminal_that_hangs_up_before_it_is_taken_is_one_that_has_gone() -> None:
    child = Child(GONE)
    child.hang_up()
    os.write(child.go, b"!")

    assert child.told() == repr((True, None, (80, 24)))
    child.close()


@pytest.fixture
def keys() -> Iterator[Child]:
    child = Child(KEYS)
    assert child.told() == "!"
    yield child
    child.close()


@pytest.mark.parametrize("typed, taken", [
    (b"a", "a"), (b"\x1bOA", "up"), (b"\x1b\x1b\x1bOA", "escape escape up"),
    (b"\x1ba", ""), (b"\x1b[a", ""), (b"\x1b[1;5a", ""), (b"\x1b]11;rgb:aaaa/aaaa/aaaa\x07", ""),
    (b"\x1b]11;rgb:aaaa/aaaa/aaaa\x1b\\", ""), (b"\x1b[1;5ab", "b"), ("\xe4".encode(), "\xe4"),
])
def test_what_belongs_to_a_key_that_is_not_known_presses_no_other(keys: Child, typed: bytes, taken: str) -> None:
    """An answer to a question of the plan must be meant."""
    os.write(keys.keyboard, typed + b"z")

    assert keys.told() == taken

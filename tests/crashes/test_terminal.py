"""A person at a real terminal who presses ^C, or goes away, instead of answering."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
from contextlib import contextmanager
from typing import Callable, Iterator

import pytest

from orchestra.demo.provider import ScriptedProvider
from tests.crashes.killed import answer, config_of, run
from tests.flows.project import Project
from tests.strays import strays

QUESTION = b"[a]pprove"


class Seat:
    """The program at a terminal of its own: what it shows, and what is typed."""

    def __init__(self, process: subprocess.Popen[bytes], keyboard: int) -> None:
        self.process = process
        self.keyboard = keyboard

    def wait_for(self, words: bytes) -> bytes:
        """What was shown until these words."""
        shown = b""
        while words not in shown:
            piece = self._read()
            assert piece, shown
            shown += piece
        return shown

    def end(self) -> int:
        while self._read():
            pass
        self.process.communicate(timeout=60)
        return self.process.returncode

    def _read(self) -> bytes:
        """Nothing once the program has gone from its terminal."""
        try:
            return os.read(self.keyboard, 4096)
        except OSError:
            return b""


@pytest.fixture
def seat(project: Project) -> Iterator[Seat]:
    with seated(project) as taken:
        yield taken


@contextmanager
def seated(project: Project, *flags: str) -> Iterator[Seat]:
    keyboard, terminal = pty.openpty()
    with ScriptedProvider(answer) as provider:
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestra", "--config", config_of(project, provider), "run", "ten files", *flags],
            cwd=project.root, env=project.variables, stdin=terminal, stdout=subprocess.PIPE, stderr=terminal,
            # A session of its own, whose terminal this is: so that ^C typed there is a signal.
            start_new_session=True, preexec_fn=_take_terminal,
        )
        os.close(terminal)
        try:
            yield Seat(process, keyboard)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
            os.close(keyboard)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def press_ctrl_c(seat: Seat) -> None:
    os.write(seat.keyboard, b"\x03")


def terminate(seat: Seat) -> None:
    seat.process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("stop, status", [(press_ctrl_c, 130), (terminate, 143)])
def test_a_stop_at_the_question_approves_nothing_and_the_plan_is_kept(
    project: Project, seat: Seat, stop: Callable[[Seat], None], status: int
) -> None:
    seat.wait_for(QUESTION)
    stop(seat)

    assert seat.end() == status
    assert not project.has("new1.txt")
    assert run(project, "resume", "--yes").returncode == 0
    assert project.has("new1.txt")


def test_the_end_of_the_input_approves_nothing(project: Project, seat: Seat) -> None:
    seat.wait_for(QUESTION)
    os.write(seat.keyboard, b"\x04")

    assert seat.end() == 3
    assert not project.has("new1.txt")


def test_what_is_typed_is_taken(project: Project, seat: Seat) -> None:
    seat.wait_for(QUESTION)
    os.write(seat.keyboard, b"hm\n")
    seat.wait_for(QUESTION)
    os.write(seat.keyboard, b"approve\n")

    assert seat.end() == 0
    assert project.has("new1.txt")


@pytest.mark.parametrize("view, term, words", [("lines", "dumb", QUESTION), ("screen", "xterm", b"approve")])
def test_nobody_is_waited_for_when_the_time_is_up(project: Project, view: str, term: str, words: bytes) -> None:
    project.variables["TERM"] = term
    with seated(project, "--timeout", "3", "--view", view) as seat:
        seat.wait_for(words)
        assert seat.end() == 7
    assert project.rows("SELECT phase, can_resume FROM sessions") == [{"phase": "limited", "can_resume": 1}]


@pytest.mark.parametrize("stop, status", [("signal", 143), ("time", 7)])
def test_nor_is_an_editor(project: Project, stop: str, status: int) -> None:
    project.variables["EDITOR"] = "sh -c 'echo I am open >&2; exec sleep 1000'"
    with seated(project, "--view", "lines", *(("--timeout", "4") if stop == "time" else ())) as seat:
        seat.wait_for(QUESTION)
        os.write(seat.keyboard, b"e\n")
        seat.wait_for(b"I am open")
        if stop == "signal":
            seat.process.terminate()
        assert seat.end() == status
    assert strays(project.root) == []
    assert list((project.state / "tmp").iterdir()) == []

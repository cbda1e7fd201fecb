"""Many workers that wait for a silent server, and a stop: of signals, of time, of a terminal that goes away."""

from __future__ import annotations

import os
import pty
import select
import signal
import sqlite3
import subprocess
import sys
import threading

import pytest

from orchestra.demo.provider import ScriptedProvider
from orchestra.demo.script import Answer, Call, Hang, Text
from tests.crashes.killed import config_of, run, started
from tests.flows.project import Project
from tests.flows.team import plan_of, planned

WORKERS = 32
PLAN = plan_of(*(planned(f"f{number}.txt") for number in range(WORKERS)))
RUN = (
    "run", "much", "--yes", "--mode", "parallel", "--max-concurrency", str(WORKERS), "--no-test", "--max-cost", "100",
)


class Silence:
    """A provider that plans, and then answers nobody."""

    def __init__(self) -> None:
        self.all_wait = threading.Event()
        self._waiting = threading.Semaphore(WORKERS - 1)

    def __call__(self, call: Call) -> Answer:
        if call.model.startswith("architect"):
            return Text(PLAN)
        if not self._waiting.acquire(blocking=False):
            self.all_wait.set()
        return Hang()


def check_stopped(project: Project, phase: str = "interrupted") -> None:
    """The session can go on, and nothing is said to be at work."""
    (row,) = project.rows("SELECT phase, can_resume FROM sessions")
    assert row == {"phase": phase, "can_resume": 1}
    assert project.rows("SELECT count(*) AS n FROM steps WHERE status = 'running'") == [{"n": 0}]
    assert project.rows("SELECT count(*) AS n FROM agents WHERE status = 'working'") == [{"n": 0}]


@pytest.mark.parametrize("by, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_a_signal_gets_through_to_all_of_them(project: Project, by: signal.Signals, status: int) -> None:
    silence = Silence()
    with started(project, *RUN, script=silence) as running:
        assert silence.all_wait.wait(60)
        running.process.send_signal(by)
        ended = running.end()
    assert ended.returncode == status
    assert "orchestra resume" in ended.out + ended.err
    check_stopped(project)


def test_time_that_is_up_gets_through_to_all_of_them(project: Project) -> None:
    with started(project, *RUN, "--timeout", "3", "--json", script=Silence()) as running:
        ended = running.end()
    assert (ended.returncode, ended.json["status"]) == (7, "limited")
    check_stopped(project, "limited")


def test_a_terminal_that_goes_away_ends_the_run(project: Project) -> None:
    silence = Silence()
    keyboard, terminal = pty.openpty()
    with ScriptedProvider(silence) as provider:
        process = subprocess.Popen(
            [sys.executable, "-c", "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
             " os.execv(sys.executable, [sys.executable, '-m', 'orchestra', *sys.argv[1:]])",
             "--config", config_of(project, provider), *RUN],
            cwd=project.root, env=project.variables, stdin=terminal, stdout=terminal, stderr=terminal,
            start_new_session=True,
        )
        os.close(terminal)
        # Whoever does not read lets the program wait for its terminal.
        reader = threading.Thread(target=read_until, args=(keyboard, silence.all_wait))
        reader.start()
        assert silence.all_wait.wait(60)
        reader.join(60)
        os.close(keyboard)
        status = process.wait(60)
    assert status == 143
    check_stopped(project)


def read_until(descriptor: int, event: threading.Event) -> None:
    while not event.is_set():
        if select.select([descriptor], [], [], 0.1)[0] and not os.read(descriptor, 4096):
            return


@pytest.mark.parametrize("argv", [("run", "--task-file", "pipe"), ("watch", "--plan", "pipe")])
def test_a_signal_gets_through_to_whoever_waits_for_a_task(project: Project, argv: tuple[str, ...]) -> None:
    os.mkfifo(project.root / "pipe")
    with started(project, *argv) as running:
        # Comes back when somebody reads.
        with open(project.root / "pipe", "w"):
            running.process.send_signal(signal.SIGINT)
            assert running.end().returncode == 130


def test_time_that_is_up_gets_through_to_whoever_waits_for_a_task(project: Project) -> None:
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "orchestra", "run", "-", "--timeout", "0.5"]
    process = subprocess.Popen(command, cwd=project.root, env=project.variables, stdin=reading, stderr=subprocess.PIPE)
    process.communicate(timeout=60)
    for descriptor in (reading, writing):
        os.close(descriptor)
    assert process.returncode == 7


@pytest.mark.parametrize("stop, status", [("signal", 130), ("time", 6)])
def test_a_run_is_stopped_although_another_program_holds_its_journal(
    project: Project, stop: str, status: int
) -> None:
    asked = threading.Event()

    def holding(call: Call) -> Answer:
        if call.file == "f0.txt" and not asked.is_set():
            other.append(sqlite3.connect(project.state / "state.db", isolation_level=None, check_same_thread=False))
            other[0].execute("BEGIN IMMEDIATE")
            asked.set()
        return Text(PLAN) if call.model.startswith("architect") else Hang()

    other: list[sqlite3.Connection] = []
    limit = ("--timeout", "3") if stop == "time" else ()
    with started(project, "run", "much", "--yes", "--no-test", *limit, "--json", script=holding) as running:
        assert asked.wait(60)
        if stop == "signal":
            running.process.send_signal(signal.SIGINT)
        ended = running.end()
    other[0].close()
    assert (ended.returncode, ended.json["can_resume"]) == (status, True)
    assert project.rows("SELECT can_resume FROM sessions") == [{"can_resume": 1}]


def test_a_reader_that_goes_away_does_not_end_the_run(project: Project) -> None:
    with started(project, "run", "ten files", "--yes", "--json-stream") as running:
        assert running.process.stdout is not None
        running.process.stdout.readline()
        running.process.stdout.close()
        running.process.wait(60)
    assert running.process.returncode == 0
    assert project.read("last.txt") == "the end\n"
    assert run(project, "sessions").returncode == 0

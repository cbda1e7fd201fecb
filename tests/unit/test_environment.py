from __future__ import annotations

import io
import os
import pty
import select
import signal
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Mapping, TextIO

import pytest

from orchestra.clock import Deadline
from orchestra.environment import CommandHalt, Environment, StopSignal
from orchestra.errors import Cancelled, ExitStatus
from tests.unit.fake_clock import FakeClock


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def environment(stdin: TextIO | None = None, variables: Mapping[str, str] | None = None) -> Environment:
    return Environment(stdin or io.StringIO(), io.StringIO(), io.StringIO(), variables or {}, Path("/"))


@contextmanager
def pipe() -> Iterator[tuple[Environment, int]]:
    """An environment that reads from a pipe, and the pipe's other end."""
    reading, writing = os.pipe()
    with open(reading, encoding="utf-8") as stdin:
        yield environment(stdin), writing
    with open(writing, "wb"):
        pass


@contextmanager
def terminal() -> Iterator[tuple[Environment, int]]:
    """An environment that reads from a terminal, and the descriptor of whoever types there."""
    typing, reading = pty.openpty()
    with open(reading, encoding="utf-8") as stdin:
        yield environment(stdin), typing
    try:
        os.close(typing)
    except OSError:
        pass


# Lines


def test_lines_are_read_one_by_one_and_without_their_ends() -> None:
    with pipe() as (env, writing):
        os.write(writing, "first \u20ac\n\nthird\r\n".encode("utf-8"))
        assert [env.read_line() for _ in range(3)] == ["first \u20ac", "", "third"]


def test_a_line_takes_nothing_from_whoever_reads_next() -> None:
    with pipe() as (env, writing):
        os.write(writing, b"mine\ntheirs\n")
        assert env.read_line() == "mine"
        assert os.read(env.stdin.fileno(), 100) == b"theirs\n"


def test_the_end_of_the_input_is_no_line() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"last without an end")
    os.close(writing)
    with open(reading, encoding="utf-8") as stdin:
        env = environment(stdin)
        assert [env.read_line() for _ in range(3)] == ["last without an end", None, None]


def test_what_is_no_text_is_read_all_the_same() -> None:
    with pipe() as (env, writing):
        os.write(writing, b"caf\xe9\n")
        assert env.read_line() == "caf\ufffd"


def test_a_stop_ends_the_waiting_for_a_line() -> None:
    with pipe() as (env, _):
        stopping = threading.Timer(0.0, env.stop.request, [signal.SIGINT])
        stopping.start()
        assert env.read_line() is None
        stopping.join(30)


def test_a_line_that_came_with_a_stop_does_not_count() -> None:
    with pipe() as (env, writing):
        env.stop.request(signal.SIGTERM)
        os.write(writing, b"approve\n")
        assert env.read_line() is None


def test_a_line_is_read_from_a_terminal() -> None:
    with terminal() as (env, typing):
        os.write(typing, b"approve\n")
        assert env.read_line() == "approve"


def test_what_was_typed_before_can_be_forgotten() -> None:
    with terminal() as (env, typing):
        os.write(typing, b"too early\nhalf")
        select.select([env.stdin], [], [], 30)
        env.forget_typed()
        os.write(typing, b"in time\n")
        assert env.read_line() == "in time"


def test_of_a_pipe_nothing_is_forgotten() -> None:
    with pipe() as (env, writing):
        os.write(writing, b"kept\n")
        env.forget_typed()
        assert env.read_line() == "kept"


def test_the_end_typed_at_a_terminal_is_no_line() -> None:
    with terminal() as (env, typing):
        os.write(typing, b"\x04")
        assert env.read_line() is None


def test_a_terminal_that_was_hung_up_is_the_end_of_the_input() -> None:
    with terminal() as (env, typing):
        os.close(typing)
        assert env.read_line() is None


def test_lines_come_from_a_stream_without_a_descriptor_too() -> None:
    env = environment(io.StringIO("first\nsecond"))
    assert [env.read_line() for _ in range(3)] == ["first", "second", None]


# Terminal and colour


def test_a_pipe_is_no_terminal_and_a_terminal_is() -> None:
    with pipe() as (env, _):
        assert not env.is_terminal(env.stdin)
    with terminal() as (env, _):
        assert env.is_terminal(env.stdin)


def test_a_closed_or_absent_stream_is_no_terminal() -> None:
    env = environment()
    env.stdout.close()
    assert not env.is_terminal(env.stdout)
    assert not env.is_terminal(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("variables", "choice", "wanted"),
    [
        ({}, "auto", True), ({"TERM": "xterm"}, "auto", True), ({}, "never", False), ({"NO_COLOR": "1"}, "auto", False),
        ({"NO_COLOR": ""}, "auto", True), ({"CI": "true"}, "auto", False), ({"TERM": "dumb"}, "auto", False),
        ({"NO_COLOR": "1"}, "always", True),
    ],
)
def test_colour_at_a_terminal(variables: Mapping[str, str], choice: str, wanted: bool) -> None:
    assert environment(variables=variables).wants_color(Screen(), choice) is wanted


@pytest.mark.parametrize(("choice", "wanted"), [("auto", False), ("always", True), ("never", False)])
def test_colour_elsewhere(choice: str, wanted: bool) -> None:
    assert environment().wants_color(io.StringIO(), choice) is wanted


# Folders


@pytest.mark.parametrize(("home", "found"), [("/home/u", Path("/home/u")), ("", None), ("relative", None)])
def test_a_home_is_an_absolute_path_or_none(home: str, found: Path | None) -> None:
    assert environment(variables={"HOME": home}).home == found


def test_without_a_home_there_is_none() -> None:
    assert environment().home is None


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"XDG_CONFIG_HOME": "/x", "HOME": "/home/u"}, Path("/x/orchestra")),
        ({"HOME": "/home/u"}, Path("/home/u/.config/orchestra")),
        # The specification has relative paths ignored.
        ({"XDG_CONFIG_HOME": "x", "HOME": "/home/u"}, Path("/home/u/.config/orchestra")),
        ({"XDG_CONFIG_HOME": "x"}, None),
        ({}, None),
    ],
)
def test_a_users_folder_is_where_xdg_says(variables: Mapping[str, str], folder: Path | None) -> None:
    assert environment(variables=variables).user_folder("XDG_CONFIG_HOME", ".config") == folder


# Stop


def test_no_stop_was_requested_at_first() -> None:
    assert StopSignal().number is None


def test_a_signal_counts_before_all_but_a_defect() -> None:
    stop = StopSignal()
    assert stop.weighed(ExitStatus.STATE) is ExitStatus.STATE
    stop.request(signal.SIGINT)
    assert stop.weighed(ExitStatus.STATE) is ExitStatus.INTERRUPTED
    assert stop.weighed(ExitStatus.DEFECT) is ExitStatus.DEFECT


def test_a_command_is_ended_by_a_signal_or_when_its_time_is_up() -> None:
    clock, stop = FakeClock(), StopSignal()
    halt = CommandHalt(stop, Deadline.after(clock, 5))
    halt.check()
    clock.seconds = 5
    with pytest.raises(Cancelled):
        halt.check()
    stop.request(signal.SIGTERM)
    with pytest.raises(Cancelled):
        CommandHalt(stop, Deadline.after(clock, None)).check()


def test_the_environment_of_the_process_is_a_copy() -> None:
    env = Environment.of_process()
    assert env.cwd == Path.cwd()
    assert env.variables == dict(os.environ) and env.variables is not os.environ

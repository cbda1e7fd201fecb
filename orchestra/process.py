"""The program as a process: streams that can be written to, signals that set a flag, a status to leave with."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import traceback
from types import FrameType
from typing import IO, TYPE_CHECKING, Callable, NoReturn, Sequence, TextIO

from orchestra import dependencies
from orchestra.environment import Environment, StopSignal
from orchestra.errors import Cancelled, ExitStatus, OrchestraError, WorkspaceError, weightiest

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Program = Callable[[Sequence[str], Environment], int]
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MOST_UNSEEN = 50_000
"""So many objects may be made between two searches for circles; every 700, as Python has it, takes a tenth of a run."""


def run(arguments: Sequence[str]) -> NoReturn:
    """Carry out a command line and end the process with the status it earned."""
    gc.set_threshold(MOST_UNSEEN)
    open_streams()
    dependencies.explain_missing()
    leave(status_of(_program, arguments))


def _program(arguments: Sequence[str], environment: Environment) -> int:
    from orchestra.cli.main import main

    return main(arguments, environment)


def status_of(program: Program, arguments: Sequence[str]) -> int:
    """The status with which to end the process, whatever `program` does. It is told of signals by its environment."""
    stop = StopSignal()
    try:
        environment = _environment()
        stop = environment.stop
        listen(stop)
        return program(arguments, environment)
    except OrchestraError as error:
        sys.stderr.write("orchestra: error [%s]: %s\n" % (error.code, error.told_in("orchestra")))
        return error.exit_status
    except (Cancelled, KeyboardInterrupt):
        return 128 + (stop.number or signal.SIGINT)
    except BaseException:
        # The process's edge: left to Python this would be status 1, which means something else here.
        traceback.print_exc()
        return ExitStatus.DEFECT


def _environment() -> Environment:
    try:
        return Environment.of_process()
    except FileNotFoundError:
        raise WorkspaceError("the current folder is gone", hint="change to one that is there") from None


def listen(stop: StopSignal) -> None:
    """Have a first signal to stop noted in `stop`, and a second one end the process at once.

    A second hangup does not: a terminal that closes sends one, and its shell another. What the caller had the process
    ignore (nohup, a background job) stays ignored.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.number is None:
            stop.request(number)
        elif number != signal.SIGHUP:
            try:
                stop.last_act()
            finally:
                os._exit(128 + number)

    for number in STOPPING_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handle)


def leave(status: int) -> NoReturn:
    """Flush and end the process now: a normal end would wait for pool threads that hang in a call.

    Results that could not be written make it a workspace failure; a reader that has gone does not.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            if stream is sys.stderr:
                continue  # what is said by the way decides nothing
            if status == ExitStatus.WORKSPACE:
                continue  # said already
            status = weightiest([ExitStatus(status), ExitStatus.WORKSPACE])
            said = "the output could not be written; %s; send it where there is room" % error.strerror
            _say("orchestra: error [workspace]: %s\n" % said)
        except ValueError:
            pass  # closed already: what it held was written then
    os._exit(status)


def _say(text: str) -> None:
    try:
        os.write(2, text.encode("ascii", "backslashreplace"))
    except OSError:
        pass


class _Output(io.FileIO):
    """A file or pipe whose reader may leave early: what is written after that is dropped.

    The work behind the output goes on and earns its own status, whatever `| head` does.
    """

    def write(self, data: ReadableBuffer) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return memoryview(data).nbytes


def open_streams() -> None:
    """Make the three standard streams usable, whatever the caller left of them.

    A closed one becomes the null device, lest the next file opened takes its number and receives what is printed.
    Characters that the locale cannot express are written as escapes, never raised.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)
    sys.stdout = _writable(sys.stdout, 1)
    sys.stderr = _writable(sys.stderr, 2)


def _writable(stream: TextIO | None, descriptor: int) -> TextIO:
    if isinstance(stream, io.TextIOWrapper) and stream.isatty():
        stream.reconfigure(errors="backslashreplace")
        return stream
    buffer: IO[bytes] = io.BufferedWriter(_Output(descriptor, "wb", closefd=False))
    return io.TextIOWrapper(
        buffer,
        encoding=stream.encoding if stream else "utf-8",
        errors="backslashreplace",
        line_buffering=descriptor == 2,
    )

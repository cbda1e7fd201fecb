"""The world as one object: streams, variables, terminal, folder, time."""

from __future__ import annotations

import os
import select
import sys
import time
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import Callable, Mapping, TextIO

from orchestra.clock import Clock, Deadline, Halt, SystemClock
from orchestra.dataclass import dataclass
from orchestra.errors import Cancelled, ExitStatus, LimitReached, weightiest


class StopSignal:
    """What a signal handler sets: the number of the signal that asked for the end, or None."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.last_act: Callable[[], None] = lambda: None
        """What a second signal, which ends the process at once, must still do: give the terminal back."""

    def request(self, number: int) -> None:
        """Only a store, so that a signal handler may call it."""
        self.number = number

    def weighed(self, status: ExitStatus) -> ExitStatus:
        """How what ended with this status leaves: by the signal, where there was one and it counts before that."""
        return status if self.number is None else weightiest([status, ExitStatus.stopped_by(self.number)])

    def end(self, over: LimitReached) -> tuple[ExitStatus, LimitReached | None]:
        """How what was cancelled leaves: by the signal, or where there was none with `over`, its time being up."""
        return (over.exit_status, over) if self.number is None else (ExitStatus.stopped_by(self.number), None)


class CommandHalt:
    """The end of a command before its time: by a signal, or because its time is up."""

    def __init__(self, stop: StopSignal, deadline: Deadline) -> None:
        self._stop = stop
        self._deadline = deadline

    def check(self) -> None:
        """Raise Cancelled then. Any thread."""
        if self._stop.number is not None or self._deadline.is_over:
            raise Cancelled()


@dataclass(frozen=True)
class Environment:
    """Everything outside the program that it may ask. Tests pass their own."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    variables: Mapping[str, str]
    cwd: Path
    clock: Clock = field(default_factory=SystemClock)
    stop: StopSignal = field(default_factory=StopSignal)
    begun_s: float | None = None
    """When the process began, on the clock; None for a caller that is in the process among others."""

    @classmethod
    def of_process(cls) -> Environment:
        """The real one. Raises FileNotFoundError where the current folder is gone."""
        # Until here it has loaded code, and hardly waited for anything.
        begun_s = time.monotonic() - time.process_time()
        return cls(sys.stdin, sys.stdout, sys.stderr, dict(os.environ), Path(os.getcwd()), begun_s=begun_s)

    def is_terminal(self, stream: TextIO) -> bool:
        """Whether a person is at the other end of a stream; False for a closed or absent one."""
        try:
            return stream is not None and stream.isatty()
        except ValueError:
            return False

    def why_nobody_to_ask(self) -> str | None:
        """What keeps a person from being asked: who answers must see the question. None where one can be."""
        if not self.is_terminal(self.stdin):
            return "there is no terminal to ask at"
        if not self.is_terminal(self.stderr):
            return "questions go to standard error, which is no terminal"
        return None

    def wants_color(self, stream: TextIO, choice: str) -> bool:
        """Whether to colour what goes to `stream`; `choice` is the value of --color."""
        if choice != "auto":
            return choice == "always"
        if self.variables.get("NO_COLOR") or self.variables.get("CI") or self.variables.get("TERM") == "dumb":
            return False
        return self.is_terminal(stream)

    def forget_typed(self) -> None:
        """Drop what was typed at the terminal so far: it answers no question that was not asked yet."""
        if not self.is_terminal(self.stdin):
            return
        import termios

        with suppress(OSError, ValueError, termios.error):
            termios.tcflush(self.stdin.fileno(), termios.TCIFLUSH)

    def read_line(self, halt: Halt | None = None) -> str | None:
        """A line typed by the user, without its end; None at the end of input or when a stop was ordered.

        Waits in short turns, since a blocked read would not notice a signal until the next key. Raises Cancelled at
        the halt.
        """
        try:
            descriptor = self.stdin.fileno()
        except (OSError, ValueError):
            return _without_end(self.stdin.readline())
        typed = b""
        while self.stop.number is None and not typed.endswith(b"\n"):
            if halt is not None:
                halt.check()
            if select.select([descriptor], [], [], 0.1)[0]:
                # One byte at a time, so that nothing is taken from whoever reads next.
                byte = os.read(descriptor, 1)
                if not byte:
                    break
                typed += byte
        return None if self.stop.number is not None else _without_end(typed.decode("utf-8", "replace"))

    @property
    def home(self) -> Path | None:
        """The user's home; None where there is none."""
        home = self.variables.get("HOME")
        return Path(home) if home and os.path.isabs(home) else None

    def user_folder(self, variable: str, below_home: str) -> Path | None:
        """`$variable/orchestra`, or its place below the home; None without either (XDG base directories)."""
        base = self.variables.get(variable)
        if base and os.path.isabs(base):
            return Path(base) / "orchestra"
        return self.home / below_home / "orchestra" if self.home else None


def _without_end(line: str) -> str | None:
    return line.rstrip("\r\n") if line else None

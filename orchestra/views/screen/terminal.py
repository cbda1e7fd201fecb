"""The terminal as a screen: the only place that knows curses."""

from __future__ import annotations

import curses
import os
import select
import signal
import sys
import termios
import time
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Callable, Iterator, Mapping, Sequence

from orchestra.views.screen.layout import Line

COLORS = {"good": curses.COLOR_GREEN, "bad": curses.COLOR_RED, "warn": curses.COLOR_YELLOW}
KEYS: Mapping[object, str] = {
    curses.KEY_UP: "up", curses.KEY_DOWN: "down", curses.KEY_PPAGE: "page up", curses.KEY_NPAGE: "page down",
    curses.KEY_HOME: "home", curses.KEY_END: "end", curses.KEY_ENTER: "enter", curses.KEY_BACKSPACE: "backspace",
    curses.KEY_RESIZE: "resize", "\n": "enter", "\r": "enter", "\b": "backspace", "\x7f": "backspace",
    "\x1b": "escape", "\x04": "end of input",
}
INPUT, OUTPUT, SHOWN = 0, 1, 2
"""Descriptors: keys come from the first; curses draws on the second, which leads to the third meanwhile."""
STRINGS = ("]", "P", "_", "^", "X")
"""What follows an escape character where a terminal tells something by itself, up to BEL or a backslash (ECMA-48)."""
UNKNOWN_SIZE = (80, 24)
MOST_DRY_READS = 10
"""A terminal that is ready and has nothing to read, so often in a row, has gone."""
STOPPING_S = 0.05
"""So long a thread may go on until the signal that stops the process is seen by one of them."""


def why_not(term: str) -> str | None:
    """What keeps a screen from being drawn on this terminal; None where nothing does."""
    if sys.__stdout__ is None:
        return "standard output is closed"
    try:
        if os.tcgetpgrp(SHOWN) != os.getpgrp():
            return "the program runs in the background"
        curses.setupterm(term, SHOWN)
        return None if curses.tigetstr("cup") else f"the terminal {term} has no cursor to move"
    except (curses.error, OSError):
        return f"the terminal {term!r} is not known here"


class Terminal:
    """Draws lines and reads keys between `begin` and `end`, and nothing otherwise. Main thread."""

    def __init__(self, *, has_color: bool) -> None:
        self._has_color = has_color
        self._window: curses.window | None = None
        self._attributes: dict[str, int] = {}
        self._drawn: list[Line] = []
        self._saved_output = -1
        self._modes: list[object] = []
        self._dry_reads = 0
        self._must_stop = False
        self.is_utf8 = False

    def begin(self) -> None:
        """Take the terminal, unless it has gone. What is written to standard output meanwhile would be lost on it."""
        try:
            self._take()
        except (termios.error, curses.error, OSError):
            self.end()
            with suppress(termios.error):
                termios.tcgetattr(INPUT)
                raise
            self._dry_reads = MOST_DRY_READS

    def _take(self) -> None:
        self._modes = termios.tcgetattr(INPUT)
        self._saved_output = os.dup(OUTPUT)
        os.dup2(SHOWN, OUTPUT)
        window = self._window = curses.initscr()
        # That of curses may lose it where there are threads.
        _stop_by(self._on_stop)
        curses.noecho()
        curses.cbreak()
        window.keypad(True)
        window.nodelay(True)
        curses.set_escdelay(50)
        with suppress(curses.error):
            curses.curs_set(0)
        self._attributes = self._chosen_attributes()
        self.is_utf8 = hasattr(window, "get_wch") and window.encoding.lower().replace("-", "") == "utf8"
        self._drawn = []

    def end(self) -> None:
        """Give the terminal back as it was. At any time, any number of times."""
        if self._saved_output < 0:
            return
        saved, self._saved_output, self._window = self._saved_output, -1, None
        _stop_by(signal.SIG_DFL)
        with suppress(curses.error):
            curses.endwin()
        # A terminal that has gone takes nothing back.
        with suppress(termios.error, OSError):
            termios.tcflush(INPUT, termios.TCIFLUSH)
            termios.tcsetattr(INPUT, termios.TCSANOW, self._modes)  # type: ignore[arg-type]
        os.dup2(saved, OUTPUT)
        os.close(saved)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """The terminal as it was before, while the block runs: for another program."""
        if self._window is not None:
            curses.endwin()
            _stop_by(signal.SIG_DFL)
        try:
            yield
        finally:
            if self._window is not None:
                _stop_by(self._on_stop)
                self._window.clear()
                self._window.refresh()
                self._drawn = []

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        """Not at once: it may come in the middle of drawing."""
        self._must_stop = True

    def _stop_where_asked(self) -> None:
        """Leave the terminal to the shell, and take it again once it goes on."""
        if not self._must_stop:
            return
        self._must_stop = False
        with self.lent():
            os.kill(os.getpid(), signal.SIGTSTP)
            time.sleep(STOPPING_S)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        if self._window is None:
            return UNKNOWN_SIZE
        height, width = self._window.getmaxyx()
        return width, height

    @property
    def is_gone(self) -> bool:
        """Whether nobody can type any more."""
        return self._dry_reads >= MOST_DRY_READS

    def key(self, wait_s: float = 0.0) -> str | None:
        """The next key: a character, or a name such as `page up`; None where none was pressed."""
        if self._window is None:
            return None
        self._stop_where_asked()
        is_ready = bool(select.select([INPUT], [], [], wait_s)[0])
        typed = self._typed(self._window)
        self._dry_reads = self._dry_reads + 1 if is_ready and typed == -1 else 0
        if typed == "\x1b" and self._skip_sequence(self._window):
            return None
        key = KEYS.get(typed) or (typed if isinstance(typed, str) and typed.isprintable() else None)
        if key == "resize":
            curses.update_lines_cols()
            self._window.clear()
            self._drawn = []
        return key

    def _typed(self, window: curses.window) -> str | int:
        """A character, the number of a key, or -1 for nothing."""
        try:
            typed: str | int = window.get_wch() if hasattr(window, "get_wch") else window.getch()
        except curses.error:
            return -1
        return chr(typed) if isinstance(typed, int) and 0 <= typed < 256 else typed

    def _skip_sequence(self, window: curses.window) -> bool:
        """Take away what came along with an escape character: a key that is not known here must press no other."""
        first = last = self._typed(window)
        if first == -1:
            return False
        if first == "\x1b" or isinstance(first, int):
            curses.ungetch(first)
            return False
        if first in STRINGS:
            while last not in ("\x07", "\\", -1):
                last = self._typed(window)
        elif first in ("[", "O"):
            last = self._typed(window)
            while isinstance(last, str) and not "@" <= last <= "~":
                last = self._typed(window)
        if isinstance(last, int) and last != -1:
            curses.ungetch(last)
        return True

    def draw(self, lines: Sequence[Line]) -> None:
        """Show these; what shows already is not sent again."""
        window = self._window
        if window is None:
            return
        for y, line in enumerate(lines):
            if y >= len(self._drawn) or self._drawn[y] != line:
                # The last cell of the last line is drawn, but the cursor cannot go on from there.
                with suppress(curses.error):
                    window.move(y, 0)
                    window.clrtoeol()
                    for text, attribute in line:
                        window.addstr(text if self.is_utf8 else _ascii(text), self._attributes[attribute])
        self._drawn = list(lines)
        window.refresh()

    def _chosen_attributes(self) -> dict[str, int]:
        chosen = {
            "": curses.A_NORMAL, "bold": curses.A_BOLD, "dim": curses.A_DIM, "reverse": curses.A_REVERSE,
            "good": curses.A_NORMAL, "bad": curses.A_BOLD, "warn": curses.A_BOLD,
        }
        if self._has_color and curses.has_colors():
            curses.start_color()
            curses.use_default_colors()
            for number, (name, color) in enumerate(COLORS.items(), 1):
                curses.init_pair(number, color, -1)
                chosen[name] = curses.color_pair(number)
        return chosen


def _stop_by(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    """Who started the program without stops gets none."""
    if signal.getsignal(signal.SIGTSTP) is not signal.SIG_IGN:
        signal.signal(signal.SIGTSTP, handler)


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii")

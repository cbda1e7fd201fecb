"""The screen view: shows the board, steers the crew, and asks what a person is to decide."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import replace
from typing import Callable, Iterator

from orchestra.clock import CancelToken, Halt
from orchestra.environment import Environment
from orchestra.errors import Cancelled
from orchestra.views.screen.board import Board
from orchestra.views.screen.layout import cells, list_room
from orchestra.views.screen.look import Look, Sheet, move_of, scrolled, selected_after
from orchestra.views.screen.terminal import Terminal

TURN_S = 0.1
WORK_KEYS = (("p", "pause"), ("d", "diff"), ("l", "log"), ("L", "whole log"), ("q", "cancel"), ("arrows", "select"))
SHEET_KEYS = (("q", "back"), ("d", "diff"), ("l", "log"), ("L", "whole log"), ("arrows", "scroll"))
SURE = "q again cancels the run (`orchestra resume` goes on with it); any other key: no"


class Screen:
    """A helm with a terminal. Main thread, but for `board` and `is_paused`."""

    def __init__(self, env: Environment, terminal: Terminal, halt: Halt | None = None) -> None:
        """Nobody is asked any longer at the `halt`."""
        self.board = Board()
        self._env = env
        self._terminal = terminal
        self._halt = halt or CancelToken()
        self._is_open = False
        self._look = Look(keys=WORK_KEYS)
        self._diff_of: Callable[[str], str] = lambda path: ""
        self._next_turn_s = 0.0
        self._shown: object = None

    @property
    def is_paused(self) -> bool:
        return self._look.is_paused

    @contextmanager
    def open(self, diff_of: Callable[[str], str]) -> Iterator[None]:
        self._diff_of = diff_of
        self._env.stop.last_act = self._terminal.end
        try:
            self._terminal.begin()
            self._look = Look(keys=WORK_KEYS, is_utf8=self._terminal.is_utf8)
            self._is_open = True
            yield
        finally:
            self._is_open = False
            self._terminal.end()
            self._env.stop.last_act = lambda: None

    def turn(self) -> None:
        now_s = self._env.clock.monotonic()
        if not self._is_open or now_s < self._next_turn_s:
            return
        self._next_turn_s = now_s + TURN_S
        key = self._terminal.key()
        while key is not None:
            self._react(key)
            key = self._terminal.key()
        self._draw()

    # For whoever asks

    def ask(
        self, sheet: Sheet | None = None, *, keys: tuple[tuple[str, str], ...] = (), notice: str = "",
        entry: str | None = None,
    ) -> str:
        """The next key that does not scroll, with this to be seen. Raises Cancelled after a stop."""
        sheet = sheet or self._look.sheet
        self._look = replace(self._look, sheet=sheet, keys=keys, notice=notice, entry=entry)
        while True:
            self._draw()
            key = self._terminal.key(TURN_S)
            if self._env.stop.number is not None:
                raise Cancelled()
            self._halt.check()
            if self._terminal.is_gone:
                return "end of input"
            move = None if key is None or (entry is not None and len(key) == 1) else move_of(key)
            if key == "resize":
                self._resize()
            elif move is not None:
                self._scroll(move)
            elif key is not None:
                return key

    def type_in(self, notice: str, sheet: Sheet | None = None) -> str | None:
        """A line of the user's; None where it is given up."""
        typed = ""
        while True:
            key = self.ask(sheet, notice=notice, entry=typed)
            if key == "enter":
                return typed
            if key in ("escape", "end of input"):
                return None
            typed = typed[:-1] if key == "backspace" else typed + key if len(key) == 1 else typed

    def sheet(self, title: str, text: str, *, is_patch: bool = False) -> Sheet:
        """A text to be seen on this screen."""
        return Sheet.of(title, text, width=self._terminal.size[0], is_patch=is_patch)

    def back_to_work(self) -> None:
        """Show the board."""
        self._look = replace(self._look, sheet=None, keys=WORK_KEYS, notice="", entry=None)
        self._draw()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """The terminal for another program, while the block runs."""
        with self._terminal.lent():
            yield
        self._resize()

    def _react(self, key: str) -> None:
        look = self._look
        was_sure, move = look.notice == SURE, move_of(key)
        look = self._look = replace(look, notice="")
        if key == "resize":
            self._resize()
        elif move is not None:
            self._scroll(move)
        elif key in ("d", "l", "L"):
            self._open_sheet(key)
        elif look.sheet is not None:
            self.back_to_work()
        elif key == "q":
            if was_sure:
                self._env.stop.request(signal.SIGINT)
            else:
                self._look = replace(look, notice=SURE)
        elif key == "p":
            self._look = replace(look, is_paused=not look.is_paused)

    def _open_sheet(self, key: str) -> None:
        rows = self.board.snapshot(self._env.clock.now()).rows
        path = next((row.path for row in rows if row.key == self._look.selected), rows[0].path if rows else None)
        if key == "d" and path is None:
            self._look = replace(self._look, notice="only a file has a diff; select one with the arrows")
            return
        if key == "d" and path is not None:
            sheet = self.sheet(f"diff of {path}", self._diff_of(path) or "nothing was changed yet", is_patch=True)
        else:
            about = path if key == "l" else None
            sheet = self.sheet(f"log of {about or 'the session'}", "\n".join(self.board.log(about)))
            # The newest lines first in sight.
            sheet = scrolled(sheet, "end", self._page(has_sheet=True))
        # The file stays the selected one wherever its row goes meanwhile: its other page may be wanted next.
        self._look = replace(self._look, selected=path or self._look.selected, sheet=sheet, keys=SHEET_KEYS)

    def _scroll(self, move: str) -> None:
        look = self._look
        page = self._page(has_sheet=look.sheet is not None)
        if look.sheet is not None:
            self._look = replace(look, sheet=scrolled(look.sheet, move, page))
        else:
            rows = self.board.snapshot(self._env.clock.now()).rows
            self._look = replace(look, selected=selected_after(rows, look.selected, move, page))

    def _page(self, *, has_sheet: bool) -> int:
        shot = self.board.snapshot(self._env.clock.now())
        return list_room(shot, self._terminal.size[1], has_sheet=has_sheet)

    def _resize(self) -> None:
        if self._look.sheet is not None:
            self._look = replace(self._look, sheet=self._look.sheet.folded(self._terminal.size[0]))
        self._shown = None

    def _draw(self) -> None:
        """Nothing, where neither what is known nor the second has changed."""
        now = self._env.clock.now()
        width, height = self._terminal.size
        state = (self.board.version, self._look, int(now.timestamp()), width, height)
        if state != self._shown:
            self._terminal.draw(cells(self.board.snapshot(now), self._look, width, height, now))
            self._shown = state

"""What a person has chosen to see, and how keys change it."""

from __future__ import annotations

from dataclasses import replace
from typing import Sequence

from orchestra.dataclass import dataclass
from orchestra.views.screen.board import Row
from orchestra.views.cell_text import fold

MOVES = ("up", "down", "page up", "page down", "home", "end")
_AS_MOVES = {"k": "up", "j": "down", " ": "page down", "b": "page up", "g": "home", "G": "end"}


@dataclass(frozen=True)
class Sheet:
    """A text that lies over the work: a plan, a patch, a log."""

    title: str
    lines: tuple[str, ...]
    rows: tuple[tuple[str, str], ...] = ()
    """The lines as folded to the screen's width, each row with its attribute."""
    top: int = 0
    """The first row that is seen."""
    is_patch: bool = False

    @classmethod
    def of(cls, title: str, text: str, *, width: int, is_patch: bool = False) -> Sheet:
        return cls(title, tuple(text.splitlines()), is_patch=is_patch).folded(width)

    def folded(self, width: int) -> Sheet:
        """For a screen of this width."""
        pairs = zip(self.lines, fold(self.lines, width))
        rows = tuple((row, self._attribute(line)) for line, folded in pairs for row in folded)
        return replace(self, rows=rows, top=min(self.top, max(0, len(rows) - 1)))

    def _attribute(self, line: str) -> str:
        if not self.is_patch:
            return ""
        return {"+": "good", "-": "bad", "@": "dim"}.get(line[:1], "")


@dataclass(frozen=True)
class Look:
    """What the screen shows of a snapshot."""

    selected: str | None = None
    """The key of a row; None: the first."""
    sheet: Sheet | None = None
    is_paused: bool = False
    notice: str = ""
    """Shown in place of the keys."""
    keys: tuple[tuple[str, str], ...] = ()
    """What can be typed, and what each does, in a word."""
    entry: str | None = None
    """What is being typed after the notice."""
    is_utf8: bool = True


def move_of(key: str) -> str | None:
    """The movement that a key stands for; None for another key."""
    return key if key in MOVES else _AS_MOVES.get(key)


def scrolled(sheet: Sheet, move: str, page: int) -> Sheet:
    """The sheet after a movement; `page` is how many of its rows are seen."""
    last = max(0, len(sheet.rows) - page)
    return replace(sheet, top=_moved(min(sheet.top, last), move, page, last))


def selected_after(rows: Sequence[Row], selected: str | None, move: str, page: int) -> str | None:
    """The key of the row that is selected after a movement."""
    if not rows:
        return None
    return rows[_moved(index_of(rows, selected), move, page, len(rows) - 1)].key


def index_of(rows: Sequence[Row], selected: str | None) -> int:
    """Where the selected row is; 0 where there is none such."""
    if selected is None:
        return 0
    return next((index for index, row in enumerate(rows) if row.key == selected), 0)


def _moved(place: int, move: str, page: int, last: int) -> int:
    steps = {"up": -1, "down": 1, "page up": -page, "page down": page, "home": -place, "end": last - place}
    return max(0, min(last, place + steps[move]))

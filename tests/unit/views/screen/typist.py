"""A terminal that is only remembered, and a person who types at it."""

from __future__ import annotations

import io
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Sequence

from orchestra.environment import Environment
from orchestra.views.screen.layout import Line
from orchestra.views.screen.screen import Screen
from tests.unit.fake_clock import FakeClock


class Typist:
    """Stands in for the terminal. Each key is pressed once the one before was taken; `None` is a moment without."""

    def __init__(self, *keys: str | None, size: tuple[int, int] = (60, 12)) -> None:
        self.keys = list(keys)
        self.size = size
        self.is_utf8 = True
        self.is_gone = False
        self.doings: list[str] = []
        self.pictures: list[list[str]] = []

    def begin(self) -> None:
        self.doings.append("begin")

    def end(self) -> None:
        self.doings.append("end")

    @contextmanager
    def lent(self) -> Iterator[None]:
        self.doings.append("lend")
        yield
        self.doings.append("take back")

    def key(self, wait_s: float = 0.0) -> str | None:
        if not self.keys:
            # Whoever waits for a key meets the end of the input.
            self.is_gone = wait_s > 0
            return None
        return self.keys.pop(0)

    def draw(self, lines: Sequence[Line]) -> None:
        self.pictures.append(["".join(text for text, _ in line) for line in lines])

    @property
    def picture(self) -> str:
        """What is seen now."""
        return "\n".join(self.pictures[-1])


class Desk:
    """A screen with somebody before it."""

    def __init__(self, folder: Path, *keys: str | None, size: tuple[int, int] = (60, 12)) -> None:
        self.clock = FakeClock()
        self.env = Environment(io.StringIO(), io.StringIO(), io.StringIO(), {}, folder, clock=self.clock)
        self.typist = Typist(*keys, size=size)
        self.screen = Screen(self.env, self.typist)  # type: ignore[arg-type]

    def turn(self, *keys: str | None) -> str:
        """What is seen after these keys."""
        self.typist.keys = list(keys)
        self.clock.seconds += 1
        self.screen.turn()
        return self.typist.picture

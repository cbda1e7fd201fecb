"""Where a person steers a run from: what the main thread tends while it waits for the crew."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Callable, Protocol


class Helm(Protocol):
    """Only the main thread calls it; `is_paused` is asked by workers too."""

    @property
    def is_paused(self) -> bool:
        """Whether nothing new is to be started."""

    def turn(self) -> None:
        """See what was typed and show what has changed; called many times a second, and only there changes a pause."""

    def open(self, diff_of: Callable[[str], str]) -> AbstractContextManager[None]:
        """Be there while the block runs; `diff_of` is what the session has made of a path, as a patch."""


class Unmanned:
    """Nobody steers."""

    is_paused = False

    def turn(self) -> None:
        """Nothing is shown."""

    def open(self, diff_of: Callable[[str], str]) -> AbstractContextManager[None]:
        return nullcontext()

"""A project's test suite: what it is made of and which program runs it."""

from __future__ import annotations

from dataclasses import field

from orchestra.dataclass import dataclass


@dataclass(frozen=True)
class Suite:
    """How to run the tests of a project."""

    framework: str
    """A name of suite_detection.FRAMEWORKS, or `command` for a line of the user's."""
    command: tuple[str, ...]
    """Without the options that only concern how the result is read."""
    found_by: str = field(default="", compare=False)
    """The path of the file that gave it away; empty for a command of the user's."""
    lacks: str = field(default="", compare=False)
    """What is not there that it would need to run; empty where it can."""

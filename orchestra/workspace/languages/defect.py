"""What is wrong with a file's text."""

from __future__ import annotations

from orchestra.dataclass import dataclass


@dataclass(frozen=True)
class Defect:
    """Where a parser gave up and why."""

    line: int | None
    """From 1; None where the parser does not tell."""
    message: str


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a text, and who says so."""

    defects: tuple[Defect, ...] = ()
    means: str | None = None
    """Such as `Python 3.12`, `gofmt` or LEXER; None where nothing here knows such files."""


LEXER = "a lexer that knows strings, comments and brackets but no grammar"


class Unfinished(Exception):
    """Where a scan must end: what opens at `start` does not end as it should."""

    def __init__(self, start: int, message: str) -> None:
        super().__init__(message)
        self.start = start

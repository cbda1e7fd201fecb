"""Texts that are announced in a line and stand in the lines below it."""

from __future__ import annotations

import re
from typing import NamedTuple

from orchestra.workspace.languages.defect import Unfinished
from orchestra.workspace.languages.language import Language


class _Announced(NamedTuple):
    start: int
    tag: str
    blanks: str
    """What may stand before the tag that ends it."""


class Heredocs:
    """Those whose bodies are still to come."""

    def __init__(self, text: str, language: Language) -> None:
        self.announced: list[_Announced] = []
        self._text = text
        # Ruby and shell want the line to end after the tag; PHP lets code follow, and indents at will.
        self._may_go_on = language.name == "PHP"

    def announce(self, match: re.Match[str]) -> None:
        """Take note of one, by its groups `tag` and `indent`."""
        blanks = " \t" if match.group("indent") or self._may_go_on else ""
        self.announced.append(_Announced(match.start(), match.group("tag"), blanks))

    def read(self, at: int) -> int:
        """The place after the bodies, the first of which starts at `at`. Raises Unfinished."""
        announced, self.announced = self.announced, []
        for heredoc in announced:
            at = self._after_body(heredoc, at)
        return at

    def _after_body(self, heredoc: _Announced, at: int) -> int:
        text = self._text
        while at < len(text):
            end = text.find("\n", at)
            line = text[at:] if end < 0 else text[at:end]
            inner = line.lstrip(heredoc.blanks) if heredoc.blanks else line
            if inner.startswith(heredoc.tag) and self._ends(inner[len(heredoc.tag):]):
                return at + len(line) - len(inner) + len(heredoc.tag)
            at += len(line) + 1
        raise Unfinished(heredoc.start, "the text up to %s is not closed" % heredoc.tag)

    def _ends(self, after: str) -> bool:
        return not after.rstrip("\r") or (self._may_go_on and not after[0].isalnum() and after[0] != "_")

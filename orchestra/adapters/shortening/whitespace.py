"""Shorter by blanks that say nothing."""

from __future__ import annotations

import re
from typing import Sequence

from orchestra.adapters.shortening.passages import Kind, Passage
from orchestra.regex import regex

_BLANK_LINES = regex(r"\n{3,}")
_BETWEEN_WORDS = regex(r"(`[^`\n]*`)|[ \t](?<=\S[ \t])[ \t]+(?=\S)")


def drop_blanks(passages: Sequence[Passage], excess_tokens: int) -> list[Passage]:
    """The passages without blanks at line ends, without second blank lines, and in prose without second blanks.

    Indentation stays: in code, in diffs and in lists it has a meaning. So does what stands between backticks.
    """
    return [passage if passage.is_fixed else passage.with_text(_tidy(passage)) for passage in passages]


def _tidy(passage: Passage) -> str:
    *lines, last = passage.text.split("\n")
    text = _BLANK_LINES.sub("\n\n", "\n".join([*(line.rstrip(" \t\r") for line in lines), last]))
    return _BETWEEN_WORDS.sub(_narrowed, text) if passage.kind is Kind.PROSE else text


def _narrowed(match: re.Match[str]) -> str:
    return match[1] or " "

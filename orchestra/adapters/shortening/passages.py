"""A prompt's text in passages: what must stand, what is prose, what is code, what is lines of something else."""

from __future__ import annotations

import re
from dataclasses import replace
from enum import Enum
from functools import cached_property
from typing import Sequence

from orchestra.adapters.fences import FENCE
from orchestra.adapters.shortening.signature_lines import begins_like_code
from orchestra.adapters.tokens import estimate_tokens
from orchestra.dataclass import dataclass
from orchestra.regex import regex


class Kind(Enum):
    """What a passage is."""

    PROTECTED = "protected"
    FRAME = "frame"
    """A fence, or a line `=== PATH`: it stays as it is, so that the quoting stays well-formed."""
    PROSE = "prose"
    CODE = "code"
    LINES = "lines"
    """Listings, logs, diffs, tables: nothing but the line is a unit."""


@dataclass(frozen=True)
class Passage:
    """A stretch of whole lines of one kind."""

    kind: Kind
    text: str
    path: str = ""
    """Of the file that is quoted; empty where none is named."""

    @cached_property
    def tokens(self) -> int:
        """About how many tokens it is. Counted once, since most passages outlive most strategies."""
        return estimate_tokens(self.text)

    @property
    def is_fixed(self) -> bool:
        """Whether it comes out as it is."""
        return self.kind in (Kind.PROTECTED, Kind.FRAME)

    def with_text(self, text: str) -> Passage:
        """The passage with a shorter text; itself where the text is no shorter, or costs more."""
        if len(text) >= len(self.text):
            return self
        other = replace(self, text=text)
        return other if other.tokens <= self.tokens else self


# The line feed before is part of it, since that is found fastest.
_FRAME = regex(
    r"\n(?:=== (?P<path>\S[^\n]{0,300}?)(?: \(lines [\d-]{3,21} of \d+\))?"
    r"|(?P<indent>[ \t]{0,100})(?P<fence>`{3,}|~{3,}|(?P<mark>" + FENCE + r"))(?P<info>[^`\n]{0,300}))(?=\n|\Z)"
)
_MOST_FRAMES = 5000
"""Nobody quotes so much: what follows is lines."""
_DEEPEST = 3
_MOST_INDENTATION = 3
"""A fence that is indented more, beyond the one that it would close, is text."""
_PROSE_NAMES = regex(r"(?i:\.(?:md|markdown|rst|txt|adoc|org))$|^(?:.*/)?[A-Z]+$")
_LINES_NAMES = regex(r"\.(?:csv|tsv|log|diff|patch)$", re.IGNORECASE)
_PROSE_INFOS = ("markdown", "md", "text", "txt", "rst")
_LINES_INFOS = ("diff", "patch", "log", "console", "csv", "output")


def split(text: str, *, depth: int = 0) -> list[Passage]:
    """The passages, which joined give the text again.

    Marks of ours close with their like, other fences as CommonMark says. Prose inside one is split again, since it may
    hold fences of its own.
    """
    passages: list[Passage] = []
    opening: re.Match[str] | None = None
    path, position, frames = "", 0, 0
    for frame in _FRAME.finditer("\n" + text):
        if opening is not None and not _closes(frame, opening):
            continue
        start, end = frame.start(), min(frame.end(), len(text))
        between = text[position:start]
        if opening is None:
            passages.append(Passage(Kind.PROSE, between))
            path = frame["path"] or ("" if between.strip() else path)
            opening = frame if frame["fence"] and not frame["fence"].startswith("</") else None
        else:
            passages.extend(_quoted(between, path, opening["info"], depth))
            opening, path = None, ""
        passages.append(Passage(Kind.FRAME, text[start:end]))
        position, frames = end, frames + 1
        if frames >= _MOST_FRAMES and opening is None:
            return [*_filled(passages), *_filled([Passage(Kind.LINES, text[position:])])]
    rest = text[position:]
    passages.extend(_quoted(rest, path, opening["info"], depth) if opening else [Passage(Kind.PROSE, rest)])
    return _filled(passages)


def _filled(passages: Sequence[Passage]) -> list[Passage]:
    return [passage for passage in passages if passage.text]


def _closes(frame: re.Match[str], opening: re.Match[str]) -> bool:
    fence = frame["fence"]
    if opening["mark"]:
        return bool(fence) and fence == opening["mark"].replace("<", "</", 1)
    return (
        bool(fence) and not frame["info"].strip() and fence.startswith(opening["fence"])
        and _width(frame["indent"]) <= _width(opening["indent"]) + _MOST_INDENTATION
    )


def _width(indentation: str) -> int:
    return len(indentation.expandtabs(4))


def _quoted(text: str, path: str, info: str, depth: int) -> list[Passage]:
    kind = _kind(text, path.strip().rstrip('"'), (info.split() or [""])[0].lower())
    if kind is Kind.PROSE and depth < _DEEPEST:
        return split(text, depth=depth + 1)
    return [Passage(kind, text, path)]


def _kind(text: str, path: str, info: str) -> Kind:
    if path or info:
        if _PROSE_NAMES.search(path) or info in _PROSE_INFOS:
            return Kind.PROSE
        return Kind.LINES if _LINES_NAMES.search(path) or info in _LINES_INFOS else Kind.CODE
    if begins_like_code(text):
        return Kind.CODE
    return Kind.PROSE if any(frame["fence"] for frame in _FRAME.finditer("\n" + text)) else Kind.LINES

"""How other people's text stands in a prompt: between marks that it cannot know, under a line that names it."""

from __future__ import annotations

import json
from typing import Sequence, Tuple

from orchestra.adapters.fences import fence
from orchestra.dataclass import dataclass
from orchestra.regex import regex

FENCE_TOKENS = 60
"""No fence takes more, whatever its mark is."""
Spans = Tuple[Tuple[int, int], ...]
_LINE_BREAKING = regex("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class ShownFile:
    """A file of the repository that a model gets to see."""

    path: str
    text: str
    lines: Spans = ()
    """Those that are meant, where it is not the whole file: the first and the last of each part, counted from 1."""
    is_cut: bool = False
    """Whether the text is not the whole of the file's, and says where not."""


def quote(text: str) -> str:
    """The text in a fence; empty for an empty text."""
    return fence(text) if text else ""


def fenced(text: str) -> str:
    """As `quote`, but an empty text gives a fence with nothing in it."""
    return fence(text)


def show_files(files: Sequence[ShownFile]) -> str:
    """Each file under a line `=== PATH`; empty for none. Parts of one stand each in a fence of its own."""
    return "\n\n".join(_parts(file) if file.lines else _under(_heading(file), file.text) for file in files)


def _heading(file: ShownFile) -> str:
    return one_line(file.path) + (" (parts of lines that are too long to be shown)" if file.is_cut else "")


def _parts(file: ShownFile) -> str:
    name, lines = one_line(file.path), file.text.split("\n")
    count = len(lines) - (not lines[-1])
    parts = [
        _under("%s (lines %d-%d of %d)" % (name, first, last, count), "\n".join(lines[first - 1:last]))
        for first, last in file.lines
    ]
    return "\n\n".join([*parts, 'These are parts of %s; `need_files` shows others: "%s:FROM-TO".' % (name, name)])


def _under(heading: str, text: str) -> str:
    return "=== %s\n%s" % (heading, fenced(text))


def one_line(text: str) -> str:
    """The text as it is, or as a JSON string where it would break the line it stands in."""
    return json.dumps(text) if _LINE_BREAKING.search(text) else text


def bullets(items: Sequence[str]) -> str:
    """A list, one item a line, further lines of an item indented; empty for none."""
    return "\n".join("- " + "\n  ".join(item.splitlines()) for item in items)

"""How other people's text stands in a prompt: in a fence that it cannot close, under a line that names it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Sequence

_BACKTICKS = re.compile(r"`+")
_LINE_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class ShownFile:
    """A file of the repository that a model gets to see."""

    path: str
    text: str


def quote(text: str) -> str:
    """The text between two fences longer than any run of backticks in it; empty for an empty text."""
    return fenced(text) if text else ""


def fenced(text: str) -> str:
    """As `quote`, but an empty text gives a pair of fences with nothing between."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0) if "`" in text else 0
    fence = "`" * max(3, longest + 1)
    ending = "" if not text or text.endswith("\n") else "\n"
    return fence + "\n" + text + ending + fence


def show_files(files: Sequence[ShownFile]) -> str:
    """Each file under a line `=== PATH`; empty for none."""
    return "\n\n".join("=== %s\n%s" % (one_line(file.path), fenced(file.text)) for file in files)


def one_line(text: str) -> str:
    """The text as it is, or as a JSON string where it would break the line it stands in."""
    return json.dumps(text) if _LINE_BREAKING.search(text) else text


def bullets(items: Sequence[str]) -> str:
    """A list, one item a line, further lines of an item indented; empty for none."""
    return "\n".join("- " + "\n  ".join(item.splitlines()) for item in items)

"""How other people's text stands in a prompt: between marks that it cannot know, under a line that names it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Sequence

from orchestra.adapters.fences import fence

FENCE_TOKENS = 60
"""No fence takes more, whatever its mark is."""
_LINE_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class ShownFile:
    """A file of the repository that a model gets to see."""

    path: str
    text: str


def quote(text: str) -> str:
    """The text in a fence; empty for an empty text."""
    return fence(text) if text else ""


def fenced(text: str) -> str:
    """As `quote`, but an empty text gives a fence with nothing in it."""
    return fence(text)


def show_files(files: Sequence[ShownFile]) -> str:
    """Each file under a line `=== PATH`; empty for none."""
    return "\n\n".join("=== %s\n%s" % (one_line(file.path), fenced(file.text)) for file in files)


def one_line(text: str) -> str:
    """The text as it is, or as a JSON string where it would break the line it stands in."""
    return json.dumps(text) if _LINE_BREAKING.search(text) else text


def bullets(items: Sequence[str]) -> str:
    """A list, one item a line, further lines of an item indented; empty for none."""
    return "\n".join("- " + "\n  ".join(item.splitlines()) for item in items)

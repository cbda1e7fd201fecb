"""How any text stands in a plan's Markdown so that it reads well and comes back exactly.

Text that cannot be mistaken for the file's structure stands as it is. Longer text that could be stands in a `text`
fence, and what an editor might change (carriage returns, control characters, blanks at the ends) as a JSON string.
"""

from __future__ import annotations

import json
import re
from typing import Sequence

from orchestra.regex import regex

HEADING = regex(r"^#{1,2}(?:\s|$)")
HEADER = regex(r"(?i)^(?:[-*] +)?(session|hash|task):[ \t]*(.*)$")
LIST_LABEL = regex(r"(?i)^(depends on|criteria):[ \t]*(.*)$")
COMMIT_LABEL = regex(r"(?i)^(type|scope|subject):[ \t]*(.*)$")
CONVENTIONAL = regex(r"^([a-z]+)(?:\(([^()]*)\))?: +(\S.*)$")
FENCE = regex(r"^[ \t]*(`{3,}(?=[^`]*$)|~{3,})(.*)$")
_STRUCTURE = (HEADING, HEADER, LIST_LABEL, COMMIT_LABEL, CONVENTIONAL, FENCE)
_ODD = regex("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_PATH_IN_BACKTICKS = regex(r"^`([^`]+)`$")


def write_block(text: str) -> str:
    """A text of any length; empty for an empty one."""
    lines = text.split("\n")
    is_plain = text == text.strip() and _survives_editing(text)
    if is_plain and not any(pattern.match(line) for pattern in _STRUCTURE for line in lines):
        return text
    return write_fence(text)


def write_fence(text: str) -> str:
    """A text in a fence, as a JSON string where it must be."""
    if not _survives_editing(text):
        return "```json\n%s\n```" % _json_string(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return "%stext\n%s\n%s" % (fence, text, fence)


def read_block(lines: Sequence[str]) -> str:
    """The text that `write_block` wrote, or that somebody typed."""
    text = "\n".join(lines).strip()
    lines = text.split("\n")
    opening = FENCE.match(lines[0])
    if opening is None or end_of_fence(lines, 0) != len(lines) - 1:
        return text
    inside = "\n".join(lines[1:-1])
    info = opening[2].strip()
    if info == "text":
        return inside
    value = _from_json_string(inside) if info == "json" else None
    return text if value is None else value


def write_line(text: str) -> str:
    """A text in what is left of a line."""
    is_plain = text and text == text.strip() and text[0] not in "\"`" and "\n" not in text and not _ODD.search(text)
    return text if is_plain else _json_string(text)


def read_line(text: str) -> str:
    """The text that `write_line` wrote, or that somebody typed."""
    value = _from_json_string(text.strip())
    return text.strip() if value is None else value


def read_path(text: str) -> str:
    """As `read_line`; a path typed in backticks comes without them."""
    quoted = _PATH_IN_BACKTICKS.match(text.strip())
    return quoted[1] if quoted else read_line(text)


def write_items(items: Sequence[str]) -> str:
    """A list, one item a line; empty for none."""
    return "\n".join("- " + write_line(item) for item in items)


def end_of_fence(lines: Sequence[str], start: int) -> int | None:
    """The line that closes the fence opened at `start`; None where none does."""
    opening = FENCE.match(lines[start])
    assert opening is not None
    for number in range(start + 1, len(lines)):
        match = FENCE.match(lines[number])
        if match and match[1].startswith(opening[1]) and not match[2].strip():
            return number
    return None


def _survives_editing(text: str) -> bool:
    return not _ODD.search(text) and all(line == line.rstrip() for line in text.split("\n"))


def _json_string(text: str) -> str:
    return _ODD.sub(lambda match: "\\u%04x" % ord(match[0]), json.dumps(text, ensure_ascii=False))


def _from_json_string(text: str) -> str | None:
    """The string that the text is in JSON; None where it is something else."""
    if not text.startswith('"'):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, str) else None

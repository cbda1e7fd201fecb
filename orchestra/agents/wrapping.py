"""What models put around a whole file that is not of the file."""

from __future__ import annotations

import re
from typing import Match

from orchestra.agents.json_reply import parse_object
from orchestra.errors import UnreadableReply

_NAMES = ("path", "file", "file_path", "filename")
_JSON = (".json", ".jsonc", ".json5", ".ipynb")
_PROSE = (".md", ".markdown", ".mdx", ".rst", ".txt", ".adoc", ".org")
_HEADING = re.compile(
    r"[ \t]*(?://|#|--|;|%|/\*|<!--)[ \t]*(?P<label>(?:filepath|filename|file|path):[ \t]*)?"
    r"(?P<named>\S[^\n]*)(?:\n|\Z)", re.IGNORECASE,
)


def unwrapped(text: str, path: str, original: str | None) -> str:
    """The file out of an object `{"path": …, "content": …}`, and without the remark that names the path above it.

    Of a file that is there already no blank lines above it, either, where it has none.
    """
    if not path.lower().endswith(_JSON) and text.lstrip().startswith("{"):
        text = _content(text, path) or text
    heading = _HEADING.match(text)
    if heading and _names_file(heading, path, original):
        text = text[heading.end():]
    return text.lstrip("\n") if original and not original.startswith("\n") else text


def _names_file(heading: Match[str], path: str, original: str | None) -> bool:
    """Whether the remark is none of the file's own; without `filepath` it may be in a new one, and a title in prose."""
    if not _is_it(heading["named"], path) or (original or "").startswith(heading[0]):
        return False
    is_told = (heading["label"] or "").lower().startswith("filepath")
    return is_told or (original is not None and not path.lower().endswith(_PROSE))


def _content(text: str, path: str) -> str | None:
    try:
        members = parse_object(text) or {}
    except UnreadableReply:
        return None
    content = members.get("content")
    names = [members[name] for name in _NAMES if name in members]
    if len(members) == 2 and isinstance(content, str) and names == [path]:
        return content.replace("\r\n", "\n")
    return None


def _is_it(named: str, path: str) -> bool:
    """Whether the name is the path, from the root or from wherever the model thinks that the root lies."""
    place = named.strip()
    for closer in ("*/", "-->"):
        place = place[:-len(closer)].rstrip() if place.endswith(closer) else place
    place = place.replace("\\", "/")
    return place == path or place.endswith("/" + path)

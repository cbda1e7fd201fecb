"""What models put around a whole file that is not of the file."""

from __future__ import annotations

import re

from orchestra.agents.json_reply import parse_object
from orchestra.errors import UnreadableReply

_NAMES = ("path", "file", "file_path", "filename")
_JSON = (".json", ".jsonc", ".json5", ".ipynb")
_HEADING = re.compile(r"[ \t]*(?://|#|--|;|%|/\*|<!--)[ \t]*filepath:[ \t]*(\S[^\n]*)(?:\n|\Z)")


def unwrapped(text: str, path: str, original: str | None) -> str:
    """The file out of an object `{"path": …, "content": …}`, and without the remark that names the path above it."""
    if not path.lower().endswith(_JSON) and text.lstrip().startswith("{"):
        text = _content(text, path) or text
    heading = _HEADING.match(text)
    if heading and _is_it(heading[1], path) and not (original or "").startswith(heading[0]):
        return text[heading.end():]
    return text


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

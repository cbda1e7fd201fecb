"""What models put around a whole file that is not of the file."""

from __future__ import annotations

import re
from typing import Match

from orchestra.agents.json_reply import parse_object
from orchestra.errors import UnreadableReply
from orchestra.regex import regex

_NAMES = ("path", "file", "file_path", "filename")
_JSON = (".json", ".jsonc", ".json5", ".ipynb")
_PROSE = (".md", ".markdown", ".mdx", ".rst", ".txt", ".adoc", ".org")
_HEADING = regex(
    r"[ \t]*(?://|#(?!!|include|import|define)|--|;|%|/\*|<!--)[ \t]*"
    r"(?P<label>(?:filepath|filename|file|path):[ \t]*)?(?P<named>\S[^\n]*)(?:\n|\Z)", re.IGNORECASE,
)
_LIKE_A_NAME = regex(r"[/\\]|\w\.\w|\A\w+\Z")
_ASKED = regex(
    r"(?i)[ck]omm?ent|коммент|注释|コメント|\b(?:headers?|heading|remark|banner|top(?![- ]level)|above|(?:begin|start)s? with"
    r"|first line|line (?:1|one)|kopf|erste\w* zeile|en-t[êe]te|premi[èe]re ligne|encabezado|primera l[íi]nea|заголов"
    r"|перв\w+ строк)|首行|第一行|开头|顶部|文件头|先頭|1行目"
)
"""Words of a line above all others: one that is meant is left where it stands."""


def unwrapped(text: str, path: str, original: str | None, task: str) -> str:
    """The file out of an object `{"path": …, "content": …}`, and without the remark that names the path above it.

    Of a file that is there already no blank lines above it, either, where it has none. `task` is all that was said.
    """
    if not path.lower().endswith(_JSON) and text.lstrip().startswith("{"):
        text = _content(text, path) or text
    heading = _HEADING.match(text)
    if heading and _names_file(heading, path, original, task):
        text = text[heading.end():]
    return text.lstrip("\n") if original and not original.startswith("\n") else text


def _names_file(heading: Match[str], path: str, original: str | None, task: str) -> bool:
    """Whether the remark is none of the file's own.

    Without `filepath` it may be in a new one, a title in prose, in the place of one like it, and what was asked for.
    """
    place = _place(heading)
    if (original or "").startswith(heading[0]):
        return False
    if (heading["label"] or "").lower().startswith("filepath"):
        # From the root, or from wherever the model thinks that the root lies.
        return (place == path or place.endswith("/" + path)) and "filepath:" not in task
    if original is None or place != path or " " in place or path.lower().endswith(_PROSE) or _ASKED.search(task):
        return False
    own = _HEADING.match(original)
    return own is None or not _LIKE_A_NAME.search(_place(own))


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


def _place(heading: Match[str]) -> str:
    place = heading["named"].strip()
    for closer in ("*/", "-->"):
        place = place[:-len(closer)].rstrip() if place.endswith(closer) else place
    return place.replace("\\", "/")

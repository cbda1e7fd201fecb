"""Which file a line of an answer names: the info of a fence, a heading, a marker, a header of a diff."""

from __future__ import annotations

import re

from orchestra.regex import regex

_LONGEST = 300
_DECORATION = "`*_\"'()[]{}<>,;：，。（）【】《》"
_COMMENT = regex(r"^(?:#{1,6}\s+|\d+[.)]\s+|//+\s*|--\s+|/\*\s*|<!--\s*)")
_LABEL = regex(r"(?i)^(?:file|path|filename|in|文件|文件名|路径)\s*[:：\s]\s*")
_BEHIND_PATH = regex(r"(?:\s*(?:\*/|-->|\((?:new|modified|updated|edited|修改|新建)\)|[:：]))+\s*$")
_PATH = regex(r"(?:[^\s/:*?\"<>|`]+/)*[^\s/:*?\"<>|`]*\.[A-Za-z][A-Za-z0-9_+-]{0,11}")
_PATH_WITH_FOLDER = regex(r"(?:[^\s/:*?\"<>|`]*/)+[^\s/:*?\"<>|`]+")
_BETWEEN_TOKENS = regex(r"[\s:=,;]+")
_PROSE_BEFORE_PATH = regex("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af][A-Za-z0-9_]")
"""Chinese that runs into a path without a blank."""
_NO_FILES = frozenset(("asp.net", "vb.net", "node.js", "vue.js", "next.js", "react.js", "three.js", "d3.js"))


def names(line: str, path: str) -> bool:
    """Whether the line has this path as a word of its own."""
    if path not in line:
        return False
    # ASCII, so that Chinese, which has no blanks between words, may stand right beside it.
    return re.search(r"(?a)(?<![\w./-])%s(?![\w/-]|\.\w)" % re.escape(path), line) is not None


def sole_path(line: str) -> str | None:
    """The path that is all the line says, but for decoration; None for any other line."""
    stripped = line.strip()
    if len(stripped) > _LONGEST or stripped.startswith(("- ", "* ", "+ ")):
        return None
    bare = _COMMENT.sub("", _BEHIND_PATH.sub("", stripped)).strip(_DECORATION)
    return _as_path(_BEHIND_PATH.sub("", _LABEL.sub("", bare)).strip(_DECORATION))


def path_in_info(info: str) -> str | None:
    """The last path among the words behind a fence; None where there is none."""
    if len(info) > _LONGEST or info.lower() in _NO_FILES:
        return None
    tokens = [_as_path(token.strip(_DECORATION)) for token in _BETWEEN_TOKENS.split(info)]
    return next((token for token in reversed(tokens) if token), None)


def is_same_file(said: str, path: str) -> bool:
    """Whether a path as a model says it means this one: without its folders, or with those above the root."""
    said = said.replace("\\", "/")
    while said.startswith("./"):
        said = said[2:]
    if said.lstrip("/") == path or path.endswith("/" + said) or names(said, path):
        return True
    return "/" in path and said.endswith("/" + path)


def _as_path(token: str) -> str | None:
    if not token or token.lower() in _NO_FILES or "://" in token or token.startswith("."):
        is_relative = token.startswith("./") and len(token) > 2
        if not is_relative:
            return None
    if _PROSE_BEFORE_PATH.search(token):
        return None
    found = _PATH.fullmatch(token) or _PATH_WITH_FOLDER.fullmatch(token)
    return token if found and any(character.isalnum() for character in token) else None

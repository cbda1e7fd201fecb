"""What stands in a page: scripts and style sheets, each with its language."""

from __future__ import annotations

import re
from typing import Iterator

from orchestra.regex import regex
from orchestra.workspace.languages import notations, scripts
from orchestra.workspace.languages.defect import Defect
from orchestra.workspace.languages.language import Language
from orchestra.workspace.languages.lexer import find_unfinished

_PART = regex(
    r"<!--[\s\S]*?(?:-->|\Z)|<(?P<kind>script|style)\b(?P<attributes>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)(?<!/)>"
    r"(?P<text>[\s\S]*?)</(?P=kind)"
)
_STATED = regex(r"\b(?:lang|type)\s*=\s*[\"']?([\w/+.-]+)")
_LANGUAGES = {
    "script": {
        **dict.fromkeys(("", "js", "javascript", "text/javascript", "module", "application/javascript"),
                        scripts.JAVASCRIPT),
        **dict.fromkeys(("ts", "typescript", "text/typescript"), scripts.TYPESCRIPT), "jsx": scripts.JAVASCRIPT,
        "tsx": scripts.TSX,
    },
    "style": {
        **dict.fromkeys(("", "css", "text/css", "postcss"), notations.CSS),
        **dict.fromkeys(("scss", "text/scss"), notations.SCSS), **dict.fromkeys(("less", "text/less"), notations.LESS),
    },
}
"""By element and by what its `lang` or `type` says; what another says (a template, Sass, Pug) is not looked at."""
_FILLED_IN = regex(r"\{\{|\{%|<%|<\?|^[ \t]*<!--|[@$]\{?[A-Z_]+[@}]|%[A-Z_]+%", re.M)
"""Marks of what fills a page in before a browser sees it."""


def check_markup(text: str) -> tuple[Defect, ...]:
    """The first element that is not closed, or the first defect of a script or a style sheet in the page."""
    defects = find_unfinished(text, notations.MARKUP)
    if defects:
        return defects
    for line, part, language in _parts(text):
        for defect in find_unfinished(part, language):
            return (Defect(line + (defect.line or 1), defect.message),)
    return ()


def _parts(text: str) -> Iterator[tuple[int, str, Language]]:
    """Each with the number of lines before it."""
    for found in _PART.finditer(text):
        kind = found.group("kind")
        stated = _STATED.search(found.group("attributes")) if kind else None
        language = _LANGUAGES[kind].get(stated.group(1).lower() if stated else "") if kind else None
        if language is not None and not _FILLED_IN.search(found.group("text")):
            yield text.count("\n", 0, found.start("text")), found.group("text"), language

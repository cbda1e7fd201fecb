"""Patterns as in a .gitignore file, for what git itself is not asked about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

from orchestra.found_files import plain

FILE = ".orchestraignore"
_TOKEN = re.compile(r"\A\*\*/|/\*\*/|/\*\*\Z|\\.|\[[!^]?\]?[^\]]*\]|[\s\S]")
_GLOBS = {"**/": "(?:.*/)?", "/**/": "/(?:.*/)?", "/**": "/.+", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True)
class Pattern:
    """One line."""

    expression: re.Pattern[str]
    is_negated: bool
    only_folders: bool


@dataclass(frozen=True)
class IgnoreRules:
    """The patterns of one file, relative to the root (gitignore(5)); the last one that fits decides."""

    patterns: tuple[Pattern, ...]

    @classmethod
    def of(cls, lines: Iterable[str]) -> IgnoreRules:
        """Blank lines and comments count as no pattern; one that cannot be read fits nothing."""
        found = [_pattern(line) for line in lines]
        return cls(tuple(pattern for pattern in found if pattern is not None))

    @classmethod
    def in_root(cls, root: Path) -> IgnoreRules:
        """Those of `.orchestraignore`; none where it is not there or cannot be read."""
        try:
            with open(root / FILE, encoding="utf-8-sig", errors="replace", opener=plain) as file:
                return cls.of(file.read().splitlines())
        except OSError:
            return cls(())

    def fits(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether the path, or a folder that it lies in, is meant: below such a folder no `!` counts."""
        if not self.patterns:
            return False
        parts = path.split("/")
        return any(
            self._fits("/".join(parts[:depth]), depth < len(parts) or is_folder)
            for depth in range(1, len(parts) + 1)
        )

    def _fits(self, path: str, is_folder: bool) -> bool:
        for pattern in reversed(self.patterns):
            if (is_folder or not pattern.only_folders) and pattern.expression.fullmatch(path):
                return not pattern.is_negated
        return False


def _pattern(line: str) -> Pattern | None:
    text = re.sub(r"(?<!\\)[ \t]+\Z", "", line.rstrip("\r\n"))
    is_negated = text.startswith("!")
    text = text[1:] if is_negated else text
    only_folders = text.endswith("/")
    text = text.rstrip("/")
    if not text or line.startswith("#"):
        return None
    anchored = "/" in text
    body = "".join(map(_translated, _TOKEN.findall(text.lstrip("/"))))
    try:
        return Pattern(re.compile(body if anchored else "(?:.*/)?" + body, re.S), is_negated, only_folders)
    except re.error:
        return None


def _translated(token: str) -> str:
    if token in _GLOBS:
        return _GLOBS[token]
    if token.startswith("[") and len(token) > 2:
        inner = token[1:-1].replace("\\", "\\\\").replace("[", "\\[")
        return "(?!/)[%s]" % ("^" + inner[1:] if inner[0] in "!^" else inner)
    return re.escape(token[1:] if len(token) > 1 else token)

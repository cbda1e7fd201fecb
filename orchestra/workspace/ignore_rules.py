"""Patterns as in a .gitignore file, for what git itself is not asked about."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Iterable, Tuple

from orchestra.dataclass import dataclass
from orchestra.found_files import plain
from orchestra.regex import regex

FILE = ".orchestraignore"
_TOKEN = regex(r"\A\*\*/|/\*\*/|/\*\*\Z|\\.|\[[!^]?\]?[^\]]*\]|[\s\S]")
_GLOBS = {"**/": "(?:.*/)?", "/**/": "/(?:.*/)?", "/**": "/.+", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True)
class Pattern:
    """One line."""

    expression: re.Pattern[str]
    is_negated: bool
    only_folders: bool


@dataclass(frozen=True)
class IgnoreRules:
    """The patterns of one file, relative to its folder (gitignore(5)); the last one that fits decides."""

    patterns: tuple[Pattern, ...]

    @classmethod
    def of(cls, lines: Iterable[str]) -> IgnoreRules:
        """Blank lines and comments count as no pattern; one that cannot be read fits nothing."""
        found = [_pattern(line) for line in lines]
        return cls(tuple(pattern for pattern in found if pattern is not None))

    @classmethod
    def in_folder(cls, folder: str) -> IgnoreRules:
        """Those of its `.orchestraignore`; none where it is not there or cannot be read."""
        place = f"{folder}/{FILE}"
        try:
            # Asked first: most folders have none, and an error takes its time.
            if not os.access(place, os.F_OK):
                return cls(())
            with open(place, encoding="utf-8-sig", errors="replace", opener=plain) as file:
                return cls.of(file.read().splitlines())
        except (OSError, ValueError):
            return cls(())

    def fits(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether the path, or a folder that it lies in, is meant: below such a folder no `!` counts."""
        if not self.patterns:
            return False
        parts = path.split("/")
        return any(
            self.verdict("/".join(parts[:depth]), is_folder=depth < len(parts) or is_folder)
            for depth in range(1, len(parts) + 1)
        )

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """What the patterns say of the path itself: whether it is meant, None where none fits."""
        for pattern in reversed(self.patterns):
            if (is_folder or not pattern.only_folders) and pattern.expression.fullmatch(path):
                return not pattern.is_negated
        return None


_Holding = Tuple[Tuple[int, IgnoreRules], ...]
"""The rules that hold in a folder, the innermost first, each with the length of what its paths leave out."""


class TreeRules:
    """What the `.orchestraignore` files of a tree leave out, read as their folders are met. One thread."""

    def __init__(self, root: Path) -> None:
        self._root = os.fspath(root)
        own = IgnoreRules.in_folder(self._root)
        self._known: dict[str, _Holding | None] = {"": ((0, own),) if own.patterns else ()}

    def fits(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether the path, or a folder that it lies in, is meant: the file that lies nearest decides."""
        folder = path.rpartition("/")[0]
        holding = self._known[folder] if folder in self._known else self._meet(folder)
        return holding is None or bool(holding) and _are_meant(holding, path, is_folder)

    def _meet(self, folder: str) -> _Holding | None:
        """The rules of a folder; None for one that is left out."""
        new = [folder]
        while new[-1] not in self._known:
            new.append(new[-1].rpartition("/")[0])
        holding = self._known[new.pop()]
        for inner in reversed(new):
            holding = self._known[inner] = self._read(inner, holding)
        return holding

    def _read(self, folder: str, above: _Holding | None) -> _Holding | None:
        if above is None or above and _are_meant(above, folder, True):
            return None
        own = IgnoreRules.in_folder(f"{self._root}/{folder}")
        return ((len(folder) + 1, own), *above) if own.patterns else above


def _are_meant(holding: _Holding, path: str, is_folder: bool) -> bool:
    verdicts = (rules.verdict(path[start:], is_folder=is_folder) for start, rules in holding)
    return next((verdict for verdict in verdicts if verdict is not None), False)


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

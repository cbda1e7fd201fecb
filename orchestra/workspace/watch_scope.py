"""What is watched: the project's own files, without ignored ones, secrets, and what editors put beside them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import AbstractSet, Iterable, Sequence

from orchestra.errors import ConfigError
from orchestra.regex import regex
from orchestra.workspace import ignore_rules
from orchestra.workspace.git import Git
from orchestra.workspace.ignore_rules import IgnoreRules, TreeRules
from orchestra.workspace.listing import SKIPPED_FOLDERS, may_be_shown
from orchestra.workspace.path_names import PRIVATE_FOLDERS

_EDITORS_FILE = regex(
    r""".*~ | .*\.bak | \#.*\# | \.\#.* | \.~lock\..*\#   # backups; Emacs; LibreOffice
    | \..*\.sw[a-z] | .*\.swp | .*\.kate-swp | \..*\.kak\.\w+   # Vim, nano, Kate, Kakoune
    | .*___jb_(tmp|old)___ | \.goutputstream-.* | .*\.tmp | .*\.crswap   # JetBrains, GNOME, browsers""",
    re.X | re.I,
)
_MOST_JUDGED = 100_000
_RULE_FILES = (".gitignore", ignore_rules.FILE)


def is_editors_file(name: str) -> bool:
    """Whether editors name their locks, backups and temp files so; Vim also tries 4913, 5036, ... (its fileio.c)."""
    is_probe = name.isascii() and name.isdigit() and 4913 <= int(name) < 10_000 and (int(name) - 4913) % 123 == 0
    return is_probe or bool(_EDITORS_FILE.fullmatch(name))


def check_wanted(patterns: Sequence[str]) -> None:
    """Raises ConfigError for a pattern of `watch.paths` that no file below the root could fit."""
    for pattern in patterns:
        if ".." in pattern.split("/") or pattern.startswith(("/", "~", "!", "#")):
            raise ConfigError(
                f"{pattern!r} fits no file of the project", where="watch.paths",
                hint="name files, folders or patterns as in .gitignore, relative to the root",
            )


class WatchScope:
    """Judges paths relative to the root. Raises GitError as `Git` does."""

    def __init__(self, root: Path, git: Git | None, wanted: Sequence[str] = ()) -> None:
        """`wanted` are patterns as in .gitignore; none for everything."""
        self._root = root
        self._git = git
        self._wanted = IgnoreRules.of(pattern[2:] if pattern.startswith("./") else pattern for pattern in wanted)
        self._wants_all = not wanted
        self.refresh()

    def refresh(self) -> None:
        """Look again at what is ignored."""
        self._judged: dict[str, bool] = {}
        self._ignored = TreeRules(self._root)
        # What git lists need not be asked about folder by folder; also a tracked file in an ignored folder counts.
        self._listed = frozenset(_folders_of(self._git.listed_paths() if self._git is not None else ()))

    def folders(self, paths: Sequence[str]) -> AbstractSet[str]:
        """Those of the folders that may hold watched files."""
        likely = [path for path in paths if self._is_likely(path)]
        unknown = [path for path in likely if path not in self._listed]
        ignored = frozenset(self._git.ignored(unknown)) if self._git is not None and unknown else frozenset()
        return frozenset(path for path in likely if path not in ignored)

    def files(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of the files that are watched, sorted; all may be shown to a model."""
        asked = sorted(paths)
        if len(self._judged) > _MOST_JUDGED:
            self._judged.clear()
        linked = {folder for folder in _folders_of(asked) if os.path.islink(self._root / folder)}
        there = [path for path in asked if not linked or not linked.intersection(_folders_of([path]))]
        # Each is judged once, since git takes a while to say it and some files are written all the time.
        unknown = [path for path in there if path not in self._judged]
        self._judged.update(dict.fromkeys(unknown, False))
        likely = filter(self._is_wanted, unknown)
        self._judged.update(dict.fromkeys(may_be_shown(likely, self._git), True))
        return tuple(path for path in there if self._judged[path])

    @staticmethod
    def holds_rules(path: str) -> bool:
        """Whether the file says what is ignored."""
        return path.rpartition("/")[2] in _RULE_FILES

    def _is_likely(self, path: str) -> bool:
        return (
            path.rpartition("/")[2] not in SKIPPED_FOLDERS and path.isprintable()
            and not self._ignored.fits(path, is_folder=True)
            and not os.path.lexists(self._root / path / ".git")
        )

    def _is_wanted(self, path: str) -> bool:
        *folders, name = path.split("/")
        return (
            path.isprintable() and not is_editors_file(name) and not SKIPPED_FOLDERS.intersection(folders)
            and path.split("/")[0] not in PRIVATE_FOLDERS and not self._ignored.fits(path)
            and (self._wants_all or self._wanted.fits(path))
        )


def _folders_of(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found

"""Paths of one plan that would be one file, or one below another."""

from __future__ import annotations

import os
import sys
import unicodedata
from pathlib import Path
from typing import Callable, Sequence

from orchestra.workspace.path_names import quoted, refused, visible

_ONCE = "plan each file once"
_RENAME = "for a rename that changes only capitals, use `git mv` yourself: here both names are one file"


def check_distinct(root: Path, paths: Sequence[str], *, folds: Callable[[Path], bool] | None = None) -> None:
    """Raises RefusedPath where two of the normalised paths are one file, or one would be a folder of the other.

    `folds` says whether names in a folder that differ only in case are one; by default its file system is asked.
    """
    asked = folds or folds_case
    _check(paths, _seen_as, lambda path: True, _ONCE)
    _check(paths, _folded, lambda path: asked(_deepest_folder(root, path)), _RENAME)


def folds_case(folder: Path) -> bool:
    """Whether the file system takes `A` and `a` for the same name; seen from the names that are there."""
    try:
        names = frozenset(os.listdir(folder))
    except OSError:
        names = frozenset()
    for name in sorted(names):
        other = name.swapcase()
        if other == name or other.swapcase() != name:
            continue
        return other not in names and os.path.lexists(os.path.join(folder, other))
    return sys.platform == "darwin"


def _check(
    paths: Sequence[str], key_of: Callable[[str], str], counts: Callable[[str], bool], hint: str
) -> None:
    """`counts` is asked of a path only where its key collides."""
    seen: dict[str, int] = {}
    for number, path in enumerate(paths):
        first = seen.setdefault(key_of(path), number)
        if first != number and counts(path):
            also = "" if path == paths[first] else ", also as %s" % quoted(paths[first])
            raise refused(path, "is planned twice%s" % also, hint=hint)
    for path in paths:
        parts = key_of(path).split("/")
        for depth in range(1, len(parts)):
            above = seen.get("/".join(parts[:depth]))
            if above is not None and counts(path):
                raise refused(path, "lies below %s, which is planned as a file" % quoted(paths[above]))


def _seen_as(path: str) -> str:
    """What a reader sees of the path, in one normal form."""
    return unicodedata.normalize("NFC", visible(path))


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", _seen_as(path).casefold())


def _deepest_folder(root: Path, path: str) -> Path:
    folder = root
    for part in path.split("/")[:-1]:
        if not (folder / part).is_dir():
            break
        folder = folder / part
    return folder

"""Paths of one plan that would be one file, or one below another."""

from __future__ import annotations

import os
import sys
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import AbstractSet, Callable, Iterable, Sequence

from orchestra.workspace.path_names import quoted, refused, visible

_ONCE = "plan each file once"
_OTHER_NAME = "choose another name; for a rename that changes only capitals, plan the delete of the other one as well"
_RENAME = "for a rename that changes only capitals, use `git mv` yourself: here both names are one file"


def check_distinct(root: Path, paths: Sequence[str], *, folds: Callable[[Path], bool] | None = None) -> None:
    """Raises RefusedPath where two of the normalised paths are one file, or one would be a folder of the other.

    `folds` says whether names in a folder that differ only in case are one; by default its file system is asked.
    """
    asked = folds or folds_case
    _check(paths, _seen_as, lambda path: True, _ONCE)
    _check(paths, _folded, lambda path: asked(_deepest_folder(root, path)), _RENAME)


def check_new_names(root: Path, written: Iterable[str], deleted: AbstractSet[str]) -> None:
    """Raises RefusedPath where a file that is to be made and one that stays have names that differ only in case.

    Also where one lies in a folder of the other's name. Whatever this file system makes of them: in a checkout on
    macOS or Windows they would be one file.
    """
    listings: dict[str, dict[str, list[str]]] = {}
    made: dict[str, str] = {}
    for path in written:
        if os.path.lexists(root / path):
            continue
        there = [other for other in _alike(root, path, listings) if other not in deleted]
        others = [made.setdefault(_folded(path), path), *there]
        if others != [path]:
            what = "differs only in case from %s, and on many machines they would be one file" % quoted(
                next(other for other in others if other != path)
            )
            raise refused(path, what, hint=_OTHER_NAME)
    for above, path in {above: path for path in made.values() for above in _folders_above(path)}.items():
        there = [other for other in _alike(root, above, listings) if os.path.isfile(root / other)]
        files = [other for other in (made.get(_folded(above), above), *there) if other not in {above, *deleted}]
        if files:
            what = "lies below %s, which is a file, on machines where capitals do not count" % quoted(files[0])
            raise refused(path, what, hint=_OTHER_NAME)


def _folders_above(path: str) -> Iterable[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


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


def _alike(root: Path, path: str, listings: dict[str, dict[str, list[str]]]) -> list[str]:
    """What lies at the path as a file system sees it that folds case."""
    found = [""]
    for part in path.split("/"):
        found = [
            os.path.join(folder, name) for folder in found
            for name in _listed(root, folder, listings).get(_folded_name(part), ())
        ]
    return found


def _listed(root: Path, folder: str, listings: dict[str, dict[str, list[str]]]) -> dict[str, list[str]]:
    """Each name of the folder by its folded form; looked at once."""
    if folder not in listings:
        names = listings[folder] = {}
        with suppress(OSError):
            for name in os.listdir(root / folder):
                names.setdefault(_folded_name(name), []).append(name)
    return listings[folder]


def _folded_name(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _deepest_folder(root: Path, path: str) -> Path:
    folder = root
    for part in path.split("/")[:-1]:
        if not (folder / part).is_dir():
            break
        folder = folder / part
    return folder

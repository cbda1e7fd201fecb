"""Which file of the repository an import means."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from typing import Iterable, Iterator, Sequence

_MOST_OF_ONE_TAIL = 20
_LONGEST_TAIL = 4
_FOLDERS_OWN = frozenset(("__init__", "index", "mod", "lib", "main"))
"""A file of such a name stands for its folder."""
_INNER = frozenset(("crate", "self", "super"))


class Links:
    """The files by the ends of their paths. A path's number is its place in `paths`."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self._exact: dict[str, int] = {}
        self._tails: dict[str, list[int]] = defaultdict(list)
        for number, path in enumerate(paths):
            self._exact[path] = number
            for name in _names_of(path):
                self._exact.setdefault(name, number)
                for tail in _tails_of(name):
                    if len(self._tails[tail]) < _MOST_OF_ONE_TAIL:
                        self._tails[tail].append(number)

    def targets(self, number: int, imports: Iterable[str]) -> set[int]:
        """The files that these imports of a file mean, itself left out; of several candidates the nearest."""
        found = {self._target(self._paths[number], written) for written in imports}
        return {target for target in found if target is not None and target != number}

    def find(self, name: str) -> list[int]:
        """The files whose path, with or without its suffix, is or ends with this; at most a few."""
        exact = self._exact.get(name)
        return [exact] if exact is not None else self._tails.get("/".join(name.split("/")[-_LONGEST_TAIL:]), [])

    def _target(self, importer: str, written: str) -> int | None:
        folder = posixpath.dirname(importer)
        if written.startswith("."):
            return self._relative(folder, written, is_python=importer.endswith((".py", ".pyi")))
        if "/" in written or posixpath.splitext(written)[1] in (".h", ".hpp", ".hh", ".php", ".sh", ".css"):
            beside = self._exact.get(posixpath.normpath(posixpath.join(folder, written)))
            if beside is not None:
                return beside
            parts = [part for part in written.split("/") if part not in ("", ".", "..", "@", "~")]
            return self._nearest(importer, _without_first(parts, 2))
        parts = [part for part in written.replace("\\", ".").replace("::", ".").split(".") if part]
        parts = [part for part in parts if part not in _INNER]
        return self._nearest(importer, _shorter(parts))

    def _relative(self, folder: str, written: str, *, is_python: bool) -> int | None:
        if is_python:
            bare = written.lstrip(".")
            place = posixpath.join(folder, *[".."] * (len(written) - len(bare) - 1), *bare.split("."))
        else:
            place = posixpath.join(folder, written)
        place = posixpath.normpath(place)
        for name in (place, posixpath.splitext(place)[0], posixpath.dirname(place) if is_python else ""):
            if name in self._exact:
                return self._exact[name]
        return None

    def _nearest(self, importer: str, names: Iterable[Sequence[str]]) -> int | None:
        """By the first of the names that any file has."""
        for parts in names:
            candidates = [number for number in self.find("/".join(parts)) if self._paths[number] != importer]
            if len(candidates) == 1:
                return candidates[0]
            if candidates:
                suffix = posixpath.splitext(importer)[1]
                return min(candidates, key=lambda number: _distance(importer, suffix, self._paths[number]))
        return None


def _shorter(parts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The whole, then without its last part, which may be a name in the file, then without its first ones."""
    for tail in _without_first(parts, 1):
        yield tail
        if len(tail) > 2 or tail is parts and len(tail) > 1:
            yield tail[:-1]


def _without_first(parts: Sequence[str], fewest: int) -> Iterator[Sequence[str]]:
    yield parts
    for start in range(1, len(parts) - fewest + 1):
        yield parts[start:]


def _distance(importer: str, suffix: str, path: str) -> tuple[bool, int, int, str]:
    common = len(posixpath.commonprefix((importer, path)))
    return (not path.endswith(suffix), -common, len(path), path)


def _names_of(path: str) -> Iterator[str]:
    stem, suffix = posixpath.splitext(path)
    yield stem
    if suffix in (".h", ".hpp", ".hh", ".php", ".sh", ".sql", ".md"):
        yield path
    folder, name = posixpath.split(stem)
    if folder and (name in _FOLDERS_OWN or suffix == ".go"):
        yield folder


def _tails_of(name: str) -> Iterator[str]:
    end = len(name)
    for _ in range(_LONGEST_TAIL):
        end = name.rfind("/", 0, end)
        yield name[end + 1:]
        if end < 0:
            break

"""A repository's paths by what a text or a name may call them."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from functools import cached_property
from typing import Callable, Iterable, Iterator, Sequence

from orchestra.regex import regex

MOST_MEANT = 5
"""A name that more files have says nothing."""
_MOST_TOKENS = 400
_MOST_PARTNERS = 3
_TOKEN = regex(r"[\w$@.+-]+(?:/[\w$@.+-]+)*")
_TEST_MARK = regex(r"^[Tt]est[_-]|^Test(?=[A-Z])|[._-](?:tests?|spec)$|(?<=[a-z0-9])(?:Tests?|Spec)$")


class Places:
    """All paths, whether their language is known or not."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = sorted(paths)

    def named(self, text: str) -> Iterator[str]:
        """The paths that stand in a text: whole, from some folder on, by a file's name, or as a dotted module."""
        tokens = dict.fromkeys(token.strip("./-+@") for token in _TOKEN.findall(text)[:_MOST_TOKENS])
        found: dict[str, None] = {}
        for token in tokens:
            ends = _ending(self._by_name.get(posixpath.basename(token), ()), token)
            if not ends and "." in token and "/" not in token:
                ends = self._modules(token.split("."))
            if token in ends:
                ends = [token]
            if len(ends) <= MOST_MEANT:
                found.update(dict.fromkeys(ends))
        yield from found

    def partners(self, path: str) -> list[str]:
        """The files whose names pair with this one's: `test_x.py` or `x.spec.ts` with `x`; the nearest first."""
        subject, suffix = subject_of(path), posixpath.splitext(path)[1]
        pairs = [
            other for other in self._by_subject.get(subject, ())
            if is_test(other) is not is_test(path) and posixpath.splitext(other)[1] == suffix
        ]
        folders = set(path.split("/"))
        return sorted(pairs, key=lambda other: (-len(folders.intersection(other.split("/"))), len(other), other))[
            :_MOST_PARTNERS
        ]

    def beside(self, path: str) -> Iterator[str]:
        """The others in its folder."""
        return (other for other in self._by_folder.get(posixpath.dirname(path), ()) if other != path)

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        return _grouped(self.paths, lambda path: path[path.rfind("/") + 1:])

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        return _grouped(self.paths, _module_stem)

    @cached_property
    def _by_subject(self) -> dict[str, list[str]]:
        return _grouped(self.paths, subject_of)

    @cached_property
    def _by_folder(self) -> dict[str, list[str]]:
        return _grouped(self.paths, lambda path: path.rpartition("/")[0])

    def _modules(self, parts: Sequence[str]) -> list[str]:
        """The files of a module a.b.c, or of a.b where c is a name in it."""
        for end in range(len(parts), 1, -1):
            tail = "/".join(parts[:end])
            found = [path for path in self._by_stem.get(parts[end - 1], ()) if _is_module(path, tail)]
            if found:
                return found
        return []


def is_test(path: str) -> bool:
    """Whether the name of a file is that of a test."""
    return _TEST_MARK.search(_stem(path)) is not None


def subject_of(path: str) -> str:
    """What a file is called, or what the file is called that it tests."""
    return _subject(_stem(path))


def _grouped(paths: Iterable[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        groups[key(path)].append(path)
    return dict(groups)


def _ending(paths: Iterable[str], token: str) -> list[str]:
    return [path for path in paths if ("/" + path).endswith("/" + token)]


def _is_module(path: str, tail: str) -> bool:
    stem = "/" + posixpath.splitext(path)[0]
    return stem.endswith("/" + tail) or stem.endswith("/" + tail + "/__init__")


def _module_stem(path: str) -> str:
    """Of a package's own file its folder's name."""
    stem = _stem(path)
    return posixpath.basename(posixpath.dirname(path)) if stem == "__init__" else stem


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]


def _subject(stem: str) -> str:
    return _TEST_MARK.sub("", stem)

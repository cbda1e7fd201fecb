"""A repository's index, from its files or from what a cache knows of them."""

from __future__ import annotations

import hashlib
import os
import time
from itertools import islice
from pathlib import Path
from typing import Callable, Iterable, Iterator, Mapping, Protocol, Sequence

from orchestra.workspace.languages.interpreters import LONGEST_LINE, has_suffix
from orchestra.workspace.repo_map import file_facts, index
from orchestra.workspace.repo_map.file_facts import Declaration, FileFacts, facts_of
from orchestra.workspace.repo_map.found import Found, find, read
from orchestra.workspace.repo_map.grammar import Grammar, grammar_of
from orchestra.workspace.repo_map.index import RepoIndex, build_index
from orchestra.workspace.repo_map.python_outline import python_outline

INDEX, STAMPS, FACTS, OUTLINE = "index", "stamps", "facts", "outline"
"""The kinds of what is kept."""
MOST_OUTLINED = 12
_READ_AT_ONCE = 25
_PLAIN = "plain"
_NEWEST = f"{file_facts.VERSION}.{index.VERSION}"
_PYTHON = (".py", ".pyi")


class MapCache(Protocol):
    """Keeps bytes by kind and key; what it does not have is found out again."""

    def read(self, kind: str, keys: Iterable[str] | None = None) -> Mapping[str, bytes]:
        """What is kept under these keys, or all of a kind."""

    def keep(self, kind: str, contents: Mapping[str, bytes]) -> None:
        """Without waiting for the disk."""

    def keep_only(self, kind: str, keys: Iterable[str]) -> None:
        """Drop the others of a kind, once they are many."""


class NoCache:
    """Keeps nothing."""

    def read(self, kind: str, keys: Iterable[str] | None = None) -> Mapping[str, bytes]:
        return {}

    def keep(self, kind: str, contents: Mapping[str, bytes]) -> None:
        """Nowhere to keep it."""

    def keep_only(self, kind: str, keys: Iterable[str]) -> None:
        """Nothing to drop."""


class OnlyRead:
    """A cache that stays as it is."""

    def __init__(self, cache: MapCache) -> None:
        self._cache = cache

    def read(self, kind: str, keys: Iterable[str] | None = None) -> Mapping[str, bytes]:
        return self._cache.read(kind, keys)

    def keep(self, kind: str, contents: Mapping[str, bytes]) -> None:
        """Not here."""

    def keep_only(self, kind: str, keys: Iterable[str]) -> None:
        """Not here."""


class Mapper:
    """Maps the files below one root. They are looked at by their stamps, read by need, and known by their hashes."""

    def __init__(self, root: Path, cache: MapCache, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._root = root
        self._cache = cache
        self._now_ns = now_ns
        self._new: dict[str, bytes] = {}
        """Facts that the cache may not have yet."""

    def index(self, paths: Iterable[str]) -> RepoIndex:
        """The index of those of the files whose language is known; links and what cannot be read are left out."""
        found = self._known_by_name_or_line(list(find(self._root, sorted(paths))))
        known = _read_index(self._cache.read(INDEX, [_NEWEST]).get(_NEWEST))
        stamps = self._cache.read(STAMPS, [_NEWEST]).get(_NEWEST, b"") if known is not None else b""
        if known is not None and stamps == _stamps_of(found, None):
            return known
        now_ns = self._now_ns()
        contents: dict[str, bytes] = {}
        hashes = self._hashes(found, _read_stamps(stamps, known), contents)
        found = [file for file in found if file.path in hashes]
        index_ = self._indexed(found, hashes, contents, known)
        self._cache.keep(STAMPS, {_NEWEST: _stamps_of(found, now_ns)})
        return index_

    def declarations(
        self, index_: RepoIndex, numbers: Sequence[int]
    ) -> Iterator[tuple[int, Sequence[Declaration]]]:
        """What those of its files declare, in that order, read as far as it is asked for.

        The first Python files are read by their syntax tree, which takes a while each, the others by lines.
        """
        first = set(islice((number for number in numbers if _may_be_python(index_.paths[number])), MOST_OUTLINED))
        for start in range(0, len(numbers), _READ_AT_ONCE):
            part = numbers[start:start + _READ_AT_ONCE]
            keys = {number: _key(index_.paths[number], index_.hashes[number]) for number in part}
            by_lines, by_tree = self._cache.read(FACTS, keys.values()), self._cache.read(OUTLINE, keys.values())
            for number, key in keys.items():
                path = index_.paths[number]
                is_outlined = number in first
                kept = by_tree.get(key) if is_outlined else by_lines.get(key, self._new.get(key))
                declared = _read_declarations(kept)
                if declared is None:
                    declared = self._read_anew(path, is_outlined)
                    if is_outlined:
                        self._cache.keep(OUTLINE, {key: FileFacts.of(declared).to_bytes()})
                yield number, declared

    def content(self, path: str) -> bytes | None:
        """The file's bytes now; None where it cannot be read."""
        return read(os.path.join(self._root, path))

    def _known_by_name_or_line(self, found: list[Found]) -> list[Found]:
        """Without the files that have no suffix and call no known program; their stamps are kept."""
        bare = [file for file in found if not has_suffix(file.path)]
        if not bare:
            return found
        kept = self._cache.read(STAMPS, [_PLAIN]).get(_PLAIN, b"")
        known = frozenset(kept.decode("utf-8", "replace").split("\n"))
        plain = [file for file in bare if file.line() in known or self._grammar(file.path) is None]
        stamps = _stamps_of(plain, self._now_ns())
        if stamps != kept:
            self._cache.keep(STAMPS, {_PLAIN: stamps})
        paths = {file.path for file in plain}
        return [file for file in found if file.path not in paths]

    def _grammar(self, path: str, content: bytes | None = None) -> Grammar | None:
        if content is None and not has_suffix(path):
            content = read(os.path.join(self._root, path), LONGEST_LINE)
        return grammar_of(path, (content or b"")[:LONGEST_LINE].decode("utf-8", "replace"))

    def _read_anew(self, path: str, is_outlined: bool) -> Sequence[Declaration]:
        content = self.content(path) or b""
        grammar = self._grammar(path, content)
        is_python = is_outlined and grammar is not None and grammar.language == "python"
        outline = python_outline(content.decode("utf-8", "replace")) if is_python else None
        if outline is not None or grammar is None:
            return outline or ()
        return facts_of(content, grammar).declarations()

    def _hashes(
        self, found: Iterable[Found], known: Mapping[tuple[str, str], str], contents: dict[str, bytes]
    ) -> dict[str, str]:
        """Path to hash; what had to be read for it lies in `contents` afterwards."""
        hashes: dict[str, str] = {}
        for file in found:
            hash_ = known.get((file.path, file.stamp))
            if hash_ is None:
                content = self.content(file.path)
                if content is None:
                    continue
                contents[file.path] = content
                hash_ = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            hashes[file.path] = hash_
        return hashes

    def _indexed(
        self, found: Sequence[Found], hashes: Mapping[str, str], contents: Mapping[str, bytes], known: RepoIndex | None
    ) -> RepoIndex:
        paths, ids = tuple(file.path for file in found), tuple(hashes[file.path] for file in found)
        if known is not None and (known.paths, known.hashes) == (paths, ids):
            return known
        kept = self._cache.read(FACTS)
        facts: list[FileFacts] = []
        new: dict[str, bytes] = {}
        for file in found:
            key = _key(file.path, hashes[file.path])
            known_facts = _read_facts(kept.get(key))
            if known_facts is None:
                content = contents.get(file.path)
                content = self.content(file.path) if content is None else content
                grammar = self._grammar(file.path, content or b"")
                known_facts = FileFacts() if grammar is None else facts_of(content or b"", grammar)
                new[key] = known_facts.to_bytes()
            facts.append(known_facts)
        index_ = build_index(paths, ids, facts)
        self._new = new
        self._cache.keep(FACTS, new)
        for kind in (FACTS, OUTLINE):
            self._cache.keep_only(kind, [_key(path, id_) for path, id_ in zip(paths, ids)])
        self._cache.keep(INDEX, {_NEWEST: index_.to_bytes()})
        return index_


def _may_be_python(path: str) -> bool:
    """By its name; a script's without a suffix says nothing of it."""
    return path.endswith(_PYTHON) or not has_suffix(path)


def _key(path: str, hash_: str) -> str:
    # Where the name does not tell the language, the content does, and so its hash.
    grammar = grammar_of(path)
    return f"{hash_}:{'' if grammar is None else grammar.language}:{file_facts.VERSION}"


def _stamps_of(found: Iterable[Found], now_ns: int | None) -> bytes:
    return "\n".join(file.line(now_ns) for file in found).encode("utf-8", "surrogatepass")


def _read_stamps(stamps: bytes, index_: RepoIndex | None) -> dict[tuple[str, str], str]:
    """Path and stamp to the hash."""
    lines = stamps.decode("utf-8", "replace").split("\n")
    if index_ is None or len(lines) != len(index_.hashes):
        return {}
    pairs = (line.rpartition("\t") for line in lines)
    return {(path, stamp): hash_ for (path, _, stamp), hash_ in zip(pairs, index_.hashes)}


def _read_index(kept: bytes | None) -> RepoIndex | None:
    try:
        return None if kept is None else RepoIndex.from_bytes(kept)
    except ValueError:
        return None


def _read_facts(kept: bytes | None) -> FileFacts | None:
    try:
        return None if kept is None else FileFacts.from_bytes(kept)
    except ValueError:
        return None


def _read_declarations(kept: bytes | None) -> Sequence[Declaration] | None:
    try:
        return None if kept is None else FileFacts.from_bytes(kept).declarations()
    except ValueError:
        return None

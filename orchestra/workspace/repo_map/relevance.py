"""How much each file has to do with a task: by the paths, names and words in its text, and by who is next to whom."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import Iterable, Iterator, Mapping, Sequence

from orchestra.workspace.repo_map.file_facts import key_of
from orchestra.workspace.repo_map.index import RepoIndex, words_of

NAMED, DECLARES, NEXT, USES = 60, 40, 14, 12
"""Points for a file that the task names, that declares a name in it, is next to one of these, uses such a name.

What the repository refers to gives as many as its score has bits.
"""
WORD, IN_NAME = 13, 4
"""For a word of the task in a path or a declared name, less where many files have it; more where it names the file."""
_MOST_MEANT = 5
"""A name that more files have says nothing."""
_MOST_TOKENS = 400
_TOKEN = re.compile(r"[\w$@.+-]+(?:/[\w$@.+-]+)*")
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{2,}")
_CODE = re.compile(r"\w_|[a-z][A-Z]|[A-Z]{2}[a-z]|\d")
_TEST_MARK = re.compile(r"^[Tt]est[_-]|^Test(?=[A-Z])|[._-](?:tests?|spec)$|(?<=[a-z0-9])(?:Tests?|Spec)$")
_COMMON = frozenset(
    "the and for with that this from into are not but all any can has have should must when where which who what then"
    " than them they their there these those also only each every more most some such use uses used using make makes"
    " add adds added change changes changed fix fixes fixed new old test tests file files code function functions"
    " class method methods module name names value values line lines please implement write read remove removed update"
    " instead task".split()
)


@dataclass(frozen=True)
class Relevance:
    """By file number: points, and the best reason for them."""

    points: dict[int, int] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    words: dict[int, list[str]] = field(default_factory=dict)
    """Of the task, those that a file has."""
    named: tuple[str, ...] = ()
    """Paths that the task names, whether their language is known or not."""
    names: frozenset[str] = frozenset()
    """The names of code in the task."""

    def add(self, number: int, points: int, reason: str) -> None:
        """The first reason stays."""
        self.points[number] = self.points.get(number, 0) + points
        self.reasons.setdefault(number, reason)


def relevance(index: RepoIndex, paths: Sequence[str], text: str, seeds: Iterable[str] = ()) -> Relevance:
    """What a text says about the files; `paths` are all of the repository's, `seeds` count as named."""
    found = Relevance(named=tuple(_named(text, paths)), names=frozenset(_code_names(text)))
    numbers = {path: number for number, path in enumerate(index.paths)}
    core = {numbers[path]: NAMED for path in [*seeds, *found.named] if path in numbers}
    for number in core:
        found.add(number, NAMED, "the task names it")
    for name in sorted(found.names):
        _count_name(index, name, found, core)
    for number in sorted(core):
        for other, how in _neighbours(index, number, numbers):
            found.add(other, NEXT, "%s %s" % (how, index.paths[number]))
    for word in sorted(set(words_of(text)) - _COMMON):
        having = index.words.get(key_of(word))
        points = max(1, WORD + 2 - 2 * len(having).bit_length())
        for number in having:
            named = IN_NAME * (word in words_of(posixpath.basename(index.paths[number])))
            found.points[number] = found.points.get(number, 0) + points + named
            found.words.setdefault(number, []).append(word)
    return found


def ranked(index: RepoIndex, found: Relevance) -> list[int]:
    """All files, the most relevant and most referred to first."""
    points = [score.bit_length() for score in index.scores]
    for number, more in found.points.items():
        points[number] += more
    return sorted(range(len(points)), key=lambda number: (-points[number], -index.scores[number], number))


def partners_of(path: str, paths: Iterable[str]) -> list[str]:
    """The files whose names pair with this one's: `test_x.py` or `x.spec.ts` with `x`; the nearest first."""
    stem = _stem(path)
    bare = _TEST_MARK.sub("", stem)
    is_test = bare != stem
    if not bare:
        return []
    suffix = posixpath.splitext(path)[1]
    pairs = [
        other for other in paths
        if bare in other and other != path and posixpath.splitext(other)[1] == suffix
        and _TEST_MARK.sub("", _stem(other)) == bare and (_stem(other) == bare) is is_test
    ]
    return sorted(pairs, key=lambda other: (-len(set(other.split("/")) & set(path.split("/"))), len(other), other))[:3]


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]


def _neighbours(index: RepoIndex, number: int, places: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    path = index.paths[number]
    for partner in partners_of(path, index.paths):
        yield places[partner], "is tested by" if _TEST_MARK.search(_stem(path)) else "tests"
    for other in index.imports.get(number):
        yield other, "is imported by"
    for other in index.importers.get(number):
        yield other, "imports"


def _count_name(index: RepoIndex, name: str, found: Relevance, core: dict[int, int]) -> None:
    key = key_of(name)
    declaring = index.declarers.get(key)
    if len(declaring) > _MOST_MEANT:
        return
    for number in declaring:
        found.add(number, DECLARES, "declares %s, which the task names" % name)
        core.setdefault(number, DECLARES)
    for number in index.users.get(key):
        found.add(number, USES, "uses %s, which the task names" % name)


def _code_names(text: str) -> Iterator[str]:
    """The words that look like names of code, and those between backticks or before a parenthesis."""
    for match in list(_NAME.finditer(text))[:_MOST_TOKENS]:
        around = text[max(0, match.start() - 1):match.start()] + text[match.end():match.end() + 1]
        if _CODE.search(match[0]) or "`" in around or around.endswith("("):
            yield match[0]


def _named(text: str, paths: Sequence[str]) -> Iterator[str]:
    """The paths that stand in a text: whole, from some folder on, by a file's name, or as a dotted module."""
    by_name: dict[str, list[str]] = {}
    for path in paths:
        by_name.setdefault(posixpath.basename(path), []).append(path)
    tokens = dict.fromkeys(token.strip("./-+@") for token in _TOKEN.findall(text)[:_MOST_TOKENS])
    seen: set[str] = set()
    for token in tokens:
        ends = [path for path in by_name.get(posixpath.basename(token), ()) if ("/" + path).endswith("/" + token)]
        if not ends and "." in token and "/" not in token:
            ends = _modules(token.replace(".", "/"), paths)
        exact = [path for path in ends if path == token]
        for path in exact or (ends if len(ends) <= _MOST_MEANT else ()):
            if path not in seen:
                seen.add(path)
                yield path


def _modules(name: str, paths: Sequence[str]) -> list[str]:
    """The files of a module `a/b/c`, or of `a/b` where c is a name in it."""
    while "/" in name:
        found = [path for path in paths if f"/{name}." in "/" + path or f"/{name}/__init__." in "/" + path]
        if found:
            return found
        name = posixpath.dirname(name)
    return []

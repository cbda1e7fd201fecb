"""What files that a change leaves alone still say of what it takes away."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Callable, Iterable, Iterator, Mapping, NamedTuple, Optional, Tuple

from orchestra.workspace.repo_map.file_facts import declarations_in
from orchestra.workspace.repo_map.grammar import grammar_of

MOST_NAMES = 100
MOST_FILES = 10
"""What more of them name is a common word."""
MOST_LINES = 40
MOST_OF_A_LINE = 200
_LEAST_LETTERS = 3

Ends = Tuple[str, Optional[str], Optional[str]]
"""A path, and its text before and after; None where it is not there."""


class Named(NamedTuple):
    """A line that names what is gone; lines count from 1."""

    path: str
    line: int
    text: str


def taken_away(changes: Iterable[Ends]) -> frozenset[str]:
    """The names that the changed files declared before and declare no more, and the names of files that are gone."""
    before: set[str] = set()
    after: set[str] = set()
    for path, old, new in changes:
        before.update(_declared(path, old))
        after.update(_declared(path, new))
    gone = sorted(name for name in before - after if len(name) >= _LEAST_LETTERS)
    return frozenset(gone[:MOST_NAMES])


def lines_naming(
    names: frozenset[str], files: Iterable[tuple[str, str]], hide: Callable[[str], str] = str
) -> list[Named]:
    """The lines of the files, as path and text, with one of the names, without those that one of the files declares.

    `hide` takes out the secrets of a text, of which a line by itself may not tell.
    """
    if not names:
        return []
    form = re.compile(r"(?<![\w$-])(?:%s)(?![\w$-])" % "|".join(map(re.escape, sorted(names))))
    found: Mapping[str, list[Named]] = defaultdict(list)
    declared: set[str] = set()
    for path, text in files:
        if form.search(text):
            declared.update(_declared(path, text))
            for name, line in _lines(form, path, hide(text)):
                found[name].append(line)
    kept = [
        line for name, lines in found.items()
        if name not in declared and len({each.path for each in lines}) <= MOST_FILES for line in lines
    ]
    return sorted(set(kept))[:MOST_LINES]


def _lines(form: re.Pattern[str], path: str, text: str) -> Iterator[tuple[str, Named]]:
    for number, line in enumerate(text.split("\n"), 1):
        for match in form.finditer(line[:10 * MOST_OF_A_LINE]):
            first = 0 if match.end() <= MOST_OF_A_LINE else match.start() - MOST_OF_A_LINE // 2
            yield match[0], Named(path, number, line[first:].strip()[:MOST_OF_A_LINE])


def _declared(path: str, text: str | None) -> set[str]:
    """The names in it, and its own."""
    if text is None:
        return set()
    grammar = grammar_of(path, text)
    names = set() if grammar is None else {each.name for each in declarations_in(text, grammar)}
    return names | {path.rpartition("/")[2]}

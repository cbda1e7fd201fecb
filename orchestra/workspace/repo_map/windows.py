"""What is shown of a file whose lines are too long to be shown, as of minified ones: the text around a task's names."""

from __future__ import annotations

import re
from collections import Counter
from typing import Callable, Iterator, Sequence

from orchestra.regex import regex
from orchestra.workspace.repo_map.relevance import sought

_LONG_LINE = 2_000
_AROUND = 300
_BEGINNING = 1_200
_MOST_OF_A_NAME = 3
_LONGEST_WORD = 200
_WORD_BEFORE = regex(r"[\w$+/=-]*\Z")
_WORD_BEHIND = regex(r"[\w$+/=-]{0,200}")
"""Of a word that is cut in two nobody can tell what it is."""


def has_long_lines(lines: Sequence[str]) -> bool:
    """Whether most of a text stands in lines that say nothing as a whole."""
    return 2 * sum(len(line) for line in lines if len(line) > _LONG_LINE) > sum(map(len, lines))


def windows(text: str, about: str, tokens: int, count_tokens: Callable[[str], int], *, always: bool) -> str:
    """The text around the names, with what is left out said in brackets; empty where none stands in it or there is no
    room. With `always` at least how it begins.
    """
    taken: list[tuple[int, int]] = []
    shown = ""
    for span in [*_around_names(text, about)] or [(0, _BEGINNING)] * always:
        drawn = _drawn(text, [*taken, span])
        if count_tokens(drawn) > tokens:
            break
        taken.append(span)
        shown = drawn
    return shown


def _around_names(text: str, about: str) -> Iterator[tuple[int, int]]:
    names = sorted(sought(about)[0])
    form = re.compile(r"(?<![\w$])(?:%s)(?![\w$])" % "|".join(map(re.escape, names)))
    seen: Counter[str] = Counter()
    for found in form.finditer(text) if names else ():
        seen[found[0]] += 1
        if seen[found[0]] <= _MOST_OF_A_NAME:
            first = max(0, found.start() - _AROUND)
            before = _WORD_BEFORE.search(text, max(0, first - _LONGEST_WORD), first)
            behind = _WORD_BEHIND.match(text, min(len(text), found.end() + _AROUND))
            yield (before.start() if before else first), (behind.end() if behind else found.end())


def _drawn(text: str, spans: Sequence[tuple[int, int]]) -> str:
    drawn, at = "", 0
    for first, last in [*spans, (len(text), len(text))]:
        if first > at:
            drawn += "%s[%d characters are left out]\n" % ("\n" if drawn else "", first - at)
        drawn += text[max(first, at):last]
        at = max(at, last)
    return drawn

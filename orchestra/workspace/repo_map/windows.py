"""What is shown of a file whose lines are too long to be shown, as those of minified ones: the text around the names of
a task.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Callable, Iterator, List, Sequence, Tuple

from orchestra.regex import regex
from orchestra.workspace.repo_map.relevance import sought

Span = Tuple[int, int]
_LONG_LINE = 2_000
_AROUND = 300
_BEGINNING = 1_200
_MOST_OF_A_NAME = 3
_LONGEST_WORD = 200
_TO_END_OF_WORD = regex(r"[\w$+/=-]{0,%d}" % _LONGEST_WORD)


def has_long_lines(lines: Sequence[str]) -> bool:
    """Whether most of a text stands in lines that say nothing as a whole."""
    long = sum(len(line) for line in lines if len(line) > _LONG_LINE)
    return 2 * long > sum(map(len, lines))


def windows(text: str, about: str, tokens: int, count_tokens: Callable[[str], int], *, always: bool) -> str:
    """The text around the names, with what is left out said in brackets; empty where none stands in it or there is no
    room. With `always` at least how it begins.
    """
    taken: List[Span] = []
    shown = ""
    for first, last in _places(text, about) or [(0, _BEGINNING)] * always:
        spans = _united([*taken, (_begin(text, first - _AROUND), _end(text, last + _AROUND))])
        drawn = _drawn(text, spans)
        if count_tokens(drawn) > tokens:
            break
        taken, shown = spans, drawn
    return shown


def _places(text: str, about: str) -> list[Span]:
    names = sorted(sought(about)[0])
    form = re.compile(r"(?<![\w$])(?:%s)(?![\w$])" % "|".join(map(re.escape, names)))
    seen: Counter[str] = Counter()
    places = []
    for found in form.finditer(text) if names else ():
        seen[found[0]] += 1
        if seen[found[0]] <= _MOST_OF_A_NAME:
            places.append(found.span())
    return places


def _begin(text: str, at: int) -> int:
    """Not within a word: of one that is cut in two nobody can tell what it is."""
    before = text[max(0, at - _LONGEST_WORD):max(0, at)][::-1]
    found = _TO_END_OF_WORD.match(before)
    return max(0, at) - (found.end() if found else 0)


def _end(text: str, at: int) -> int:
    found = _TO_END_OF_WORD.match(text, at)
    return min(len(text), found.end() if found else at)


def _united(spans: Sequence[Span]) -> list[Span]:
    united: list[Span] = []
    for first, last in sorted(spans):
        if united and first <= united[-1][1]:
            united[-1] = united[-1][0], max(last, united[-1][1])
        else:
            united.append((first, last))
    return united


def _drawn(text: str, spans: Sequence[Span]) -> str:
    return "\n".join(_pieces(text, spans))


def _pieces(text: str, spans: Sequence[Span]) -> Iterator[str]:
    at = 0
    for first, last in [*spans, (len(text), len(text))]:
        if first > at:
            yield "[%d characters are left out]" % (first - at)
        if last > first:
            yield text[first:last]
        at = last

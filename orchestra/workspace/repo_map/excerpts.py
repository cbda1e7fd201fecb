"""Which lines of a long file have to do with a task: how it begins, what the task names, and where its words stand."""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from functools import cached_property
from itertools import islice
from typing import Callable, Iterator, Mapping, NamedTuple, Sequence, Tuple

from orchestra.dataclass import dataclass
from orchestra.regex import regex
from orchestra.workspace.repo_map.file_facts import Declaration, declarations_in, words_of
from orchestra.workspace.repo_map.grammar import Grammar
from orchestra.workspace.repo_map.relevance import sought

Span = Tuple[int, int]
"""The first line and the last, counted from 1."""
NAMED, SAID, COVERED, USED, WORD = 16, 12, 8, 5, 2
"""Points for a declaration that is named, a line that is named by its number, a declaration whose words are all in the
text, a line that uses a name of it, each word of it in a line or in a declaration's name.
"""
FEWEST = 4
"""Fewer points of the best are a coincidence."""
_MOST_HITS = 40
_MOST_HEAD, _MOST_LOOKED_AT, _MOST_BEFORE, _MOST_BEGUN, _AROUND = 40, 400, 60, 20, 5
"""Lines of a file's head, of those that it is looked for in, of remarks before a declaration, of a declaration that is
too long, around a line that is found.
"""
_MOST_ASKED = 20
"""Parts of one file that are asked for at once."""
_LONGEST_NAMED = 1500
"""In lines; of what is longer, such as a class, no line is meant more than others."""
_MOST_USES, _MOST_OF_A_WORD = 12, 40
"""A name, or a word, in more lines tells none of them apart."""
_FEW = 3
"""Declarations of a long file with a word of the text are what it speaks of."""
_NAME = regex(r"[A-Za-z_$][\w$]{2,}")
_REMARK = regex(r"\s*(?:[@*\[]|#(?!include|define)|//|/\*|--|\"\"\")")
_TYPE_ABOVE = regex(r"[A-Za-z_][\w \t*<>:,]*$")
_BEGINS = regex(r"[\w\"'@$]")
_GOES_ON = regex(
    r"(?:where|end|rescue|ensure|else|elsif|fi|done|esac|begin|then|do|throws|extends|implements)\b|\w+:(?:\s|$)"
)
_CLOSES = regex(r"(?:\}[;,)\s]*|end;?\s*)(?:$|//|#)")
_NOT_BY_INDENT = ("markdown", "sql")


class _Hit(NamedTuple):
    """A line with something to do with the text, and how much."""

    points: int
    line: int
    span: Span


@dataclass(frozen=True)
class Page:
    """A file's lines, and what they declare. Pure."""

    path: str
    text: str
    grammar: Grammar | None

    @cached_property
    def lines(self) -> Sequence[str]:
        lines = self.text.split("\n")
        return lines if lines[-1] else lines[:-1]

    @cached_property
    def declared(self) -> Sequence[Declaration]:
        return () if self.grammar is None else declarations_in(self.text, self.grammar)

    @cached_property
    def _by_indent(self) -> bool:
        return self.grammar is not None and self.grammar.language not in _NOT_BY_INDENT

    @cached_property
    def head(self) -> Span | None:
        """What it brings in before its first declaration, else what stands there without the remarks."""
        end = min(self.declared[0].line - 1 if self.declared else _AROUND, _MOST_LOOKED_AT, len(self.lines))
        first, last = self._brought_in(end) or (1, end)
        while first <= last and self._by_indent and _is_remark_or_blank(self.lines[first - 1]):
            first += 1
        last = min(last, first + _MOST_HEAD - 1)
        while first <= last and self._by_indent and _is_remark_or_blank(self.lines[last - 1]):
            last -= 1
        return (first, last) if first <= last else None

    def _brought_in(self, end: int) -> Span | None:
        if self.grammar is None or self.grammar.imports is None:
            return None
        text = "\n" + "\n".join(self.lines[:end])
        places = [match.span() for match in self.grammar.imports.finditer(text)]
        if not places:
            return None
        first, last = (text.count("\n", 0, place) for place in (places[0][0] + 1, places[-1][1]))
        return first, last

    def whole(self, place: int) -> Span:
        """The lines of a declaration with the remarks before it."""
        line = self.declared[place].line
        first, last = line, self._last(place)
        if not self._by_indent:
            return first, last
        if first > 1 and _TYPE_ABOVE.match(self.lines[first - 2]):
            first -= 1
        while 1 < first > line - _MOST_BEFORE and _REMARK.match(self.lines[first - 2]):
            first -= 1
        return first, last

    def around(self, place: int) -> Iterator[int]:
        """The lines of what a declaration stands in, the innermost first."""
        indent = _indent(self.lines[self.declared[place].line - 1])
        for number in range(place - 1, -1, -1) if self._by_indent else ():
            other = self.declared[number]
            if _indent(self.lines[other.line - 1]) < indent:
                indent = _indent(self.lines[other.line - 1])
                if self._last(number) >= self.declared[place].line:
                    yield other.line

    def _last(self, place: int) -> int:
        line = self.declared[place].line
        indent = _indent(self.lines[line - 1])
        last = len(self.lines)
        for other in self.declared[place + 1:]:
            if not self._by_indent or _indent(self.lines[other.line - 1]) <= indent:
                last = other.line - 1
                break
        last = self._ended(line, last) if self._by_indent else last
        while last > line and _is_remark_or_blank(self.lines[last - 1]):
            last -= 1
        return last

    def _ended(self, line: int, last: int) -> int:
        """Where what begins in a line ends by its indentation, at the latest in the line `last`."""
        indent = _indent(self.lines[line - 1])
        for number in range(line + 1, last + 1):
            text = self.lines[number - 1]
            if _indent(text) <= indent and not text.isspace():
                bare = text.lstrip()
                if _CLOSES.match(bare):
                    return number
                if _BEGINS.match(bare) and not _GOES_ON.match(bare):
                    return number - 1
        return last


class Room:
    """Takes lines as long as there is room for them."""

    def __init__(
        self, lines: Sequence[str], left: int, part_tokens: int, count_tokens: Callable[[str], int]
    ) -> None:
        """For `left` tokens; each part takes `part_tokens` beside those of its lines."""
        self._lines = lines
        self._part_tokens = part_tokens
        self._count_tokens = count_tokens
        self._taken: list[Span] = []
        self.left = left

    def narrowed(self, most: int) -> Room:
        """As it is, with room for no more than so much."""
        return Room(self._lines, min(self.left, most), self._part_tokens, self._count_tokens)

    def take(self, span: Span, *, most: int | None = None) -> bool:
        """Whether they are taken now, or were."""
        if any(first <= span[0] and span[1] <= last for first, last in self._taken):
            return True
        needed = self._tokens(*span) + self._part_tokens
        if needed > (self.left if most is None else most):
            return False
        self._taken.append(span)
        self.left -= needed
        return True

    def holds(self, line: int) -> bool:
        """Whether it is among what was taken."""
        return any(first <= line <= last for first, last in self._taken)

    def spans(self) -> tuple[Span, ...]:
        """What was taken, in order; what is left out between two is shown where that is shorter than to say so."""
        united: list[Span] = []
        for first, last in sorted(self._taken):
            before = united[-1][1] if united else -1
            if united and (first <= before + 1 or self._tokens(before + 1, first - 1) < self._part_tokens):
                united[-1] = united[-1][0], max(last, before)
            else:
                united.append((first, last))
        return tuple(united)

    def _tokens(self, first: int, last: int) -> int:
        return self._count_tokens("\n".join(self._lines[first - 1:last]) + "\n")


def excerpt(page: Page, about: str, room: Room, *, always: bool = False) -> tuple[Span, ...]:
    """The lines, in order; none where nothing in the file has to do with the text `about`, unless `always` wanted."""
    hits = sorted(_hits(page, about), key=lambda hit: (-hit.points, hit.line))
    best = hits[0].points if hits else 0
    if best < FEWEST and not always:
        return ()
    if page.head is not None:
        room.take(page.head, most=room.left // 4)
    places = {declaration.line: place for place, declaration in enumerate(page.declared)}
    for hit in hits[:_MOST_HITS]:
        if FEWEST * hit.points < best:
            break
        if hit.line not in places and room.holds(hit.line):
            continue
        first, last = hit.span
        begun = max(first, hit.line - _AROUND), min(last, hit.line + _MOST_BEGUN)
        if room.take(hit.span, most=room.left * 3 // 4) or room.take(begun):
            for line in page.around(places[hit.line]) if hit.line in places else ():
                room.take((line, line))
    return room.spans()


def asked_for(page: Page, asked: Sequence[Span], room: Room) -> tuple[Span, ...]:
    """These lines with some around them, as many as there is room for."""
    for first, last in asked[:_MOST_ASKED]:
        first, wanted = max(1, first - _AROUND), min(len(page.lines), last + _AROUND)
        last = wanted
        while first <= last and not room.take((first, last)):
            last = first + (last - first) * 3 // 4 if last > first else 0
        if last < wanted:
            break
    return room.spans()


def _hits(page: Page, about: str) -> Iterator[_Hit]:
    names, words = sought(about)
    named: list[Span] = []
    lines: set[int] = set()
    for place, points in enumerate(_points(page.declared, names, words)):
        if points:
            declaration = page.declared[place]
            span = page.whole(place)
            lines.add(declaration.line)
            yield _Hit(points, declaration.line, span)
            if points == NAMED and span[1] - span[0] < _LONGEST_NAMED:
                named.append(span)
    for line in _said(page, about):
        yield _Hit(SAID, line, _near(page, line))
    for line, points in _found_words(page, names, words).items():
        if line not in lines:
            is_in_named = any(first <= line <= last for first, last in named)
            yield _Hit(points + WORD * is_in_named, line, _near(page, line))


def _points(
    declared: Sequence[Declaration], names: frozenset[str], words: Sequence[frozenset[str]]
) -> Iterator[int]:
    numbers = {form: number for number, forms in enumerate(words) for form in forms}
    own = [words_of(declaration.name or declaration.signature) for declaration in declared]
    meant = [{numbers[word] for word in each if word in numbers} for each in own]
    having = Counter(number for each in meant for number in each)
    for declaration, each, found in zip(declared, own, meant):
        is_whole = sum(map(len, each)) == sum(map(str.isalnum, declaration.name)) > 0
        is_covered = is_whole and all(word in numbers for word in each)
        tells = (2 if having[number] <= _FEW else 1 for number in found if having[number] <= _MOST_OF_A_WORD)
        points = COVERED * is_covered + WORD * sum(tells)
        yield NAMED if declaration.name in names else points


def _said(page: Page, about: str) -> Iterator[int]:
    """Lines whose numbers stand there, as in what an interpreter prints of a failure."""
    name = re.escape(posixpath.basename(page.path))
    for match in islice(re.finditer(name + r"(?:[:#(]L?|\"?,? (?:on )?lines? )(\d{1,7})", about), _MOST_HITS):
        if 0 < int(match[1]) <= len(page.lines):
            yield int(match[1])


def _found_words(page: Page, names: frozenset[str], words: Sequence[frozenset[str]]) -> Mapping[int, int]:
    """By line the points for the names and the words in it that are in few."""
    numbers = {form: number for number, forms in enumerate(words) for form in forms}
    having: dict[str | int, list[int]] = defaultdict(list)
    for line, text in enumerate(page.lines, 1):
        for name in names.intersection(_NAME.findall(text)):
            having[name].append(line)
        for word in {numbers[word] for word in words_of(text) if word in numbers}:
            having[word].append(line)
    points: dict[int, int] = defaultdict(int)
    for what, found in having.items():
        is_name = isinstance(what, str)
        if len(found) <= (_MOST_USES if is_name else _MOST_OF_A_WORD):
            for line in found:
                points[line] += USED if is_name else WORD
    return points


def _near(page: Page, line: int) -> Span:
    return max(1, line - _AROUND), min(len(page.lines), line + _AROUND)


def _is_remark_or_blank(line: str) -> bool:
    return not line.strip() or _REMARK.match(line) is not None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())

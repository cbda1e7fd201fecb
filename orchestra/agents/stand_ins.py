"""Remarks too weak to refuse by themselves, which stand where lines of the file were."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from typing import Collection, Mapping, NamedTuple, Sequence

from orchestra.regex import regex

_FEWEST = 3
"""So many lines must be missing; who takes away fewer may well leave a note."""
_LONGEST = 100
# A comment, a bracketed note, a key of JSON for one, dots, or a statement that does nothing.
_NOTE = regex(
    r"\s*(?:(?:(?:pass\b|\.{3})[ \t]*;?[ \t]*)?(?:#+|//+|/\*+|--+|;+|%+|<!--|\{/\*|\"\"\"|\.\.(?=\s)|\(\*|\*|"
    r"\{%-?[ ]*comment[^%]*%\}|@\*|(?:\|\||\\|[cC])(?=[ \t]+(?:\.{3}|…))|['\"](?=\.{3}|…)|"
    r"[\[({（【<])|\"(?:_?comment|//|#)?(?=\.{3}|…|\")[^\"]*\"\s*:\s*\"|(?=\.{3}|…|⋮))(?P<words>.*)"
)
_DOTS = regex(r"[\W_]*?(?:\.{3,}|…|⋮|\. \. \.)|.*(?:\.{3}|…|⋮|\. \. \.)\W*$")
_BARE_DOTS = regex(r"(?:\.{3,}|…|⋮)(?P<words>.*)")
_LEADING = (
    r"[\W_]*(?:(?:keep|leave|the|all|your|my|and|with|here|then|code|logic|implementation|for|continue"
    r"|todo:?)\s+)*(?:everything|code (?:here|continues|goes on)|(?:your|original) code"
    r"|existing|previous|original|remaining|remainder|rest|same|other|further|additional|more)\b"
)
_ANYWHERE = (
    r"\b(?:unchanged|untouched|identical|omitted|truncated|abridged|elided|snip(?:ped)?|skipped|etc|and so (?:on|forth)"
    r"|no changes?|left out|not shown|for brevity|(?:stay|remain|keep|continue|go|is|are)s?(?: on)? (?:the same|as)"
    r"|as (?:before|is|above|it (?:is|was)|they (?:are|were)|in (?:the )?original)|same as"
    r"|see (?:above|(?:the )?original)|\d+ (?:more |other )?lines?|lines? \d+|unverändert|usw"
    r"|wie (?:bisher|zuvor|vorher)|restliche[rns]?|sin cambios|igual que|resto d|demás"
    r"|inchangée?s?|sans changement|reste d|без изменений|остальн\w+|неизмен\w+|как раньше|и так далее|и т\. ?д"
    r"|invariat[oaie]|permanec\w+|bez zmian)\b"
    r"|不变|其余|剩余|省略|同上|原样|以下略|原有|原来|原文件|同前|[前中后後]略|既存|变更なし|変更なし|同じ|생략|나머지|변경 없|이하 동일|기존"
)
_WEAK = regex("%s|.*?(?:%s)" % (_LEADING, _ANYWHERE), re.IGNORECASE)
_IS_ABSTRACT = regex(r"\b(?:Protocol|ABC|ABCMeta|abstractmethod|overload)\b")
_DEF = regex(r"(?:async[ \t]+)?(?:def|class)\b|\)[^=]*:$|.*\"\"\"$")


class _Gap(NamedTuple):
    """A stretch of the new text without a line of the original."""

    end: int
    missing: int
    """How many lines of the original are there no more, beyond those that are new."""
    new: int
    """How many lines are there that are no such remarks."""


def find_stand_in(text: str, original: str, path: str) -> tuple[int, str] | None:
    """Line number and text of the first remark in whose place lines of the original are missing; None for none."""
    old, new = ([line.strip() for line in whole.split("\n")] for whole in (original, text))
    known = set(old)
    notes = [at for at, line in enumerate(new) if line and line not in known and _may_stand_in(line, path)]
    if not notes:
        return None
    places, remarks = _places(old, new), set(notes)
    is_abstract = _IS_ABSTRACT.search(text) is not None
    gap = _Gap(0, 0, 0)
    for at in notes:
        if at >= gap.end:
            gap = _gap_around(at, old, new, places, remarks)
        if new[at] in ("...", "…") and path.endswith(".py"):
            if gap.missing > 0 and not gap.new and not (is_abstract and _is_body(new, at)):
                return at + 1, new[at]
        elif gap.missing >= _FEWEST and (not gap.new or (_DOTS.match(new[at]) and 2 * gap.new <= gap.missing)):
            return at + 1, new[at]
    return None


def _may_stand_in(line: str, path: str) -> bool:
    if len(line) > _LONGEST or (line == "..." and path.endswith((".pyi", ".yaml", ".yml"))):
        return False
    bare = _BARE_DOTS.match(line)
    if bare is not None and bare["words"].strip():
        # A doctest goes on so, too.
        return _WEAK.match(bare["words"]) is not None
    note = _NOTE.match(line)
    return note is not None and (_DOTS.match(note["words"]) is not None or _WEAK.match(note["words"]) is not None)


def _is_body(lines: Sequence[str], at: int) -> bool:
    """Whether the line is all that a function or class has."""
    above = next((line for line in reversed(lines[:at]) if line), "")
    return _DEF.match(above) is not None


def _gap_around(
    at: int, old: Sequence[str], new: Sequence[str], places: Mapping[int, int], remarks: Collection[int]
) -> _Gap:
    above = next((number for number in range(at - 1, -1, -1) if number in places), -1)
    below = next((number for number in range(at + 1, len(new)) if number in places), len(new))
    missing = sum(bool(line) for line in old[places.get(above, -1) + 1:places.get(below, len(old))])
    others = sum(bool(new[number]) and number not in remarks for number in range(above + 1, below))
    return _Gap(below, missing - others, others)


def _places(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Where in the old text lines of the new one stand: those around the change, and within it from those on that are
    once in each. It takes time in proportion to the lines, whatever they are."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    places = {at: at for at in range(start)}
    places.update((len(new) - at, len(old) - at) for at in range(1, end + 1))
    last = start - 1
    for at, place in _in_order(_once(old, start, len(old) - end), _once(new, start, len(new) - end)):
        step = 0
        while place - step > last and at - step not in places and old[place - step] == new[at - step]:
            places[at - step] = place - step
            step += 1
        step = 1
        while place + step < len(old) - end and at + step < len(new) - end and old[place + step] == new[at + step]:
            places[at + step] = place + step
            step += 1
        last = place + step - 1
    return {at: place for at, place in places.items() if new[at]}


def _once(lines: Sequence[str], start: int, end: int) -> dict[str, int]:
    counts = Counter(lines[start:end])
    return {lines[at]: at for at in range(start, end) if lines[at] and counts[lines[at]] == 1}


def _in_order(old: Mapping[str, int], new: Mapping[str, int]) -> list[tuple[int, int]]:
    """The most pairs of a line's places in both that keep their order (by patience sorting)."""
    ends: list[int] = []
    tops: list[int] = []
    pairs = [(at, old[line]) for line, at in new.items() if line in old]
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        pile = bisect_left(tops, place)
        before.append(ends[pile - 1] if pile else -1)
        tops[pile:pile + 1] = [place]
        ends[pile:pile + 1] = [number]
    found = []
    number = ends[-1] if ends else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]

"""Shorter by the sentences and lines that weigh least."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import Collection, NamedTuple, Sequence

from orchestra.adapters.shortening.passages import Kind, Passage
from orchestra.adapters.shortening.signature_lines import is_definition
from orchestra.adapters.shortening.signatures import is_summary
from orchestra.adapters.shortening.terms import key_terms, without_common, words
from orchestra.regex import regex

GAP = "[...]"
_SIGN_TOKENS = 3
_SHORTEST_GAP = 16
"""Leaving out fewer characters is not worth a sign that something is missing."""

# A sentence ends at its mark, before what begins like another one; a paragraph at a blank line; an item, a heading or
# a row of a table where its line ends.
_SENTENCE_END = regex(
    r"[.!?。！？\n](?:"
    r"(?<=[.!?])[\"')\]*_`]*\s+(?=[\"'(\[*_`#]*[A-Z0-9\u3400-\u9fff])"
    r"|(?<=[。！？])[”’」』）\"')]*\s*"
    r"|(?<=\n)(?:[ \t]*\n)+"
    r"|(?<=\n)(?=[ \t]*(?:[-*+•#>|]|\d+[.)]\s|\w[\w .]{0,30}:\s))"
    r")"
)
_LINE = regex(r"[^\n]*\n(?:[ \t]*\n)*|[^\n]+")
_SHORTEST_UNIT = 8
_LONGEST_UNIT = 500
"""In characters: what is longer is cut at the end of a line, else between words, else anywhere."""
_PIECE = regex(r"(?s)(?:.{250,499}\n|.{250,499}[ \t]|.{1,500})\n*")

_ACTIONS = frozenset((
    "add allow always assert avoid call cannot change check create delete deny deprecated ensure error errors "
    "exception expected fail failed failing fails failure fatal fix fixme forbidden handle implement important install "
    "invalid keep missing must mustn never raise raises refuse reject remove rename replace require required requires "
    "return returns run set shall should shouldn support test throw throws todo traceback undefined unexpected update "
    "validate warning write wrong"
).split())
_CHINESE_ACTION = regex(
    "必须|必需|应该|应当|需要|不要|不得|不能|不可|禁止|务必|确保|注意|错误|失败|异常|修复|修改|添加|增加|删除|返回|检查|要求"
)
_MOST_FREQUENT = 20
_FOR_ACTION, _FOR_KEY_TERM, _FOR_FREQUENT_TERM, _FOR_LEADING = 4.0, 1.25, 0.25, 1.5
_MOST_TERMS = 3
"""More of them weigh no more: so an action outweighs key terms, and one key term what is said often."""


class _Unit(NamedTuple):
    """A sentence or a line, with the blanks behind it."""

    passage: int
    text: str
    leads: bool
    """Whether it says what others belong to: the first of a passage, or a definition."""


def keep_weightiest(passages: Sequence[Passage], excess_tokens: int) -> list[Passage]:
    """The passages without the units that weigh least, as many as it takes to get rid of `excess_tokens`.

    What asks for something or reports a failure weighs most; then what shares words with the protected passages.
    """
    units = [unit for number, passage in enumerate(passages) for unit in _units(number, passage)]
    heaviest_first = _heaviest_first(units, key_terms(passages))
    each = [len(unit.text) * passages[unit.passage].tokens / len(passages[unit.passage].text) for unit in units]
    wanted = _tokens(passages) - excess_tokens
    room = sum(each) - excess_tokens
    # Signs for gaps cost something too: as much as the first choice needs, and what that still lacks.
    room -= _SIGN_TOKENS * _gaps(units, _fitting(heaviest_first, each, room))
    step = 0.0
    while True:
        kept = _fitting(heaviest_first, each, room)
        result = _without(units, kept, passages)
        over = _tokens(result) - wanted
        if over <= 0 or not kept:
            return result
        # Each step is at least twice the one before: so few are enough.
        step = max(1.25 * over + 1, 2 * step)
        room -= step


def split_sentences(text: str) -> list[str]:
    """The sentences, items and headings of a prose text, which joined give the text again."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    sentences = [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)]) if start < end]
    return _measured(sentences)


def _measured(texts: Sequence[str]) -> list[str]:
    """The same texts, the long ones in pieces, the shortest with what follows them."""
    measured: list[str] = []
    pending = ""
    for text in texts:
        text = pending + text
        pending = ""
        if len(text) < _SHORTEST_UNIT:
            pending = text
        elif len(text) <= _LONGEST_UNIT:
            measured.append(text)
        else:
            measured.extend(_PIECE.findall(text))
    return [*measured, pending] if pending else measured


def _units(number: int, passage: Passage) -> list[_Unit]:
    if passage.is_fixed:
        return []
    texts = split_sentences(passage.text) if passage.kind is Kind.PROSE else _measured(_LINE.findall(passage.text))
    return [
        _Unit(number, text, index == 0 or (passage.kind is Kind.CODE and is_definition(_last_line(text))))
        for index, text in enumerate(texts)
    ]


def _last_line(text: str) -> str:
    """The last one with words: a short one, such as a bracket, may stand before it."""
    return text.rstrip().rsplit("\n", 1)[-1]


def _tokens(passages: Sequence[Passage]) -> int:
    return sum(passage.tokens for passage in passages if not passage.is_fixed)


def _heaviest_first(units: Sequence[_Unit], wanted: frozenset[str]) -> list[int]:
    of_text = _weights(dict.fromkeys(unit.text for unit in units), wanted)
    weights = [of_text[unit.text] + _FOR_LEADING * unit.leads for unit in units]
    return sorted(range(len(units)), key=lambda number: (-weights[number], number))


def _weights(texts: Collection[str], wanted: frozenset[str]) -> dict[str, float]:
    words_of = {text: frozenset(words(text)) for text in texts}
    counts = Counter(chain.from_iterable(words_of.values()))
    most = sorted(without_common(word for word, count in counts.items() if count > 1), key=lambda w: (-counts[w], w))
    frequent = frozenset(most[:_MOST_FREQUENT])
    return {
        text: _FOR_ACTION * _has_action(text, own) + _FOR_KEY_TERM * min(len(own & wanted), _MOST_TERMS)
        + _FOR_FREQUENT_TERM * min(len(own & frequent), _MOST_TERMS)
        for text, own in words_of.items()
    }


def _has_action(text: str, own: frozenset[str]) -> bool:
    return not _ACTIONS.isdisjoint(own) or (not text.isascii() and _CHINESE_ACTION.search(text) is not None)


def _fitting(heaviest_first: Sequence[int], tokens: Sequence[float], room: float) -> frozenset[int]:
    """The units that stay: the heaviest for which there is room."""
    kept = set()
    for number in heaviest_first:
        if tokens[number] <= room:
            room -= tokens[number]
            kept.add(number)
    return frozenset(kept)


def _gaps(units: Sequence[_Unit], kept: frozenset[int]) -> int:
    return sum(
        number not in kept and (number - 1 in kept or unit.passage != units[number - 1].passage)
        for number, unit in enumerate(units)
    )


def _without(units: Sequence[_Unit], kept: frozenset[int], passages: Sequence[Passage]) -> list[Passage]:
    texts: dict[int, list[tuple[str, bool]]] = {}
    for number, unit in enumerate(units):
        texts.setdefault(unit.passage, []).append((unit.text, number in kept))
    return [
        passage.with_text(_joined(texts[number], mark_gaps=not is_summary(passage.text)))
        if number in texts else passage for number, passage in enumerate(passages)
    ]


def _joined(texts: Sequence[tuple[str, bool]], *, mark_gaps: bool) -> str:
    """The kept units, with a sign for each gap; a summary of code says at its beginning that it has gaps."""
    parts: list[str] = []
    gap: list[str] = []
    for number, (text, is_kept) in enumerate([*texts, ("", True)]):
        if not is_kept and (mark_gaps or number):
            gap.append(text)
            continue
        if gap and mark_gaps:
            parts.append(_filled("".join(gap)))
        parts.append(text)
        gap = []
    return "".join(parts)


def _filled(gap: str) -> str:
    if len(gap) < _SHORTEST_GAP:
        return gap
    content = gap.rstrip()
    blanks = gap[len(content):]
    return (GAP if content else "") + ("\n" * min(2, blanks.count("\n")) or blanks[:1])

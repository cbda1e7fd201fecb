"""Shorter by what code does inside: its signatures stay."""

from __future__ import annotations

from typing import Collection, Sequence

from orchestra.adapters.shortening.passages import Kind, Passage
from orchestra.adapters.shortening.signature_lines import is_import, is_signature
from orchestra.adapters.shortening.terms import key_terms, terms
from orchestra.regex import regex

LONGEST_WHOLE_BLOCK = 500
"""A block of fewer characters stays whole."""
NOTE = "[signatures of %d lines]"
_NOTED = regex(r"\[signatures of \d+ lines\]\n?")
_MOST_LINES_OF_ONE = 12
_LONGEST_LINE = 160
_CUT = " [...]"


def summarise_code(passages: Sequence[Passage], excess_tokens: int) -> list[Passage]:
    """The passages with blocks of code reduced to signatures, those first that have least to do with the task.

    As many blocks as it takes to get rid of `excess_tokens`.
    """
    shorter = {
        number: passage.with_text(summary(passage.text)) for number, passage in enumerate(passages)
        if passage.kind is Kind.CODE and len(passage.text) > LONGEST_WHOLE_BLOCK
    }
    result = list(passages)
    for number in _least_related_first(passages, shorter):
        if excess_tokens <= 0:
            break
        result[number] = shorter[number]
        excess_tokens -= passages[number].tokens - shorter[number].tokens
    return result


def is_summary(text: str) -> bool:
    """Whether a block of code is reduced to its signatures already."""
    return _NOTED.match(text) is not None


def summary(text: str) -> str:
    """A note of how long the code was, and its signatures; an outline where it has none."""
    if is_summary(text):
        return text
    ending = "\n" if text.endswith("\n") else ""
    lines = text[:len(text) - len(ending)].split("\n")
    kept = _signature_lines(lines) or _outermost_lines(lines)
    return "\n".join([NOTE % len(lines), *map(_cut, kept)]) + ending


def _least_related_first(passages: Sequence[Passage], numbers: Collection[int]) -> list[int]:
    wanted = key_terms(passages)
    shares = {number: _share(passages[number], wanted) for number in numbers}
    return sorted(numbers, key=lambda number: (shares[number], -len(passages[number].text), number))


def _share(passage: Passage, wanted: frozenset[str]) -> float:
    """How much of what the passage speaks of stands in the protected passages too."""
    own = terms(passage.path + "\n" + passage.text)
    return len(own & wanted) / (len(own) or 1)


def _signature_lines(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    until = 0
    deepening = [line.count("(") + line.count("[") - line.count(")") - line.count("]") for line in lines]
    for number, line in enumerate(lines):
        if number < until or not line or not is_signature(line.rstrip()):
            continue
        until = _end_of_signature(lines, number, deepening)
        kept.extend(lines[number:until])
    return kept


def _end_of_signature(lines: Sequence[str], start: int, deepening: Sequence[int]) -> int:
    """The number of the first line behind a signature that may go over several, and behind its docstring's first.

    `deepening` says for each line how many more brackets it opens than it closes, braces left out.
    """
    with_braces = is_import(lines[start])
    depth = 0
    for number in range(start, min(start + _MOST_LINES_OF_ONE, len(lines))):
        depth += deepening[number]
        if with_braces:
            depth += lines[number].count("{") - lines[number].count("}")
        if depth <= 0:
            following = lines[number + 1] if number + 1 < len(lines) else ""
            return number + (2 if following.lstrip().startswith(('"""', "'''")) else 1)
    return start + 1


def _outermost_lines(lines: Sequence[str]) -> list[str]:
    """Lines of the two least indentations; where these are nearly all, only the first few."""
    filled = [line for line in lines if line.strip()]
    depths = sorted({len(line) - len(line.lstrip()) for line in filled})[:2]
    outer = [line for line in filled if len(line) - len(line.lstrip()) in depths]
    enough = max(3, len(filled) // 4)
    return outer if len(outer) <= enough else outer[:enough]


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE - len(_CUT)] + _CUT

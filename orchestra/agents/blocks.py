"""The fenced blocks of an answer, as models really write them.

CommonMark closes a fence with the first bare fence line, so a file that holds fenced examples would be cut in two.
Models rarely use the longer fence that CommonMark asks for; but they do name a language where an inner fence opens.
So an inner fence line with words behind it opens a level of its own here, and blocks are paired like brackets.
"""

from __future__ import annotations

from typing import Iterator, Sequence

from orchestra.dataclass import dataclass

_TAB = 4
_MOST_INDENT = 3
"""A fence line that is indented by more than the opening one is a line of the block, as in CommonMark."""


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    info: str
    """What stands behind the opening fence."""
    text: str
    """The lines between the fences, each with its line feed."""
    lead: str
    """The last line with words before the block; empty for none."""
    first: int
    """The line number of the opening fence, from 0."""
    last: int
    """The line number of the closing fence; of the last line where it is missing."""
    is_closed: bool
    marks: str
    """The backticks or tildes of the opening fence."""


@dataclass(frozen=True)
class FenceLine:
    """A line that could open or close a block."""

    number: int
    indent: str
    marks: str
    info: str

    def closes(self, opening: FenceLine) -> bool:
        return not self.info and self._is_like(opening)

    def nests_in(self, opening: FenceLine) -> bool:
        return bool(self.info) and self._is_like(opening)

    def _is_like(self, opening: FenceLine) -> bool:
        is_same = self.marks[0] == opening.marks[0] and len(self.marks) >= len(opening.marks)
        return is_same and _width(self.indent) <= _width(opening.indent) + _MOST_INDENT


def fence_lines(lines: Sequence[str]) -> Iterator[FenceLine]:
    """Every line that could open or close a block."""
    for number, line in enumerate(lines):
        bare = line.lstrip(" \t")
        if not bare.startswith(("```", "~~~")):
            continue
        info = bare.lstrip(bare[0])
        # Words between backticks in a line are code within a sentence.
        if "`" not in info:
            marks = bare[:len(bare) - len(info)]
            yield FenceLine(number, line[:len(line) - len(bare)], marks, info.strip(" \t"))


def find_blocks(text: str) -> tuple[Block, ...]:
    """The outermost blocks in order; the last may lack its closing fence."""
    lines = text.split("\n")
    blocks: list[Block] = []
    open_fences: list[FenceLine] = []
    for fence in fence_lines(lines):
        if not open_fences or fence.nests_in(open_fences[-1]):
            open_fences.append(fence)
        elif fence.closes(open_fences[-1]):
            opening = open_fences.pop()
            if not open_fences:
                blocks.append(block_between(lines, opening, fence.number))
    if open_fences:
        blocks.append(block_between(lines, open_fences[0], len(lines) - 1, is_closed=False))
    return tuple(blocks)


def block_between(lines: Sequence[str], opening: FenceLine, last: int, *, is_closed: bool = True) -> Block:
    """The block that `opening` opens and line `last` ends."""
    end = last if is_closed else last + 1
    inside = [_without_indent(line, opening.indent) for line in lines[opening.number + 1:end]]
    text = "".join(line + "\n" for line in inside)
    return Block(opening.info, text, _lead(lines, opening.number), opening.number, last, is_closed, opening.marks)


def _lead(lines: Sequence[str], number: int) -> str:
    """The last line with words of the few before this one."""
    above = (lines[at].strip() for at in range(number - 1, max(-1, number - 20), -1))
    return next((line for line in above if line), "")


def _without_indent(line: str, indent: str) -> str:
    return line[len(indent):] if indent and line.startswith(indent) else line


def _width(indent: str) -> int:
    return len(indent.expandtabs(_TAB))

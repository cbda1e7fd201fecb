"""The fenced blocks of an answer, as models really write them.

CommonMark closes a fence with the first bare fence line, so a file that holds fenced examples would be cut in two.
Models rarely use the longer fence that CommonMark asks for; but they do name a language where an inner fence opens.
So an inner fence line with words behind it opens a level of its own here, and blocks are paired like brackets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Sequence

_FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,})[ \t]*([^`]*?)[ \t]*$")
_THINKING = re.compile(r"\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)
_END_OF_THINKING = re.compile(r"^[ \t]*</think(?:ing)?>[ \t]*$", re.MULTILINE)


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


@dataclass(frozen=True)
class FenceLine:
    """A line that could open or close a block."""

    number: int
    indent: str
    marks: str
    info: str

    def closes(self, opening: FenceLine) -> bool:
        return not self.info and self.marks[0] == opening.marks[0] and len(self.marks) >= len(opening.marks)

    def nests_in(self, opening: FenceLine) -> bool:
        return bool(self.info) and self.marks[0] == opening.marks[0] and len(self.marks) >= len(opening.marks)


def clean(text: str) -> str:
    """The answer without byte order mark, carriage returns at line ends and thinking."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n")
    thinking = _THINKING.match(text)
    if thinking:
        return text[thinking.end():]
    # Some servers swallow the opening tag.
    end = _END_OF_THINKING.search(text)
    if end and all(block.is_closed for block in find_blocks(text[:end.start()])):
        return text[end.end():]
    return text


def fence_lines(lines: Sequence[str]) -> list[FenceLine]:
    """Every line that could open or close a block."""
    matches = ((number, _FENCE.match(line)) for number, line in enumerate(lines))
    return [FenceLine(number, match[1], match[2], match[3]) for number, match in matches if match]


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
    lead = next((line.strip() for line in reversed(lines[:opening.number]) if line.strip()), "")
    return Block(opening.info, "".join(line + "\n" for line in inside), lead, opening.number, last, is_closed)


def _without_indent(line: str, indent: str) -> str:
    return line[len(indent):] if indent and line.startswith(indent) else line

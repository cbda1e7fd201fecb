"""The one fenced block of an answer that is the file asked for."""

from __future__ import annotations

import posixpath
from typing import Sequence

from orchestra.agents.blocks import Block, block_between, fence_lines
from orchestra.errors import UnreadableReply
from orchestra.regex import regex
from orchestra.workspace.diff_blocks import is_diff
from orchestra.workspace.named_file import is_same_file, names, path_in_info, sole_path

MARKDOWN = (".md", ".markdown", ".mdown", ".mdx", ".qmd", ".rmd")
_MARKDOWN_INFO = ("", "markdown", "md", "mdx", "text", "txt", "gfm", "commonmark")
_WORD = regex(r"\w+")
_ASIDES = (
    "bash", "sh", "shell", "console", "zsh", "shell-session", "text", "txt", "output", "diff", "udiff", "patch",
)
"""What blocks beside the file are labelled as: commands to run, what they print, what changes."""
EXACTLY_ONE = "give the whole file in exactly one fenced block, or edits"
_CLEARLY_LONGER = 4
_MOST_PARTS, _MOST_CHARACTERS = 8, 48_000
"""More is not looked through for parts of the file."""
_MOST_END_LINES = 20
_MARKS = ("<<<<<", "*** Begin Patch", "*** Update File")
"""How no file begins, but edits of other kinds do."""


def file_block(answer: str, blocks: Sequence[Block], path: str, original: str | None = None) -> Block:
    """The block whose text is the file at `path`; `blocks` are those of the answer, at least one.

    Raises UnreadableReply where none is, where it cannot be told which one, where the answer is cut off, and where
    the block is no file.
    """
    block = _found(answer, blocks, path, original or "")
    first, own = (text.lstrip().partition("\n")[0].rstrip() for text in (original or "", block.text))
    if first and own.startswith(_MARKS) and not first.startswith(_MARKS):
        raise UnreadableReply("The block has edits with other marks than those asked for; %s." % EXACTLY_ONE)
    if block.info.endswith(" " + first) and first != own and not first.isalnum():
        raise UnreadableReply("The file's first line stands in the line of the fence; begin it below that.")
    return block


def _found(answer: str, blocks: Sequence[Block], path: str, original: str) -> Block:
    if path.lower().endswith(MARKDOWN):
        return _markdown_file(answer, blocks, path)
    if not blocks[-1].is_closed:
        raise _cut_off()
    lines = answer.split("\n")
    if any(_may_go_on(lines, block, later) for block, later in zip(blocks, blocks[1:])):
        raise _cut_off()
    return _block_of_file(blocks, path, original)


def is_aside(block: Block) -> bool:
    """Whether the block is labelled as something beside the file."""
    return block.info.lower() in _ASIDES


def _markdown_file(answer: str, blocks: Sequence[Block], path: str) -> Block:
    """The block of a Markdown file, whose own fences may have been taken for the end of it.

    Where they have, a bare fence line opens a block behind the first: then all from the first fence line to the last
    such block's end is the file. Blocks with a language behind that are asides.
    """
    first = blocks[0]
    named = [block for block in blocks if _is_named(block.info, path) or _is_named(block.lead, path)]
    if not _is_markdown(first, path):
        if len(named) != 1 or not named[0].is_closed:
            raise UnreadableReply(
                "The Markdown file is not in a fence of its own; put one of four backticks around it."
            )
        return named[0]
    if not blocks[-1].is_closed:
        raise _cut_off()
    lines = answer.split("\n")
    last = first
    for block in blocks[1:]:
        if len(block.marks) < len(first.marks) or block.marks[0] != first.marks[0] or not _is_markdown(block, path):
            break
        last = block
    if last is first:
        return _refused_for_another(first, path)
    if not _goes_on_at_once(lines, first):
        raise _cut_off()
    opening = next(fence for fence in fence_lines(lines) if fence.number == first.first)
    return _refused_for_another(block_between(lines, opening, last.last), path)


def _may_go_on(lines: Sequence[str], block: Block, later: Block) -> bool:
    """Whether the closing fence may be one that the file itself holds: a bare one opens behind it in mid-text."""
    if not block.info or later.info or later.marks[0] != block.marks[0]:
        return False
    return _goes_on_at_once(lines, block) and bool(lines[later.first - 1].strip())


def _goes_on_at_once(lines: Sequence[str], block: Block) -> bool:
    return block.last + 1 < len(lines) and bool(lines[block.last + 1].strip())


def _is_markdown(block: Block, path: str) -> bool:
    word = _WORD.search(block.info.lower())
    return (word[0] if word else "") in _MARKDOWN_INFO or _is_named(block.info, path)


def _is_named(line: str, path: str) -> bool:
    return names(line, path) or names(line, posixpath.basename(path))


def _block_of_file(blocks: Sequence[Block], path: str, original: str) -> Block:
    for name in (path, posixpath.basename(path)):
        named = [block for block in blocks if names(block.info, name)] or [
            block for block in blocks if names(block.lead, name) and not is_aside(block)
        ]
        if len(named) == 1:
            return _refused_for_another(named[0], path)
    if len(blocks) == 1:
        return _refused_for_another(blocks[0], path)
    likely = [
        block for block in blocks
        if not is_aside(block) and not is_diff(block.text) and _is_for_another(block, path) is None
    ]
    if not likely and any(_is_for_another(block, path) for block in blocks):
        raise _another([said for block in blocks if (said := _is_for_another(block, path))], path)
    if len(likely) == 1:
        return likely[0]
    longest = max(likely or blocks, key=lambda block: len(block.text))
    others = sum(len(block.text) for block in blocks if block is not longest)
    if len(longest.text) > _CLEARLY_LONGER * others or (likely and _is_shown_in_part(longest, likely, original)):
        return longest
    raise UnreadableReply("The answer has %d fenced blocks; %s." % (len(blocks), EXACTLY_ONE))


def _is_shown_in_part(longest: Block, blocks: Sequence[Block], original: str) -> bool:
    """Whether the others are parts of the longest or of the file as it was, and the longest is all of a new one.

    It could be what is to stand for one of them: so it must have the ends of the file as it was.
    """
    if len(blocks) > _MOST_PARTS or max(len(longest.text), len(original)) > _MOST_CHARACTERS:
        return False
    new, old = _run(longest.text), _run(original)
    if new in old or 3 * new.count("\n") < 2 * old.count("\n"):
        return False
    if original.strip() and not _has_both_ends(new, old):
        return False
    return all(_run(block.text) in new or _run(block.text) in old for block in blocks)


def _has_both_ends(new: str, old: str) -> bool:
    """Whether the first lines of the old text are in the new, and the last: as many as stand in it only once."""
    lines = old[1:-1].split("\n")
    counts = range(1, min(len(lines), _MOST_END_LINES) + 1)
    for slices in ([slice(count) for count in counts], [slice(-count, None) for count in counts]):
        ends = ("\n%s\n" % "\n".join(lines[each]) for each in slices)
        if next((end for end in ends if old.find(end) == old.rfind(end)), old) not in new:
            return False
    return True


def _run(text: str) -> str:
    """The lines, for finding those of one text in another, whatever their indentation."""
    return "\n%s\n" % "\n".join(line.strip() for line in text.strip().split("\n"))


def _refused_for_another(block: Block, path: str) -> Block:
    said = _is_for_another(block, path)
    if said is not None:
        raise _another([said], path)
    return block


def _is_for_another(block: Block, path: str) -> str | None:
    """The file that the block says it is, where that is not the one asked for."""
    for said in (path_in_info(block.info), sole_path(block.lead)):
        if said is not None:
            return None if is_same_file(said, path) else said
    return None


def _another(said: Sequence[str], path: str) -> UnreadableReply:
    return UnreadableReply(
        "The answer gives %s, but the file asked for is `%s`; answer for that one only."
        % (", ".join("`%s`" % name for name in dict.fromkeys(said)), path)
    )


def _cut_off() -> UnreadableReply:
    return UnreadableReply(
        "The answer is cut off, or its fences do not pair up: where the fenced block ends cannot be told. If the file "
        "has lines that begin with backticks, use a fence of more backticks around it."
    )

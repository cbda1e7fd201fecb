"""The new text of a file, out of an executor's or a consultant's answer."""

from __future__ import annotations

import posixpath
import re
from typing import Sequence

from orchestra.agents.blocks import Block, block_between, clean, fence_lines, find_blocks
from orchestra.agents.elision import find_elision
from orchestra.agents.json_reply import parse_object
from orchestra.agents.replies import NeedFiles, need_files
from orchestra.errors import RefusedDraft, UnreadableReply
from orchestra.records import Draft
from orchestra.workspace.edits import apply_edits, has_edits, parse_edits

_MARKDOWN = (".md", ".markdown", ".mdown", ".mdx", ".qmd", ".rmd")
_JSON = (".json", ".jsonc", ".json5")
_ASIDES = ("bash", "sh", "shell", "console", "zsh", "shell-session", "text", "txt", "output", "diff")
"""What blocks beside the file are labelled as: commands to run, what they print."""
_MARKDOWN_INFO = ("", "markdown", "md", "mdx", "text", "txt", "gfm", "commonmark")
_ASKS_FOR_FILES = re.compile(r'\s*\{\s*"need_files"\s*:')
_EXACTLY_ONE = "give the whole file in exactly one fenced block, or edits"
_CLEARLY_LONGER = 4


def read_draft(text: str, path: str, original: str | None) -> Draft | NeedFiles:
    """The whole new text of the file at `path`, with line feeds; or the files that the model wants to see.

    `original` is the text that edits are applied to, with line feeds; None where there is none. Raises UnreadableReply
    for an answer in no form that was asked for, RefusedDraft for one that must not be written.
    """
    answer = clean(text)
    if not answer.strip():
        raise UnreadableReply("The answer is empty.")
    blocks = find_blocks(answer)
    wanted = _wanted_files(answer, blocks, path, original)
    if wanted:
        return wanted
    if original is not None and _answers_with_edits(answer, blocks, original):
        new_text = apply_edits(original, parse_edits(answer))
    else:
        new_text = _whole_file(answer, blocks, path, original).lstrip("\ufeff")
    _check(new_text, path, original)
    return Draft(path, new_text)


def _wanted_files(answer: str, blocks: Sequence[Block], path: str, original: str | None) -> NeedFiles | None:
    body = blocks[0].text if blocks else answer
    if len(blocks) > 1 or not _ASKS_FOR_FILES.match(body) or _may_hold_the_key(path, original):
        return None
    members = parse_object(body)
    if members is None or list(members) != ["need_files"]:
        raise UnreadableReply("`need_files` must be the only key of its object.")
    return need_files(members)


def _may_hold_the_key(path: str, original: str | None) -> bool:
    """Whether `{"need_files": ...}` could be the file itself: a new JSON file, or one that has the key already."""
    return path.lower().endswith(_JSON) and (original is None or '"need_files"' in original)


def _answers_with_edits(answer: str, blocks: Sequence[Block], original: str) -> bool:
    """Whether the markers are the answer's, not those of a file that is about such markers."""
    if not has_edits(answer):
        return False
    if not has_edits(original):
        return True
    lines = answer.split("\n")
    outside = [line for number, line in enumerate(lines) if not any(b.first <= number <= b.last for b in blocks)]
    return has_edits("\n".join(outside)) or any(_begins_with_edit(block) for block in blocks)


def _begins_with_edit(block: Block) -> bool:
    return block.text.lstrip().startswith("<<<<<") and has_edits(block.text)


def _whole_file(answer: str, blocks: Sequence[Block], path: str, original: str | None) -> str:
    if original is None and (_begins_with_edit(blocks[0]) if blocks else has_edits(answer)):
        raise UnreadableReply("The file does not exist yet, so there is nothing to edit; give it whole in one block.")
    if not blocks:
        raise UnreadableReply("The answer has no fenced block and no edits; %s." % _EXACTLY_ONE)
    if path.lower().endswith(_MARKDOWN):
        return _markdown_file(answer, blocks, path).text
    if not blocks[-1].is_closed:
        raise _cut_off()
    return _block_of_file(blocks, path).text


def _markdown_file(answer: str, blocks: Sequence[Block], path: str) -> Block:
    """The block of a Markdown file, whose own fences may have been taken for the end of it.

    Where they have, a bare fence line opens a block behind the first: then all from the first fence line to the last
    is the file.
    """
    if not _is_markdown(blocks[0], path):
        raise UnreadableReply("The Markdown file is not in a fence of its own; put one of four backticks around it.")
    markdown = [block for block in blocks if _is_markdown(block, path)]
    if len(markdown) == 1 and blocks[-1].is_closed:
        return markdown[0]
    lines = answer.split("\n")
    fences = fence_lines(lines)
    same = [fence for fence in fences if fence.marks == fences[0].marks]
    # With the outer pair taken away, those inside must still pair up.
    if len(same) % 2 or not same[-1].closes(fences[0]):
        raise _cut_off()
    return block_between(lines, fences[0], same[-1].number)


def _is_markdown(block: Block, path: str) -> bool:
    return block.info.lower() in _MARKDOWN_INFO or _names(block.info, posixpath.basename(path))


def _block_of_file(blocks: Sequence[Block], path: str) -> Block:
    if len(blocks) == 1:
        return blocks[0]
    for name in (path, posixpath.basename(path)):
        named = [block for block in blocks if _names(block.info, name)] or [
            block for block in blocks if _names(block.lead, name) and not _is_aside(block)
        ]
        if len(named) == 1:
            return named[0]
    likely = [block for block in blocks if not _is_aside(block)]
    if len(likely) == 1:
        return likely[0]
    longest = max(blocks, key=lambda block: len(block.text))
    others = sum(len(block.text) for block in blocks if block is not longest)
    if len(longest.text) > _CLEARLY_LONGER * others:
        return longest
    raise UnreadableReply("The answer has %d fenced blocks; %s." % (len(blocks), _EXACTLY_ONE))


def _is_aside(block: Block) -> bool:
    return block.info.lower() in _ASIDES


def _names(line: str, name: str) -> bool:
    return re.search(r"(?<![\w./-])%s(?![\w/-]|\.\w)" % re.escape(name), line) is not None


def _cut_off() -> UnreadableReply:
    return UnreadableReply(
        "The answer is cut off, or its fences do not pair up: the fenced block is not closed. If the file has lines "
        "that begin with backticks, use a fence of more backticks around it."
    )


def _check(new_text: str, path: str, original: str | None) -> None:
    if any("\ud800" <= character <= "\udfff" for character in new_text):
        raise RefusedDraft("The text holds half of a surrogate pair, which is no character.", where=path)
    if original is not None and original.strip() and not new_text.strip():
        raise RefusedDraft("The draft is empty, but the file is not to be deleted.", where=path)
    elision = find_elision(new_text, original)
    if elision:
        raise RefusedDraft(
            "Line %d of the draft, `%s`, stands for text that was left out; the file must be complete." % elision,
            where=path,
        )

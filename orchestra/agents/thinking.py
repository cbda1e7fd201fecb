"""What a model thought before it answered, where its server left that in the answer."""

from __future__ import annotations

import re

from orchestra.adapters.thoughts import TAGS, end_of_thoughts
from orchestra.agents.blocks import find_blocks
from orchestra.regex import regex
from orchestra.workspace.diff_blocks import is_diff
from orchestra.workspace.edit_blocks import has_edits

_AFTER_WORDS = regex(r"^[ \t]*<(%s)>.*?</\1>|^[ \t]*◁think▷.*?◁/think▷" % TAGS, re.DOTALL | re.MULTILINE)
_BEGIN = regex(r"<(?:%s)>|◁think▷" % TAGS)
_END = regex(r"^[ \t]*(?:</(?:%s)>|◁/think▷)|(?:</(?:%s)>|◁/think▷)[ \t]*$" % (TAGS, TAGS), re.MULTILINE)

_END_MARKS = (
    "<|im_end|>", "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "<|end|>", "<|return|>", "<|user|>",
    "<|observation|>", "<end_of_turn>", "</s>", "<｜end▁of▁sentence｜>",
)
"""What servers with a wrong template leave at the end."""


def clean(text: str) -> str:
    """The answer without byte order mark, carriage returns at line ends, marks of its end and thinking."""
    text = _without_end_marks(text.lstrip("\ufeff").replace("\r\n", "\n"))
    start = end_of_thoughts(text)
    if start:
        return text[start:]
    aside = _AFTER_WORDS.search(text)
    if aside and _is_prose(text[:aside.start()]):
        return text[aside.end():]
    # Some servers swallow the opening tag.
    end = _END.search(text)
    if end and not _BEGIN.search(text, 0, end.start()) and _is_answer_behind(text, end):
        return text[end.end():]
    return text


def words_before_thinking(text: str) -> str:
    """What `clean` leaves out though it was said, not thought; empty for nothing."""
    aside = None if end_of_thoughts(text) else _AFTER_WORDS.search(text)
    return text[:aside.start()] if aside and _is_prose(text[:aside.start()]) else ""


def _without_end_marks(text: str) -> str:
    end = len(text.rstrip())
    if not text.endswith(_END_MARKS, 0, end):
        return text
    while text.endswith(_END_MARKS, 0, end):
        end = text.rfind("<", 0, end)
        while end and text[end - 1].isspace():
            end -= 1
    return text[:end]


def _is_prose(text: str) -> bool:
    return not find_blocks(text) and not has_edits(text)


def _is_answer_behind(text: str, end: re.Match[str]) -> bool:
    """Whether the tag ends thinking: it stands in no block, edit or diff, and what is behind it can be an answer."""
    before, behind = text[:end.start()], text[end.end():]
    if has_edits(before) or is_diff(before.lstrip("\n")) or not all(block.is_closed for block in find_blocks(before)):
        return False
    return bool(behind.strip()) and (bool(find_blocks(behind)) or has_edits(behind) or not find_blocks(before))

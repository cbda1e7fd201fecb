"""The one form of an answer that approves: anything near it may have been quoted, cut off or meant otherwise."""

from __future__ import annotations

import re
from typing import Mapping, Sequence

from orchestra.adapters.fences import FENCE
from orchestra.agents.blocks import Block, find_blocks
from orchestra.agents.json_reply import parse_object
from orchestra.agents.thinking import clean, words_before_thinking
from orchestra.errors import UnreadableReply
from orchestra.regex import regex

_FORM = (
    "This does not count as an approval: %s. An approval is exactly one block between the lines ```json and ```,"
    ' inside no other, such as {"verdict": "approved", "issues": []}, and nothing beside it speaks against it.'
)
_AGAINST = regex(
    r'"verdict"\s*:|\bneeds[\s_\\-]*work\b'
    r"|\bI\s+(?:reject\b|(?:do\s+not|don['’]t|can\s?not|can['’]t|will\s+not|won['’]t)\s+approve)"
    r"|^[^\w\n]*(?:verdict\b[^\w\n]*)?(?:not\s+approved|rejected)[^\w\n]*$|" + FENCE
    + r"|(?:\A|[.!?:;\n]|\bbut\b|\bhowever\b,?)[\s*_]{0,20}"
    r"(?:(?:this|it|that|(?:the|this)\s+(?:file|change|draft|code|patch))\s+(?:is|looks|seems|remains)\s+"
    r"(?:(?:still|clearly|plainly|simply)\s+)?(?:wrong(?!\s+to\b)|broken|incorrect|buggy|unacceptable"
    r"|not\s+(?:good|correct|right(?!\s+away)|ready|acceptable|ok(?:ay)?|done|finished|complete))"
    r"|not\s+(?:good|ready|acceptable|correct|ok(?:ay)?))\b", re.IGNORECASE | re.MULTILINE,
)
"""The last part is of sentences and clauses that begin so."""

_NOTHING_NEEDS_WORK = regex(
    r"(?:\A|[.!?](?=\s)|\n[ \t]*\n)[\W_]{0,20}"
    r"(?:nothing|none|no (?:part|line|file)|(?:it|this|the file)(?= no longer ))(?: (?:here|there|more|no longer))?"
    r"(?: (?:of|in|about) (?:it|this|that|these|them|(?:the )?[\w`/-]{1,80}(?:\.[\w`/-]{1,80}){0,5}))? needs work\b"
    r"(?=(?:(?!\b(?:but|except|apart|aside|besides|other|save|until|unless|if|however|yet)\b)(?:[^.!?]|[.!?](?=\S)))"
    r"{0,300}(?:[.!?](?!\S)|\Z))",
    re.IGNORECASE,
)
"""A sentence, not a long one, that begins so and takes nothing back."""


def check_approval(text: str) -> None:
    """Raises UnreadableReply, with the form, where an answer with an approving verdict does not have it."""
    answer = clean(text)
    blocks = find_blocks(answer)
    labelled = [block for block in blocks if block.info.lower() == "json"]
    if len(labelled) > 1:
        raise UnreadableReply(_FORM % "it has several blocks labelled `json`")
    verdict = _verdict_in(labelled[0]) if labelled and labelled[0].is_closed else None
    if verdict is None:
        raise UnreadableReply(_FORM % "the verdict stands in no closed block labelled `json`")
    others = [block for block in blocks if block is not labelled[0]]
    beside = "%s\n%s" % (words_before_thinking(text), _beside(answer, labelled[0]))
    if _AGAINST.search(_NOTHING_NEEDS_WORK.sub(" ", beside)) or any(map(_verdict_in, others)):
        raise UnreadableReply(_FORM % "something beside the verdict speaks against it")
    _check_lines(verdict)


def _verdict_in(block: Block) -> Mapping[str, object] | None:
    try:
        members = parse_object(block.text)
    except UnreadableReply:
        return None
    return members if members is not None and "verdict" in members else None


def _check_lines(verdict: Mapping[str, object]) -> None:
    issues = verdict["issues"]
    assert isinstance(issues, Sequence)
    for index, issue in enumerate(issues):
        if type(issue.get("line")) not in (int, type(None)):
            raise UnreadableReply(_FORM % ("`issues[%d].line` is neither a whole number nor null" % index))


def _beside(answer: str, block: Block) -> str:
    lines = answer.split("\n")
    return "\n".join((*lines[:block.first], "", *lines[block.last + 1:]))

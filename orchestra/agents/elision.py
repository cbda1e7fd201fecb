"""Remarks that stand for code which a model left out."""

from __future__ import annotations

import re

# Such a remark is a comment, a bracketed note, or a bare line that begins with dots.
_REMARK = re.compile(
    r"^\s*(?P<opening>(?:(?:#+|//+|/\*+|\*|--+|;+|%+|<!--|\{/\*|\"\"\"|[\[({（【<])\s*)*)"
    r"(?P<dots>(?:\.{3,}|…+)\s*)?(?P<words>.*?)(?P<more_dots>\s*(?:\.{3,}|…+))?"
    r"[\s.]*(?:\*/\}?|-->|\"\"\"|[\])}）】>。]|\s)*$"
)
_WORDS = re.compile(
    r"unchanged|rest|remain|existing|previous|original|other|same|before|omitted|truncated|snip"
    r"|不变|其余|剩余|省略|同上|相同|其他|现有|原有",
    re.IGNORECASE,
)
_LEFT_OUT = (
    r"(?:\b(?:unchanged|(?:rest|remainder)\s+of"
    r"|remaining\s+(?:code|file|lines|methods|functions|content)"
    r"|(?:existing|previous|original|other)\s+(?:code|methods|functions|content|imports|implementation|lines|tests)"
    r"|(?:stays?|remains?)\s+the\s+same|same\s+as\s+(?:before|above|original)|as\s+before"
    r"|omitted|truncated|snip(?:ped)?)\b"
    r"|不变|其余|剩余|省略|同上|其他代码|现有代码|原有代码)"
)
_BEHIND_DOTS = re.compile(_LEFT_OUT, re.IGNORECASE)
_BEFORE_DOTS = re.compile(r"(?:the\s+|\()?" + _LEFT_OUT, re.IGNORECASE)
_TAIL = (
    r"(?:remains?|stays?|is|are|goes|continues|unchanged|here|omitted|as\s+before)\b\s*"
    r"(?:(?:exactly\s+)?(?:the\s+same|unchanged|as\s+(?:is|before)|here|omitted|same)(?:\s+as\s+before)?)?"
)
_WITHOUT_DOTS = re.compile(
    r"(?:the\s+)?(?:rest|remainder)\s+of\s+(?:the\s+|this\s+|your\s+)?(?:\w+\s+)?"
    r"(?:code|file|class|functions?|methods?|module|implementation|contents?|script)\s*(?:" + _TAIL + ")?"
    r"|existing\s+code\s*(?:" + _TAIL + ")?"
    r"|(?:existing|previous|original|remaining)\s+(?:code|methods|functions|content|imports|implementation)\s+" + _TAIL
    + r"|(?:其余|剩余|其他|现有|原有)的?(?:代码|部分|内容|方法|函数|实现)*(?:保持|均|都)?(?:不变|省略|同上|相同)",
    re.IGNORECASE,
)


def find_elision(text: str, original: str | None) -> tuple[int, str] | None:
    """Line number and text of the first remark that stands for left-out text; None where there is none.

    A line that the original has too is no remark of the model's.
    """
    known = set() if original is None else {line.strip() for line in original.splitlines()}
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and line.strip() not in known and _stands_for_left_out(line):
            return number, line.strip()
    return None


def _stands_for_left_out(line: str) -> bool:
    # Nobody writes such a remark at length, and few lines have its words: the rest need no slow matching.
    match = _REMARK.match(line) if len(line) <= 120 and _WORDS.search(line) else None
    if match is None or not (match["opening"] or match["dots"]):
        return False
    if match["dots"]:
        return _BEHIND_DOTS.search(match["words"]) is not None
    if match["more_dots"]:
        return _BEFORE_DOTS.match(match["words"]) is not None
    return _WITHOUT_DOTS.fullmatch(match["words"]) is not None

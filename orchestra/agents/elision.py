"""Remarks that stand for code which a model left out."""

from __future__ import annotations

import re

from orchestra.agents.stand_ins import find_stand_in
from orchestra.regex import regex

_PROSE = (".md", ".markdown", ".mdx", ".rst", ".txt", ".adoc", ".org")
# Such a remark is a comment, a bracketed note, or a bare line that begins with dots.
_REMARK = regex(
    r"^\s*(?P<opening>(?:(?:\.\.(?=\s)|#+[:!]?|//+!?|/\*+|\*|--+|;+|%+|<!--|<%--|<%#|\{\{!(?:--)?|\{/\*|\{-|!+|::"
    r"|(?i:@?rem|dnl)(?=\s)|\"\"\"|'''|\(\*|['\"](?=\s)|[\[({（【<])\s*)*)"
    r"(?P<dots>(?:\.{3,}|…+|\. \. \.)\s*)?(?P<words>.*?)(?P<more_dots>\s*(?:\.{3,}|…+|\. \. \.))?"
    # One character at a time: a banner can be divided up in one way only.
    r"(?:\*[/)]|\"\"\"|'''|[-#%>\])}）】。.\s])*$"
)
_COMMENT = regex(r"#|//|/\*|--|;|%|<!--|\{/\*|\"\"\"|'''|\(\*|'")
_WORDS = (
    "...", "…", ". . .", "unchanged", "as is", "rest", "remain", "existing", "previous", "original", "other", "same",
    "before", "above", "omitted", "truncated", "snip", "no change",
    "不变", "其余", "剩余", "省略", "同上", "相同", "其他", "现有", "原有", "保持", "原样", "以下略", "此处略", "変更なし", "同じ", "以下同",
    "변경 없", "생략", "나머지", "unverändert", "resto", "sin cambios", "inchangé", "без изменений", "остальн",
)
"""One of them is in every such remark. To look for each by itself takes a tenth of the time that a pattern takes."""
_LONGEST = 120
"""Nobody writes such a remark at length."""
_PARTS = r"(?:code|file|class|functions?|methods?|module|implementation|contents?|script|logic|imports?|lines?|tests?)"
_LEFT_OUT = (
    r"(?:\b(?:unchanged|(?:rest|remainder)\s+of"
    r"|remaining\s+(?:code|file|lines|methods|functions|content)"
    r"|(?:existing|previous|original|other|more)\s+(?:code|methods|functions|content|imports|implementation|lines"
    r"|tests)"
    r"|(?:stays?|remains?)\s+the\s+same|same\s+as\s+(?:before|above|original)|as\s+before|no\s+changes"
    r"|omitted|truncated|snip(?:ped)?|unverändert|sin\s+cambios|inchangée?s?|без\s+изменений)\b"
    r"|不变|其余|剩余|省略|同上|其他代码|现有代码|原有代码|保持原样|変更なし|以下同|생략|나머지)"
)
_BEHIND_DOTS = regex(_LEFT_OUT, re.IGNORECASE)
_BEFORE_DOTS = regex(r"(?:the\s+|\(|keep\s+(?:the\s+)?)?" + _LEFT_OUT, re.IGNORECASE)
_TAIL = (
    r"(?:remains?|stays?|is|are|goes|continues|unchanged|here|omitted|as\s+before)\b\s*"
    r"(?:(?:exactly\s+)?(?:the\s+same|unchanged|as\s+(?:is|before)|here|omitted|same)(?:\s+as\s+before)?)?"
)
_AS_BEFORE = (
    r"(?:(?:is|are|remains?|stays?|kept|left)\s+)?(?:exactly\s+)?"
    r"(?:unchanged|the\s+same|as\s+(?:is|before|it\s+(?:is|was))|omitted)(?:\s+(?:as\s+before|for\s+brevity))?"
)
_WITHOUT_DOTS = regex(
    r"(?:keep\s+)?(?:the\s+)?(?:rest|remainder)\s+of\s+(?:the\s+|this\s+|your\s+)?(?:\w+\s+)?" + _PARTS
    + r"\s*(?:" + _TAIL + ")?"
    r"|(?:the\s+)?(?:rest|remainder)(?:\s+of\s+(?:the\s+|this\s+|your\s+)?\w+)?\s+" + _AS_BEFORE
    + r"|(?:todo:?\s+)?(?:keep|leave)\s+(?:the\s+)?(?:rest|remainder|everything\s+else)\s+" + _AS_BEFORE
    + r"|(?:your\s+)?existing\s+code\s*(?:" + _TAIL + ")?"
    r"|(?:the\s+)?(?:existing|previous|original|remaining)\s+"
    r"(?:code|methods|functions|content|imports|implementation)\s+" + _TAIL
    + r"|(?:unchanged|existing|remaining|other)\s+(?:code|lines?|methods|functions|content)\s+omitted"
    r"(?:\s+for\s+brevity)?"
    r"|same\s+as\s+(?:before|original|in\s+the\s+original)|(?:code|lines?|content)\s+omitted(?:\s+for\s+brevity)?"
    r"|omitted\s+for\s+brevity"
    r"|(?:其余|剩余|其他|现有|原有|以下|以上|此处|这里|后续)的?(?:代码|部分|内容|方法|函数|实现|逻辑)*(?:保持|均|都|与原来|与之前|与原文件)?"
    r"(?:不变|省略|同上|相同|一致|原样|略)|(?:代码|内容)?(?:保持不变|保持原样|省略)"
    r"|(?:省略|保留)(?:了)?(?:其余|其他|剩余|现有|原有|以下)的?(?:代码|部分|内容|方法|函数|实现|逻辑)*"
    r"|(?:der\s+)?rest\s+(?:de[rs]\s+\w+\s+)?(?:bleibt\s+)?(?:unverändert|gleich|wie\s+(?:bisher|zuvor|vorher))"
    r"|(?:el\s+)?resto\s+(?:del?\s+(?:la\s+)?\w+\s+)?(?:queda\s+|sigue\s+)?(?:sin\s+cambios|igual)"
    r"|(?:le\s+)?reste\s+(?:d(?:u|e\s+la)\s+\w+\s+)?(?:est\s+|reste\s+)?(?:inchangée?|identique|sans\s+changement)"
    r"|остальн\w+\s+(?:\w+\s+)?(?:остаётся\s+)?без\s+изменений"
    r"|以下同じ|(?:残り|以降)は?(?:変更なし|同じ|省略)|나머지\s*(?:코드)?(?:는|은)?\s*(?:동일|생략|변경 없음)",
    re.IGNORECASE,
)
# What says so only in a file that is there already, and has become shorter.
_IN_SHORTER_FILE = regex(
    r"(?:keep\s+|all\s+|the\s+)*(?:existing|previous|original|remaining|other)\s+"
    r"(?:code|methods|functions|classes|content|imports|implementation|logic|lines|tests)"
    r"(?:\s+(?:here|go(?:es)?\s+here))?"
    r"|\(?\s*(?:unchanged|no\s+changes?(?:\s+here)?|omitted|snip(?:ped)?|same\s+as\s+above|as\s+before"
    r"|同上|不变|略)\)?",
    re.IGNORECASE,
)


def find_elision(text: str, original: str | None, *, path: str = "") -> tuple[int, str] | None:
    """Line number and text of the first remark that stands for left-out text; None where there is none.

    A line that the original has too is no remark of the model's. In prose, headings are written like comments.
    """
    known = set() if original is None else {line.strip() for line in original.split("\n")}
    is_prose = path.lower().endswith(_PROSE)
    is_shorter = original is not None and not is_prose and _count(text) < _count(original)
    if _has_words(text):
        for number, line in enumerate(text.split("\n"), start=1):
            if len(line) <= _LONGEST and line.strip() not in known and _stands_for_left_out(line, is_shorter):
                return number, line.strip()
    return None if original is None else find_stand_in(text, original, path)


def _stands_for_left_out(line: str, is_shorter: bool) -> bool:
    # Few lines have its words: the rest need no slow matching.
    match = _REMARK.match(line) if _has_words(line) else None
    if match is None or not (match["opening"] or match["dots"]):
        return False
    words = match["words"].strip()
    is_alone = _IN_SHORTER_FILE.fullmatch(words) or (match["dots"] and not words)
    if is_shorter and is_alone and _COMMENT.match(match["opening"]):
        return True
    if match["dots"]:
        return _BEHIND_DOTS.search(words) is not None
    if match["more_dots"]:
        return _BEFORE_DOTS.match(words) is not None
    return _WITHOUT_DOTS.fullmatch(words) is not None


def _has_words(text: str) -> bool:
    folded = text.casefold()
    return any(word in folded for word in _WORDS)


def _count(text: str) -> int:
    return sum(bool(line.strip()) for line in text.split("\n"))

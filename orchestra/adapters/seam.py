"""Where the rest of an answer meets what came before: words to the reader, a code block that is opened anew."""

from __future__ import annotations

import re
from typing import NamedTuple, Sequence

from orchestra.regex import regex

_FENCE = regex(r"^ {0,3}(`{3,}|~{3,})([^\n`]*)$", re.MULTILINE)
_OPENING = regex(r"\s*(?:`{3,}|~{3,})[ \t]*((?:[\w.+#-][^\n`]*)?)(?:\n|\Z)")
_BARE_JSON = regex(r'^ {0,3}(?:`{3,}|~{3,})[ \t]*\n\s*\{\s*"', re.MULTILINE)
_EDIT = regex(r"^[ \t]*(?:(?:<{5,9}|-{5,9})[ \t]*(SEARCH)|(?:>{5,9}|\+{5,9})[ \t]*REPLACE)\b", re.MULTILINE)
_THING = r"(?:file|code|answer|reply|response|document|module|script|content|text|block|function|class|edits?)\b"
_PLACE = (
    r"(?:where (?:I|we|you|it) (?:stop|was|were|had|end|broke)|left off|cut off"
    r"|(?:rest|remainder|continuation) of (?:the|your|my) %s|remaining %s)" % (_THING, _THING)
)
_PREFACE = regex(
    r"\s*[^\w\s\"']{0,3} ?(?:"
    r"(?:Sure|Certainly|Of course|Okay|OK|Understood|Sorry|Apologies)\b(?:[!,.:][^\n]{0,200})?[!.:…]"
    r"|(?:Here|This|Below|Now|The|I|Let|Picking|Carrying|[CcRr](?:ontinu|esum)ing|here)\b[^\n]{0,120}?%s[^\n]{0,80}"
    r"|(?:Here|Below)\b[^\n]{0,120}?\b(?:continu|resum|rest\b|remain)[^\n]{0,80}[:…][^\w\n]{0,4}"
    r"|(?:Continu|Resum)(?:ing|ation|ed)\b[^\n]{0,160}(?:[:…]|\.\.\.)[^\w\n]{0,4}"
    r"|(?:Fortsetzung|Hier|Weiter|Voici|Suite|Continuación|Aquí|以下|接下来|继续|续)[^\n]{0,160}[:…：][^\w\n]{0,4}"
    r")(?:\n|\Z)" % _PLACE
)
_WORD = regex(r"[^\W\d_]{3,}")
_CERTAIN_OVERLAP = 12
_LONGEST_WORD = 100
_DEEPEST = 20


class _Fences(NamedTuple):
    """Marks and words of fences, paired like brackets."""

    opened: Sequence[tuple[str, str]]
    """Those open at the end, outermost first."""
    is_paired: bool
    """Whether none was open when one around it was closed."""


def rest_of(answer_so_far: str, more: str, *, is_end: bool) -> str | None:
    """`more` without what models write before they go on in the middle of a block or an edit.

    None where it cannot be told whether that is part of the file. `is_end` says whether the answer ends with `more`.
    """
    is_json = _is_in_json(answer_so_far)
    if not is_json and not _is_in_file(answer_so_far):
        return more
    words = _PREFACE.match(more)
    while words and is_json:
        # A line of JSON does not begin with words.
        more = more[words.end():]
        words = _PREFACE.match(more)
    opening = _OPENING.match(more)
    if words or opening is None:
        return None if words else more
    edit = _open_edit(answer_so_far)
    before = answer_so_far if edit is None else answer_so_far[edit:]
    rest = more[opening.end():]
    is_fit = _is_fit(before, rest, is_end, edit is not None)
    is_content = _starts_line(before, opening[0]) and _is_fit(before, more, is_end, edit is not None)
    if opening[1]:
        return more if is_content and not is_fit else rest
    if is_content:
        return more
    return (rest if is_fit else more) if is_json else None


def is_doubtful(answer_so_far: str, more: str) -> bool:
    """Whether a part that seems to repeat nothing may do so after all, or begin in the middle of a word.

    One line may well stand twice in a file, but one of several words seldom does so at once.
    """
    return _is_in_file(answer_so_far) and (_repeats_line(answer_so_far, more) or _splits_word(answer_so_far, more))


def _is_in_json(answer: str) -> bool:
    """Whether it was cut in a block of JSON, in which whatever does not belong there is noticed."""
    opened = _fences(answer).opened
    if not opened or _open_edit(answer) is not None:
        return False
    info = opened[-1][1].lower()
    return info.startswith("json") or not info and _BARE_JSON.search(answer) is not None


def _is_in_file(answer: str) -> bool:
    """Whether it was cut in what can be text of a file other than JSON."""
    return _open_edit(answer) is not None or bool(_fences(answer).opened) and not _is_in_json(answer)


def _repeats_line(first: str, second: str) -> bool:
    if not first.endswith("\n"):
        return False
    lines = first.split("\n")[:-1]
    for count in (1, 2, 3):
        again = lines[-count:]
        if second.startswith("\n".join(again) + "\n") and lines[-2 * count:-count] != again and _says_much(again):
            return True
    end = second.partition("\n")[0]
    is_end = len(end) >= _CERTAIN_OVERLAP and lines[-1].endswith(end) and lines[-1] != end
    return is_end and not lines[-1][:-len(end)].isspace()


def _says_much(lines: Sequence[str]) -> bool:
    text = "\n".join(lines)
    return len(re.findall(r"\w+", text)) > 1 and _WORD.search(text) is not None


def _splits_word(first: str, second: str) -> bool:
    """Whether a line end at the seam divides a word that stands elsewhere, where its halves do not both."""
    half, other = re.search(r"\w+\Z", first[-_LONGEST_WORD:]), re.match(r"\n(\w+)", second)
    if half is None or other is None:
        return False
    words = {*re.findall(r"\w+", first[:-len(half[0])]), *re.findall(r"\w+", second[other.end():])}
    return half[0] + other[1] in words and not {half[0], other[1]} <= words


def _starts_line(before: str, opening: str) -> bool:
    return before.endswith("\n") or "\n" in opening[:len(opening) - len(opening.lstrip())]


def _is_fit(before: str, more: str, is_end: bool, is_edit: bool) -> bool:
    """Whether blocks are closed, and in pairs, where the answer or the edit ends; as good as any where it goes on."""
    end = _EDIT.search(more) if is_edit else None
    if is_edit and end is None:
        return False
    fences = _fences(before + ("" if before.endswith("\n") else "\n") + (more[:end.start()] if end else more))
    return not (is_end or is_edit) or not fences.opened and fences.is_paired


def _fences(text: str) -> _Fences:
    opened: list[tuple[str, str]] = []
    is_paired = True
    for marks, info in _FENCE.findall(text):
        depth = _closed_by(marks, opened)
        if info.strip() or depth is None:
            opened.append((marks, info.strip()))
        else:
            is_paired = is_paired and depth == len(opened) - 1
            del opened[depth:]
    return _Fences(opened, is_paired)


def _closed_by(marks: str, opened: Sequence[tuple[str, str]]) -> int | None:
    """Which of the open fences a bare one closes: the innermost just as long, else the innermost if it is shorter."""
    for depth in range(len(opened) - 1, max(-1, len(opened) - 1 - _DEEPEST), -1):
        if opened[depth][0] == marks:
            return depth
    return len(opened) - 1 if opened and marks.startswith(opened[-1][0]) else None


def _open_edit(text: str) -> int | None:
    """Where the edit begins that is open at the end."""
    begin = None
    for marker in _EDIT.finditer(text):
        begin = marker.start() if marker[1] else None
    return begin

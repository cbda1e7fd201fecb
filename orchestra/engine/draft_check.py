"""What a draft must be like to reach the disk, and what was found of one that has."""

from __future__ import annotations

import hashlib
from typing import Any, Callable

from orchestra.agents.shrinking import Explanation, find_loss
from orchestra.errors import RefusedDraft
from orchestra.records import Draft
from orchestra.regex import regex
from orchestra.workspace.languages.defect import Defect, Verdict
from orchestra.workspace.syntax import SyntaxCheck

_CUT_OFF = "The answer was cut off, because it was longer than an answer may be. "
_SHORTER_EDITS = "Answer with SEARCH/REPLACE edits of only the lines that change, or with a shorter file."
_SHORTER_FILE = "Answer with a shorter file that does the same."
_WHOLE = "no line was found that stands for text left out"
_MOST_LINES = 10
_NO_CHANGE = "change: none, the file is as it was before the session"
_UNSEEN = regex("[\u202a-\u202e\u2066-\u2069]")
"""Marks of direction: with them a line of code can read otherwise than it runs."""
_NOTHING_LOST = "nothing was found lost of the file that neither plan nor findings speak of"


def check_draft(
    draft: Draft, old_text: str | None, *, check: SyntaxCheck, explanation: Explanation
) -> tuple[str, ...]:
    """What was found of a valid draft, a sentence each. Raises RefusedDraft for one that is not, or has lost text.

    `old_text` is the file before the session, None where there was none; `explanation` is what may explain a loss.
    """
    verdict = check(draft.path, draft.text)
    # What this Python calls broken may be a newer one's syntax; then the file was "broken" before already.
    if verdict.defects and not (old_text is not None and check(draft.path, old_text).defects):
        raise RefusedDraft(f"The file would not be valid: {_listed(verdict)}")
    loss = None if old_text is None else find_loss(draft.path, old_text, draft.text, explanation)
    if loss is not None:
        raise RefusedDraft(loss, hint="keep what the order for this file does not speak of")
    completeness = _WHOLE if old_text is None else f"{_WHOLE}; {_NOTHING_LOST}"
    change = (_NO_CHANGE,) if draft.text == old_text else ()
    return (
        f"syntax: {_of_syntax(verdict)}", f"completeness: {completeness}", *_of_edits(draft), *change,
        *_of_unseen(draft.text, old_text or ""),
    )


def noted(
    check: SyntaxCheck, *, recall: Callable[[str], Any], keep: Callable[[str, Any], None], hide: Callable[[str], str]
) -> SyntaxCheck:
    """The check as a session made it: what was said of a text is said again after a restart, whoever checks then.

    `hide` takes secrets out of what is kept.
    """
    def look(path: str, text: str) -> Verdict:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        name = f"syntax/{digest}/{path}"
        known = recall(name)
        if known is None:
            found = check(path, text)
            known = [found.means, *([defect.line, _plain(hide(defect.message))] for defect in found.defects)]
            keep(name, known)
        means, *defects = known
        return Verdict(tuple(Defect(line, message) for line, message in defects), means)

    return look


def cut_off(*, is_new: bool) -> RefusedDraft:
    """The refusal of an answer that ended before its file did; it says what to answer in its place."""
    return RefusedDraft(_CUT_OFF + (_SHORTER_FILE if is_new else _SHORTER_EDITS))


def _plain(text: str) -> str:
    """As a journal takes it: a parser may quote what is no character."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _listed(verdict: Verdict) -> str:
    return "; ".join(
        defect.message if defect.line is None else f"line {defect.line}: {defect.message}" for defect in verdict.defects
    )


def _of_syntax(verdict: Verdict) -> str:
    if verdict.means is None:
        return "not checked, since nothing on this machine knows such files"
    if verdict.defects:
        return f"{verdict.means} objects, and objected to the file before the change too ({_listed(verdict)})"
    return f"no defect found by {verdict.means}"


def _of_unseen(text: str, old_text: str) -> tuple[str, ...]:
    """Where the draft has marks of direction, on lines that the file did not have before."""
    if not _UNSEEN.search(text):
        return ()
    known = set(old_text.split("\n"))
    lines = [number for number, line in enumerate(text.split("\n"), 1) if _UNSEEN.search(line) and line not in known]
    named = ", ".join(map(str, lines[:_MOST_LINES]))
    said = "marks of direction, which are not seen and make text read otherwise than it runs"
    return (f"hidden characters: new {said}; line {named}",) if lines else ()


def _of_edits(draft: Draft) -> tuple[str, ...]:
    """How loosely edits were fitted in; what fits exactly needs no word."""
    of_all = len(draft.matches)
    loose = {how: draft.matches.count(how) for how in draft.matches if how != "exact"}
    said = "; ".join(f"{count} of {of_all} matched but for {how}" for how, count in loose.items())
    return (f"edits: {said}",) if said else ()

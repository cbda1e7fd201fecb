"""What a draft must be like to reach the disk."""

from __future__ import annotations

from orchestra.agents.shrinking import Explanation, find_loss
from orchestra.errors import RefusedDraft
from orchestra.records import Draft
from orchestra.workspace.syntax import SyntaxCheck

_CUT_OFF = "The answer was cut off, because it was longer than an answer may be. "
_SHORTER_EDITS = "Answer with SEARCH/REPLACE edits of only the lines that change, or with a shorter file."
_SHORTER_FILE = "Answer with a shorter file that does the same."


def check_draft(draft: Draft, old_text: str | None, *, check: SyntaxCheck, explanation: Explanation) -> None:
    """Raises RefusedDraft for a draft that is not valid, or that has lost parts of the user's file.

    `old_text` is the file before the session, None where there was none; `explanation` is what may explain a loss.
    """
    defects = check(draft.path, draft.text)
    # What this Python calls broken may be a newer one's syntax; then the file was "broken" before already.
    if defects and not (old_text is not None and check(draft.path, old_text)):
        listing = "; ".join(
            defect.message if defect.line is None else f"line {defect.line}: {defect.message}" for defect in defects
        )
        raise RefusedDraft(f"The file would not be valid: {listing}")
    loss = None if old_text is None else find_loss(draft.path, old_text, draft.text, explanation)
    if loss is not None:
        raise RefusedDraft(loss, hint="keep what the order for this file does not speak of")


def cut_off(*, is_new: bool) -> RefusedDraft:
    """The refusal of an answer that ended before its file did; it says what to answer in its place."""
    return RefusedDraft(_CUT_OFF + (_SHORTER_FILE if is_new else _SHORTER_EDITS))

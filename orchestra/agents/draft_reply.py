"""The new text of a file, out of an executor's or a consultant's answer."""

from __future__ import annotations

from typing import Sequence

from orchestra.agents.blocks import Block, find_blocks
from orchestra.agents.edit_reply import Change, read_diff, read_edits
from orchestra.agents.elision import find_elision
from orchestra.agents.json_reply import parse_object
from orchestra.agents.marks import without_our_marks
from orchestra.agents.replies import NeedFiles, need_files
from orchestra.agents.thinking import clean
from orchestra.agents.whole_file import EXACTLY_ONE, MARKDOWN, file_block
from orchestra.agents.wrapping import unwrapped
from orchestra.errors import RefusedDraft, UnreadableReply
from orchestra.records import Draft
from orchestra.regex import regex
from orchestra.workspace.diff_blocks import is_diff
from orchestra.workspace.edit_blocks import has_edits, parse_edits

MOST_BLOCKS = 2000
_JSON = (".json", ".jsonc", ".json5")
_SURROGATE = regex("[\ud800-\udfff]")
_LOST = {
    "\0": "a NUL character, which no text may hold",
    "\ufffd": "U+FFFD, which stands for a character that was lost, such as half of a surrogate pair",
}
"""The second is put by whoever reads what is no character, a provider's answer too."""
_ESCAPE = "where the character is meant, write it as an escape sequence of the language"
_ASKS_FOR_FILES = regex(r'\s*\{\s*"need_files"\s*:')


def read_draft(text: str, path: str, original: str | None, *, task: str = "") -> Draft | NeedFiles:
    """The whole new text of the file at `path`, with line feeds; or the files that the model wants to see.

    `original` is the text that edits are applied to, with line feeds; None where there is none. Raises UnreadableReply
    for an answer in no form that was asked for, RefusedDraft for one that must not be written.
    """
    holds_key = _may_hold_the_key(path, original, task)
    answer = clean(without_our_marks(text, original))
    if not answer.strip():
        raise UnreadableReply("The answer is empty.")
    blocks = find_blocks(answer)
    if len(blocks) > MOST_BLOCKS:
        raise UnreadableReply("The answer has %d fenced blocks; %s." % (len(blocks), EXACTLY_ONE))
    wanted = None if holds_key else _wanted_files(answer, blocks)
    if wanted:
        return wanted
    draft = _draft(answer, blocks if holds_key else _that_answer(blocks, path), path, original, task)
    _check(draft.text, path, original)
    return draft


def gist(text: str, path: str) -> str:
    """What an answer says of the file, without the words around it, whatever the file is; else the answer as it is.

    Two answers of one gist say the same of it.
    """
    answer = clean(without_our_marks(text, None))
    blocks = find_blocks(answer)
    if len(blocks) > MOST_BLOCKS or _ASKS_FOR_FILES.match(blocks[0].text if blocks else answer):
        return text.strip()
    try:
        if has_edits(answer):
            return repr([(edit.search, edit.replace) for edit in parse_edits(answer)])
        if is_diff(answer.lstrip("\n")) or any(is_diff(block.text) for block in blocks):
            return "\n".join(block.text for block in blocks) or answer
        return file_block(answer, blocks, path).text.strip() if blocks else text.strip()
    except (RefusedDraft, UnreadableReply):
        return text.strip()


def _draft(answer: str, blocks: Sequence[Block], path: str, original: str | None, task: str) -> Draft:
    change: Change | None = read_edits(answer, blocks, path, original) or read_diff(answer, blocks, path, original)
    if change is not None:
        return Draft(path, change.edited.text, change.form, change.edited.matches)
    if not blocks:
        raise UnreadableReply("The answer has no fenced block and no edits; %s." % EXACTLY_ONE)
    text = file_block(answer, blocks, path, original).text.lstrip("\ufeff")
    return Draft(path, unwrapped(text, path, original, task))


def _wanted_files(answer: str, blocks: Sequence[Block]) -> NeedFiles | None:
    body = blocks[0].text if blocks else answer
    if len(blocks) > 1 or not _ASKS_FOR_FILES.match(body):
        return None
    members = parse_object(body)
    if members is None or list(members) != ["need_files"]:
        raise UnreadableReply("`need_files` must be the only key of its object.")
    return need_files(members)


def _that_answer(blocks: Sequence[Block], path: str) -> Sequence[Block]:
    """Those that can be the draft: one that asks for files beside others is neither a request nor the file."""
    if path.lower().endswith(MARKDOWN):
        return blocks
    return [block for block in blocks if not _ASKS_FOR_FILES.match(block.text)]


def _may_hold_the_key(path: str, original: str | None, task: str) -> bool:
    """Whether `{"need_files": ...}` could be the file itself: JSON that has the key, or is new and to have it."""
    return path.lower().endswith(_JSON) and ("need_files" in task if original is None else '"need_files"' in original)


def _check(new_text: str, path: str, original: str | None) -> None:
    if _SURROGATE.search(new_text):
        raise RefusedDraft("The text holds half of a surrogate pair, which is no character.", where=path)
    for character, what in _LOST.items():
        if character in new_text and character not in (original or ""):
            line = new_text.count("\n", 0, new_text.index(character)) + 1
            raise RefusedDraft("Line %d of the draft has %s." % (line, what), where=path, hint=_ESCAPE)
    if original is not None and original.strip() and not new_text.strip():
        raise RefusedDraft("The draft is empty, but the file is not to be deleted.", where=path)
    elision = find_elision(new_text, original, path=path)
    if elision:
        raise RefusedDraft(
            "Line %d of the draft, `%s`, stands for text that was left out; the file must be complete." % elision,
            where=path,
        )

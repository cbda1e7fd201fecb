"""A file's new text out of an answer that gives only what changes: SEARCH/REPLACE blocks, or a diff."""

from __future__ import annotations

from typing import Sequence

from orchestra.agents.beside_edits import is_of_another, leave_out
from orchestra.agents.blocks import Block
from orchestra.agents.whole_file import is_aside
from orchestra.dataclass import dataclass
from orchestra.errors import RefusedDraft, UnreadableReply
from orchestra.workspace.diff_blocks import FileDiff, is_diff, parse_diff
from orchestra.workspace.edit_blocks import first_edit, has_edits, lines_of_edits, parse_edits
from orchestra.workspace.edits import Edit, Edited, apply_edits
from orchestra.workspace.named_file import is_same_file, sole_path

_DIFF_INFO = ("diff", "udiff", "patch", "git-diff")
_MARKDOWN_INFO = ("markdown", "md", "mdx")
_DIFF_FILES = (".diff", ".patch", ".rej")
_MOST_REMARKS = 4
"""A block with more lines before its first marker is rather a file about such markers."""


@dataclass(frozen=True)
class Change:
    """What an answer makes of the file."""

    form: str
    """`edits` or `diff`."""
    edited: Edited


def read_edits(answer: str, blocks: Sequence[Block], path: str, original: str | None) -> Change | None:
    """The file with the answer's SEARCH/REPLACE blocks made; None where those are not the answer.

    Raises UnreadableReply for edits of another file and for edits where there is nothing to edit, RefusedDraft for
    those that cannot be made.
    """
    if not _answers_with_edits(answer, blocks, original):
        return None
    try:
        edits = parse_edits(answer, original)
        _check_file([edit.path for edit in edits], path)
        edited = apply_edits(original or "", edits) if (original or "").strip() else _new_text(edits)
        within = lines_of_edits(answer)
        beside = [block for block in blocks if block.first not in within and not has_edits(block.text)]
        _check_alone(beside, edited.text, path, original or "")
        return Change("edits", edited)
    except RefusedDraft:
        if _may_be_about_edits(answer, blocks, original):
            return None
        raise


def read_diff(answer: str, blocks: Sequence[Block], path: str, original: str | None) -> Change | None:
    """The file with the answer's diff applied; None where the answer has none. Raises as `read_edits` does."""
    # A whole Markdown file may hold diffs.
    if path.lower().endswith(_DIFF_FILES) or (blocks and blocks[0].info.lower() in _MARKDOWN_INFO):
        return None
    texts = [block for block in blocks if _is_diff(block, original)]
    if not texts and (blocks or not is_diff(answer.lstrip("\n"))):
        return None
    if _has_whole_file_too(blocks, texts, original):
        return None
    if texts and not texts[-1].is_closed:
        raise RefusedDraft("The answer is cut off: its diff has no end.", hint="answer with fewer lines of context")
    diffs = [diff for text in ([block.text for block in texts] or [answer]) for diff in parse_diff(text)]
    if not diffs:
        raise UnreadableReply("The diff changes nothing: it has no line that begins with + or -.")
    _check_file([diff.path for diff in diffs], path)
    return Change("diff", _patched(original, diffs))


def _is_diff(block: Block, original: str | None) -> bool:
    """Whether the block is labelled as a diff, or looks like one where there is something to change."""
    return block.info.lower().split(" ")[0] in _DIFF_INFO or (original is not None and is_diff(block.text))


def _patched(original: str | None, diffs: Sequence[FileDiff]) -> Edited:
    edits = tuple(edit for diff in diffs for edit in diff.edits)
    if not (original or "").strip():
        if not all(diff.only_adds for diff in diffs):
            raise _nothing_to_edit()
        return Edited("".join(edit.replace for edit in edits), ())
    return apply_edits(original or "", tuple(dict.fromkeys(edits)), noun="hunk")


def _new_text(edits: Sequence[Edit]) -> Edited:
    """Where there is nothing to search, one edit that searches for nothing is the whole file."""
    if len(edits) == 1 and not edits[0].search.strip():
        return Edited(edits[0].replace, ())
    raise _nothing_to_edit()


def _check_alone(blocks: Sequence[Block], edited: str, path: str, original: str) -> None:
    """Raises UnreadableReply where a block beside the edits may be the answer too, and makes something else."""
    lines = len(original.split("\n"))
    known = "".join("\n%s\n" % text.strip() for text in (original, edited))
    diffs = [block for block in blocks if _is_diff(block, original)]
    if leave_out(diffs, path, edited, original):
        raise UnreadableReply("The answer has edits and a diff of something else; give all changes as edits.")
    for block in blocks:
        is_other = _is_diff(block, original) or is_aside(block) or is_of_another(block, path)
        is_long = 3 * len(block.text.split("\n")) >= 2 * lines
        if is_long and not is_other and "\n%s\n" % block.text.strip() not in known:
            raise UnreadableReply("The answer has edits and a whole file that is not what they make; give one of them.")


def _nothing_to_edit() -> UnreadableReply:
    return UnreadableReply(
        "The file does not exist yet, or is empty, so there is nothing to edit; give it whole in one block."
    )


def _answers_with_edits(answer: str, blocks: Sequence[Block], original: str | None) -> bool:
    """Whether the markers are the answer's, not those of a file that is about such markers."""
    if not has_edits(answer):
        return False
    if original is None:
        return not blocks or _begins_with_edit(blocks[0])
    if not has_edits(original) or has_edits(_outside(answer, blocks)):
        return True
    within = [block for block in blocks if has_edits(block.text)]
    return any(_begins_with_edit(block) or not _holds_most_of(original, block.text) for block in within)


def _may_be_about_edits(answer: str, blocks: Sequence[Block], original: str | None) -> bool:
    """Whether edits that cannot be made may be text of a whole file that this change brings in."""
    if has_edits(_outside(answer, blocks)):
        return False
    within = [block for block in blocks if has_edits(block.text)]
    if len(within) != 1 or not within[0].is_closed or _begins_with_edit(within[0], _MOST_REMARKS):
        return False
    return _holds_most_of(original or "", within[0].text)


def _begins_with_edit(block: Block, most_remarks: int = 0) -> bool:
    """Whether the block's first lines are an edit's; above it may stand the name of its file, and remarks."""
    number = first_edit(block.text)
    if number is None:
        return False
    above = [line for line in block.text.split("\n")[:number] if line.strip() and sole_path(line) is None]
    return len(above) <= most_remarks


def _holds_most_of(original: str, text: str) -> bool:
    """Whether a text has two thirds of the file's lines, as the whole file would."""
    wanted = {line.strip() for line in original.split("\n")} - {""}
    return 3 * len(wanted & {line.strip() for line in text.split("\n")}) >= 2 * len(wanted)


def _outside(answer: str, blocks: Sequence[Block]) -> str:
    lines = answer.split("\n")
    kept: list[str] = []
    position = 0
    for block in blocks:
        kept += lines[position:block.first]
        position = block.last + 1
    return "\n".join(kept + lines[position:])


def _has_whole_file_too(blocks: Sequence[Block], diffs: Sequence[Block], original: str | None) -> bool:
    """Whether a block beside the diff is long enough to be the file, of which the diff then only tells."""
    told = {block.first for block in diffs}
    others = [block for block in blocks if block.first not in told and not is_aside(block)]
    longest = max((block.text.count("\n") for block in others), default=0)
    return bool(others) and (original is None or 3 * longest >= 2 * original.count("\n"))


def _check_file(said: Sequence[str | None], path: str) -> None:
    others = [name for name in said if name is not None and not is_same_file(name, path)]
    if others:
        raise UnreadableReply(
            "The edits are for %s, but the file asked for is `%s`; answer for that one only."
            % (", ".join("`%s`" % name for name in dict.fromkeys(others)), path)
        )

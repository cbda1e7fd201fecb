"""What diffs beside an answer's edits say of its file, and whether the edits leave it out."""

from __future__ import annotations

from typing import Sequence

from orchestra.agents.blocks import Block
from orchestra.records import MATCHES
from orchestra.workspace.diff_blocks import parse_diff
from orchestra.workspace.edit_matching import Haystack, find_match
from orchestra.workspace.edits import Edit
from orchestra.workspace.named_file import is_same_file, path_in_info, sole_path

_MOST_HUNKS = 20
"""More are not looked at: whoever shows so many may show anything."""


def is_of_another(block: Block, path: str, said: str | None = None) -> bool:
    """Whether `said`, or else the fence, or else the line above the block, names another file."""
    said = said or path_in_info(block.info) or sole_path(block.lead)
    return said is not None and not is_same_file(said, path)


def leave_out(diffs: Sequence[Block], path: str, edited: str, original: str) -> bool:
    """Whether a hunk fits the file as the edits made it, or as it was, but is not what they made."""
    told = [(block, diff) for block in diffs for diff in parse_diff(block.text)]
    hunks = [edit for block, diff in told if not is_of_another(block, path, diff.path) for edit in diff.edits]
    if len(hunks) > _MOST_HUNKS:
        return True
    now, before = Haystack(tuple(edited.split("\n"))), Haystack(tuple(original.split("\n")))
    return any(_is_left_out(hunk, now, before) for hunk in hunks)


def _is_left_out(hunk: Edit, now: Haystack, before: Haystack) -> bool:
    """It may show one edit of several, with the lines around it as they were: so it counts without those too."""
    bare = _without_context(hunk)
    if any(_is_made(each, now, before) for each in {hunk, bare}):
        return False
    return any(_places(file, hunk) or (bare != hunk and _places(file, bare) == 1) for file in (now, before))


def _is_made(hunk: Edit, now: Haystack, before: Haystack) -> bool:
    """Whether the new lines have come in, or the old have gone."""
    old, new = _lines(hunk.search), _lines(hunk.replace)
    for how in MATCHES:
        is_there = _has(now, new, how)
        if is_there and not _has(before, new, how):
            return True
        if (is_there or not new) and _has(before, old, how) and not _has(now, old, how):
            return True
    return False


def _has(file: Haystack, lines: Sequence[str], how: str) -> bool:
    return any(line.strip() for line in lines) and next(file.find(lines, how), None) is not None


def _places(file: Haystack, hunk: Edit) -> int:
    """At how many places the hunk could be made."""
    match = find_match(file, _lines(hunk.search), _lines(hunk.replace)) if hunk.search.strip() else None
    return len(match.places) if match else 0


def _without_context(hunk: Edit) -> Edit:
    old, new = _lines(hunk.search), _lines(hunk.replace)
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    return Edit(_joined(old), _joined(new))


def _lines(part: str) -> list[str]:
    return part.split("\n")[:-1]


def _joined(lines: Sequence[str]) -> str:
    return "".join(line + "\n" for line in lines)

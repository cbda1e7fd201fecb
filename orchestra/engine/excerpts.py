"""Parts of files that are too long to be shown whole: the lines that are asked for, or those a task speaks of."""

from __future__ import annotations

from typing import Callable

from orchestra.adapters.tokens import estimate_tokens
from orchestra.agents.quoting import FENCE_TOKENS, ShownFile, one_line, show_files
from orchestra.workspace.languages.interpreters import LONGEST_LINE
from orchestra.workspace.repo_map.excerpts import Page, Room, asked_for, excerpt
from orchestra.workspace.repo_map.grammar import grammar_of
from orchestra.workspace.repo_map.windows import has_long_lines, windows

MOST_TOKENS = 4_000
"""Of one file, where no lines are asked for."""
_HEADING_TOKENS = 20


def parts_of(
    file: ShownFile, tokens: int, *, about: str, hide: Callable[[str], str], always: bool
) -> ShownFile | None:
    """With at most so many tokens; `always` also where nothing in it has to do with what it is `about`.

    The secrets are taken out of the whole file: of one that is cut in two no part may look like it. Lines count in the
    text as it is shown.
    """
    frame = FENCE_TOKENS + _HEADING_TOKENS + estimate_tokens(one_line(file.path))
    if tokens <= 3 * frame:
        return None
    text = hide(file.text)
    page = Page(file.path, text, grammar_of(file.path, text[:LONGEST_LINE]))
    # The words below the last part name the file twice.
    room = Room(page.lines, tokens - 2 * frame, frame, estimate_tokens)
    lines = asked_for(page, file.lines, room)
    is_there = any(first <= end and begin <= last for first, last in lines for begin, end in file.lines)
    if not is_there and has_long_lines(page.lines):
        left = min(tokens - 2 * frame, MOST_TOKENS)
        text = windows(text, about, left, estimate_tokens, always=always or bool(file.lines))
        return ShownFile(file.path, text, is_cut=True) if text else None
    if not lines:
        lines = excerpt(page, about, room.narrowed(MOST_TOKENS), always=always)
    shown = ShownFile(file.path, text, lines)
    return shown if lines and estimate_tokens(show_files([shown])) <= tokens else None

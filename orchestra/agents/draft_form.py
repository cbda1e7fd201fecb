"""In which form a draft is asked for: the whole file, edits, or either."""

from __future__ import annotations

MOST_CHARACTERS = 24_000
MOST_LINES = 600
"""A file up to this size, some 6,000 tokens, may come whole; models copy a longer one neither fast nor faithfully."""


def form_wanted(original: str | None, *, wants_whole: bool = False) -> str:
    """The sentence that asks for one of the forms of draft_form.txt; `wants_whole` where edits have failed."""
    if original is None:
        return "This file does not exist yet: answer with the whole file."
    if not original.strip():
        return "This file is empty: answer with the whole file."
    if wants_whole:
        return (
            "Edits did not fit this file, more than once: answer with the whole file this time, every line of it, and "
            "with no edits. Copy exactly what does not change."
        )
    if len(original) > MOST_CHARACTERS or original.count("\n") > MOST_LINES:
        return "This file is long: answer with edits, not with the whole file."
    return "This file exists: answer with edits, or with the whole file if most of its lines change."

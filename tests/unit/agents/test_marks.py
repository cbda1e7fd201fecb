from __future__ import annotations

import pytest

from orchestra.adapters.fences import fence
from orchestra.agents.draft_reply import read_draft
from orchestra.agents.marks import without_our_marks
from orchestra.records import Draft

TEXT = "def f():\n    return 1\n"
MARKED = fence(TEXT)


@pytest.mark.parametrize("answer", [
    f"{MARKED}\n", f"Here.\n\n{MARKED}\nDone.\n", f"```python\n{MARKED}\n```\n", f"~~~\n{MARKED}\n~~~\n",
    "Here:\n```\n" + MARKED + "\n```\nand that is all.\n",
])
def test_marks_that_a_model_copies_reach_no_file(answer: str) -> None:
    assert read_draft(answer, "a.py", None) == Draft("a.py", TEXT)


def test_a_file_that_has_such_lines_keeps_them() -> None:
    assert without_our_marks(f"```\n{MARKED}\n```\n", MARKED) == f"```\n{MARKED}\n```\n"


@pytest.mark.parametrize("alone", [MARKED.partition("\n")[0], MARKED.rpartition("\n")[2]])
def test_a_mark_that_stands_alone_reaches_no_file(alone: str) -> None:
    assert read_draft(f"```\n{TEXT}{alone}\n```\n", "a.py", None) == Draft("a.py", TEXT)


def test_what_only_looks_like_a_mark_keeps_nobody_from_taking_marks_away() -> None:
    page = "<data-table>\n</data-table>\n"
    assert read_draft(f"```\n{fence(page)}\n```\n", "a.html", page) == Draft("a.html", page)


@pytest.mark.parametrize("answer", ["", "plain", "<data-1>\nx\n</data-1>", "<data-table>\n</data-table>"])
def test_what_is_no_mark_stays(answer: str) -> None:
    assert without_our_marks(answer, None) == answer

"""The law of drafts: a file between fences, or between marks as ours, is read back whole, unless it lost characters."""

from __future__ import annotations

import pytest

from orchestra.adapters.fences import fence
from orchestra.agents.draft_reply import read_draft
from orchestra.errors import OrchestraError
from orchestra.records import Draft
from tests.fuzz.replies import fenced

pytest.importorskip("hypothesis")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

LINES = st.one_of(
    st.sampled_from(["```", "```py", "````", "~~~", "~~~ x", "  ```", "# T", "", "</think>", "{", "}", '"a"', "\t"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0\ufffd"), max_size=8),
)
FILES = st.lists(LINES, max_size=12).map(lambda lines: "".join(line + "\n" for line in lines))
PATHS = st.sampled_from(["a.py", "README.md", "a.json", "Makefile"])


@settings(deadline=None)
@given(FILES, PATHS)
def test_a_quoted_file_is_read_back(text: str, path: str) -> None:
    answer = "Here it is.\n\n%s\n" % fenced(text)
    assert read_draft(answer, path, None) == Draft(path, text.lstrip("\ufeff"))


@settings(deadline=None)
@given(FILES, PATHS)
def test_a_file_between_marks_is_read_back(text: str, path: str) -> None:
    answer = "Here it is.\n\n%s\n" % fence(text)
    assert read_draft(answer, path, None) == Draft(path, text.lstrip("\ufeff"))


@settings(deadline=None)
@given(st.one_of(st.text(), FILES), PATHS)
def test_any_answer_is_read_or_refused(text: str, path: str) -> None:
    try:
        read_draft(text, path, "a = 1\n")
    except OrchestraError as error:
        assert error.code in ("unreadable-reply", "refused-draft", "unfit-edits")

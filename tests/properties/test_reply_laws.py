"""The fuzzer's laws, with hypothesis to look for what breaks them and to make it small."""

from __future__ import annotations

import random
from typing import Callable

import pytest

from orchestra.agents.draft_reply import read_draft
from orchestra.errors import RefusedDraft, UnreadableReply
from orchestra.records import Draft
from tests.fuzz.replies import LAWS

pytest.importorskip("hypothesis")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402


@pytest.mark.parametrize("law", sorted(set(LAWS), key=lambda law: law.__name__), ids=lambda law: law.__name__)
def test_a_law_of_the_fuzzer_holds(law: Callable[[random.Random], str]) -> None:
    @settings(max_examples=60)
    @given(st.randoms(use_true_random=False))
    def holds(chance: random.Random) -> None:
        law(chance)

    holds()


@given(st.binary(max_size=200), st.sampled_from(["a.py", "README.md", "a.json"]), st.none() | st.text(max_size=40))
def test_any_bytes_are_read_or_refused(content: bytes, path: str, original: str | None) -> None:
    try:
        read_draft(content.decode("utf-8", "surrogateescape"), path, original)
    except (UnreadableReply, RefusedDraft):
        pass


@given(st.lists(st.text(st.characters(exclude_characters="\r\n\0\ufffd"), max_size=20), max_size=20))
def test_a_whole_file_in_a_longer_fence_is_read_back_whatever_it_holds(lines: list[str]) -> None:
    text = "".join("| %s\n" % line.encode("utf-8", "ignore").decode() for line in lines)
    longest = max((len(line) for line in lines), default=0)
    fence = "`" * (longest + 3)
    found = read_draft("%s\n%s%s" % (fence, text, fence), "a.txt", None)
    assert found == Draft("a.txt", text)

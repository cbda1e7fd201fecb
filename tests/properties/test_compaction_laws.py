"""Laws of compaction: whatever the prompt, and however little room there is for it."""

from __future__ import annotations

from typing import Sequence

import pytest

from orchestra.adapters.adapter import Message, Request, Segment
from orchestra.adapters.compaction import STRATEGIES, Compaction, compact_prompt
from orchestra.adapters.shortening.passages import split
from orchestra.adapters.shortening.sentences import split_sentences
from orchestra.errors import ContextExceeded

pytest.importorskip("hypothesis")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

LINES = st.one_of(
    st.sampled_from([
        "", "", "   ", "```", "```python", "````", "~~~", "  ```", "=== a.py", "=== notes.md", "=== run.log", "=== ",
        "import os", "def f(a, b):", "    return a  ", "class A {", "}", "# A heading", "- an item", "| a | b |",
        "In order to begin, you must never wait. Please note that it is very late. The weather is nice.",
        "A line of some length that may well be written down more than once in a prompt of ours.",
        "必须检查返回值。如果为空，那么不得继续。", "x = 1\r", "[signatures of 3 lines]", "[...]", "[2 repeated lines left out]",
        "a" * 700, "word " * 200, "\ud800\U0001f600\u2028\x0b\x85",
    ]),
    st.text(max_size=40),
)
TEXTS = st.builds(
    lambda lines, times, ending: "\n".join(lines * times) + ending,
    st.lists(LINES, max_size=12), st.sampled_from([1, 1, 1, 2, 40]), st.sampled_from(["", "\n"]),
)
SEGMENTS = st.builds(Segment, st.sampled_from(["a", "b"]), TEXTS, st.booleans())
REQUESTS = st.builds(
    lambda rules, messages, shared: Request(rules, messages, shared=shared), st.sampled_from(["", "Be brief."]),
    st.lists(
        st.builds(Message, st.sampled_from(["user", "assistant"]), st.lists(SEGMENTS, max_size=4).map(tuple)),
        min_size=1, max_size=3,
    ).map(tuple),
    st.lists(SEGMENTS, max_size=3).map(tuple),
)
SHARES = st.sampled_from([0.0, 0.2, 0.5, 0.8, 0.99])


def _compacted(request: Request, share: float) -> tuple[Compaction, int]:
    """The compaction to a share of what may be shortened, and its target."""
    least = _protected_tokens(request)
    target = least + int(share * (request.estimated_tokens - least))
    return compact_prompt(request, target), target


def _protected_tokens(request: Request) -> int:
    def protected(segments: Sequence[Segment]) -> tuple[Segment, ...]:
        return tuple(segment for segment in segments if segment.protected)

    turns = tuple(Message(message.role, protected(message.segments)) for message in request.messages)
    return Request(request.rules, turns, shared=protected(request.shared)).estimated_tokens


@settings(max_examples=200)
@given(REQUESTS, SHARES)
def test_protected_segments_come_out_byte_for_byte_and_all_keep_their_places(request: Request, share: float) -> None:
    compaction, _ = _compacted(request, share)
    before, after = request.segments, compaction.compacted_prompt.segments
    assert [(one.name, one.protected) for one in after] == [(one.name, one.protected) for one in before]
    assert all(one == other for one, other in zip(before, after) if one.protected)
    assert [message.role for message in compaction.compacted_prompt.messages] == [
        message.role for message in request.messages
    ]


@settings(max_examples=200)
@given(REQUESTS, SHARES)
def test_no_prompt_gets_longer_and_the_figures_are_true(request: Request, share: float) -> None:
    compaction, _ = _compacted(request, share)
    assert compaction.before_tokens == request.estimated_tokens
    assert compaction.after_tokens == compaction.compacted_prompt.estimated_tokens <= compaction.before_tokens
    assert (compaction.strategies == ()) is (compaction.compacted_prompt == request)
    assert set(compaction.strategies) <= {name for name, _ in STRATEGIES}


@settings(max_examples=100)
@given(REQUESTS, SHARES)
def test_the_target_is_met_or_nothing_more_can_be_taken(request: Request, share: float) -> None:
    compaction, target = _compacted(request, share)
    if compaction.after_tokens > target:
        assert compact_prompt(compaction.compacted_prompt, target).after_tokens == compaction.after_tokens


@settings(max_examples=100)
@given(REQUESTS, SHARES, SHARES)
def test_compacting_twice_changes_nothing_or_shrinks_further(request: Request, share: float, other: float) -> None:
    once, target = _compacted(request, share)
    shorter = once.compacted_prompt
    assert compact_prompt(shorter, max(target, once.after_tokens)).compacted_prompt == shorter
    assert _compacted(shorter, other)[0].after_tokens <= once.after_tokens


@given(REQUESTS, SHARES)
def test_the_same_prompt_comes_out_the_same(request: Request, share: float) -> None:
    assert _compacted(request, share) == _compacted(request, share)


@given(REQUESTS, st.integers(-10, 2000))
def test_nothing_is_raised_but_that_the_protected_part_is_too_long(request: Request, target: int) -> None:
    try:
        compact_prompt(request, target)
    except ContextExceeded:
        assert _protected_tokens(request) > target


@settings(max_examples=200)
@given(TEXTS)
def test_passages_and_sentences_joined_are_the_text(text: str) -> None:
    assert "".join(passage.text for passage in split(text)) == text
    assert "".join(split_sentences(text)) == text

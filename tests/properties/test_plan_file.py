"""The law of the plan file: parse after render is the identity."""

from __future__ import annotations

import pytest

from orchestra.agents.plan_file import parse_plan, render_plan
from orchestra.agents.plan_json import plan_from_json, plan_hash, plan_to_json
from orchestra.records import ACTIONS, CommitIntent, Plan, PlannedFile

pytest.importorskip("hypothesis")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

PIECES = st.sampled_from([
    "# Plan", "## create a.py", "## Tests", "## Commit", "### Deeper", "#", "- ", "* item", "  - nested", "```",
    "```text",
    "````json", "~~~", "```python x", "``", "Task: x", "Task:", "- Session: s", "Hash: 0", "Depends on:", "criteria: y",
    "Type: feat", "Subject:", "feat(a): b", "\n", "\n\n", "\r\n", "\r", " ", "\t", '"quoted"', '"', "`src/a.py`", "改动",
    "\u3000", "\u2028", "\x85", "\ufeff", "\x00", "\\u0041", "ends", "===", "---",
])
TEXTS = st.one_of(
    st.text(),
    st.lists(PIECES, max_size=6).map("".join),
    st.lists(PIECES, max_size=6).map("\n".join),
    st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=5).map("\n".join),
)
LISTS = st.lists(TEXTS, max_size=3).map(tuple)
FILES = st.builds(PlannedFile, TEXTS, st.sampled_from(ACTIONS), TEXTS, LISTS, LISTS)
PLANS = st.builds(
    Plan, TEXTS, st.lists(FILES, max_size=3).map(tuple), LISTS, st.builds(CommitIntent, TEXTS, TEXTS, TEXTS, TEXTS)
)


@settings(max_examples=200, deadline=None)
@given(PLANS, st.one_of(st.none(), TEXTS), TEXTS)
def test_what_is_rendered_is_parsed_back(plan: Plan, session_id: str | None, task: str) -> None:
    parsed = parse_plan(render_plan(plan, session_id=session_id, task=task))
    assert (parsed.plan, parsed.task, parsed.session_id) == (plan, task, session_id)
    assert parsed.hash == plan_hash(plan)
    assert not parsed.edited


@settings(max_examples=200, deadline=None)
@given(PLANS, TEXTS)
def test_windows_line_ends_change_nothing(plan: Plan, task: str) -> None:
    rendered = render_plan(plan, session_id="s", task=task)
    assert parse_plan(rendered.replace("\n", "\r\n")) == parse_plan(rendered)


@settings(deadline=None)
@given(PLANS)
def test_json_gives_back_the_plan(plan: Plan) -> None:
    assert plan_from_json(plan_to_json(plan)) == plan


@settings(deadline=None)
@given(PLANS, PLANS)
def test_plans_are_equal_exactly_where_their_hashes_are(one: Plan, other: Plan) -> None:
    assert (plan_hash(one) == plan_hash(other)) == (one == other)

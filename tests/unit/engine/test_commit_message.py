from __future__ import annotations

import pytest

from orchestra.engine.commit_message import commit_message
from orchestra.records import CommitIntent, Plan


def message(
    type: str = "feat", scope: str = "cli", subject: str = "add a flag", body: str = "", *, summary: str = "A summary",
    template: str | None = None,
) -> str:
    plan = Plan(summary, (), commit=CommitIntent(type, scope, subject, body))
    return commit_message(plan, template=template, session_id="s-1")


def test_a_message_is_conventional() -> None:
    assert message(body="Because.\n\nAnd so on.") == "feat(cli): add a flag\n\nBecause.\n\nAnd so on.\n"


def test_without_scope_and_body_they_are_left_out() -> None:
    assert message("fix", "") == "fix: add a flag\n"


@pytest.mark.parametrize(
    ("type", "written"), [("", "feat"), ("Fix", "fix"), ("fix!\n", "fix"), ("123", "feat"), ("feat: ", "feat")]
)
def test_the_type_is_one_word_in_lower_case(type: str, written: str) -> None:
    assert message(type, "") == f"{written}: add a flag\n"


@pytest.mark.parametrize(
    ("subject", "summary", "written"),
    [("", "A summary", "A summary"), (" \n", "A\nsummary", "A summary"), ("", "", "carry out the plan")],
)
def test_the_summary_stands_in_for_a_subject(subject: str, summary: str, written: str) -> None:
    assert message("feat", "", subject, summary=summary) == f"feat: {written}\n"


def test_the_first_line_has_at_most_72_characters_and_ends_at_a_word() -> None:
    first = message(subject="word " * 40).splitlines()[0]
    assert len(first) <= 72
    assert first.endswith("word...")


@pytest.mark.parametrize("subject", ["x" * 200, "\u6587" * 100, "add " + "x" * 200])
def test_a_subject_without_a_blank_is_cut_and_not_lost(subject: str) -> None:
    first = message(subject=subject).splitlines()[0]
    assert len(first) <= 72
    assert subject[:30].split()[0] in first
    assert len(first) > 60 or " " in subject


def test_a_long_scope_leaves_room_for_some_of_the_subject() -> None:
    assert "add a flag" in message(scope="s" * 80)


def test_what_a_model_wrote_cannot_add_lines_or_control_characters() -> None:
    first, *rest = message(scope="a)\n(b", subject="one\n\ntwo\x1b[31m", body="a\x00b\x1b[0m").splitlines()
    assert first == "feat(a) (b): one two"
    assert rest == ["", "ab"]


def test_a_template_is_filled_and_other_braces_stay() -> None:
    template = "[{type}/{scope}] {subject}\n\n{body}\n\nSession: {session} {other} {}"
    assert message(body="Why.", template=template) == "[feat/cli] add a flag\n\nWhy.\n\nSession: s-1 {other} {}\n"


def test_braces_of_the_model_are_not_filled() -> None:
    assert message(subject="use {session}", template="{subject}") == "use {session}\n"


def test_what_turns_a_line_around_or_steers_a_terminal_is_left_out() -> None:
    written = message(subject="a\u202eb\x9b31m\u2028c", body="d\u2066e\x1b[2Jf\x85")
    assert written == "feat(cli): a b c\n\ndef\n"


@pytest.mark.parametrize(("subject", "written"), [
    ("make \x1b[1;31mred\x1b[0m", "make red"), ("a\x1b]8;;http://x.y\x07link\x1b]8;;\x07 b", "alink b"),
    ("a \x1b]0;title\x1b\\b", "a b"), ("a \x9d0;title\x9cb", "a b"), ("ring\x07 it", "ring it"),
    ("not \x1b]closed", "not ]closed"), ("array[0m] of \u65e5", "array[0m] of \u65e5"),
])
def test_of_what_steers_a_terminal_nothing_is_left_over(subject: str, written: str) -> None:
    assert message(subject=subject) == f"feat(cli): {written}\n"


def test_a_message_fits_one_argument_of_a_command() -> None:
    huge = "\u20ac" * 1_000_000
    for template in (None, "{type} {scope} {subject} {body}"):
        written = message(huge, huge, huge, huge, summary=huge, template=template)
        assert len(written.encode("utf-8")) < 128 * 1024  # MAX_ARG_STRLEN of Linux

"""Which form of a draft is asked for."""

from __future__ import annotations

from orchestra.agents.draft_form import MOST_CHARACTERS, MOST_LINES, form_wanted


def test_a_file_that_is_not_there_or_empty_is_asked_for_whole() -> None:
    assert "whole file" in form_wanted(None) and "edits" not in form_wanted(None)
    assert "edits" not in form_wanted(" \n")


def test_edits_are_asked_for_where_there_is_something_to_edit() -> None:
    assert form_wanted("a\n").startswith("This file exists: answer with edits, or")


def test_a_long_file_is_not_to_come_whole() -> None:
    for text in ("a\n" * (MOST_LINES + 1), "a" * (MOST_CHARACTERS + 1)):
        assert form_wanted(text) == "This file is long: answer with edits, not with the whole file."


def test_the_whole_file_is_asked_for_where_edits_have_failed_however_long_it_is() -> None:
    assert "answer with the whole file this time" in form_wanted("a\n" * 9999, wants_whole=True)

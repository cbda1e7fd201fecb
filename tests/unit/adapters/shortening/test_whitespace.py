from __future__ import annotations

import pytest

from orchestra.adapters.shortening.passages import Kind, Passage
from orchestra.adapters.shortening.whitespace import drop_blanks


def _without_blanks(text: str, kind: Kind = Kind.PROSE) -> str:
    (passage,) = drop_blanks([Passage(kind, text)], 1)
    return passage.text


def test_blanks_at_line_ends_and_second_blank_lines_go() -> None:
    text = "one  \t\n\n  \n\n\ntwo   \r\nthree"
    assert _without_blanks(text, Kind.CODE) == "one\n\ntwo\nthree"


def test_indentation_stays_everywhere() -> None:
    text = "- one\n      - two  \n\tthree\n"
    assert _without_blanks(text) == "- one\n      - two\n\tthree\n"


def test_prose_keeps_one_blank_between_words() -> None:
    assert _without_blanks("one    two \t three") == "one two three"


@pytest.mark.parametrize("kind", [Kind.CODE, Kind.LINES])
def test_code_and_lines_keep_the_blanks_between_words(kind: Kind) -> None:
    assert _without_blanks("a    = 1\nbb   = 2  \n", kind) == "a    = 1\nbb   = 2\n"


def test_what_stands_between_backticks_keeps_its_blanks() -> None:
    assert _without_blanks("set  `a  =  1`  and  go") == "set `a  =  1` and go"


def test_the_blanks_before_what_follows_in_the_same_line_stay() -> None:
    assert _without_blanks("  \nindented:\n    ", Kind.CODE) == "\nindented:\n    "


@pytest.mark.parametrize("kind", [Kind.PROTECTED, Kind.FRAME])
def test_what_is_fixed_keeps_every_blank(kind: Kind) -> None:
    assert _without_blanks("one   \n\n\n\n", kind) == "one   \n\n\n\n"

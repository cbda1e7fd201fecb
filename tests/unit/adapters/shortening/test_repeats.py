from __future__ import annotations

import pytest

from orchestra.adapters.shortening.passages import Kind, Passage
from orchestra.adapters.shortening.repeats import drop_repeats

LINES = [
    "def first_of_them(argument):", "    value = compute_something(argument)", "", "    return value.with_more_words()",
]
BLOCK = "\n".join(LINES) + "\n"


def _after(*texts: str | Passage) -> list[str]:
    passages = [text if isinstance(text, Passage) else Passage(Kind.CODE, text) for text in texts]
    return [passage.text for passage in drop_repeats(passages, 1)]


def test_lines_that_stood_in_an_earlier_passage_become_a_note() -> None:
    assert _after(BLOCK, "other\n" + BLOCK + "end\n") == [BLOCK, "other\n[4 repeated lines left out]\nend\n"]


def test_lines_that_stand_in_a_protected_passage_further_down_become_a_note() -> None:
    protected = Passage(Kind.PROTECTED, "before\n" + BLOCK)
    assert _after(BLOCK, protected) == ["[4 repeated lines left out]\n", protected.text]


def test_indentation_and_line_endings_do_not_tell_lines_apart() -> None:
    other = "".join("    " + line + "\r\n" for line in LINES)
    assert _after(BLOCK, other)[1] == "[4 repeated lines left out]\n"


def test_what_is_repeated_at_once_is_left_out_after_its_first_time() -> None:
    line = "the same line again, as logs have it\n"
    assert _after(line * 10) == [line + "[9 repeated lines left out]\n"]


@pytest.mark.parametrize("text", [
    "}\n" * 100, "    return value.with_more_words()\n", "x = 1\ny = 2\n" * 6,
], ids=["brackets", "one short line", "short lines"])
def test_a_repeat_that_is_short_stays(text: str) -> None:
    assert _after(BLOCK + text, text)[1] == text


def test_a_repeat_does_not_go_on_from_one_passage_to_the_next() -> None:
    half = "\n".join(LINES[:2]) + "\n"
    rest = "\n".join(LINES[2:]) + "\n"
    assert _after(BLOCK, half, rest) == [BLOCK, half, rest]


def test_what_is_fixed_stays_though_it_is_repeated() -> None:
    frame = Passage(Kind.FRAME, "=== " + "long/" * 20 + "name.py\n")
    protected = Passage(Kind.PROTECTED, BLOCK)
    assert _after(protected, frame, frame, protected) == [BLOCK, frame.text, frame.text, BLOCK]


def test_blank_lines_behind_a_repeat_stay() -> None:
    assert _after(BLOCK + "\n\na\n", BLOCK + "\n\nb\n")[1] == "[4 repeated lines left out]\n\n\nb\n"

from __future__ import annotations

import pytest

from orchestra.views.screen.cell_text import clip, fold, harmless, padded, width_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"), ("a\tb", "a    b"), ("a\x1b[31mb", "a?[31mb"), ("a\nb\r", "a?b?"), ("\x9b2J", "?2J"),
        ("e\u0301", "é"), ("x\u0301\u0301\u0301", "x"), ("a\u202eb", "a?b"), ("a\u200db", "a?b"), ("\ud800", "?"),
        ("\u2028", "?"), ("\u1112\u1161\u11ab", "한"), ("a\u1161", "a?"), ("\U0001f1e9\U0001f1ea", "??"),
        ("\ufeff", "?"), ("说明", "说明"), ("\ue000", "?"), ("❤\ufe0f", "❤"),
    ],
)
def test_what_steers_a_terminal_or_has_no_width_is_no_more(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_wide_characters_take_two_cells() -> None:
    assert [width_of(text) for text in ("ab", "说明", "aﾊ", "🎉")] == [2, 4, 2, 2]


@pytest.mark.parametrize(
    ("text", "width", "end", "start"),
    [
        ("abcdef", 6, "abcdef", "abcdef"), ("abcdef", 4, "abc~", "~def"), ("abcdef", 1, "~", "~"),
        ("abcdef", 0, "", ""), ("说明书", 5, "说明~", "~明书"), ("说明书", 4, "说~", "~书"), ("说", 1, "~", "~"),
    ],
)
def test_what_does_not_fit_is_cut_at_its_end_or_at_its_start(text: str, width: int, end: str, start: str) -> None:
    assert (clip(text, width), clip(text, width, keeps_end=True)) == (end, start)


def test_padding_fills_cells_and_not_characters() -> None:
    assert padded("说", 4) == "说  "
    assert padded("说明书", 4) == "说~ "


def test_folding_loses_nothing_and_keeps_every_line() -> None:
    assert fold(["abcdef", "", "说明书"], 4) == [["abcd", "ef"], [""], ["说明", "书"]]


def test_a_screen_too_narrow_for_a_wide_character_still_ends() -> None:
    assert fold(["说明"], 1) == [["说", "明"]]

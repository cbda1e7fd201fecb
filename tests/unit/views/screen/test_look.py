from __future__ import annotations

import pytest

from orchestra.views.screen.board import Row
from orchestra.views.screen.look import Sheet, index_of, move_of, scrolled, selected_after
from tests.unit.fake_clock import START

ROWS = [Row(path, "executor", START) for path in "abcdefgh"]


@pytest.mark.parametrize(
    ("move", "selected"),
    [("up", "c"), ("down", "e"), ("page up", "a"), ("page down", "h"), ("home", "a"), ("end", "h")],
)
def test_a_movement_selects_another_row_and_stays_in_the_list(move: str, selected: str) -> None:
    assert selected_after(ROWS, "d", move, 5) == selected


def test_no_movement_leaves_the_list() -> None:
    assert [selected_after(ROWS, "a", move, 5) for move in ("up", "page up", "home")] == ["a"] * 3
    assert [selected_after(ROWS, "h", move, 5) for move in ("down", "page down", "end")] == ["h"] * 3


def test_what_is_selected_stays_so_when_rows_come_and_go() -> None:
    assert index_of(ROWS[2:], "d") == 1
    assert index_of(ROWS, "gone") == index_of(ROWS, None) == 0
    assert selected_after([], "a", "down", 5) is None


def test_a_sheet_scrolls_to_its_last_row_and_no_further() -> None:
    sheet = Sheet.of("t", "\n".join("0123456789"), width=20)
    tops = [scrolled(sheet, move, 4).top for move in ("up", "down", "page down", "end")]
    assert tops == [0, 1, 4, 6]
    assert scrolled(scrolled(sheet, "end", 4), "down", 4).top == 6
    assert scrolled(sheet, "end", 40).top == 0


def test_folding_anew_stays_within_the_sheet() -> None:
    sheet = scrolled(Sheet.of("t", "x" * 100, width=10), "end", 1)
    assert sheet.top == 9
    assert sheet.folded(50).top == 1


def test_rows_of_a_patch_have_the_attribute_of_their_line() -> None:
    sheet = Sheet.of("t", "+ab-cd\n-ef\n@@\n gh", width=3, is_patch=True)
    assert sheet.rows == (("+ab", "good"), ("-cd", "good"), ("-ef", "bad"), ("@@", "dim"), (" gh", ""))
    assert {attribute for _, attribute in Sheet.of("t", "+ab", width=9).rows} == {""}


def test_letters_move_too() -> None:
    assert [move_of(key) for key in ("j", "G", "page up", "q")] == ["down", "end", "page up", None]

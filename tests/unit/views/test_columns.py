from __future__ import annotations

from orchestra.views.columns import aligned


def test_cells_begin_under_each_other_and_nothing_trails() -> None:
    assert aligned([["a", "bbb", "c"], ["aaa", "b", ""]]) == ["a    bbb  c", "aaa  b"]


def test_figures_end_under_each_other() -> None:
    assert aligned([["a", "1"], ["b", "100"]], right={1}) == ["a    1", "b  100"]


def test_rows_may_be_of_different_lengths_or_none() -> None:
    assert aligned([["a"], ["b", "c"]]) == ["a", "b  c"]
    assert aligned([]) == []


def test_characters_of_two_cells_count_twice() -> None:
    rows = [["\u65e5\u672c.py", "1"], ["plain.py", "12"]]
    assert aligned(rows, right=(1,)) == ["\u65e5\u672c.py    1", "plain.py  12"]

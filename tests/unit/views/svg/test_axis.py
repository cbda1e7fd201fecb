from __future__ import annotations

import math

import pytest

from orchestra.views.svg.axis import Scale, marks
from orchestra.views.svg.lines import line_chart
from orchestra.views.svg.markup import element, escaped, shortened


@pytest.mark.parametrize("largest", [1e-9, 0.003, 0.7, 1, 9.99, 10, 1234, 5e12])
def test_marks_are_few_begin_at_nothing_and_reach_the_largest(largest: float) -> None:
    found = marks(largest)
    assert found[0] == 0 and found[-1] >= largest * (1 - 1e-6) and 2 <= len(found) <= 8


@pytest.mark.parametrize("largest", [0, -1, math.nan, math.inf])
def test_without_a_sensible_value_there_is_an_axis_all_the_same(largest: float) -> None:
    assert marks(largest) == [0.0, 1.0]


@pytest.mark.parametrize("largest", [1, 2, 3, 7, 11, 25])
def test_what_is_counted_has_whole_marks(largest: int) -> None:
    assert all(mark == int(mark) for mark in marks(largest, whole=True))


def test_a_scale_keeps_within_its_stretch() -> None:
    scale = Scale(10, 100, 200)
    assert [scale.at(value) for value in (-5, 0, 5, 10, 99)] == [100, 100, 150, 200, 200]


def test_values_of_attributes_are_escaped_and_absent_ones_left_out() -> None:
    assert element("a", class_='"><b', x=1.50, y=None) == '<a class="&quot;&gt;&lt;b" x="1.5"></a>'


def test_what_no_document_may_hold_is_replaced() -> None:
    assert escaped("a\x00\u202e\ud800<'") == "a???&lt;&#39;"


def test_a_long_name_keeps_its_end() -> None:
    assert shortened("some/long/path/file.py", 10) == "…h/file.py" and shortened("a.py", 10) == "a.py"


def test_labels_below_a_line_leave_each_other_room() -> None:
    periods = [f"2026-11-22 {number:04}" for number in range(300)]
    chart = line_chart(
        periods, {"a": {period: 1.0 for period in periods}}, x_axis="x", y_axis="y", say=str, limit=("aim", 2)
    )
    assert chart.count("<circle") == 300 and 2 <= chart.count('class="mark">2026-') <= 12


def test_one_point_is_a_chart_and_none_is_not() -> None:
    assert "<circle" in line_chart(["d"], {"a": {"d": 1.0}}, x_axis="x", y_axis="y", say=str)
    assert line_chart(["d"], {"a": {}}, x_axis="x", y_axis="y", say=str) == ""

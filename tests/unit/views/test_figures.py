from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from orchestra.metrics.session_figures import session_figures
from orchestra.records import FileOutcome
from orchestra.views.figures import elapsed, money, paused, seconds, tokens
from orchestra.views.report_text import session_report_text
from tests.unit.fake_clock import START
from tests.unit.metrics.histories import history


@pytest.mark.parametrize(
    ("cost", "text"),
    [(Decimal("0.01234"), "$0.0123"), (0.5, "$0.5000"), (Decimal(0), "$0.0000"), (Decimal("12.3"), "$12.3000"),
     (None, "no price")],
)
def test_money(cost: Decimal | float | None, text: str) -> None:
    assert money(cost) == text


def test_what_no_call_was_made_for_costs_nothing() -> None:
    assert (money(None, calls=0), money(None, calls=2)) == ("nothing", "no price")
    file = FileOutcome("a.txt", "modify", "approved", 1)
    from_cache = session_figures(replace(history(), outcomes=(file,)), now=START)
    assert "0 calls  nothing" in session_report_text(from_cache)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (999, "999"), (1000, "1.0k"), (12345, "12.3k"), (999_949, "999.9k"), (999_950, "1.00M"),
     (1_204_000, "1.20M"), (None, "?")],
)
def test_tokens(count: int | None, text: str) -> None:
    assert tokens(count) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0:00"), (7.9, "0:07"), (59.99, "0:59"), (60, "1:00"), (3599, "59:59"), (3600, "1:00:00"),
     (3750.5, "1:02:30"), (-5, "0:00")],
)
def test_elapsed(value: float, text: str) -> None:
    assert elapsed(value) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(420, "0.42 s"), (12_300, "12.3 s"), (190_000, "3:10 min"), (3_600_000, "1:00:00 h")],
)
def test_seconds_have_the_unit_of_their_size(milliseconds: float, text: str) -> None:
    assert seconds(milliseconds) == text


def test_pauses_are_spoken_of_where_there_were_any() -> None:
    assert (paused(0), paused(60_000)) == ("", ", pauses of 1:00 left out")

"""What a plan is likely to cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Mapping

from orchestra.adapters.rows import ModelRow, PriceTier
from orchestra.engine.estimate import CostRange, estimated_cost
from orchestra.records import Plan, PlannedFile

DEAR = ModelRow("dear", prices=(PriceTier(Decimal(10), Decimal(100)),))
CHEAP = ModelRow("cheap", prices=(PriceTier(Decimal(1), Decimal(10)),))
UNKNOWN = ModelRow("unknown")
TEAM = {"architect": DEAR, "executor": DEAR, "auditor": DEAR, "consultant": DEAR}


def estimate(
    *files: PlannedFile, models: Mapping[str, ModelRow] = TEAM, sizes: Mapping[str, int] = {}, iterations: int = 3
) -> CostRange:
    cost = estimated_cost(Plan("", files), models, size_of=sizes.get, max_iterations=iterations)
    assert cost is not None
    return cost


A, B = PlannedFile("a.py", "modify", ""), PlannedFile("b.py", "modify", "")


def test_the_range_is_from_all_goes_well_to_every_fix_is_needed() -> None:
    cost = estimate(A)
    assert 0 < cost.low_usd < cost.high_usd
    assert estimate(A, iterations=1).low_usd == cost.low_usd
    assert estimate(A, iterations=1).high_usd < cost.high_usd


def test_a_second_file_costs_about_as_much_as_the_first() -> None:
    one, two = estimate(A), estimate(A, B)
    # And the review of both together.
    assert Decimal("1.9") < two.low_usd / one.low_usd < Decimal("2.6")


def test_a_large_file_and_large_dependencies_cost_more() -> None:
    depending = PlannedFile("a.py", "modify", "", ("lib.py",))
    sizes = {"a.py": 32_000, "lib.py": 64_000}
    assert estimate(A).low_usd < estimate(A, sizes=sizes).low_usd < estimate(depending, sizes=sizes).low_usd


def test_a_delete_is_only_audited() -> None:
    cost = estimate(PlannedFile("a.py", "delete", ""), models={**TEAM, "executor": CHEAP, "consultant": CHEAP})
    only_audited = estimate(PlannedFile("a.py", "delete", ""), models={"auditor": DEAR})
    assert cost == only_audited


def test_the_prices_are_those_of_the_models_that_are_asked_first() -> None:
    cheap = {role: CHEAP for role in TEAM}
    assert estimate(A, models=cheap).high_usd * 10 == estimate(A).high_usd


def test_says_for_whom_it_cannot_tell() -> None:
    cost = estimate(A, models={**TEAM, "auditor": UNKNOWN})
    assert cost.unpriced == ("auditor",)
    assert cost.low_usd < estimate(A).low_usd


def test_there_is_no_range_where_no_price_is_known_and_where_nobody_is_asked() -> None:
    for models in ({role: UNKNOWN for role in TEAM}, {}):
        assert estimated_cost(Plan("", (A,)), models, size_of=lambda path: None, max_iterations=3) is None

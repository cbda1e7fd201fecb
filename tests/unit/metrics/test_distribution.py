from __future__ import annotations

import pytest

from orchestra.metrics.distribution import BOUNDS_S, Distribution


def spread(*values_ms: int) -> Distribution:
    found = Distribution.of(values_ms)
    assert found is not None
    return found


def test_nothing_has_no_distribution() -> None:
    assert Distribution.of([]) is None


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1), (0.05, 1), (0.5, 10), (0.51, 11), (0.95, 19), (0.951, 20), (1.0, 20)]
)
def test_a_quantile_is_a_value_that_was_measured(share: float, value: int) -> None:
    assert spread(*reversed(range(1, 21))).quantile(share) == value


def test_one_value_is_every_quantile() -> None:
    assert [spread(7).quantile(share) for share in (0.0, 0.5, 1.0)] == [7, 7, 7]


def test_a_bound_belongs_to_the_class_below_it() -> None:
    counts = spread(100, 101, 250, 300_000, 300_001).counts()
    assert len(counts) == len(BOUNDS_S) + 1 and sum(counts) == 5
    assert (counts[0], counts[1], counts[-2], counts[-1]) == (1, 2, 1, 1)


def test_the_mean_is_that_of_all() -> None:
    assert spread(1, 2, 6).mean_ms == 3

"""Laws of the exit status where several hold."""

from __future__ import annotations

import pytest

from orchestra.errors import PRECEDENCE, ExitStatus, weightiest

pytest.importorskip("hypothesis")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

statuses = st.lists(st.sampled_from(ExitStatus), max_size=8)


@given(statuses, st.randoms(use_true_random=False))
def test_the_order_in_which_things_happened_does_not_matter(found: list[ExitStatus], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert weightiest(shuffled) is weightiest(found)


@given(statuses, statuses)
def test_statuses_can_be_weighed_in_parts(first: list[ExitStatus], second: list[ExitStatus]) -> None:
    assert weightiest([weightiest(first), weightiest(second)]) is weightiest(first + second)


@given(statuses)
def test_what_counts_is_one_of_them_and_outweighs_the_rest(found: list[ExitStatus]) -> None:
    counts = weightiest(found)
    assert counts in found or (counts, found) == (ExitStatus.DONE, [])
    assert all(PRECEDENCE.index(counts) <= PRECEDENCE.index(status) for status in found)


@given(statuses)
def test_a_failure_is_never_done(found: list[ExitStatus]) -> None:
    assert (weightiest(found) is ExitStatus.DONE) == all(status is ExitStatus.DONE for status in found)


def test_every_status_has_its_place_in_the_order() -> None:
    assert sorted(PRECEDENCE) == sorted(ExitStatus)

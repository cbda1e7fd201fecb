from __future__ import annotations

import pytest

from orchestra.adapters.allowance import Allowance


def _answer(allowance: Allowance, times: int) -> None:
    for _ in range(times):
        allowance.answered(allowance.size)


def test_begins_with_as_many_as_there_may_be() -> None:
    assert Allowance(32).size == 32


@pytest.mark.parametrize("learned, size", [(4, 4), (64, 32), (0, 1)])
def test_begins_with_what_an_earlier_run_learned_within_its_bounds(learned: int, size: int) -> None:
    assert Allowance(32, learned=learned).size == size


def test_a_refusal_halves_it_down_to_one() -> None:
    allowance = Allowance(5)
    sizes = []
    for _ in range(4):
        assert allowance.refused(allowance.era, allowance.size)
        sizes.append(allowance.size)
    assert sizes == [2, 1, 1, 1]


def test_a_refusal_counts_from_the_calls_that_were_really_in_flight() -> None:
    allowance = Allowance(32)
    allowance.refused(allowance.era, 6)
    assert allowance.size == 3


def test_the_refusals_of_one_burst_count_once() -> None:
    allowance = Allowance(32)
    era = allowance.era
    assert [allowance.refused(era, 32) for _ in range(28)] == [True] + [False] * 27
    assert allowance.size == 16


def test_grows_by_one_after_a_round_of_answers() -> None:
    allowance = Allowance(32, learned=2)
    _answer(allowance, 1)
    assert allowance.size == 2
    _answer(allowance, 1)
    assert allowance.size == 3


def test_never_grows_beyond_the_most() -> None:
    allowance = Allowance(3, learned=2)
    _answer(allowance, 100)
    assert allowance.size == 3


def test_answers_to_fewer_calls_than_allowed_prove_nothing() -> None:
    allowance = Allowance(32, learned=4)
    for _ in range(100):
        allowance.answered(3)
    assert allowance.size == 4


def test_takes_its_time_before_it_tries_again_what_was_too_many() -> None:
    allowance = Allowance(32, learned=5)
    allowance.refused(allowance.era, 5)
    _answer(allowance, 2 + 3)
    assert allowance.size == 4
    _answer(allowance, 39)
    assert allowance.size == 4
    _answer(allowance, 1)
    assert allowance.size == 5


def test_a_risk_that_goes_wrong_takes_back_one_step() -> None:
    allowance = Allowance(32, learned=5)
    allowance.refused(allowance.era, 5)
    _answer(allowance, 2 + 3 + 40)
    assert allowance.refused(allowance.era, 5)
    assert allowance.size == 4


def test_fewer_than_what_was_too_many_halves_it_again() -> None:
    allowance = Allowance(32, learned=8)
    allowance.refused(allowance.era, 8)
    allowance.refused(allowance.era, 4)
    assert allowance.size == 2


def test_forgets_what_was_too_many_once_it_has_turned_out_well() -> None:
    allowance = Allowance(32, learned=5)
    allowance.refused(allowance.era, 5)
    _answer(allowance, 2 + 3 + 40 + 50)
    assert allowance.size == 6
    _answer(allowance, 6)
    assert allowance.size == 7


def test_one_call_alone_was_not_too_many() -> None:
    allowance = Allowance(4)
    allowance.refused(allowance.era, 1)
    assert allowance.size == 1
    _answer(allowance, 1 + 2)
    assert allowance.size == 3

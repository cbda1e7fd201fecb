from __future__ import annotations

import pytest

from orchestra import errors
from orchestra.adapters.policy import RULES, After, Same, may_ask_again, pause_s, policy_rows, rule_for
from orchestra.errors import (
    ApiError,
    AuthFailed,
    BadRequest,
    ConnectionFailed,
    ContentFiltered,
    ContextExceeded,
    HostNotAllowed,
    InvalidResponse,
    ModelNotFound,
    Overloaded,
    ProviderFault,
    QuotaExhausted,
    RateLimited,
    TimedOut,
    TooExpensive,
    Truncated,
)

ONCE = (TimedOut, ConnectionFailed, InvalidResponse, ApiError, Overloaded)
NEVER = (
    BadRequest, ContentFiltered, ModelNotFound, AuthFailed, QuotaExhausted, HostNotAllowed, TooExpensive, ProviderFault,
)


def _all_faults() -> list[type[ProviderFault]]:
    found = [ProviderFault]
    for known in found:
        found += [each for each in known.__subclasses__() if each.__module__ == errors.__name__]
    return found


@pytest.mark.parametrize("fault_class", _all_faults())
def test_every_class_of_faults_has_a_row_of_its_own(fault_class: type[ProviderFault]) -> None:
    assert rule_for(fault_class("x")).fault is fault_class


@pytest.mark.parametrize("fault_class", ONCE)
def test_what_may_pass_in_a_moment_is_tried_once_more(fault_class: type[ProviderFault]) -> None:
    fault = fault_class("x")
    assert [may_ask_again(rule_for(fault), fault, times) for times in range(3)] == [True, False, False]


@pytest.mark.parametrize("fault_class", NEVER)
def test_what_would_be_answered_the_same_is_not_asked_again(fault_class: type[ProviderFault]) -> None:
    fault = fault_class("x")
    assert not may_ask_again(rule_for(fault), fault, 0)


def test_a_provider_that_limits_the_rate_is_asked_twice_more() -> None:
    fault = RateLimited("x")
    assert [may_ask_again(rule_for(fault), fault, times) for times in range(3)] == [True, True, False]


def test_the_providers_own_word_goes_before_the_table() -> None:
    failed, refused = ApiError("x"), BadRequest("x")
    failed.retry_same, refused.retry_same = False, True
    assert not may_ask_again(rule_for(failed), failed, 0)
    assert [may_ask_again(rule_for(refused), refused, times) for times in range(2)] == [True, False]


def test_pauses_are_spread_by_chance_double_and_are_bounded() -> None:
    rule = rule_for(TimedOut("x"))
    assert (pause_s(rule, 0, 0.0), pause_s(rule, 0, 1.0), pause_s(rule, 1, 0.0)) == (0.5, 1.0, 1.0)
    assert pause_s(rule, 100, 1.0) == 30.0


def test_the_pause_of_an_overloaded_provider_is_longer() -> None:
    assert pause_s(rule_for(Overloaded("x")), 0, 0.0) > pause_s(rule_for(ApiError("x")), 0, 1.0)


def test_what_a_rate_limit_waits_is_the_providers_to_say() -> None:
    assert pause_s(rule_for(RateLimited("x")), 3, 1.0) == 0.0


def test_only_what_passes_by_itself_is_waited_for() -> None:
    assert {rule.fault for rule in RULES if rule.passes} == {RateLimited, Overloaded}


def test_a_prompt_is_compacted_and_an_answer_gone_on_with_twice() -> None:
    too_long, cut = rule_for(ContextExceeded("x")), rule_for(Truncated("x"))
    assert (too_long.same, too_long.times, too_long.after) == (Same.COMPACTED, 2, After.LARGER)
    assert (cut.same, cut.times, cut.after) == (Same.GOING_ON, 2, After.RAISE)


def test_people_are_told_of_every_code_that_the_journal_may_hold() -> None:
    rows = policy_rows()
    assert {code for code, _, _, _ in rows} == {fault_class.error_code for fault_class in _all_faults()}
    assert all(all(cells) for cells in rows)


def test_people_are_told_who_is_dropped() -> None:
    told = {happened: then for _, happened, _, then in policy_rows()}
    assert "provider is not asked again" in told["wrong key, or no permission"]
    assert "this one is not asked again" in told["the model is not served"]
    assert "not asked again" not in told["the provider failed"]

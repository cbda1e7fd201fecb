from __future__ import annotations

import itertools
import re

import pytest

from orchestra import errors
from orchestra.engine.file_job import NotGoodEnough
from orchestra.errors import PRECEDENCE, ExitStatus, OrchestraError, ProviderFault, weightiest

WORDS = {
    0: "completed", 1: "failed", 2: "failed", 3: "rejected", 4: "failed", 5: "failed", 6: "failed", 7: "limited",
    8: "failed", 9: "partial", 10: "failed", 70: "failed", 130: "interrupted", 143: "interrupted",
}
ORDER = (70, 130, 143, 6, 10, 5, 7, 3, 2, 4, 9, 8, 1, 0)
ERROR_CODES = {
    "RATE_LIMIT_429", "CONTEXT_EXCEEDED", "TIMEOUT", "API_ERROR", "AUTH", "QUOTA", "MODEL_NOT_FOUND",
    "CONTENT_FILTERED", "TRUNCATED", "INVALID_RESPONSE", "CONNECTION", "OVERLOADED",
}
STATUSES = {
    "defect": 70, "usage": 2, "config": 2, "no-provider": 2, "plan": 2, "unknown-session": 2,
    "not-recorded": 2, "not-approved": 3,
    "workspace": 5, "output": 5, "refused-path": 5, "conflict": 5, "git": 5, "state": 6, "state-held": 6,
    "state-damaged": 6, "limit": 7,
    "unreadable-reply": 4, "refused-draft": 1, "unfit-edits": 1, "not-approved-by-auditor": 1,
    "not-ready": 1, "not-verified": 1,
}
"""What scripts hold on to; every other class is a provider's fault and ends with 4."""


def all_classes() -> list[type[OrchestraError]]:
    """Every class of the program's core; those of `engine.session` take their code from the outcome."""
    found: list[type[OrchestraError]] = [OrchestraError]
    for known in found:
        found += [each for each in known.__subclasses__() if each.__module__ == "orchestra.errors"]
    return [*found, NotGoodEnough]


# Statuses


def test_every_status_has_its_number_and_its_word() -> None:
    assert {int(status): status.word for status in ExitStatus} == WORDS


def test_where_several_hold_the_first_of_the_documented_order_counts() -> None:
    assert tuple(int(status) for status in PRECEDENCE) == ORDER


@pytest.mark.parametrize(("first", "second"), tuple(itertools.combinations(ORDER, 2)))
def test_of_two_statuses_the_weightier_counts_in_whatever_order_they_came(first: int, second: int) -> None:
    assert weightiest([ExitStatus(first), ExitStatus(second)]) == first
    assert weightiest([ExitStatus(second), ExitStatus(first)]) == first


def test_nothing_that_went_wrong_is_done() -> None:
    assert weightiest([]) is ExitStatus.DONE


# Errors


def test_every_error_has_the_status_that_is_documented_for_its_code() -> None:
    found = {each.code: int(each.exit_status) for each in all_classes() if not issubclass(each, ProviderFault)}
    assert found == STATUSES


def test_every_fault_of_a_provider_ends_with_4() -> None:
    faults = [each for each in all_classes() if issubclass(each, ProviderFault)]
    assert {each.exit_status for each in faults} == {ExitStatus.PROVIDER}


def test_faults_are_journalled_under_the_documented_codes_and_all_of_them_are_used() -> None:
    assert {each.error_code for each in all_classes() if issubclass(each, ProviderFault)} == ERROR_CODES


@pytest.mark.parametrize("each", all_classes(), ids=lambda each: each.__name__)
def test_a_code_is_kebab_case_and_has_one_meaning(each: type[OrchestraError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", each.code)
    assert [other for other in all_classes() if other.code == each.code] == [each]


@pytest.mark.parametrize("each", all_classes(), ids=lambda each: each.__name__)
def test_every_class_says_what_it_stands_for(each: type[OrchestraError]) -> None:
    assert each.__doc__ is not None and each.__doc__ != (each.__bases__[0].__doc__)


def test_only_the_same_call_that_may_help_is_tried_again() -> None:
    faults = [each for each in all_classes() if issubclass(each, ProviderFault)]
    assert {each.code for each in faults if each.retry_same} == {
        "timeout", "api-error", "invalid-response", "connection", "overloaded", "rate-limited"
    }
    assert {each.code for each in faults if each.drops_provider} == {"auth", "quota", "host-not-allowed"}
    assert {each.code for each in faults if each.drops_model} == {"model-not-found"}


def test_an_error_says_what_happened_where_and_what_to_type() -> None:
    error = OrchestraError("it broke", where="a.py, line 3", hint="mend it")
    assert str(error) == "it broke; a.py, line 3; mend it"
    assert error.message == "it broke; a.py, line 3"


def test_parts_that_are_not_known_are_left_out() -> None:
    assert str(OrchestraError("it broke", hint="mend it")) == "it broke; mend it"
    assert OrchestraError("it broke").message == "it broke"


def test_a_fault_carries_what_a_policy_needs() -> None:
    fault = errors.RateLimited("slow down", http_status=429, retry_after_s=2.5)
    assert (fault.http_status, fault.retry_after_s, fault.error_code) == (429, 2.5, "RATE_LIMIT_429")
    cut = errors.Truncated("cut off", partial_text="half", output_tokens=9)
    assert (cut.partial_text, cut.output_tokens, cut.http_status) == ("half", 9, None)

from __future__ import annotations

import pytest

from orchestra.adapters.adapter import Adapter
from orchestra.adapters.fallback import FallbackAdapter
from orchestra.adapters.health import RunHealth
from orchestra.clock import CancelToken, Deadline
from orchestra.errors import (
    ApiError,
    AuthFailed,
    Cancelled,
    ContentFiltered,
    ContextExceeded,
    InvalidResponse,
    ModelNotFound,
    NoProviderError,
    OrchestraError,
    ProviderFault,
    QuotaExhausted,
    RateLimited,
    TimedOut,
    Truncated,
)
from tests.unit.adapters.doubles import CLOCK, NEVER, QUESTION, ScriptedAdapter, Watcher


def _ask(chain: FallbackAdapter, deadline: Deadline = NEVER, cancel: CancelToken | None = None) -> str:
    return chain.execute(QUESTION, deadline=deadline, cancel=cancel or CancelToken(), observer=Watcher()).text


def _chain(*adapters: Adapter, health: RunHealth | None = None) -> FallbackAdapter:
    return FallbackAdapter(adapters, health=health or RunHealth())


@pytest.mark.parametrize(
    "fault_class",
    [
        RateLimited, ContextExceeded, TimedOut, ApiError, AuthFailed, QuotaExhausted, ModelNotFound, ContentFiltered,
        Truncated, InvalidResponse,
    ],
)
def test_goes_to_the_next_model_after(fault_class: type[ProviderFault]) -> None:
    assert _ask(_chain(ScriptedAdapter("a/1", fault_class("x")), ScriptedAdapter("b/2", "answer"))) == "answer"


def test_asks_nobody_after_an_answer() -> None:
    second = ScriptedAdapter("b/2", "unasked")
    assert _ask(_chain(ScriptedAdapter("a/1", "answer"), second)) == "answer"
    assert second.calls == 0


def test_raises_the_last_fault_with_every_reason_when_all_failed() -> None:
    chain = _chain(ScriptedAdapter("a/1", RateLimited("slow down")), ScriptedAdapter("b/2", TimedOut("silent")))
    with pytest.raises(TimedOut) as caught:
        _ask(chain)
    assert caught.value.what == "2 models were asked and none answered: a/1: slow down; b/2: silent"


def test_a_chain_of_one_raises_its_fault_as_it_is() -> None:
    with pytest.raises(RateLimited) as caught:
        _ask(_chain(ScriptedAdapter("a/1", RateLimited("slow down", where="a", retry_after_s=3))))
    assert (caught.value.what, caught.value.where, caught.value.retry_after_s) == ("slow down", "a", 3)


@pytest.mark.parametrize("fault_class, asked_again", [(AuthFailed, 0), (QuotaExhausted, 0), (RateLimited, 1)])
def test_a_provider_of_no_more_use_is_left_out_by_every_chain(
    fault_class: type[ProviderFault], asked_again: int
) -> None:
    health = RunHealth()
    assert _ask(_chain(ScriptedAdapter("a/1", fault_class("x")), ScriptedAdapter("b/2", "answer"), health=health))
    other = ScriptedAdapter("a/other", "answer")
    assert _ask(_chain(other, ScriptedAdapter("b/2", "answer"), health=health))
    assert other.calls == asked_again


def test_a_model_that_is_not_served_is_left_out_and_its_provider_stays() -> None:
    health = RunHealth()
    first = ScriptedAdapter("a/1", ModelNotFound("gone"), "unasked")
    assert _ask(_chain(first, ScriptedAdapter("a/2", "two"), health=health)) == "two"
    assert _ask(_chain(first, ScriptedAdapter("a/2", "two"), health=health)) == "two"
    assert first.calls == 1


def test_a_chain_that_is_used_up_says_why_and_asks_nobody() -> None:
    health = RunHealth()
    only = ScriptedAdapter("a/1", AuthFailed("wrong key"), "unasked")
    chain = _chain(only, ScriptedAdapter("b/2", "unasked", available=False), health=health)
    with pytest.raises(AuthFailed):
        _ask(chain)
    assert not chain.is_available()
    with pytest.raises(AuthFailed) as caught:
        _ask(chain)
    assert caught.value.what == (
        "no model of the chain is left to ask: a/1: wrong key; b/2: there is no key for it"
    )
    assert only.calls == 1


def test_a_stop_passes_through() -> None:
    second = ScriptedAdapter("b/2", "unasked")
    with pytest.raises(Cancelled):
        _ask(_chain(ScriptedAdapter("a/1", Cancelled()), second))
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        _ask(_chain(second), cancel=cancel)
    assert second.calls == 0


def test_an_error_of_our_own_is_not_another_models_business() -> None:
    second = ScriptedAdapter("b/2", "unasked")
    with pytest.raises(OrchestraError):
        _ask(_chain(ScriptedAdapter("a/1", OrchestraError("x")), second))
    assert second.calls == 0


def test_the_deadline_bounds_all_hops() -> None:
    second = ScriptedAdapter("b/2", "unasked")
    with pytest.raises(TimedOut):
        _ask(_chain(ScriptedAdapter("a/1", TimedOut("x")), second), Deadline.after(CLOCK, 0))
    assert second.calls == 0


def test_an_empty_chain_is_an_error() -> None:
    with pytest.raises(NoProviderError):
        _chain()


def test_the_first_choice_gives_its_name() -> None:
    assert _chain(ScriptedAdapter("a/1"), ScriptedAdapter("b/2")).get_info().name == "a/1"

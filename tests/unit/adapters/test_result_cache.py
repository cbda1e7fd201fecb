from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from orchestra.adapters.adapter import Message, Request
from orchestra.adapters.candidate import Choice
from orchestra.adapters.fallback import FallbackAdapter
from orchestra.adapters.health import Health
from orchestra.adapters.result_cache import CachedAdapter
from orchestra.adapters.rows import ModelRow, ProviderRow
from orchestra.clock import CancelToken
from orchestra.errors import BadRequest, Cancelled, ContentFiltered, RateLimited, Truncated
from orchestra.records import Reply, Usage
from tests.unit.adapters.doubles import CLOCK, NEVER, QUESTION, ScriptedAdapter, Watcher

SETTING = "openai-chat http://127.0.0.1:8080/v1"
OTHER = Request(rules="Be brief.", messages=(Message.of("user", "What is it not?"),))


class Store:
    """Keeps everything for ever."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}

    def find(self, key: str) -> Reply | None:
        return self.replies.get(key)

    def keep(self, key: str, reply: Reply) -> None:
        self.replies[key] = reply


def ask(adapter: CachedAdapter | FallbackAdapter, request: Request = QUESTION, watcher: Watcher | None = None) -> Reply:
    return adapter.execute(request, deadline=NEVER, cancel=CancelToken(), observer=watcher or Watcher())


def cached(model: ScriptedAdapter, store: Store, setting: str = SETTING) -> CachedAdapter:
    return CachedAdapter(model, store, setting=setting)


def test_the_same_question_is_asked_once() -> None:
    model, store = ScriptedAdapter("a/1", "answer"), Store()
    assert ask(cached(model, store)).text == "answer"
    assert ask(cached(model, store)).text == "answer"
    assert model.calls == 1


def test_an_answer_from_the_cache_costs_nothing_and_says_so() -> None:
    store = Store()
    first = ask(cached(ScriptedAdapter("a/1", "answer"), store))
    store.replies = {key: replace(reply, usage=Usage(9, 8, 7, Decimal(6))) for key, reply in store.replies.items()}
    watcher = Watcher()
    again = ask(cached(ScriptedAdapter("a/1"), store), watcher=watcher)
    assert (first.from_cache, again.from_cache) == (False, True)
    assert (again.usage, again.latency_ms) == (Usage(0, 0, 0, Decimal(0)), 0)
    assert (again.provider, again.model_id) == ("a", "1")
    assert (watcher.started, watcher.attempts) == ([], []), "an answer from the cache is no attempt"


@pytest.mark.parametrize("name, setting", [("a/2", SETTING), ("b/1", SETTING), ("a/1", SETTING + "/other")])
def test_another_model_provider_or_setting_is_asked_itself(name: str, setting: str) -> None:
    store = Store()
    ask(cached(ScriptedAdapter("a/1", "answer"), store))
    assert ask(cached(ScriptedAdapter(name, "another"), store, setting)).text == "another"


@pytest.mark.parametrize("other", [
    OTHER,
    replace(QUESTION, rules="Be brief!"),
    replace(QUESTION, rules=""),
    replace(QUESTION, messages=(*QUESTION.messages, Message.of("assistant", "It?"), Message.of("user", "It."))),
    Request("", (Message.of("user", "Be brief."), Message.of("user", "What is it?"))),
])
def test_another_question_is_asked_itself(other: Request) -> None:
    store = Store()
    ask(cached(ScriptedAdapter("a/1", "answer"), store))
    assert ask(cached(ScriptedAdapter("a/1", "another"), store), other).text == "another"


def test_a_whole_answer_counts_under_every_output_cap() -> None:
    store = Store()
    ask(cached(ScriptedAdapter("a/1", "answer"), store))
    assert ask(cached(ScriptedAdapter("a/1"), store), replace(QUESTION, max_output_tokens=5)).text == "answer"


def test_a_question_asked_again_on_purpose_is_neither_looked_up_nor_kept() -> None:
    store, again = Store(), replace(QUESTION, cacheable=False)
    assert ask(cached(ScriptedAdapter("a/1", "first"), store), again).text == "first"
    assert store.replies == {}
    ask(cached(ScriptedAdapter("a/1", "kept"), store))
    assert ask(cached(ScriptedAdapter("a/1", "second"), store), again).text == "second"


@pytest.mark.parametrize("fault", [
    RateLimited("slow down"), Truncated("cut", partial_text="ans"), ContentFiltered("no"),
])
def test_a_fault_is_never_kept(fault: Exception) -> None:
    store = Store()
    with pytest.raises(type(fault)):
        ask(cached(ScriptedAdapter("a/1", fault), store))
    assert store.replies == {}
    assert ask(cached(ScriptedAdapter("a/1", "answer"), store)).text == "answer"


def test_each_model_of_a_chain_has_answers_of_its_own() -> None:
    store = Store()
    first, second = ScriptedAdapter("a/1", BadRequest("x"), "of the first"), ScriptedAdapter("b/2", "of the second")
    health = Health([ProviderRow("a", "http://a"), ProviderRow("b", "http://b")], clock=CLOCK, workers=1)
    choices = [Choice(cached(adapter, store), ModelRow("m")) for adapter in (first, second)]
    chain = FallbackAdapter(choices, health=health, clock=CLOCK)
    assert ask(chain).text == "of the second"
    assert ask(chain).text == "of the first", "the first choice is still asked first"
    assert ask(chain).text == "of the first"
    assert (first.calls, second.calls) == (2, 1)


def test_a_stop_goes_before_an_answer_from_the_cache() -> None:
    store, cancel = Store(), CancelToken()
    ask(cached(ScriptedAdapter("a/1", "answer"), store))
    cancel.cancel()
    with pytest.raises(Cancelled):
        cached(ScriptedAdapter("a/1"), store).execute(QUESTION, deadline=NEVER, cancel=cancel, observer=Watcher())


def test_it_is_available_as_its_model_is_and_has_its_name() -> None:
    assert cached(ScriptedAdapter("a/1"), Store()).is_available()
    assert not cached(ScriptedAdapter("a/1", available=False), Store()).is_available()
    assert cached(ScriptedAdapter("a/1"), Store()).get_info().name == "a/1"

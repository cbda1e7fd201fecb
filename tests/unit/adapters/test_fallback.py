from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from orchestra.adapters.adapter import Adapter, AdapterInfo, CallObserver, Message, Request
from orchestra.adapters.candidate import Choice
from orchestra.adapters.continuation import GO_ON
from orchestra.adapters.fallback import FallbackAdapter
from orchestra.adapters.compaction import Compaction
from orchestra.adapters.fitting import Fitting
from orchestra.adapters.gated_adapter import GatedAdapter
from orchestra.adapters.health import Health
from orchestra.adapters.rows import ModelRow, ProviderRow
from orchestra.clock import CancelToken, Deadline
from orchestra.errors import (
    ApiError,
    AuthFailed,
    BadRequest,
    Cancelled,
    ConnectionFailed,
    ContentFiltered,
    ContextExceeded,
    InvalidResponse,
    ModelNotFound,
    NoProviderError,
    OrchestraError,
    Overloaded,
    ProviderFault,
    QuotaExhausted,
    RateLimited,
    TimedOut,
    TooExpensive,
    Truncated,
)
from orchestra.records import Attempt, ProviderHealth, Reply, Usage
from tests.unit.adapters.doubles import NEVER, QUESTION, ScriptedAdapter, Watcher
from tests.unit.fake_clock import START, FakeClock

ONCE_MORE = (TimedOut, ConnectionFailed, InvalidResponse, ApiError)
AT_ONCE = (BadRequest, ContentFiltered, ModelNotFound, AuthFailed, QuotaExhausted, TooExpensive, ContextExceeded)


@dataclass
class Stage:
    """A run: its clock, its providers a, b and c, and what its calls told."""

    known: tuple[ProviderHealth, ...] = ()
    fitting: Fitting | None = None
    windows: dict[str, int] = field(default_factory=dict)
    most_in: dict[str, int] = field(default_factory=dict)
    """Tokens that a prompt may have, where that is less than the window."""
    clock: FakeClock = field(default_factory=FakeClock)
    watcher: Watcher = field(default_factory=Watcher)

    def __post_init__(self) -> None:
        rows = [ProviderRow(name, f"http://{name}/v1") for name in "abc"]
        self.health = Health(rows, clock=self.clock, workers=4, known=self.known, jitter=lambda: 0.0)

    def chain(self, *adapters: Adapter) -> FallbackAdapter:
        return FallbackAdapter(
            [self._choice(adapter) for adapter in adapters], health=self.health, clock=self.clock,
            fitting=self.fitting, jitter=lambda: 0.0,
        )

    def ask(self, *adapters: Adapter, deadline_s: float | None = None, cancel: CancelToken | None = None) -> str:
        return self.reply(*adapters, deadline_s=deadline_s, cancel=cancel).text

    def reply(
        self, *adapters: Adapter, deadline_s: float | None = None, cancel: CancelToken | None = None
    ) -> Reply:
        return self.chain(*adapters).execute(
            QUESTION, deadline=Deadline.after(self.clock, deadline_s), cancel=cancel or CancelToken(),
            observer=self.watcher,
        )

    def _choice(self, adapter: Adapter) -> Choice:
        name = adapter.get_info().name
        return Choice(
            GatedAdapter(adapter, self.health),
            ModelRow(
                adapter.get_info().model, context_window=self.windows.get(name), max_input=self.most_in.get(name),
                max_output=10,
            ),
        )


def _limited(wait_s: float | None) -> RateLimited:
    return RateLimited("slow down", retry_after_s=wait_s)


# From one model to the next


def test_asks_nobody_after_an_answer() -> None:
    second = ScriptedAdapter("b/2", "unasked")
    assert Stage().ask(ScriptedAdapter("a/1", "answer"), second) == "answer"
    assert second.calls == 0


@pytest.mark.parametrize("fault_class", AT_ONCE)
def test_goes_to_the_next_model_at_once_after(fault_class: type[ProviderFault]) -> None:
    stage, first = Stage(), ScriptedAdapter("a/1", fault_class("x"))
    assert stage.ask(first, ScriptedAdapter("b/2", "answer")) == "answer"
    assert (first.calls, stage.clock.seconds) == (1, 0)


@pytest.mark.parametrize("fault_class", ONCE_MORE)
def test_asks_the_same_model_once_more_after_a_short_pause(fault_class: type[ProviderFault]) -> None:
    stage, second = Stage(), ScriptedAdapter("b/2", "unasked")
    assert stage.ask(ScriptedAdapter("a/1", fault_class("x"), "answer"), second) == "answer"
    assert (second.calls, stage.clock.seconds) == (0, 0.5)


@pytest.mark.parametrize("fault_class", ONCE_MORE)
def test_goes_to_the_next_model_when_that_did_not_help(fault_class: type[ProviderFault]) -> None:
    first = ScriptedAdapter("a/1", fault_class("x"), fault_class("x"))
    assert Stage().ask(first, ScriptedAdapter("b/2", "answer")) == "answer"
    assert first.calls == 2


@pytest.mark.parametrize("fault_class", (*ONCE_MORE, Overloaded))
def test_a_wait_that_comes_with_any_fault_is_waited_for(fault_class: type[ProviderFault]) -> None:
    stage = Stage()
    assert stage.ask(ScriptedAdapter("a/1", fault_class("x", retry_after_s=7.0), "answer")) == "answer"
    assert stage.clock.seconds == 7


@pytest.mark.parametrize("fault_class", ONCE_MORE)
def test_a_long_wait_that_comes_with_any_fault_sends_the_question_on(fault_class: type[ProviderFault]) -> None:
    stage, first = Stage(), ScriptedAdapter("a/1", fault_class("x", retry_after_s=20.0), "unasked")
    assert stage.ask(first, ScriptedAdapter("b/2", "answer")) == "answer"
    assert (first.calls, stage.clock.seconds) == (1, 0)


def test_an_overloaded_provider_gets_a_longer_pause() -> None:
    stage = Stage()
    assert stage.ask(ScriptedAdapter("a/1", Overloaded("busy"), "answer"), ScriptedAdapter("b/2")) == "answer"
    assert stage.clock.seconds == 4


def test_one_model_does_not_get_a_new_chance_with_every_other_fault() -> None:
    first = ScriptedAdapter("a/1", ApiError("x"), ConnectionFailed("y"), "unasked")
    assert Stage().ask(first, ScriptedAdapter("b/2", "answer")) == "answer"
    assert first.calls == 2


def test_the_provider_may_say_that_asking_again_is_of_no_use() -> None:
    fault = ApiError("x")
    fault.retry_same = False
    first = ScriptedAdapter("a/1", fault)
    assert Stage().ask(first, ScriptedAdapter("b/2", "answer")) == "answer"
    assert first.calls == 1


def test_an_error_of_our_own_is_not_another_models_business() -> None:
    second = ScriptedAdapter("b/2", "unasked")
    with pytest.raises(OrchestraError):
        Stage().ask(ScriptedAdapter("a/1", OrchestraError("x")), second)
    assert second.calls == 0


# Rate limits


def test_a_short_wait_is_waited_for() -> None:
    stage, second = Stage(), ScriptedAdapter("b/2", "unasked")
    assert stage.ask(ScriptedAdapter("a/1", _limited(10), "answer"), second) == "answer"
    assert (stage.clock.seconds, stage.watcher.waits_s) == (10, [("a/1", 10)])


def test_a_long_wait_sends_the_question_on_at_once() -> None:
    stage = Stage()
    assert stage.ask(ScriptedAdapter("a/1", _limited(30)), ScriptedAdapter("b/2", "answer")) == "answer"
    assert (stage.clock.seconds, stage.watcher.waits_s) == (0, [])


def test_another_model_of_the_same_provider_is_worth_a_call() -> None:
    stage = Stage()
    assert stage.ask(ScriptedAdapter("a/1", _limited(30)), ScriptedAdapter("a/2", "answer")) == "answer"
    assert stage.clock.seconds == 0


def test_a_provider_that_always_asks_for_a_little_more_is_asked_three_times() -> None:
    stage, first = Stage(), ScriptedAdapter("a/1", *[_limited(2) for _ in range(3)])
    assert stage.ask(first, ScriptedAdapter("b/2", "answer")) == "answer"
    assert (first.calls, stage.clock.seconds) == (3, 4)


def test_the_next_question_leaves_out_who_wants_to_be_left_alone() -> None:
    stage, first = Stage(), ScriptedAdapter("a/1", _limited(30), "back again")
    stage.ask(first, ScriptedAdapter("b/2", "answer"))
    assert stage.ask(first, ScriptedAdapter("b/2", "answer")) == "answer"
    assert first.calls == 1
    stage.clock.seconds = 30
    assert stage.ask(first, ScriptedAdapter("b/2")) == "back again"


def test_so_does_the_next_run() -> None:
    known = (ProviderHealth("a", "http://a/v1", model="1", cooldown_until=START + timedelta(seconds=60)),)
    first = ScriptedAdapter("a/1", "unasked")
    assert Stage(known).ask(first, ScriptedAdapter("b/2", "answer")) == "answer"
    assert first.calls == 0


def test_where_no_other_model_is_left_a_long_wait_beats_failing() -> None:
    stage, other = Stage(), ScriptedAdapter("b/2", BadRequest("x"))
    assert stage.ask(ScriptedAdapter("a/1", _limited(45), "answer"), other) == "answer"
    assert (stage.clock.seconds, stage.watcher.waits_s) == (45, [("a/1", 45)])


def test_the_one_that_comes_back_first_is_waited_for() -> None:
    stage = Stage()
    assert stage.ask(ScriptedAdapter("a/1", _limited(45)), ScriptedAdapter("b/2", _limited(20), "answer")) == "answer"
    assert stage.clock.seconds == 20


def test_a_provider_that_asks_for_no_wait_at_all_is_not_stormed() -> None:
    stage, only = Stage(), ScriptedAdapter("a/1", *[_limited(0) for _ in range(100)])
    with pytest.raises(RateLimited):
        stage.ask(only)
    assert (only.calls, stage.clock.seconds) == (63, 60)


def test_a_try_that_costs_patience_is_not_waited_for_beyond_the_deadline() -> None:
    stage, only = Stage(), ScriptedAdapter("a/1", *[_limited(0) for _ in range(100)])
    with pytest.raises(RateLimited) as caught:
        stage.ask(only, deadline_s=5.5)
    assert (only.calls, stage.clock.seconds) == (8, 5)
    # It is the deadline that stands against a next try, not the provider.
    assert caught.value.next_try_s == 1


def test_a_question_waits_a_minute_in_all_and_no_longer() -> None:
    stage, only = Stage(), ScriptedAdapter("a/1", *[_limited(25) for _ in range(3)])
    with pytest.raises(RateLimited):
        stage.ask(only)
    assert (only.calls, stage.clock.seconds) == (3, 50)


def test_a_longer_wait_than_that_is_not_begun() -> None:
    stage, only = Stage(), ScriptedAdapter("a/1", _limited(61))
    with pytest.raises(RateLimited):
        stage.ask(only)
    assert stage.clock.seconds == 0
    with pytest.raises(RateLimited) as caught:
        stage.ask(only)
    assert only.calls == 1
    assert caught.value.what == "a wants to be left alone for 61 s"


def test_a_provider_that_asks_for_no_wait_is_not_asked_for_ever() -> None:
    only = ScriptedAdapter("a/1", *[_limited(0) for _ in range(500)])
    with pytest.raises(RateLimited):
        Stage().ask(only)
    assert only.calls < 150


def test_without_a_word_of_the_provider_the_pauses_grow() -> None:
    stage, only = Stage(), ScriptedAdapter("a/1", *[_limited(None) for _ in range(5)], "answer")
    assert stage.ask(only) == "answer"
    assert stage.clock.seconds == 1 + 2 + 4 + 8 + 16


def test_an_overloaded_provider_that_is_alone_is_waited_for_too() -> None:
    stage, only = Stage(), ScriptedAdapter("a/1", *[Overloaded("busy") for _ in range(4)], "answer")
    assert stage.ask(only) == "answer"
    assert stage.clock.seconds == 4 + 8 + 16 + 30


def test_what_refused_a_crowd_is_asked_again_after_the_same_pause() -> None:
    crowded = [Overloaded("busy") for _ in range(3)]
    for fault in crowded:
        fault.is_in_crowd = True
    stage = Stage()
    # Not behind the gate, which would find no crowd.
    only = Choice(ScriptedAdapter("a/1", *crowded, Overloaded("busy"), "answer"), ModelRow("1"))
    chain = FallbackAdapter([only], health=stage.health, clock=stage.clock, jitter=lambda: 0.0)
    chain.execute(QUESTION, deadline=NEVER, cancel=CancelToken(), observer=stage.watcher)
    assert stage.clock.seconds == 4 + 4 + 4 + 4


def test_a_provider_that_fails_is_not_waited_for() -> None:
    stage, only = Stage(), ScriptedAdapter("a/1", ApiError("x"), ApiError("x"), "unasked")
    with pytest.raises(ApiError):
        stage.ask(only)
    assert stage.clock.seconds == 0.5


# The deadline and the stop


def test_nothing_waits_beyond_the_deadline() -> None:
    stage = Stage()
    with pytest.raises(RateLimited):
        stage.ask(ScriptedAdapter("a/1", _limited(5)), deadline_s=5)
    with pytest.raises(RateLimited):
        stage.ask(ScriptedAdapter("b/1", _limited(60)), deadline_s=60)
    with pytest.raises(ApiError):
        stage.ask(ScriptedAdapter("c/1", ApiError("x")), deadline_s=0.5)
    assert stage.clock.seconds == 0


def _why_given_up(stage: Stage, *adapters: Adapter, deadline_s: float | None) -> ProviderFault:
    with pytest.raises(ProviderFault) as caught:
        stage.ask(*adapters, deadline_s=deadline_s)
    return caught.value


@pytest.mark.parametrize("answers, deadline_s, next_try_s", [
    ([_limited(5)], 5, 5), ([_limited(5)] * 3, 14, 5), ([_limited(60)], 60, 60), ([ApiError("x")], 0.5, 0.5),
    ([_limited(5)] * 20, 73, None), ([_limited(61)], 60, None), ([ApiError("x")] * 2, 0.6, None),
    ([BadRequest("x")], 0.1, None), ([ApiError("x")] * 2, None, None),
])
def test_what_only_the_deadline_has_ended_says_when_it_would_have_gone_on(
    answers: list[ProviderFault], deadline_s: float | None, next_try_s: float | None
) -> None:
    fault = _why_given_up(Stage(), ScriptedAdapter("a/1", *answers), deadline_s=deadline_s)
    assert fault.next_try_s == next_try_s


def test_of_several_models_the_one_that_could_be_asked_first_says_when_it_would_have_gone_on() -> None:
    chain = [ScriptedAdapter("a/1", _limited(30)), ScriptedAdapter("b/2", BadRequest("x"), "unasked"),
             ScriptedAdapter("c/3", _limited(20))]
    assert _why_given_up(Stage(), *chain, deadline_s=10).next_try_s == 20


def test_a_wait_that_does_not_fit_sends_the_question_on() -> None:
    stage = Stage()
    assert stage.ask(ScriptedAdapter("a/1", _limited(5)), ScriptedAdapter("b/2", "answer"), deadline_s=5) == "answer"


def test_the_deadline_bounds_all_hops() -> None:
    second = ScriptedAdapter("b/2", "unasked")
    with pytest.raises(TimedOut):
        Stage().ask(ScriptedAdapter("a/1", TimedOut("x")), second, deadline_s=0)
    assert second.calls == 0


def test_a_stop_passes_through() -> None:
    second = ScriptedAdapter("b/2", "unasked")
    with pytest.raises(Cancelled):
        Stage().ask(ScriptedAdapter("a/1", Cancelled()), second)
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        Stage().ask(second, cancel=cancel)
    assert second.calls == 0


class _StoppedMeanwhile(FakeClock):
    """The stop comes while somebody sleeps."""

    def sleep(self, seconds: float, cancel: CancelToken) -> None:
        cancel.cancel()
        super().sleep(seconds, cancel)


def test_a_stop_ends_a_pause() -> None:
    only = ScriptedAdapter("a/1", ApiError("x"), "unasked")
    with pytest.raises(Cancelled):
        Stage(clock=_StoppedMeanwhile()).ask(only)
    assert only.calls == 1


# Who is left out


@pytest.mark.parametrize("fault_class, asked_again", [(AuthFailed, 0), (QuotaExhausted, 0), (BadRequest, 1)])
def test_a_provider_of_no_more_use_is_left_out_by_every_chain(
    fault_class: type[ProviderFault], asked_again: int
) -> None:
    stage = Stage()
    assert stage.ask(ScriptedAdapter("a/1", fault_class("x")), ScriptedAdapter("b/2", "answer")) == "answer"
    other = ScriptedAdapter("a/other", "answer")
    assert stage.ask(other, ScriptedAdapter("b/2", "answer")) == "answer"
    assert other.calls == asked_again


def test_a_model_that_is_not_served_is_left_out_and_its_provider_stays() -> None:
    stage, first = Stage(), ScriptedAdapter("a/1", ModelNotFound("gone"), "unasked")
    assert stage.ask(first, ScriptedAdapter("a/2", "two")) == "two"
    assert stage.ask(first, ScriptedAdapter("a/2", "two")) == "two"
    assert first.calls == 1


# What is raised


def test_raises_the_last_fault_with_every_reason_when_all_failed() -> None:
    with pytest.raises(BadRequest) as caught:
        Stage().ask(
            ScriptedAdapter("a/1", _limited(300)), ScriptedAdapter("b/2", BadRequest("odd", where="b, HTTP 400")),
            ScriptedAdapter("c/3", available=False),
        )
    assert caught.value.what == (
        "none of the chain's models answered: a/1: slow down; b/2: odd; c/3: there is no key for it"
    )
    assert caught.value.where is None


def test_a_chain_of_one_raises_its_fault_as_it_is() -> None:
    with pytest.raises(RateLimited) as caught:
        Stage().ask(ScriptedAdapter("a/1", RateLimited("slow down", where="a", retry_after_s=300)))
    assert (caught.value.what, caught.value.where, caught.value.retry_after_s) == ("slow down", "a", 300)


def test_a_chain_that_is_used_up_says_why_and_asks_nobody() -> None:
    stage, only = Stage(), ScriptedAdapter("a/1", AuthFailed("wrong key"), "unasked")
    chain = (only, ScriptedAdapter("b/2", "unasked", available=False))
    with pytest.raises(AuthFailed):
        stage.ask(*chain)
    with pytest.raises(AuthFailed) as caught:
        stage.ask(*chain)
    assert caught.value.what == (
        "no model of the chain is left to ask: a/1: wrong key; b/2: there is no key for it"
    )
    assert only.calls == 1


def test_an_empty_chain_is_an_error() -> None:
    with pytest.raises(NoProviderError):
        Stage().chain()


def test_the_first_choice_gives_its_name() -> None:
    assert Stage().chain(ScriptedAdapter("a/1"), ScriptedAdapter("b/2")).get_info().name == "a/1"


# Whether asking makes sense now


def test_a_chain_is_available_while_one_of_its_models_is() -> None:
    stage = Stage()
    keyless = ScriptedAdapter("a/1", available=False)
    assert not stage.chain(keyless).is_available()
    assert stage.chain(keyless, ScriptedAdapter("b/2")).is_available()


def test_a_chain_whose_models_are_all_dropped_is_not_available() -> None:
    stage, only = Stage(), ScriptedAdapter("a/1", QuotaExhausted("no money"))
    with pytest.raises(QuotaExhausted):
        stage.ask(only)
    assert not stage.chain(only).is_available()


@pytest.mark.parametrize("wait_s, available", [(50, True), (61, False)])
def test_a_chain_is_available_when_its_models_are_back_soon(wait_s: float, available: bool) -> None:
    stage, only = Stage(), ScriptedAdapter("a/1", _limited(wait_s))
    with pytest.raises(RateLimited):
        stage.ask(only, deadline_s=1)
    assert stage.chain(only).is_available() is available


# Prompts that do not fit


class Recorder(ScriptedAdapter):
    """A scripted model that keeps what it was asked, and tells of its attempts as a real one does."""

    def __init__(self, name: str, *outcomes: BaseException | str) -> None:
        super().__init__(name, *outcomes)
        self.asked: list[Request] = []

    def execute(
        self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> Reply:
        self.asked.append(request)
        usage = Usage(100, 10, None, Decimal("0.01"))
        info: AdapterInfo = self.get_info()
        attempt = Attempt(info.model, info.provider, True, 7, START, usage)
        try:
            reply = super().execute(request, deadline=deadline, cancel=cancel, observer=observer)
        except ProviderFault as fault:
            observer.attempt_ended(replace(attempt, success=False, error_code=fault.error_code))
            raise
        observer.attempt_ended(attempt)
        return replace(reply, usage=usage, latency_ms=7)


def _by_characters(protected: int = 0) -> Fitting:
    """A character is a token, and a shortened prompt a beginning of it."""
    def compact(request: Request, target: int) -> Compaction:
        text = request.messages[0].text[:max(target, protected)]
        shorter = replace(request, messages=(Message.of("user", text), *request.messages[1:]))
        return Compaction(shorter, 0, 0, ("beginnings",))

    return Fitting(lambda request: sum(len(message.text) for message in request.messages), compact)


LENGTH = len(QUESTION.messages[0].text)


def test_a_prompt_that_is_known_to_be_too_long_is_compacted_before_it_is_paid() -> None:
    stage = Stage(fitting=_by_characters(), windows={"a/1": LENGTH + 10 - 1})
    model = Recorder("a/1", "answer")
    assert stage.ask(model) == "answer"
    target = int(0.75 * (LENGTH - 1))
    assert [len(request.messages[0].text) for request in model.asked] == [target]
    assert stage.watcher.compactions == [("a/1", LENGTH, target, ("beginnings",))]


def test_a_prompt_that_fits_is_sent_as_it_is() -> None:
    stage = Stage(fitting=_by_characters(), windows={"a/1": LENGTH + 10})
    model = Recorder("a/1", "answer")
    stage.ask(model)
    assert model.asked == [QUESTION]
    assert stage.watcher.compactions == []


def test_a_prompt_that_is_refused_is_compacted_twice_and_then_a_larger_window_is_tried() -> None:
    stage = Stage(fitting=_by_characters(), windows={"a/1": 100, "b/2": 100, "c/3": 101})
    small = Recorder("a/1", *[ContextExceeded("too long") for _ in range(3)])
    same, large = Recorder("b/2", "unasked"), Recorder("c/3", "answer")
    assert stage.ask(small, same, large) == "answer"
    assert [len(request.messages[0].text) for request in small.asked] == [
        LENGTH, int(0.75 * LENGTH), int(0.5 * LENGTH)
    ]
    assert same.calls == 0
    assert large.asked == [QUESTION]


def test_the_window_that_a_refusal_names_is_the_window_from_then_on() -> None:
    refusal = ContextExceeded("too long")
    refusal.window_tokens = LENGTH // 2
    stage = Stage(fitting=_by_characters(), windows={"a/1": 10_000})
    model = Recorder("a/1", refusal, "answer")
    assert stage.ask(model) == "answer"
    room = LENGTH // 2 - min(10, LENGTH // 4)
    assert [len(request.messages[0].text) for request in model.asked] == [LENGTH, int(0.75 * room)]


def test_a_compacted_prompt_whose_answer_is_cut_off_is_gone_on_with() -> None:
    stage = Stage(fitting=_by_characters(protected=2200), windows={"a/1": 3000})
    chain = stage.chain(Recorder("a/1", _cut("the beginning, "), "and the end"))
    question = replace(QUESTION, messages=(Message.of("user", "a long one " * 300),))
    reply = chain.execute(question, deadline=NEVER, cancel=CancelToken(), observer=stage.watcher)
    assert reply.text == "the beginning, and the end"
    assert len(stage.watcher.compactions) == 2


def test_where_no_window_is_larger_the_file_is_told_so() -> None:
    stage = Stage(fitting=_by_characters(), windows={"a/1": 100, "b/2": 100})
    with pytest.raises(ContextExceeded) as caught:
        stage.ask(Recorder("a/1", *[ContextExceeded("too long") for _ in range(3)]), Recorder("b/2", "unasked"))
    assert "b/2: its window is not larger" in caught.value.what


def test_a_window_of_which_the_prompt_may_have_no_more_is_not_larger() -> None:
    stage = Stage(windows={"a/1": 272, "b/2": 400}, most_in={"b/2": 272})
    with pytest.raises(ContextExceeded) as caught:
        stage.ask(Recorder("a/1", ContextExceeded("too long")), Recorder("b/2", "unasked"))
    assert "b/2: its window is not larger" in caught.value.what


def test_a_window_that_nobody_knows_may_be_larger() -> None:
    stage = Stage(windows={"a/1": 100})
    assert stage.ask(Recorder("a/1", ContextExceeded("too long")), Recorder("b/2", "answer")) == "answer"


def test_what_must_not_be_shortened_is_sent_to_the_next_larger_window_without_a_call() -> None:
    stage = Stage(fitting=_by_characters(protected=LENGTH), windows={"a/1": LENGTH, "b/2": LENGTH + 10})
    small, large = Recorder("a/1", "unasked"), Recorder("b/2", "answer")
    assert stage.ask(small, large) == "answer"
    assert (small.calls, large.asked) == (0, [QUESTION])


def test_a_retry_sends_what_was_compacted_and_says_so_once() -> None:
    stage = Stage(fitting=_by_characters(), windows={"a/1": LENGTH})
    model = Recorder("a/1", ApiError("x"), "answer")
    stage.ask(model)
    assert model.asked[0] == model.asked[1] != QUESTION
    assert len(stage.watcher.compactions) == 1


# Answers that are cut off


def _cut(text: str) -> Truncated:
    return Truncated("the answer stopped at the output cap", partial_text=text, output_tokens=10)


def test_an_answer_that_is_cut_off_is_gone_on_with_and_joined() -> None:
    model = Recorder("a/1", _cut("def f():\n    return va"), "    return value\n")
    stage = Stage()
    reply = stage.reply(model, ScriptedAdapter("b/2"))
    assert reply.text == "def f():\n    return value\n"
    turns = [(turn.role, turn.text) for turn in model.asked[1].messages]
    assert turns == [("user", QUESTION.messages[0].text), ("assistant", "def f():\n    return va"), ("user", GO_ON)]


def test_the_parts_of_an_answer_are_paid_together_and_told_one_by_one() -> None:
    stage = Stage()
    reply = stage.reply(Recorder("a/1", _cut("one, "), _cut("two, "), "three"))
    assert (reply.usage, reply.latency_ms) == (Usage(300, 30, None, Decimal("0.03")), 21)
    assert [attempt.error_code for attempt in stage.watcher.attempts] == ["TRUNCATED", "TRUNCATED", None]


def test_the_second_continuation_shows_the_answer_as_one_turn() -> None:
    model = Recorder("a/1", _cut("one, "), _cut("two, "), "three")
    assert Stage().ask(model) == "one, two, three"
    assert [turn.text for turn in model.asked[2].messages[1:]] == ["one, two, ", GO_ON]


def test_an_answer_that_is_still_cut_off_after_two_continuations_is_raised_with_all_of_it() -> None:
    model, other = Recorder("a/1", _cut("one, "), _cut("two, "), _cut("three, ")), Recorder("b/2", "unasked")
    with pytest.raises(Truncated) as caught:
        Stage().ask(model, other)
    assert (caught.value.partial_text, caught.value.output_tokens) == ("one, two, three, ", 30)
    assert "3 times in a row" in caught.value.what
    assert other.calls == 0


def test_an_answer_of_which_nothing_came_is_another_models_business() -> None:
    assert Stage().ask(Recorder("a/1", _cut("")), Recorder("b/2", "answer")) == "answer"


def test_a_continuation_that_brings_nothing_is_the_end_of_it() -> None:
    with pytest.raises(Truncated) as caught:
        Stage().ask(Recorder("a/1", _cut("one"), _cut(" ")), Recorder("b/2", "unasked"))
    assert caught.value.partial_text == "one"


@pytest.mark.parametrize("more", ["```\nmore\n```\n", _cut("```\nmo")])
def test_a_rest_that_does_not_join_on_is_the_end_of_it(more: str | Truncated) -> None:
    with pytest.raises(Truncated) as caught:
        Stage().ask(Recorder("a/1", _cut("```\nso"), more), Recorder("b/2", "unasked"))
    assert caught.value.partial_text == "```\nso"


def test_a_continuation_that_fails_is_tried_once_more() -> None:
    model = Recorder("a/1", ApiError("x"), _cut("one, "), ApiError("x"), "two")
    assert Stage().ask(model) == "one, two"
    assert model.asked[2] == model.asked[3]


def test_a_model_that_has_nothing_more_to_say_has_cut_its_answer_off_where_no_other_is_left() -> None:
    model = Recorder("a/1", _cut("one"), InvalidResponse("the answer is empty"), InvalidResponse("the answer is empty"))
    with pytest.raises(Truncated) as caught:
        Stage().ask(model)
    assert (caught.value.partial_text, model.calls) == ("one", 3)
    other = Recorder("b/2", "answer")
    empty = InvalidResponse("the answer is empty")
    assert Stage().ask(Recorder("a/1", _cut("one"), empty, empty), other) == "answer"
    with pytest.raises(Truncated) as caught:
        Stage().ask(Recorder("a/1", _cut("one"), empty, empty), Recorder("b/2", AuthFailed("no")))
    assert caught.value.partial_text == "one"


def test_another_model_begins_anew() -> None:
    other = Recorder("b/2", "answer")
    assert Stage().ask(Recorder("a/1", _cut("one, "), BadRequest("x")), other) == "answer"
    assert other.asked == [QUESTION]


# A fallback has its own limits


def test_every_model_is_sent_a_cap_that_fits_its_own_window() -> None:
    small, large = Recorder("a/1", BadRequest("x")), Recorder("b/2", "answer")
    Stage(windows={"a/1": 10, "b/2": 100}).ask(small, large)
    assert (small.asked[0].max_output_tokens, large.asked[0].max_output_tokens) == (5, None)


def test_where_money_would_have_brought_an_answer_that_is_the_reason() -> None:
    stage = Stage()
    with pytest.raises(TooExpensive, match="a/1: it could cost too much; b/2: no such key"):
        stage.ask(ScriptedAdapter("a/1", TooExpensive("it could cost too much")),
                  ScriptedAdapter("b/2", AuthFailed("no such key")))

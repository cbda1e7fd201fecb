from __future__ import annotations

import threading
from typing import Callable

import pytest

from orchestra.adapters.adapter import Request
from orchestra.agents.replies import NeedFiles
from orchestra.agents.templates import request_of
from orchestra.clock import Deadline
from orchestra.engine.panel import Panel
from orchestra.errors import (
    ApiError,
    Cancelled,
    LimitReached,
    OrchestraError,
    ProviderFault,
    RateLimited,
    RefusedDraft,
    RefusedPath,
    TimedOut,
    TooExpensive,
    UnreadableReply,
)
from orchestra.turns import Turns
from tests.unit.engine.workshop import SESSION, Workshop

Build = Callable[..., Workshop]
LONG_S = 30
QUESTION: Request = request_of("Be brief.", ())


def read_number(text: str) -> int | NeedFiles:
    if text.startswith("show "):
        return NeedFiles((text[len("show "):],))
    if text.startswith("refused "):
        raise RefusedPath("a path that must not be touched", where=text[len("refused "):])
    if text == "draft":
        raise RefusedDraft("not to be written")
    if not text.isdigit():
        raise UnreadableReply("That is no number.")
    return int(text)


def ask(shop: Workshop, key: str = "executor/1") -> int:
    return shop.asker().ask("executor", key, QUESTION, path="a.py", read=read_number)


def test_an_answer_is_read_and_kept(workshop: Build) -> None:
    shop = workshop(executor=["42"])
    assert ask(shop) == 42
    assert shop.steps() == {"executor/1": "completed"}


def test_an_answer_is_kept_while_others_compute(workshop: Build) -> None:
    turns, is_taken, seen, pause = Turns(patience_s=LONG_S), threading.Event(), [], threading.Event()

    def compute() -> None:
        with turns.taken():
            is_taken.set()
            for _ in range(1000 * LONG_S):
                if shop.steps() == {"executor/1": "completed"}:
                    seen.append("kept")
                    break
                pause.wait(0.001)

    def answer() -> str:
        other.start()
        assert is_taken.wait(LONG_S)
        return "42"

    other = threading.Thread(target=compute, daemon=True)
    shop = workshop(executor=[answer])
    with turns.taken():
        assert shop.asker(turns=turns).ask("executor", "executor/1", QUESTION, path="a.py", read=read_number) == 42
    other.join(LONG_S)
    assert seen == ["kept"]


def test_what_was_answered_is_never_asked_again(workshop: Build) -> None:
    shop = workshop(executor=["42"])
    ask(shop)
    shop.restart()
    assert ask(shop) == 42
    assert shop.asked() == {"executor": 1}
    assert [event.name for event in shop.events] == [
        "step.started", "attempt.started", "step.completed", "step.recalled"
    ]


def test_a_whole_conversation_is_recalled_turn_by_turn(workshop: Build) -> None:
    shop = workshop(executor=["show b.py", "prose", "42"])
    shop.put("what b says", "b.py")
    assert ask(shop) == 42
    assert shop.steps() == {"executor/1": "completed", "executor/1#2": "completed", "executor/1#3": "completed"}
    shop.restart()
    assert ask(shop) == 42
    assert shop.asked() == {"executor": 3}


def test_a_conversation_that_was_cut_goes_on_where_it_was(workshop: Build) -> None:
    shop = workshop(executor=["show b.py", ApiError("down"), "42"])
    shop.put("what b says", "b.py")
    with pytest.raises(ApiError):
        ask(shop)
    shop.restart()
    assert ask(shop) == 42
    assert shop.asked() == {"executor": 3}
    assert "what b says" in shop.agents["executor"].heard[2]


@pytest.mark.parametrize("bad", ["prose", "refused ../x"])
def test_an_answer_of_no_use_gets_one_repair_round_that_says_why(workshop: Build, bad: str) -> None:
    shop = workshop(executor=[bad, "42"])
    assert ask(shop) == 42
    last = shop.agents["executor"].requests[1].messages
    assert [message.role for message in last] == ["user", "assistant", "user"]
    assert last[1].text == bad
    assert ("no number" in last[2].text) or ("../x" in last[2].text)
    assert len(shop.told("reply.unreadable")) == 1


def test_the_second_answer_of_no_use_is_the_last(workshop: Build) -> None:
    shop = workshop(executor=["prose", "more prose", "42"])
    with pytest.raises(UnreadableReply):
        ask(shop)
    assert shop.asked() == {"executor": 2}


def test_a_draft_that_must_not_be_written_is_for_the_asker_to_handle(workshop: Build) -> None:
    shop = workshop(executor=["draft"])
    with pytest.raises(RefusedDraft):
        ask(shop)
    assert shop.steps() == {"executor/1": "completed"}


def test_a_fault_fails_the_step_and_the_attempt_is_kept(workshop: Build) -> None:
    shop = workshop(executor=[ApiError("down")])
    with pytest.raises(ApiError):
        ask(shop)
    assert shop.steps() == {"executor/1": "failed"}
    attempts = shop.journal.steps.attempts(SESSION)
    assert [(row.attempt.success, row.attempt.error_code) for row in attempts] == [(False, "API_ERROR")]


def test_no_secret_reaches_the_table_of_attempts(workshop: Build) -> None:
    shop = workshop(executor=[ApiError("the key hunter22 is wrong")])
    with pytest.raises(ApiError):
        ask(shop)
    message = shop.journal.steps.attempts(SESSION)[0].attempt.error_message
    assert message == "the key *** is wrong"
    assert shop.told("attempt.failed")[0].data["message"] == "the key *** is wrong"


def test_a_fault_is_told_with_the_model_that_made_it(workshop: Build) -> None:
    shop = workshop(executor=[ApiError("down")])
    with pytest.raises(ApiError):
        ask(shop)
    data = shop.told("attempt.failed")[0].data
    assert (data["role"], data["path"], data["model"], data["error_code"]) == (
        "executor", "a.py", "local/executor-model", "API_ERROR"
    )


def test_an_agent_is_busy_while_it_is_asked_and_idle_afterwards(workshop: Build) -> None:
    busy: list[object] = []
    shop: Workshop

    def answer() -> str:
        shop.journal.keep(SESSION, "fact", 1)  # waits for the disk, and so for what was queued before
        busy.append(shop.journal.sessions.agents(SESSION)["executor"]["status"])
        return "42"

    shop = workshop(executor=[answer])
    ask(shop)
    shop.journal.keep(SESSION, "fact", 1)
    agent = shop.journal.sessions.agents(SESSION)["executor"]
    assert (busy, agent["status"], agent["model_id"]) == (["working"], "idle", "executor-model")


def test_an_agent_that_is_asked_twice_at_once_is_busy_until_both_are_answered(workshop: Build) -> None:
    first_is_asked, second_is_answered = threading.Event(), threading.Event()
    shop: Workshop

    def first() -> str:
        first_is_asked.set()
        assert second_is_answered.wait(30)
        return "1"

    shop = workshop(executor=[first, "2"])
    thread = threading.Thread(target=ask, args=(shop, "executor/1"))
    thread.start()
    assert first_is_asked.wait(30)
    ask(shop, "executor/2")
    assert shop.journal.sessions.agents(SESSION)["executor"]["status"] == "working"
    second_is_answered.set()
    thread.join(30)
    assert shop.journal.sessions.agents(SESSION)["executor"]["status"] == "idle"


@pytest.mark.parametrize("error", [ApiError("down"), Cancelled()])
def test_an_agent_whose_call_failed_is_idle(workshop: Build, error: BaseException) -> None:
    shop = workshop(executor=[error])
    with pytest.raises(type(error)):
        ask(shop)
    assert shop.journal.sessions.agents(SESSION)["executor"]["status"] == "idle"


# Limits


def test_a_call_that_the_budget_does_not_pay_for_is_the_runs_limit(workshop: Build) -> None:
    shop = workshop(executor=[TooExpensive("it could cost too much", hint="give it more")])
    with pytest.raises(LimitReached, match="could cost too much") as caught:
        ask(shop)
    assert (caught.value.hint, shop.steps()) == ("give it more", {"executor/1": "failed"})


@pytest.mark.parametrize("limit", ["time", "stop"])
def test_at_a_limit_nobody_is_asked_any_more(workshop: Build, limit: str) -> None:
    shop = workshop(executor=["42"])
    if limit == "time":
        shop.deadline = Deadline(shop.clock, 0)
    else:
        shop.cancel.cancel()
    with pytest.raises((LimitReached, Cancelled)):
        ask(shop)
    assert shop.asked() == {}


@pytest.mark.parametrize("fault", [TimedOut("no whole answer"), ApiError("the provider failed")])
def test_a_call_that_was_cut_by_the_runs_deadline_is_the_runs_limit(workshop: Build, fault: ProviderFault) -> None:
    shop: Workshop

    def run_out() -> str:
        shop.clock.seconds = 100
        raise fault

    shop = workshop(executor=[run_out])
    shop.deadline = Deadline(shop.clock, 60)
    with pytest.raises(LimitReached):
        ask(shop)
    assert shop.steps() == {"executor/1": "failed"}


@pytest.mark.parametrize("next_try_s, expected", [(60.0, LimitReached), (59.0, RateLimited), (None, RateLimited)])
def test_a_next_try_that_only_the_runs_deadline_forbids_is_the_runs_limit(
    workshop: Build, next_try_s: float | None, expected: type[OrchestraError]
) -> None:
    fault = RateLimited("slow down")
    fault.next_try_s = next_try_s
    shop = workshop(executor=[fault])
    shop.deadline = Deadline(shop.clock, 60)
    with pytest.raises(expected):
        ask(shop)
    assert shop.steps() == {"executor/1": "failed"}


def test_a_call_that_ran_out_of_its_own_time_is_the_providers_fault(workshop: Build) -> None:
    shop = workshop(executor=[TimedOut("nothing came")])
    shop.deadline = Deadline(shop.clock, 60)
    with pytest.raises(TimedOut):
        ask(shop)


def test_a_stop_in_the_middle_of_a_call_fails_the_step(workshop: Build) -> None:
    shop = workshop(executor=[Cancelled()])
    with pytest.raises(Cancelled):
        ask(shop)
    assert shop.steps() == {"executor/1": "failed"}


def test_where_nobody_else_was_to_be_had_nobody_is_asked_again_after_a_restart(workshop: Build) -> None:
    panel = Panel({"consultant": ("local/consultant-model", "local/other")})
    shop = workshop(executor=["one"], consultant=["one", ApiError("no"), "two"])

    def mend() -> str:
        asker = shop.asker(panel)
        for role in ("executor", "consultant"):
            said = asker.ask(role, f"{role}/a.py/1", QUESTION, path="a.py", read=str, keeps_cut=True)
        return said

    assert mend() == "one"
    shop.restart()
    assert mend() == "one"
    assert shop.asked() == {"executor": 1, "consultant": 2}

"""Every failure that LLMock can script, met as the policy's table says, and LLMock's verdict on how we met it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestra.adapters.rows import ModelRow, PROTOCOLS
from orchestra.errors import ApiError, ContentFiltered
from tests.peers.llmock import LLMock, fails, says
from tests.peers.processes import running
from tests.peers.rig import Rig, long_question, question
from tests.unit.adapters.doubles import Watcher

STATUSES = [
    (400, "API_ERROR", 1), (401, "AUTH", 1), (402, "QUOTA", 1), (403, "AUTH", 1), (404, "MODEL_NOT_FOUND", 1),
    (408, "TIMEOUT", 2), (409, "API_ERROR", 2), (413, "CONTEXT_EXCEEDED", 1), (422, "API_ERROR", 1),
    (429, "RATE_LIMIT_429", 3), (500, "API_ERROR", 2), (501, "API_ERROR", 2), (502, "API_ERROR", 2),
    (503, "OVERLOADED", 2), (504, "TIMEOUT", 2), (529, "OVERLOADED", 2),
]
"""Status, what we call it, and how often a model that always answers so is asked before the next one is."""
DROPPED = {"AUTH", "QUOTA", "MODEL_NOT_FOUND"}


def _two_models(llmock: LLMock, protocol: str) -> tuple[Rig, str]:
    """A chain, and the id of its first model."""
    row, model = llmock.choice(protocol)
    second = llmock.provider(protocol, "second")
    return Rig([(row, model), (second, ModelRow("second-model", max_output=1000))]), model.id


@pytest.mark.parametrize("status, error_code, times", STATUSES)
def test_a_model_that_always_fails_is_asked_as_often_as_the_table_says(
    llmock: LLMock, status: int, error_code: str, times: int
) -> None:
    rig, first = _two_models(llmock, "openai-chat")
    llmock.script(fails(status, times=None, retry_after=0.2 if status == 429 else None, model=first))
    assert rig.ask(question(f"What does {status} mean?")).model_id == "second-model"
    assert rig.codes == [(first, error_code)] * times + [("second-model", None)]
    assert llmock.complaints() == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("status, error_code, times", [row for row in STATUSES if row[0] in (400, 401, 402, 404, 500)])
def test_every_protocols_own_error_body_is_told_apart(
    llmock: LLMock, protocol: str, status: int, error_code: str, times: int
) -> None:
    rig, first = _two_models(llmock, protocol)
    llmock.script(fails(status, times=None, model=first))
    for number in range(2):
        assert rig.ask(question(f"What does {status} mean? {number}")).model_id == "second-model"
    times *= 1 if error_code in DROPPED else 2
    assert [code for code in rig.codes if code[1]] == [(first, error_code)] * times
    assert llmock.complaints() == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("status", [429, 500, 504])
def test_a_short_wait_that_is_asked_for_is_waited_for(llmock: LLMock, protocol: str, status: int) -> None:
    rig = Rig([llmock.choice(protocol)])
    llmock.script(fails(status, retry_after=0.9), says("It was worth the wait."))
    assert rig.ask(question("Is it?")).text == "It was worth the wait."
    assert len(rig.codes) == 2
    assert llmock.complaints() == []


def test_a_long_wait_sends_us_to_the_next_model_now_and_later_questions_too(llmock: LLMock) -> None:
    rig, first = _two_models(llmock, "anthropic-messages")
    llmock.script(fails(429, times=None, retry_after=30, model=first))
    for number in range(3):
        assert rig.ask(question(f"Now? {number}")).model_id == "second-model"
    assert rig.codes == [(first, "RATE_LIMIT_429")] + [("second-model", None)] * 3
    # It knows of no other model: for it, whoever asks the next one has given up. An error it is not.
    assert llmock.complaints() == [("warning", "gave_up")]


def test_an_outage_ends_with_a_fault_after_two_calls(llmock: LLMock) -> None:
    rig = Rig([llmock.choice("openai-chat")])
    llmock.script(fails(500, times=None))
    with pytest.raises(ApiError):
        rig.ask(question("Anybody there?"))
    assert len(llmock.requests()) == 2
    assert llmock.complaints() == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_answer_that_stopped_at_the_cap_is_continued_and_joined(llmock: LLMock, protocol: str) -> None:
    rig = Rig([llmock.choice(protocol)])
    llmock.script(says("one two thr", finish="length"), says("ee four", finish="stop"))
    assert rig.ask(question("Count!")).text == "one two three four"
    assert [code for _, code in rig.codes] == ["TRUNCATED", None]
    assert llmock.complaints() == []


@pytest.mark.parametrize("protocol", ["openai-chat", "anthropic-messages", "gemini"])
def test_a_filtered_answer_goes_to_the_next_model(llmock: LLMock, protocol: str) -> None:
    rig, first = _two_models(llmock, protocol)
    llmock.script(says("I must not", times=None, finish="content_filter", model=first))
    assert rig.ask(question("May you?")).model_id == "second-model"
    assert rig.codes == [(first, ContentFiltered.error_code), ("second-model", None)]
    assert llmock.complaints() == []


def test_many_workers_keep_within_a_quota_and_lose_no_question(llmock_python: Path) -> None:
    with running(llmock_python, "llmock_server.py", LLMOCK_RPM="60", LLMOCK_RESPONSE_STYLE="static") as address:
        llmock = LLMock(address)
        rig = Rig([llmock.choice("openai-chat")])
        watchers = [Watcher() for _ in range(64)]
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(
                lambda number: rig.ask(question(f"Question {number}"), watcher=watchers[number]), range(len(watchers))
            ))
        codes = [attempt.error_code for watcher in watchers for attempt in watcher.attempts]
        complaints = llmock.complaints()
    assert {reply.text for reply in replies} == {f"Mock response from {replies[0].model_id}."}
    assert set(codes) == {None, "RATE_LIMIT_429"} and codes.count(None) == len(watchers)
    assert complaints == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_prompt_beyond_the_window_is_compacted_and_answered(llmock_python: Path, protocol: str) -> None:
    context = "".join(f"Remark {number}: the weather was fair and nothing happened.\n\n" for number in range(40))
    with running(llmock_python, "llmock_server.py", LLMOCK_CONTEXT_WINDOW="400") as address:
        llmock = LLMock(address)
        rig = Rig([llmock.choice(protocol)], has_fitting=True)
        reply = rig.ask(long_question("File: a.txt\nWhat happened?", context, max_output_tokens=100))
        complaints, sent = llmock.complaints(), llmock.requests()
    assert reply.text
    assert [code for _, code in rig.codes][0] == "CONTEXT_EXCEEDED" and rig.codes[-1][1] is None
    assert len(rig.watcher.compactions) == len(rig.codes) - 1
    assert all("File: a.txt\\nWhat happened?" in str(request["body"]) for request in sent)
    assert complaints == []

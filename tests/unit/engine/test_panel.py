from __future__ import annotations

import pytest

from orchestra.engine.panel import Panel, vendor_of
from orchestra.errors import ConfigError


@pytest.mark.parametrize("name, vendor", [
    ("anthropic/claude-opus-5", "anthropic"), ("openrouter/anthropic/claude-opus-5", "anthropic"),
    ("openai/gpt-5.3-codex", "openai"), ("ollama/gpt-oss:20b", "openai"), ("gemini/gemini-3.1-pro-preview", "google"),
    ("ollama/Qwen3-Coder", "qwen"), ("openrouter/qwen/qwen3-coder", "qwen"), ("zai/glm-4.7", "zai"),
    ("house/own-model", "house"), ("house/", "house"),
])
def test_a_vendor_is_told_by_the_models_name_and_else_by_the_provider(name: str, vendor: str) -> None:
    assert vendor_of(name) == vendor


def test_where_every_auditor_is_of_an_executors_vendor_that_is_an_error() -> None:
    names = {"executor": ["zai/glm-4.7", "openai/gpt-5.3-codex"], "auditor": ["ollama/gpt-oss"]}
    Panel(names).check()
    with pytest.raises(ConfigError) as caught:
        Panel(names, other_vendor=True).check()
    assert "openai/gpt-5.3-codex" in caught.value.what
    Panel({"executor": ["zai/glm-4.7"], "consultant": ["a/gpt-oss"], "auditor": ["openai/gpt-5"]}, True).check()
    Panel({**names, "auditor": ["ollama/gpt-oss", "gemini/gemini-3"]}, other_vendor=True).check()


A, B, C = "zai/glm-4.7", "openai/gpt-5", "gemini/gemini-3"


@pytest.mark.parametrize("auditors, executor, consultant, biased", [
    ([B, A], A, None, {A}), ([B, A], A, B, {A}), ([B, C], A, None, set()), ([B, C], A, B, {B}),
    ([A, B, C], A, B, {A, B}), ([B, "ollama/gpt-oss"], A, B, set()), ([B, C], None, B, {B}), ([B], None, B, set()),
    ([B, "ollama/gpt-oss", C], B, B, {B, "ollama/gpt-oss"}), ([A, B], None, None, set()),
])
def test_no_draft_is_judged_by_its_executors_vendor_nor_if_others_are_left_by_its_consultants(
    auditors: list[str], executor: str | None, consultant: str | None, biased: set[str]
) -> None:
    assert Panel({"auditor": auditors}, True).biased(executor, consultant) == biased


@pytest.mark.parametrize("auditors, executors, biased", [
    ([A, B, C], [A], {A}), ([A, B, C], [A, B], {A, B}), ([A, B], [A, B], {A}), ([A, B], [B, A], {B}), ([A], [A], set()),
    ([A, B, C], ["own/model"], set()), ([A, B], [], set()),
])
def test_a_whole_change_is_judged_by_nobodys_vendor_who_wrote_of_it_as_long_as_others_are_left(
    auditors: list[str], executors: list[str], biased: set[str]
) -> None:
    assert Panel({"auditor": auditors}, True).biased_as_a_whole(executors) == biased


def test_others_of_a_role_are_told_apart() -> None:
    panel = Panel({"auditor": ["ollama/gpt-oss", "openai/gpt-5"], "executor": [B]})
    assert panel.has_others("auditor", B) and not panel.has_others("executor", B)

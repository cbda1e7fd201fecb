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
    with pytest.raises(ConfigError, match="agents.consultant"):
        Panel({"executor": ["zai/glm-4.7"], "consultant": ["a/gpt-oss"], "auditor": ["openai/gpt-5"]}, True).check()
    Panel({**names, "auditor": ["ollama/gpt-oss", "gemini/gemini-3"]}, other_vendor=True).check()


def test_models_are_told_apart_by_vendor() -> None:
    panel = Panel({"auditor": ["ollama/gpt-oss", "openai/gpt-5", "gemini/gemini-3"]})
    assert panel.of_vendor("auditor", "openai") == {"ollama/gpt-oss", "openai/gpt-5"}
    assert panel.of_vendor("executor", "openai") == frozenset()
    assert panel.has_others("auditor", "openai/gpt-5") and not panel.has_others("executor", "openai/gpt-5")

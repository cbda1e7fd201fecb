from __future__ import annotations

import re
from decimal import Decimal

from orchestra.config.init import InitChoices, LocalServer, commented_file
from orchestra.config.schema import Leaf, schema, walk
from orchestra.config.settings import ProviderSettings, Settings

from .conftest import Layers

_CHOICES = InitChoices(
    providers=("moonshot",),
    servers=(
        LocalServer("ollama", "http://127.0.0.1:11434/v1", models=("qwen2.5-coder:7b",)),
        LocalServer("llama-cpp", "http://127.0.0.1:8080/v1"),
    ),
    chains={"executor": ("ollama/qwen2.5-coder:7b",)},
    values={"budget.max_cost": 2.5, "commit.enabled": True},
)


def uncommented(text: str) -> str:
    return re.sub(r"(?m)^#(?! \S)", "", text)


def test_the_file_without_choices_gives_the_defaults(layers: Layers) -> None:
    assert layers.load(commented_file()).settings == Settings()


def test_the_file_without_any_comment_sign_is_valid_too(layers: Layers) -> None:
    config = layers.load(uncommented(commented_file()))
    assert config.settings.mode == "sequential"
    assert config.settings.providers["my-server"].headers == {"X-Team": "infra"}
    assert config.settings.providers["my-server"].models["my-model"].context_window == 200000
    assert config.origins["watch.debounce"].startswith(str(layers.named))


def test_every_key_stands_in_the_file() -> None:
    text = commented_file()
    for key, _ in walk(schema()):
        name = key.rpartition(".")[2]
        if name != "*":
            assert re.search(r"(?m)^# *%s:" % re.escape(name), text), key


def test_every_key_has_a_remark() -> None:
    for key, node in walk(schema()):
        assert node.rule.comment, key


def test_what_was_chosen_is_switched_on(layers: Layers) -> None:
    settings = layers.load(commented_file(_CHOICES)).settings
    assert settings.agents.executor == ("ollama/qwen2.5-coder:7b",)
    assert settings.agents.auditor == Settings().agents.auditor
    assert settings.budget.max_cost == Decimal("2.5")
    assert settings.commit.enabled is True
    assert set(settings.providers) == {"ollama", "llama-cpp"}
    assert settings.providers["llama-cpp"] == ProviderSettings("openai-chat", "http://127.0.0.1:8080/v1")
    assert set(settings.providers["ollama"].models) == {"qwen2.5-coder:7b"}


def test_the_rest_can_still_be_switched_on_beside_what_was_chosen(layers: Layers) -> None:
    settings = layers.load(uncommented(commented_file(_CHOICES))).settings
    assert set(settings.providers) == {"ollama", "llama-cpp", "my-server"}
    assert settings.agents.executor == ("ollama/qwen2.5-coder:7b",)


def test_the_found_keys_are_said() -> None:
    assert "# Keys found for: moonshot." in commented_file(_CHOICES)
    assert "Keys found" not in commented_file()


def test_a_leaf_of_the_file_shows_its_default() -> None:
    text = commented_file()
    assert re.search(r"(?m)^#  max_cost: 1\.0 ", text)
    assert re.search(r"(?m)^#  architect: \[moonshot/kimi-k2\.6, ", text)
    leaves = [key for key, node in walk(schema()) if isinstance(node, Leaf)]
    assert len(leaves) > 50

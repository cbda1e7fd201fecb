from __future__ import annotations

import pytest

from orchestra.config.settings import AgentChains, ProviderSettings
from orchestra.engine.chains import ChainPlan, plan_chains
from orchestra.errors import ConfigError


def plan(*chain: str, **variables: str) -> ChainPlan:
    """The plan for an architect with this chain."""
    return plan_chains(AgentChains(architect=chain), {}, roles=["architect"], variables=variables)


def asked(of: ChainPlan) -> list[str]:
    return [f"{row.name}/{model}" for row, model in of.choices["architect"]]


def test_a_switched_off_model_is_replaced_where_it_stands_and_its_successor_asked_once() -> None:
    found = plan("zai/glm-4.7", "moonshot/kimi-k2.5", "moonshot/kimi-k2.6", ZAI_API_KEY="a", MOONSHOT_API_KEY="b")
    assert asked(found) == ["zai/glm-4.7", "moonshot/kimi-k2.6"]
    assert found.replaced == {"moonshot/kimi-k2.5": "moonshot/kimi-k2.6"}


def test_nothing_is_said_of_a_switched_off_model_whose_provider_has_no_key() -> None:
    found = plan("moonshot/kimi-k2.5", "zai/glm-4.7", ZAI_API_KEY="a")
    assert (asked(found), found.replaced) == (["zai/glm-4.7"], {})
    assert found.left_out == {"moonshot": ("MOONSHOT_API_KEY", "KIMI_API_KEY")}


@pytest.mark.parametrize("entry", ["ollama/qwen3:8b", "llama-cpp/any", "vllm/meta-llama/Llama-3.3-70B", "lm-studio/a"])
def test_a_server_of_this_machine_can_be_named_without_configuration_or_key(entry: str) -> None:
    found = plan(entry)
    assert asked(found) == [entry]
    assert found.keys == {entry.partition("/")[0]: None}
    assert found.providers[0].base_url.startswith("http://127.0.0.1:")


def test_a_ready_made_provider_takes_its_own_key() -> None:
    found = plan("openrouter/meta-llama/llama-3.3-70b-instruct", OPENROUTER_API_KEY="k", OPENAI_API_KEY="other")
    assert asked(found) == ["openrouter/meta-llama/llama-3.3-70b-instruct"]
    assert found.keys == {"openrouter": "k"}


@pytest.mark.parametrize(
    ("entry", "other", "variable"),
    [
        ("zai-coding/glm-4.7", "ZAI_API_KEY", "ZAI_CODING_API_KEY"),
        ("zai-cn/glm-4.7", "ZHIPUAI_API_KEY", "ZAI_CN_API_KEY"),
        ("moonshot-cn/kimi-k2.6", "MOONSHOT_API_KEY", "MOONSHOT_CN_API_KEY"),
    ],
)
def test_the_key_of_another_site_of_the_vendor_is_not_sent(entry: str, other: str, variable: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plan(entry, **{other: "k"})
    assert caught.value.where == variable
    assert "api_key_env" in str(caught.value.hint)
    assert plan(entry, **{variable: "k"}).keys == {entry.partition("/")[0]: "k"}


def test_a_site_of_the_vendor_can_be_given_the_built_in_name() -> None:
    said = {"moonshot": ProviderSettings(base_url="https://api.moonshot.cn/v1")}
    found = plan_chains(
        AgentChains(architect=("moonshot/kimi-k2.6",)), said, roles=["architect"], variables={"MOONSHOT_API_KEY": "k"}
    )
    assert found.keys == {"moonshot": "k"} and found.providers[0].base_url == "https://api.moonshot.cn/v1"

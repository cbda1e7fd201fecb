from __future__ import annotations

from pathlib import Path
from typing import Mapping

import pytest

from orchestra.adapters.budget import Budget
from orchestra.adapters.health import Health
from orchestra.adapters.http import HttpClient
from orchestra.config.settings import AgentChains, ProviderSettings
from orchestra.engine.chains import ChainPlan, build_chains, plan_chains
from orchestra.errors import ConfigError, ExitStatus, NoProviderError
from orchestra.records import AGENT_ROLES
from tests.unit.fake_clock import FakeClock

LOCAL = ProviderSettings(protocol="openai-chat", base_url="http://127.0.0.1:8080/v1")
ALL_KEYS = {"MOONSHOT_API_KEY": "k1", "ZAI_API_KEY": "k2", "GEMINI_API_KEY": "k3", "OPENAI_API_KEY": "k4"}


def plan(
    agents: AgentChains = AgentChains(), providers: Mapping[str, ProviderSettings] | None = None,
    variables: Mapping[str, str] | None = None, roles: tuple[str, ...] = AGENT_ROLES,
) -> ChainPlan:
    return plan_chains(agents, providers or {}, roles=roles, variables=variables or {})


def chain(*entries: str) -> AgentChains:
    return AgentChains(entries, entries, entries, entries)


def names(plan: ChainPlan, role: str) -> list[str]:
    return [f"{row.name}/{model}" for row, model in plan.choices[role]]


def test_with_all_keys_the_chains_are_the_configured_ones() -> None:
    found = plan(variables=ALL_KEYS)
    assert {role: tuple(names(found, role)) for role in AGENT_ROLES} == {
        role: getattr(AgentChains(), role) for role in AGENT_ROLES
    }
    assert found.left_out == {}
    assert found.keys == {"moonshot": "k1", "zai": "k2", "gemini": "k3", "openai": "k4"}


def test_a_built_in_provider_without_a_key_is_left_out_of_every_chain_and_said_once() -> None:
    found = plan(variables={name: key for name, key in ALL_KEYS.items() if name != "MOONSHOT_API_KEY"})
    assert names(found, "architect") == ["gemini/gemini-3.1-pro-preview"]
    assert names(found, "executor") == ["zai/glm-4.7"]
    assert found.left_out == {"moonshot": ("MOONSHOT_API_KEY", "KIMI_API_KEY")}


def test_a_key_may_stand_in_any_of_its_variables_or_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file\n")
    found = plan(variables={"KIMI_API_KEY": "k", "GEMINI_API_KEY_FILE": str(tmp_path / "key")}, roles=("architect",))
    assert found.keys == {"moonshot": "k", "gemini": "from-a-file"}


def test_a_chain_that_nobody_is_left_in_names_what_would_fill_it() -> None:
    with pytest.raises(NoProviderError) as caught:
        plan(variables={"ZAI_API_KEY": "k"}, roles=("auditor",))
    assert caught.value.exit_status is ExitStatus.USAGE
    text = str(caught.value)
    assert "auditor" in text and "gemini/gemini-3.1-pro-preview" in text
    assert "GEMINI_API_KEY" in text and "OPENAI_API_KEY" in text


def test_a_chain_that_names_nobody_is_to_be_given_a_name() -> None:
    with pytest.raises(NoProviderError) as caught:
        plan(chain(), roles=("auditor",))
    assert caught.value.hint == (
        "name PROVIDER/MODEL in agents.auditor; or name a local server: "
        "`orchestra config init` writes a file to start from"
    )


def test_a_chain_that_is_configured_empty_is_an_error_too() -> None:
    with pytest.raises(NoProviderError, match="architect"):
        plan(AgentChains(architect=()), variables=ALL_KEYS)


def test_roles_that_are_not_needed_need_no_provider() -> None:
    found = plan(AgentChains(executor=()), variables=ALL_KEYS, roles=("architect",))
    assert set(found.choices) == {"architect"}
    assert "zai" not in found.keys


def test_a_provider_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(ConfigError, match="no provider 'mooonshot'") as caught:
        plan(chain("mooonshot/kimi-k2.6"), variables=ALL_KEYS)
    assert caught.value.where == "key agents.architect: mooonshot/kimi-k2.6"
    assert "moonshot" in (caught.value.hint or "")


def test_the_users_own_provider_needs_no_key_unless_it_names_one() -> None:
    found = plan(chain("local/m"), {"local": LOCAL})
    assert (names(found, "executor"), found.keys, found.left_out) == (["local/m"], {"local": None}, {})


@pytest.mark.parametrize("said", [{"api_key_env": "LOCAL_KEY"}, {"api_key_file": "{empty}"}])
def test_a_missing_key_of_the_users_own_provider_is_an_error_and_not_left_out(
    said: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "empty").write_text("")
    settings = {name: value.format(empty=tmp_path / "empty") for name, value in said.items()}
    own = ProviderSettings(protocol="openai-chat", base_url="http://127.0.0.1:8080/v1", **settings)
    with pytest.raises(ConfigError, match="key of provider local is missing"):
        plan(chain("local/m", "zai/glm-4.7"), {"local": own}, ALL_KEYS)


def test_a_model_id_may_hold_slashes() -> None:
    found = plan(chain("local/org/model:7b"), {"local": LOCAL})
    assert names(found, "auditor") == ["local/org/model:7b"]


def test_every_provider_that_may_be_asked_is_listed_once() -> None:
    found = plan(variables=ALL_KEYS)
    assert sorted(row.name for row in found.providers) == ["gemini", "moonshot", "openai", "zai"]


def test_who_is_left_out_may_not_even_be_reached() -> None:
    found = plan(variables={"ZAI_API_KEY": "k", "OPENAI_API_KEY": "k", "GEMINI_API_KEY": "k"})
    assert "moonshot" not in {row.name for row in found.providers}


def test_each_role_gets_an_adapter_that_begins_with_its_first_choice() -> None:
    found = plan(variables=ALL_KEYS)
    http, clock = HttpClient(found.providers, variables={}, workers=1), FakeClock()
    chains = build_chains(found, http, clock, health=Health(found.providers, clock=clock, workers=1),
                          budget=Budget(None))
    assert {role: adapter.get_info().name for role, adapter in chains.items()} == {
        role: getattr(AgentChains(), role)[0] for role in AGENT_ROLES
    }
    assert all(adapter.is_available() for adapter in chains.values())

from __future__ import annotations

from decimal import Decimal

import pytest

from orchestra.adapters.catalog import cost_usd, find_key, locate_key, needs_key, price_tier, resolve
from orchestra.adapters.rows import BUDGET, PROTOCOLS, USUAL, ModelRow, PriceTier, ProviderRow
from orchestra.config.settings import AgentChains, ModelSettings, ProviderSettings
from orchestra.config.variables import KNOWN_PROVIDERS
from orchestra.errors import ConfigError

_ROWS = resolve({})
_LOCAL = ProviderSettings(base_url="http://127.0.0.1:8000/v1/")


def _no_file(path: str) -> str:
    raise FileNotFoundError(2, "No such file or directory", path)


def test_every_model_of_the_default_chains_is_listed_with_a_price_and_a_window() -> None:
    rows = resolve({})
    for chain in vars(AgentChains()).values():
        for name in chain:
            provider, _, model_id = name.partition("/")
            model = rows[provider].models[model_id]
            assert model.context_window and model.max_output == 16384 and cost_usd(model, 1, 1, 0)


def test_five_providers_are_built_in_and_the_others_are_only_ready_made() -> None:
    built_in = [name for name, row in _ROWS.items() if row.is_built_in]
    assert built_in == ["moonshot", "zai", "gemini", "openai", "anthropic"]
    assert set(_ROWS) - set(built_in) == {
        "moonshot-cn", "zai-cn", "zai-coding", "openrouter", "deepseek", "mistral", "llama-cpp", "ollama", "vllm",
        "lm-studio",
    }


def test_the_configuration_knows_the_names_of_all_rows() -> None:
    assert set(KNOWN_PROVIDERS) == set(_ROWS)


@pytest.mark.parametrize("name", _ROWS)
def test_every_row_can_be_spoken_to(name: str) -> None:
    row = _ROWS[name]
    assert resolve({name: ProviderSettings()})[name].base_url == row.base_url
    assert row.protocol in PROTOCOLS and row.title
    is_local = row.base_url.startswith("http://127.0.0.1:")
    assert is_local or row.base_url.startswith("https://")
    assert needs_key(row) is not is_local


def test_no_two_providers_look_for_a_key_in_the_same_variable() -> None:
    variables = [variable for row in _ROWS.values() for variable in row.key_variables]
    assert len(variables) == len(set(variables)) >= 15


def test_every_listed_model_is_told_by_its_id_and_every_price_is_whole() -> None:
    for row in _ROWS.values():
        for model_id, model in row.models.items():
            assert model.id == model_id and model.max_output == 16384
            assert [tier.above_input_tokens for tier in model.prices[:1]] in ([], [0])
            for tier in model.prices:
                assert tier.output_usd is not None and tier.input_usd is not None and tier.cached_usd is not None
                assert tier.cached_usd <= tier.input_usd <= tier.output_usd


def test_models_billed_by_a_plan_or_in_yuan_have_no_price() -> None:
    for name in ("moonshot-cn", "zai-cn", "zai-coding"):
        assert all(model.prices == () and model.id in _ROWS[name].models for model in _ROWS[name].models.values())
    assert _ROWS["moonshot-cn"].models["kimi-k2.6"].context_window == 262_144


@pytest.mark.parametrize(
    "name, old, successor",
    [
        ("moonshot", "kimi-k2.5", "kimi-k2.6"),
        ("moonshot-cn", "kimi-k2.5", "kimi-k2.6"),
        ("gemini", "gemini-3-pro-preview", "gemini-3.1-pro-preview"),
        ("openai", "gpt-5.2-codex", "gpt-5.3-codex"),
    ],
)
def test_a_switched_off_model_is_sent_as_its_successor(name: str, old: str, successor: str) -> None:
    row = _ROWS[name]
    assert row.sent_as(old) == successor and row.model(old) is row.models[successor]
    assert row.sent_as(successor) == successor
    assert old not in row.models


def test_a_switched_off_model_that_the_user_lists_is_sent_as_it_is() -> None:
    said = ProviderSettings(base_url="http://reseller/v1", models={"kimi-k2.5": ModelSettings(max_output=5)})
    row = resolve({"moonshot": said})["moonshot"]
    assert row.sent_as("kimi-k2.5") == "kimi-k2.5"
    assert (row.model("kimi-k2.5").id, row.model("kimi-k2.5").max_output) == ("kimi-k2.5", 5)


def test_what_holds_for_a_providers_unlisted_models_holds_for_every_id() -> None:
    assert "stream_options" in _ROWS["mistral"].model("ministral-9b").refuses
    assert _ROWS["mistral"].model("ministral-9b").id == "ministral-9b"
    listed = resolve({"mistral": ProviderSettings(models={"ministral-9b": ModelSettings(max_output=5)})})
    assert "stream_options" in listed["mistral"].model("ministral-9b").refuses
    assert _ROWS["anthropic"].model("claude-next").marks_cache
    assert _ROWS["ollama"].model("qwen3") == ModelRow("qwen3")


@pytest.mark.parametrize(
    "name, model_id, effort",
    [
        ("openai", "gpt-5.3-codex", "xhigh"),
        ("openai", "gpt-6.1-sol", "max"),
        ("gemini", "gemini-3.1-pro-preview", "low"),
        ("anthropic", "claude-opus-5", "low"),
        ("moonshot", "kimi-k3", "max"),
        ("openai", "gpt-next", "whatever"),
        ("ollama", "qwen3", "medium"),
    ],
)
def test_an_effort_that_a_model_takes_can_be_set(name: str, model_id: str, effort: str) -> None:
    said = ProviderSettings(models={model_id: ModelSettings(effort=effort)})
    assert resolve({name: said})[name].model(model_id).effort == effort
    assert _ROWS[name].model(model_id).effort is None


@pytest.mark.parametrize(
    "name, model_id, effort, hint",
    [
        ("openai", "gpt-5.3-codex", "max", "use one of low, medium, high, xhigh"),
        ("gemini", "gemini-3.1-pro-preview", "minimal", "use one of low, high"),
        ("moonshot", "kimi-k2.6", "low", "leave it out: it takes none"),
        ("anthropic", "claude-opus-4-5", "low", "leave it out: it takes none"),
        ("zai", "glm-4.7", "low", "leave it out: it takes none"),
    ],
)
def test_an_effort_that_a_model_does_not_take_is_an_error(name: str, model_id: str, effort: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve({name: ProviderSettings(models={model_id: ModelSettings(effort=effort)})})
    assert caught.value.where == "providers.%s.models.%s.effort" % (name, model_id)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    "name, model_id, switch",
    [
        ("moonshot", "kimi-k2.6", USUAL),
        ("zai", "glm-4.7", USUAL),
        ("anthropic", "claude-opus-4-5", BUDGET),
        ("anthropic", "claude-opus-5", USUAL),
        ("deepseek", "deepseek-flash", USUAL),
    ],
)
def test_thinking_can_be_switched_where_the_model_has_a_switch(name: str, model_id: str, switch: str) -> None:
    row = resolve({name: ProviderSettings(models={model_id: ModelSettings(thinking=False)})})[name]
    assert (row.model(model_id).thinking, row.model(model_id).thinking_switch) == (False, switch)


@pytest.mark.parametrize(
    "name, model_id",
    [
        ("moonshot", "kimi-k2.7-code"),
        ("moonshot", "kimi-k3"),
        ("anthropic", "claude-opus-5-5"),
        ("openai", "gpt-5.3-codex"),
        ("openai", "gpt-next"),
        ("gemini", "gemini-next"),
        ("mistral", "devstral-latest"),
    ],
)
def test_thinking_that_cannot_be_switched_is_an_error(name: str, model_id: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve({name: ProviderSettings(models={model_id: ModelSettings(thinking=True)})})
    assert caught.value.where == "providers.%s.models.%s.thinking" % (name, model_id)


def test_the_user_may_add_to_what_a_model_refuses_and_name_its_field_for_the_cap() -> None:
    said = ModelSettings(refuses=("stream_options",), output_cap_field="max_completion_tokens")
    model = resolve({"openai": ProviderSettings(models={"gpt-next": said})})["openai"].model("gpt-next")
    assert {"stream_options", "temperature"} <= model.refuses
    assert model.output_cap_field == "max_completion_tokens"


def test_a_providers_settings_go_over_the_catalog() -> None:
    said = ProviderSettings(base_url="http://127.0.0.1:1/v4", models={"glm-4.7": ModelSettings(max_output=5)})
    row = resolve({"zai": said})["zai"]
    assert (row.base_url, row.protocol) == ("http://127.0.0.1:1/v4", "openai-chat")
    assert row.model("glm-4.7").max_output == 5 and row.model("glm-4.7").context_window == 200_000
    assert needs_key(row)


def test_the_users_own_provider_speaks_chat_and_needs_no_key() -> None:
    row = resolve({"mine": _LOCAL})["mine"]
    assert (row.protocol, row.base_url, needs_key(row)) == ("openai-chat", "http://127.0.0.1:8000/v1", False)
    assert row.model("any") == ModelRow("any", None, 16384, ())


@pytest.mark.parametrize(
    "said, key",
    [
        (ProviderSettings(), "base_url"),
        (ProviderSettings(base_url="127.0.0.1:8000"), "base_url"),
        (ProviderSettings(base_url="ftp://host/v1"), "base_url"),
        (ProviderSettings(base_url="http://host:99999/v1"), "base_url"),
        (ProviderSettings(base_url="http://key@host/v1"), "base_url"),
        (ProviderSettings(base_url="http://host/v1?key=1"), "base_url"),
        (ProviderSettings(base_url="http://host/v1", protocol="soap"), "protocol"),
    ],
)
def test_a_provider_that_cannot_be_spoken_to_is_an_error(said: ProviderSettings, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve({"mine": said})
    assert caught.value.where == "providers.mine." + key


@pytest.mark.parametrize(
    "variables, expected",
    [
        ({}, None),
        ({"MOONSHOT_API_KEY": "a", "KIMI_API_KEY": "b"}, "a"),
        ({"MOONSHOT_API_KEY": " ", "KIMI_API_KEY": "b\n"}, "b"),
        ({"MOONSHOT_API_KEY": "a", "MOONSHOT_API_KEY_FILE": "/key"}, "a"),
        ({"MOONSHOT_API_KEY_FILE": "/key", "KIMI_API_KEY": "b"}, "from /key"),
        ({"KIMI_API_KEY_FILE": "/key"}, "from /key"),
    ],
)
def test_the_first_variable_with_a_value_gives_the_key(variables: dict[str, str], expected: str | None) -> None:
    key = find_key(resolve({})["moonshot"], variables, lambda path: "from-%s\n" % path.replace("/", ""))
    assert key == (expected and expected.replace(" /", "-"))


@pytest.mark.parametrize(
    "variables, origin",
    [
        ({"KIMI_API_KEY": "b"}, "KIMI_API_KEY"),
        ({"MOONSHOT_API_KEY_FILE": "/key", "KIMI_API_KEY": "b"}, "MOONSHOT_API_KEY_FILE"),
    ],
)
def test_where_a_key_was_found_is_told_and_the_key_is_not_shown(variables: dict[str, str], origin: str) -> None:
    found = locate_key(_ROWS["moonshot"], variables, lambda path: "secret-key")
    assert found is not None and found.origin == origin
    assert "secret-key" not in repr(found) and "value" not in repr(found)


def test_a_key_file_of_the_configuration_is_told_by_its_dotted_key() -> None:
    row = resolve({"mine": ProviderSettings(base_url="http://h/v1", api_key_file="/key")})["mine"]
    found = locate_key(row, {}, lambda path: "k")
    assert found is not None and found.origin == "providers.mine.api_key_file"


def test_a_named_variable_takes_the_place_of_the_built_in_ones() -> None:
    row = resolve({"openai": ProviderSettings(api_key_env="MINE")})["openai"]
    assert find_key(row, {"OPENAI_API_KEY": "a", "MINE": "b"}, _no_file) == "b"
    assert find_key(row, {"OPENAI_API_KEY": "a"}, _no_file) is None and needs_key(row)


def test_a_key_file_is_read() -> None:
    row = resolve({"mine": ProviderSettings(base_url="http://h/v1", api_key_file="/key")})["mine"]
    assert find_key(row, {}, lambda path: "k " if path == "/key" else "") == "k" and needs_key(row)


def test_a_key_file_may_begin_with_a_byte_order_mark() -> None:
    for text in ("\ufeffk\n", "\ufeff \n"):
        assert find_key(ProviderRow("p", "", key_file="/key"), {}, lambda path: text) == (text[1:].strip() or None)
    with pytest.raises(ConfigError):
        find_key(ProviderRow("p", "", key_file="/key"), {}, lambda path: "k\ufeffk")


@pytest.mark.parametrize("row", [ProviderRow("p", "", key_variables=("A",)), ProviderRow("p", "", key_file="/gone")])
def test_a_key_file_that_is_not_there_is_an_error(row: ProviderRow) -> None:
    with pytest.raises(ConfigError) as caught:
        find_key(row, {"A_FILE": "/gone"}, _no_file)
    assert "/gone" in str(caught.value)


@pytest.mark.parametrize("key", ["two words", "two\nlines", "schlüssel", "nul\0"])
def test_a_key_that_no_header_can_carry_is_an_error_that_does_not_show_it(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find_key(ProviderRow("p", "", key_variables=("A",)), {"A": key}, _no_file)
    assert key not in str(caught.value) and caught.value.where == "A"


_TIERED = ModelRow(
    "m",
    prices=(
        PriceTier(Decimal(2), Decimal(12), Decimal("0.2")),
        PriceTier(Decimal(4), Decimal(18), Decimal("0.4"), above_input_tokens=200_000),
    ),
)


@pytest.mark.parametrize(
    "tokens, expected",
    [
        ((1_000, 100, 0), "0.0032"),
        ((1_000, 100, None), "0.0032"),
        ((1_000, 100, 400), "0.00248"),
        ((1_000, 0, 5_000), "0.0002"),
        ((200_000, 0, 0), "0.4"),
        ((200_001, 1, 0), "0.800022"),
        ((0, 0, 0), "0"),
    ],
)
def test_the_price_of_an_attempt(tokens: tuple[int, int, int | None], expected: str) -> None:
    assert cost_usd(_TIERED, *tokens) == Decimal(expected)


def test_what_was_written_to_the_cache_has_its_own_price() -> None:
    opus = _ROWS["anthropic"].model("claude-opus-4-5")
    assert cost_usd(opus, 1_000_000, 0, 0, 0) == 5
    assert cost_usd(opus, 1_000_000, 0, 0, 1_000_000) == Decimal("6.25")
    assert cost_usd(opus, 1_000_000, 0, 400_000, 600_000) == Decimal("0.2") + Decimal("3.75")
    assert cost_usd(opus, 1_000, 0, 400, 9_000) == cost_usd(opus, 1_000, 0, 400, 600)
    assert cost_usd(_TIERED, 1_000, 0, 0, 1_000) == cost_usd(_TIERED, 1_000, 0, 0, 0)


def test_the_prices_of_a_prompt_go_by_its_length() -> None:
    assert price_tier(_TIERED, 200_000).input_usd == 2 and price_tier(_TIERED, 200_001).input_usd == 4
    assert price_tier(ModelRow("m"), 1) == PriceTier()


@pytest.mark.parametrize("tokens", [(None, 1, 0), (1, None, 0)])
def test_unknown_usage_has_no_price(tokens: tuple[int | None, int | None, int]) -> None:
    assert cost_usd(_TIERED, *tokens) is None


@pytest.mark.parametrize("tier", [(), (PriceTier(),), (PriceTier(Decimal(1)),), (PriceTier(None, Decimal(1)),)])
def test_an_unknown_price_is_not_free(tier: tuple[PriceTier, ...]) -> None:
    assert cost_usd(ModelRow("m", prices=tier), 1, 1, 0) is None


def test_the_users_prices_go_over_the_catalogs() -> None:
    said = ModelSettings(price_input=Decimal(1), price_output=Decimal(2))
    rows = resolve({"mine": ProviderSettings(base_url="http://h/v1", models={"m": said})})
    assert cost_usd(rows["mine"].model("m"), 1_000_000, 1_000_000, 500_000) == 3
    gemini = ProviderSettings(models={"gemini-3.1-pro-preview": ModelSettings(price_output=Decimal(1))})
    model = resolve({"gemini": gemini})["gemini"].model("gemini-3.1-pro-preview")
    assert cost_usd(model, 1_000_000, 1_000_000, 0) == 5


def test_beside_another_price_for_input_nothing_of_the_cache_is_too_cheap() -> None:
    said = ProviderSettings(models={"claude-opus-4-5": ModelSettings(price_input=Decimal(1))})
    model = resolve({"anthropic": said})["anthropic"].model("claude-opus-4-5")
    assert cost_usd(model, 1_000_000, 0, 500_000, 0) == 1
    assert cost_usd(model, 1_000_000, 0, 0, 1_000_000) == Decimal("1.25")


@pytest.mark.parametrize(("typed", "sent"), [
    ("http://b\u00fccher.example:8080/v1", "http://xn--bcher-kva.example:8080/v1"),
    ("https://\u4f8b\u3048.jp/v1", "https://xn--r8jz45g.jp/v1"),
])
def test_a_host_beyond_ascii_is_sent_as_name_servers_know_it(typed: str, sent: str) -> None:
    assert resolve({"local": ProviderSettings(base_url=typed)})["local"].base_url == sent


def test_a_host_that_no_name_server_can_know_is_refused() -> None:
    with pytest.raises(ConfigError, match="base_url"):
        resolve({"local": ProviderSettings(base_url="http://%s.example/v1" % ("\u00fc" * 80))})

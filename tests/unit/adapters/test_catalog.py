from __future__ import annotations

from decimal import Decimal

import pytest

from orchestra.adapters.catalog import cost_usd, find_key, needs_key, resolve
from orchestra.adapters.rows import ModelRow, PriceTier, ProviderRow
from orchestra.config.settings import AgentChains, ModelSettings, ProviderSettings
from orchestra.errors import ConfigError

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


def test_a_named_variable_takes_the_place_of_the_built_in_ones() -> None:
    row = resolve({"openai": ProviderSettings(api_key_env="MINE")})["openai"]
    assert find_key(row, {"OPENAI_API_KEY": "a", "MINE": "b"}, _no_file) == "b"
    assert find_key(row, {"OPENAI_API_KEY": "a"}, _no_file) is None and needs_key(row)


def test_a_key_file_is_read() -> None:
    row = resolve({"mine": ProviderSettings(base_url="http://h/v1", api_key_file="/key")})["mine"]
    assert find_key(row, {}, lambda path: "k " if path == "/key" else "") == "k" and needs_key(row)


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

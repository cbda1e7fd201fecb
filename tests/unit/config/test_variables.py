from __future__ import annotations

import pytest

from orchestra.errors import ConfigError

from .conftest import Layers


@pytest.mark.parametrize(("variable", "text", "key", "value"), [
    ("ORCHESTRA_MODE", "parallel", "mode", "parallel"),
    ("ORCHESTRA_BUDGET__MAX_COST", "2", "budget.max_cost", 2),
    ("ORCHESTRA_BUDGET__MAX_COST", "null", "budget.max_cost", None),
    ("ORCHESTRA_TESTS__RUN", "false", "tests.run", False),
    ("ORCHESTRA_AGENTS__EXECUTOR", "[a/b, c/d]", "agents.executor", ["a/b", "c/d"]),
    ("ORCHESTRA_TESTS", "{run: false}", "tests.run", False),
    ("ORCHESTRA_CUSTOM_PROMPTS__ARCHITECT", "Focus on: security", "custom_prompts.architect", "Focus on: security"),
    ("ORCHESTRA_COMMIT__TEMPLATE", "{type}: {subject}", "commit.template", "{type}: {subject}"),
    ("ORCHESTRA_TESTS__COMMAND", "5", "tests.command", "5"),
    ("ORCHESTRA_PROVIDERS__ZAI__MAX_CONCURRENCY", "3", "providers.zai.max_concurrency", 3),
    ("ORCHESTRA_PROVIDERS__MY_SERVER__TIMEOUT__IDLE", "3", "providers.my-server.timeout.idle", 3),
    ("ORCHESTRA_PROVIDERS__MY_SERVER__HEADERS__X_TEAM", "a", "providers.my-server.headers.X-Team", "***"),
    ("ORCHESTRA_PROVIDERS__ZAI__MODELS__GLM_4_7__MAX_OUTPUT", "9", "providers.zai.models.glm-4.7.max_output", 9),
])
def test_a_variable_sets_its_key(layers: Layers, variable: str, text: str, key: str, value: object) -> None:
    layers.user("providers: {my-server: {base_url: 'http://h/v1', headers: {X-Team: infra}}}")
    config = layers.load(variables={variable: text, "HOME": "/h", "PATH": "/bin"})
    assert config.origins[key] == "variable " + variable
    below: object = config.values
    for name in key.replace("glm-4.7", "glm-4%7").split("."):
        assert isinstance(below, dict)
        below = below[name.replace("%", ".")]
    assert below == value


def test_an_empty_variable_is_as_good_as_none(layers: Layers) -> None:
    config = layers.load(variables={"ORCHESTRA_BUDGET__MAX_COST": "", "ORCHESTRA_CONFIG": "", "ORCHESTRA_TRUST": ""})
    assert config.origins["budget.max_cost"] == "default"


def test_reserved_variables_are_no_keys(layers: Layers) -> None:
    assert layers.load(variables={"ORCHESTRA_SKIP": "1"}).left_out == ()


def test_the_deeper_variable_wins(layers: Layers) -> None:
    variables = {"ORCHESTRA_TESTS__TIMEOUT": "5", "ORCHESTRA_TESTS": "{timeout: 9, baseline: false}"}
    settings = layers.load(variables=variables).settings
    assert settings.tests.timeout == 5
    assert settings.tests.baseline is False


@pytest.mark.parametrize(("variable", "hint"), [
    ("ORCHESTRA_MOD", "did you mean ORCHESTRA_MODE?"),
    ("ORCHESTRA_MAX_COST", "did you mean ORCHESTRA_BUDGET__MAX_COST?"),
    ("ORCHESTRA_BUDGET_MAX_COST", "did you mean ORCHESTRA_BUDGET__MAX_COST?"),
    ("ORCHESTRA_MODE__X", "did you mean ORCHESTRA_MODE?"),
    ("ORCHESTRA_", None),
    ("ORCHESTRA_CUSTOM_PROMPTS__NOBODY", None),
])
def test_a_variable_that_names_no_key_is_an_error(layers: Layers, variable: str, hint: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        layers.load(variables={variable: "x"})
    assert caught.value.where == "variable " + variable
    assert caught.value.what == "no such key"
    if hint is not None:
        assert caught.value.hint == hint


def test_an_unknown_key_in_a_section_suggests_the_nearest(layers: Layers) -> None:
    with pytest.raises(ConfigError) as caught:
        layers.load(variables={"ORCHESTRA_BUDGET__MAXCOST": "[1"})
    assert caught.value.where == "variable ORCHESTRA_BUDGET__MAXCOST, key budget.maxcost"
    assert caught.value.hint == "did you mean budget.max_cost?"


def test_a_name_that_nothing_below_has_is_sent_to_a_file(layers: Layers) -> None:
    with pytest.raises(ConfigError) as caught:
        layers.load(variables={"ORCHESTRA_PROVIDERS__MINE__BASE_URL": "http://h/v1"})
    assert caught.value.hint is not None and "--config" in caught.value.hint


def test_a_name_that_fits_twice_is_sent_to_a_file(layers: Layers) -> None:
    layers.user("providers: {a-b: {}, a.b: {}}")
    with pytest.raises(ConfigError, match="a-b, a.b"):
        layers.load(variables={"ORCHESTRA_PROVIDERS__A_B__BASE_URL": "http://h/v1"})


def test_names_of_an_untrusted_repository_are_not_known(layers: Layers) -> None:
    layers.repository("providers: {theirs: {base_url: 'http://h/v1'}}")
    with pytest.raises(ConfigError, match="names nothing that is configured"):
        layers.load(variables={"ORCHESTRA_PROVIDERS__THEIRS__MAX_CONCURRENCY": "1"})


@pytest.mark.parametrize("text", ["soon", "[1", "'5'", "true"])
def test_a_wrong_value_is_an_error_that_names_the_variable(layers: Layers, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        layers.load(variables={"ORCHESTRA_TESTS__TIMEOUT": text})
    assert caught.value.where is not None and caught.value.where.startswith("variable ORCHESTRA_TESTS__TIMEOUT")


def test_a_key_as_a_variable_is_refused_and_not_repeated(layers: Layers) -> None:
    with pytest.raises(ConfigError) as caught:
        layers.load(variables={"ORCHESTRA_PROVIDERS__ZAI__API_KEY": "sk-1234secret"})
    assert "1234" not in str(caught.value)
    assert caught.value.where == "variable ORCHESTRA_PROVIDERS__ZAI__API_KEY, key providers.zai.api_key"
    assert caught.value.hint is not None and "api_key_env" in caught.value.hint

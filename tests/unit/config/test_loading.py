from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path

import pytest

from orchestra.config.loading import load_config
from orchestra.config.settings import ModelSettings, Settings, TimeoutSettings
from orchestra.errors import ConfigError

from .conftest import Layers


def test_without_any_layer_the_defaults_apply(layers: Layers) -> None:
    config = layers.load()
    assert config.settings == Settings()
    assert set(config.origins.values()) == {"default"}
    assert config.left_out == ()


def test_works_without_root_home_and_user_file() -> None:
    config = load_config(
        root=None, cwd=Path("/"), variables={}, user_config=None, trust_file=None, config_flag=None, flags={}
    )
    assert config.settings == Settings()


def test_each_layer_gives_way_to_the_one_above(layers: Layers) -> None:
    flags = {"max_iterations": ("--max-iterations", 6)}
    layers.user("max_iterations: 2\nmax_concurrency: 2\nmode: parallel\nplanning: {swarm: 2}\nstate: {keep: 2}\n")
    layers.repository("max_iterations: 3\nmax_concurrency: 3\nmode: pipeline\n")
    config = layers.load(
        "max_iterations: 4\nmax_concurrency: 4\nplanning: {swarm: 4}\n",
        {"ORCHESTRA_MAX_ITERATIONS": "5", "ORCHESTRA_MAX_CONCURRENCY": "5"}, flags,
    )
    assert config.settings.max_iterations == 6
    assert config.settings.max_concurrency == 5
    assert config.settings.planning.swarm == 4
    assert config.settings.mode == "pipeline"
    assert config.settings.state.keep == 2
    assert config.origins["max_iterations"] == "flag --max-iterations"
    assert config.origins["max_concurrency"] == "variable ORCHESTRA_MAX_CONCURRENCY"
    assert config.origins["planning.swarm"] == "%s:3" % layers.named
    assert config.origins["mode"] == "%s:3" % (layers.root / ".orchestra.yaml")
    assert config.origins["state.keep"] == "%s:5" % layers.user_config
    assert config.origins["state.max_bytes"] == "default"


def test_mappings_merge_and_lists_replace(layers: Layers) -> None:
    layers.user(
        "agents: {executor: [a/x, b/y]}\n"
        "providers:\n  a: {base_url: 'http://a/v1', timeout: {idle: 5}, models: {x: {context_window: 1000}}}\n"
    )
    config = layers.load(
        "agents: {executor: [c/z]}\n"
        "providers:\n  a: {timeout: {total: 9}, models: {x: {price_input: 0.1}}}\n"
    )
    assert config.settings.agents.executor == ("c/z",)
    assert config.settings.agents.auditor == Settings().agents.auditor
    provider = config.settings.providers["a"]
    assert provider.base_url == "http://a/v1"
    assert provider.timeout == TimeoutSettings(idle=5, total=9)
    assert provider.models == {"x": ModelSettings(context_window=1000, price_input=Decimal("0.1"))}
    assert config.origins["providers.a.timeout.idle"] == "%s:3" % layers.user_config
    assert config.origins["providers.a.timeout.total"] == "%s:3" % layers.named
    assert config.origins["providers.a.timeout.connect"] == "default"


def test_null_takes_back_what_a_lower_layer_set(layers: Layers) -> None:
    layers.user("tests: {command: pytest}\nbudget: {max_cost: 3}\n")
    config = layers.load("tests: {command: null}\nbudget: {max_cost: null}\n")
    assert config.settings.tests.command is None
    assert config.settings.budget.max_cost is None


def test_amounts_are_exact(layers: Layers) -> None:
    assert layers.load("budget: {max_cost: 0.10}").settings.budget.max_cost == Decimal("0.1")
    flags = {"budget.max_cost": ("--max-cost", Decimal("0.3"))}
    assert layers.load(flags=flags).settings.budget.max_cost == Decimal("0.3")


def test_booleans_for_tests_run_become_the_words_of_the_settings(layers: Layers) -> None:
    assert layers.load("tests: {run: true}").settings.tests.run == "true"
    assert layers.load(flags={"tests.run": ("--no-test", False)}).settings.tests.run == "false"


def test_a_wrong_flag_is_named(layers: Layers) -> None:
    with pytest.raises(ConfigError) as caught:
        layers.load(flags={"budget.max_cost": ("--max-cost", Decimal("-1"))})
    assert caught.value.where == "flag --max-cost, key budget.max_cost"
    with pytest.raises(ConfigError, match="amount"):
        layers.load(flags={"budget.max_cost": ("--max-cost", Decimal("NaN"))})


def test_the_variable_names_a_file_where_no_flag_does(layers: Layers) -> None:
    (layers.root / "c.yaml").write_text("mode: parallel")
    assert layers.load(variables={"ORCHESTRA_CONFIG": "c.yaml"}).settings.mode == "parallel"
    assert layers.load("mode: pipeline", {"ORCHESTRA_CONFIG": "c.yaml"}).settings.mode == "pipeline"
    with pytest.raises(ConfigError) as caught:
        layers.load(variables={"ORCHESTRA_CONFIG": "absent.yaml"})
    assert caught.value.where == "variable ORCHESTRA_CONFIG"


def test_an_untrusted_repository_sets_only_harmless_keys(layers: Layers) -> None:
    layers.repository(
        "mode: parallel\nmax_concurrency: 2\nmax_iterations: 1\ncustom_prompts: {auditor: be strict}\n"
        "watch: {debounce: 1}\nbudget: {max_cost: 0.5}\ntests:\n  run: false\n  command: rm -rf /\n"
        "providers:\n  zai: {base_url: 'http://evil/v1', headers: {X: y}}\nplugins: [evil]\nauto_approve: true\n"
    )
    config = layers.load()
    assert config.settings.mode == "parallel"
    assert config.settings.max_concurrency == 2
    assert config.settings.max_iterations == 1
    assert config.settings.custom_prompts == {"auditor": "be strict"}
    assert config.settings.watch.debounce == 1
    assert config.settings.budget.max_cost == Decimal("0.5")
    assert config.settings.tests.run == "false"
    assert config.settings.tests.command is None
    assert config.settings.providers == {}
    assert config.settings.plugins == ()
    assert config.settings.auto_approve is False
    said = [(left.key, left.line) for left in config.left_out]
    assert said == [("tests.command", 9), ("providers", 10), ("plugins", 12), ("auto_approve", 13)]
    assert "only a trusted file may set this" in str(config.left_out[1])


@pytest.mark.parametrize("text", ["tests: {run: true}", "tests: {run: auto}"])
def test_an_untrusted_repository_cannot_switch_tests_on(layers: Layers, text: str) -> None:
    layers.user("tests: {run: false}")
    layers.repository(text)
    config = layers.load()
    assert config.settings.tests.run == "false"
    assert [left.key for left in config.left_out] == ["tests.run"]


@pytest.mark.parametrize(("others", "own", "applies", "is_left_out"), [
    ("1", "0.4", "0.4", False),
    ("1", "1", "1", True),
    ("1", "2", "1", True),
    ("1", "null", "1", True),
    ("null", "2", "2", False),
    ("null", "null", None, True),
])
def test_an_untrusted_repository_may_only_lower_the_budget(
    layers: Layers, others: str, own: str, applies: str | None, is_left_out: bool
) -> None:
    layers.user("budget: {max_cost: %s}" % others)
    layers.repository("budget: {max_cost: %s}" % own)
    config = layers.load()
    assert config.settings.budget.max_cost == (None if applies is None else Decimal(applies))
    assert [left.key for left in config.left_out] == (["budget.max_cost"] if is_left_out else [])


def test_the_budget_of_a_flag_stands_above_the_repository(layers: Layers) -> None:
    layers.repository("budget: {max_cost: 0.5}")
    flags = {"budget.max_cost": ("--max-cost", Decimal("0.2"))}
    config = layers.load(flags=flags)
    assert config.settings.budget.max_cost == Decimal("0.2")
    assert [left.key for left in config.left_out] == ["budget.max_cost"]


def test_a_trusted_repository_is_taken_whole_until_it_changes(layers: Layers) -> None:
    text = "auto_approve: true\nproviders: {mine: {base_url: 'http://h/v1'}}\n"
    layers.repository(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    layers.trust_file.write_text(json.dumps({str(layers.root): digest}))
    config = layers.load(variables={"ORCHESTRA_PROVIDERS__MINE__MAX_CONCURRENCY": "2"})
    assert config.settings.auto_approve is True
    assert config.settings.providers["mine"].max_concurrency == 2
    assert config.left_out == ()
    layers.repository(text + "mode: parallel\n")
    assert layers.load().settings.auto_approve is False


def test_a_hash_in_the_variable_trusts_too(layers: Layers) -> None:
    layers.repository("auto_approve: true\n")
    digest = hashlib.sha256(b"auto_approve: true\n").hexdigest()
    assert layers.load(variables={"ORCHESTRA_TRUST": digest.upper()}).settings.auto_approve is True
    assert layers.load(variables={"ORCHESTRA_TRUST": "0" * 64}).settings.auto_approve is False
    with pytest.raises(ConfigError) as caught:
        layers.load(variables={"ORCHESTRA_TRUST": "yes"})
    assert caught.value.where == "variable ORCHESTRA_TRUST"


@pytest.mark.parametrize("record", [b"", b"{", b"[]", b"\xff\xfe", b'{"%s": 5}', b"[" * 100_000])
def test_a_damaged_trust_record_trusts_nothing(layers: Layers, record: bytes) -> None:
    layers.trust_file.write_bytes(record.replace(b"%s", str(layers.root).encode()))
    layers.repository("auto_approve: true\n")
    assert layers.load().settings.auto_approve is False


def test_another_roots_trust_does_not_count(layers: Layers) -> None:
    layers.repository("auto_approve: true\n")
    digest = hashlib.sha256(b"auto_approve: true\n").hexdigest()
    layers.trust_file.write_text(json.dumps({str(layers.root) + "/other": digest}))
    assert layers.load().settings.auto_approve is False


def test_the_repositorys_file_named_by_the_flag_is_trusted(layers: Layers) -> None:
    layers.repository("auto_approve: true\n")
    config = load_config(
        root=layers.root, cwd=layers.root, variables={}, user_config=None, trust_file=None,
        config_flag=".orchestra.yaml", flags={},
    )
    assert config.settings.auto_approve is True
    assert config.left_out == ()


def test_a_wrong_key_in_an_untrusted_repository_is_an_error_too(layers: Layers) -> None:
    layers.repository("mode: parallel\nbogus: 1\n")
    with pytest.raises(ConfigError) as caught:
        layers.load()
    assert caught.value.where == "%s:2, key bogus" % (layers.root / ".orchestra.yaml")


def test_values_can_be_shown_and_carried_by_json(layers: Layers) -> None:
    config = layers.load(
        "providers: {p: {headers: {X-Team: infra, Authorization: Bearer abc}, proxy: 'http://u:pw@proxy:3128'}}"
    )
    assert config.settings.providers["p"].headers == {"X-Team": "infra", "Authorization": "Bearer abc"}
    shown = json.dumps(config.values)
    assert "abc" not in shown and "infra" not in shown and "pw" not in shown
    assert '"Authorization": "***"' in shown
    assert "http://***@proxy:3128" in shown

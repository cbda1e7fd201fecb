from __future__ import annotations

import json

import pytest

from orchestra.config.kept import config_from_values, dump_values, resumed
from orchestra.config.settings import Settings
from orchestra.errors import StateError

from .conftest import Layers

_RICH = """
mode: pipeline
agents: {executor: [p/m]}
budget: {max_cost: 0.25}
tests: {run: false, sandbox: off}
plugins: [a, b]
prompts_dir: prompts
custom_prompts: {auditor: be strict}
providers:
  p:
    protocol: openai-chat
    base_url: http://h/v1
    api_key_env: P_KEY
    headers: {X-Team: infra}
    models: {m.1: {context_window: 5, price_input: 0.1}}
"""


def test_what_was_kept_gives_the_same_settings(layers: Layers) -> None:
    config = layers.load(_RICH)
    kept = json.loads(json.dumps(dump_values(config)))
    assert config_from_values(kept).settings == config.settings
    assert config_from_values(kept).settings != Settings()


def test_secrets_are_not_kept(layers: Layers) -> None:
    config = layers.load(
        "providers: {p: {proxy: 'http://u:pw@proxy:1', headers: "
        "{X-Team: infra, Authorization: Bearer t1, X-Api-Key: t2, X-Org: abcdef0123456789abcdef, Cookie: t3}}}"
    )
    kept = dump_values(config)
    text = json.dumps(kept)
    assert not any(secret in text for secret in ("t1", "t2", "t3", "abcdef", "pw"))
    assert '"X-Team": "infra"' in text and '"Authorization": null' in text
    provider = config_from_values(kept).settings.providers["p"]
    assert provider.headers == {"X-Team": "infra"}
    assert provider.proxy is None


def test_resuming_takes_secrets_from_the_present_files_and_all_else_from_the_session(layers: Layers) -> None:
    first = layers.load(
        "mode: pipeline\nproviders: {p: {base_url: 'http://old/v1', headers: {Authorization: Bearer t1}},"
        " q: {base_url: 'http://q/v1'}}"
    )
    now = layers.load(
        "mode: parallel\nproviders: {p: {base_url: 'http://new/v1', headers: {Authorization: Bearer t2}}}"
    )
    again = resumed(dump_values(first), now)
    assert again.settings.mode == "pipeline"
    assert again.settings.providers["p"].headers == {"Authorization": "Bearer t2"}
    assert again.settings.providers["p"].base_url == "http://new/v1"
    assert again.settings.providers["q"].base_url == "http://q/v1"
    assert again.origins["mode"] == "session"
    assert again.origins["providers.p.base_url"] == "%s:2" % layers.named


@pytest.mark.parametrize(("kept", "key"), [({"mode": "fast"}, "mode"), ({"lint": {"how": "well"}}, "lint.how")])
def test_what_another_version_kept_is_no_mistake_in_a_file(kept: dict[str, object], key: str) -> None:
    with pytest.raises(StateError) as caught:
        config_from_values(kept)
    assert caught.value.where == f"session, key {key}"
    assert caught.value.hint.startswith("use the version of orchestra that started the session")

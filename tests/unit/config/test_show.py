from __future__ import annotations

import json

from orchestra.config.show import render_show, show_as_json
from orchestra.config.yaml_read import read_yaml

from .conftest import Layers

_FILE = """
tests: {command: "pytest -q: 'x' #1", run: false}
custom_prompts: {architect: "two\\nlines, a tab\\t, \\U0001F600, \\u2028 and an é"}
providers:
  p: {base_url: 'http://h/v1', headers: {X-Team: infra}, models: {"qwen:7b": {price_input: 0.0000001}}}
"""


def test_what_is_shown_is_yaml_that_reads_back_the_same(layers: Layers) -> None:
    config = layers.load(_FILE)
    for with_origin in (False, True):
        shown = render_show(config, with_origin=with_origin)
        assert read_yaml(shown, source="shown").value == config.values


def test_every_key_is_shown_with_its_origin(layers: Layers) -> None:
    lines = render_show(layers.load("mode: parallel"), with_origin=True).splitlines()
    assert any(line.startswith("mode: parallel ") and line.endswith("# %s:1" % layers.named) for line in lines)
    assert any(line.startswith("  max_cost: 1.0 ") and line.endswith("# default") for line in lines)
    assert any(line.startswith("  sandbox: auto ") for line in lines)


def test_headers_are_masked(layers: Layers) -> None:
    config = layers.load(_FILE)
    assert "infra" not in render_show(config, with_origin=True)
    assert "infra" not in json.dumps(show_as_json(config))


def test_json_has_configuration_and_origins(layers: Layers) -> None:
    shown = show_as_json(layers.load(variables={"ORCHESTRA_MODE": "parallel"}))
    assert isinstance(shown["config"], dict) and shown["config"]["mode"] == "parallel"
    assert isinstance(shown["origins"], dict) and shown["origins"]["mode"] == "variable ORCHESTRA_MODE"

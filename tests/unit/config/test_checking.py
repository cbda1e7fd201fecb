from __future__ import annotations

from pathlib import Path
from typing import Mapping

import pytest

from orchestra.config.checking import check_layer
from orchestra.config.files import ConfigFile, parse_file
from orchestra.config.layers import Layer
from orchestra.errors import ConfigError


def checked(text: str) -> Mapping[str, object]:
    return check_layer(parse_file(ConfigFile(Path("/etc/o/f.yaml"), text.encode())), home="/home/u").values


def refused(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        checked(text)
    return caught.value


@pytest.mark.parametrize(("text", "key", "line", "what"), [
    ("mode: fast", "mode", 1, 'expected one of sequential, parallel, pipeline, found text "fast"'),
    ("\nmax_concurrency: 0", "max_concurrency", 2, "expected a whole number from 1 to 1000, found the number 0"),
    ("max_concurrency: true", "max_concurrency", 1, "expected a whole number from 1 to 1000, found true"),
    ("max_concurrency: '4'", "max_concurrency", 1, 'expected a whole number from 1 to 1000, found text "4"'),
    ("max_concurrency: 4.0", "max_concurrency", 1, "expected a whole number from 1 to 1000, found the number 4.0"),
    ("max_iterations: null", "max_iterations", 1, "expected a whole number from 1 to 1000, found nothing (null)"),
    ("auto_revert: 1", "auto_revert", 1, "expected true or false, found the number 1"),
    ("budget:\n  max_cost: -0.01", "budget.max_cost", 2,
     "expected an amount from 0 to 1000000000 or null, found the number -0.01"),
    ("budget: {max_cost: .nan}", "budget.max_cost", 1, "expected an amount from 0 to 1000000000 or null, "
                                                       "found the number nan"),
    ("budget: {max_cost: .inf}", "budget.max_cost", 1, "expected an amount from 0 to 1000000000 or null, "
                                                       "found the number inf"),
    ("tests:\n  timeout: 0", "tests.timeout", 2,
     "expected a number above 0 and at most 31622400, found the number 0"),
    ("tests: {run: 'true'}", "tests.run", 1, 'expected one of auto, true, false, found text "true"'),
    ("tests: {command: ''}", "tests.command", 1, 'expected text that is not empty, found text ""'),
    ("tests: 5", "tests", 1, "expected a mapping of keys to values, found the number 5"),
    ("plugins: a", "plugins", 1, 'expected a list, such as [a, b], found text "a"'),
    ("plugins:\n- a\n- 5", "plugins[1]", 3, "expected text, found the number 5"),
    ("agents:\n  executor:\n  - zai/glm-4.7\n  - glm", "agents.executor[1]", 4,
     'expected PROVIDER/MODEL, such as moonshot/kimi-k2.6, found text "glm"'),
    ("agents: {executor: zai/glm-4.7}", "agents.executor", 1,
     'expected a list, such as [a, b], found text "zai/glm-4.7"'),
    ("custom_prompts: {executor: 3}", "custom_prompts.executor", 1, "expected text, found the number 3"),
    ("providers: {a b: {}}", "providers.a b", 1,
     "expected a provider's name of letters, digits, '.', '-' and '_', found text \"a b\""),
    ("providers: {p: {protocol: soap}}", "providers.p.protocol", 1, "expected one of openai-chat, openai-responses, "
     'anthropic-messages, gemini or null, found text "soap"'),
    ("providers: {p: {models: {a/b: {price_input: -1}}}}", "providers.p.models.a/b.price_input", 1,
     "expected an amount from 0 to 1000000 or null, found the number -1"),
    ("providers: {p: {models: {m: {effort: very high}}}}", "providers.p.models.m.effort", 1,
     "expected one word of letters, digits, '_' and '-', found text \"very high\""),
    ("providers: {p: {models: {m: {refuses: [a, 5]}}}}", "providers.p.models.m.refuses[1]", 1,
     "expected text, found the number 5"),
    ("providers: {p: {models: {m: {thinking: high}}}}", "providers.p.models.m.thinking", 1,
     'expected true or false or null, found text "high"'),
    ("commit: {template: '{author}'}", "commit.template", 1, "expected a commit message with no other placeholders "
     'than {type}, {scope}, {subject}, {body}, {session}, found text "{author}"'),
    ("tests: {command: \"a\\0b\"}", "tests.command", 1,
     'expected text in UTF-8 without null characters, found text "a\\x00b"'),
])
def test_refuses_with_file_line_key_and_what_was_expected(text: str, key: str, line: int, what: str) -> None:
    error = refused(text)
    assert error.what == what
    assert error.where == "/etc/o/f.yaml:%d, key %s" % (line, key)


@pytest.mark.parametrize(("text", "hint"), [
    ("mode: fast", "write, for example, `mode: sequential`"),
    ("budget: {max_cost: -1}", "write, for example, `max_cost: 1.00`"),
    ("tests: {command: ''}", "leave command out if you need none"),
    ("plugins: a", "leave plugins out if you need none"),
    ("auto_revert: 1", "write, for example, `auto_revert: true`"),
    ("agents: {executor: [glm]}", "write, for example, `executor: [zai/glm-4.7, moonshot/kimi-k2.6]`"),
    ("providers: {p: {base_url: here}}", 'write, for example, `base_url: "http://127.0.0.1:8080/v1"`'),
    ("providers: {p: {headers: {X-Team: 5}}}", "write, for example, `X-Team: infra`"),
    ("providers: {a b: {}}", "give it another name"),
    ("tests: 5", "write its keys below it, indented"),
    ("- a", "write lines such as `mode: sequential`"),
])
def test_says_what_to_write_instead(text: str, hint: str) -> None:
    assert refused(text).hint == hint


def test_of_a_variable_the_value_alone_is_the_example() -> None:
    def hint_of(values: Mapping[str, object]) -> str | None:
        with pytest.raises(ConfigError) as caught:
            check_layer(Layer("variable ORCHESTRA_X", values, Path("/")), home=None)
        return caught.value.hint

    assert hint_of({"max_concurrency": "many"}) == "write, for example, `4`"
    assert hint_of({"budget": 5}) == "`orchestra help variables` shows how a variable names a key"


def test_a_key_comes_from_a_variable_or_from_a_file() -> None:
    error = refused("providers:\n  p:\n    api_key_env: A\n    api_key_file: /a\n")
    assert error.what == "expected api_key_env or api_key_file, found both"
    assert error.where == "/etc/o/f.yaml:4, key providers.p.api_key_file"
    assert error.hint == "leave one of them out"
    assert checked("providers: {p: {api_key_env: A, api_key_file: null}}")
    merged = {"providers": {"p": {"api_key_env": "A", "api_key_file": "/a"}}}
    kept = check_layer(Layer("the session", merged, Path("/")), home=None)
    assert kept.values == merged, "the two came from two places"


@pytest.mark.parametrize(("text", "key", "hint"), [
    ("max_itertions: 2", "max_itertions", "did you mean max_iterations?"),
    ("budget:\n  maxcost: 2", "budget.maxcost", "did you mean budget.max_cost?"),
    ("custom_prompts: {auditer: x}", "custom_prompts.auditer", "did you mean custom_prompts.auditor?"),
    ("lint: {zzz: 1}", "lint.zzz", "expected one of: command, when"),
])
def test_an_unknown_key_suggests_the_nearest(text: str, key: str, hint: str) -> None:
    error = refused(text)
    assert error.what == 'unknown key "%s"' % key.rpartition(".")[2]
    assert error.where is not None and error.where.endswith(", key " + key)
    assert error.hint == hint


def test_the_first_error_of_a_file_is_the_one_told() -> None:
    error = refused("plugins: 5\nmode: fast\nnonsense: 1\n")
    assert error.where == "/etc/o/f.yaml:1, key plugins"


def test_a_key_in_the_file_is_refused_and_not_repeated() -> None:
    error = refused("providers:\n  zai:\n    api_key: sk-1234secret\n")
    assert error.where == "/etc/o/f.yaml:3, key providers.zai.api_key"
    assert error.hint is not None and "api_key_env" in error.hint and "api_key_file" in error.hint
    assert "1234" not in str(error)


@pytest.mark.parametrize("text", [
    "providers: {zai: sk-1234secret}",
    "providers: {zai: {headers: 'Authorization: sk-1234secret'}}",
    "providers: {zai: {headers: {Authorization: [sk-1234secret]}}}",
    "providers: {zai: {headers: {Authorization: \"sk-1234secret\\n\"}}}",
    "providers: {zai: {api_key_env: sk-1234secret}}",
    "providers: {zai: {api_key_env: AIzaSyA1234secretBCDEFGHIJKLMNO}}",
    "providers: {zai: {base_url: 'https://u:1234secret@host/v1'}}",
    "providers: {zai: {base_url: 'https://host/v1?key=1234secret'}}",
    "providers: {zai: {proxy: 'socks5://u:1234secret@host'}}",
])
def test_what_may_be_a_secret_is_not_repeated(text: str) -> None:
    error = refused(text)
    assert error.where is not None and "key providers.zai" in error.where
    assert "1234secret" not in str(error)


@pytest.mark.parametrize("address", [
    "localhost:8080", "ftp://host/v1", "http://", "http://:80/v1", "http://host:99999/v1", "http://host:x/v1",
    "http://ho st/v1", "http://[::1/v1", "https://host/v1#x", "http://host\\@evil/v1", "http://host/\tv1", "",
])
def test_refuses_an_address_that_is_none(address: str) -> None:
    layer = Layer("f", {"providers": {"p": {"base_url": address}}}, Path("/"))
    with pytest.raises(ConfigError, match="expected an address"):
        check_layer(layer, home=None)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080/v1", "https://api.z.ai/api/paas/v4", "http://[::1]:80/v1"])
def test_takes_an_address_that_is_one(address: str) -> None:
    text = "providers: {p: {base_url: '%s'}}" % address
    assert checked(text) == {"providers": {"p": {"base_url": address}}}


def test_a_whole_number_is_fine_where_a_number_may_stand() -> None:
    assert checked("budget: {max_cost: 2}\ntests: {timeout: 5}") == {"budget": {"max_cost": 2}, "tests": {"timeout": 5}}


def test_an_empty_section_says_nothing() -> None:
    assert checked("tests:\n#  run: false\nproviders:\n  p:\n") == {"tests": {}, "providers": {"p": {}}}


def test_a_key_in_place_of_its_file_is_refused_and_not_repeated() -> None:
    error = refused("providers:\n  zai:\n    api_key_file: sk-1234secret\n")
    assert "the path of a file that holds the key" in error.what
    assert "1234" not in str(error)


def test_off_is_a_choice_although_yaml_reads_it_as_false() -> None:
    assert checked("tests: {sandbox: off}") == {"tests": {"sandbox": "off"}}
    assert checked("tests: {sandbox: 'off'}") == {"tests": {"sandbox": "off"}}


def test_a_path_counts_from_the_folder_of_its_file_or_from_home() -> None:
    values = checked("prompts_dir: ../p\nproviders: {p: {ca_bundle: ~/ca.pem, api_key_file: /k}}")
    assert values["prompts_dir"] == "/etc/p"
    assert values["providers"] == {"p": {"ca_bundle": "/home/u/ca.pem", "api_key_file": "/k"}}

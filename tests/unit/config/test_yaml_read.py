from __future__ import annotations

import pytest

from orchestra.config.yaml_read import read_yaml
from orchestra.errors import ConfigError


def test_gives_plain_values_with_the_line_of_every_key() -> None:
    document = read_yaml("mode: parallel\n\ntests:\n  run: false\n  timeout: 1.5\nplugins:\n- a\n- b\n", source="f")
    assert document.value == {"mode": "parallel", "tests": {"run": False, "timeout": 1.5}, "plugins": ["a", "b"]}
    assert document.lines[("tests",)] == 3
    assert document.lines[("tests", "timeout")] == 5
    assert document.lines[("plugins", 1)] == 8


def test_an_empty_text_is_nothing() -> None:
    assert read_yaml("# only a remark\n", source="f").value is None


def test_a_date_is_text() -> None:
    assert read_yaml("a: 2026-01-02", source="f").value == {"a": "2026-01-02"}


@pytest.mark.parametrize(("text", "line", "what"), [
    ("a: 1\nb: [1, 2\nc: 3\n", 3, "not valid YAML"),
    ("a:\n\tb: 1\n", 2, "a tab"),
    ("a: 1\nb: 2\na: 3\n", 3, 'the key "a" stands twice, first in line 1'),
    ("a: &x [1]\nb: *x\n", 2, "alias"),
    ("a: {b: 1}\nc:\n  <<: {d: 1}\n", 3, "merge key"),
    ("a: 1\n1: 2\n", 2, "a key must be text"),
    ("a: 1\n[x]: 2\n", 2, "a key must be text"),
    ("a: 1\nb: !!python/object:os.system x\n", 2, "tag"),
    ("b: !secret x\n", 1, "tag"),
    ("a: 1\nb: !!set {x}\n", 2, "tag"),
    ("a: 1\nb: !!binary eA==\n", 2, "tag"),
    ("a: 1\nb: !!int x\n", 2, "cannot be read as int"),
    ("a: 1\nb: 0b_\n", 2, "cannot be read as int"),
    ("a: 1\nb: !!bool maybe\n", 2, "cannot be read as bool"),
    ("a: 1\n---\nb: 2\n", 2, "not valid YAML"),
    ("a: 1\nb: \x07\n", 2, "U+0007"),
])
def test_refuses_with_the_line(text: str, line: int, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_yaml(text, source="/etc/f.yaml")
    assert what in caught.value.what
    assert caught.value.where == "/etc/f.yaml:%d" % line


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 50_000, "- " * 50_000, "? " * 50_000])
def test_refuses_deep_nesting_without_falling_over(text: str) -> None:
    with pytest.raises(ConfigError, match="nested too deeply"):
        read_yaml(text, source="f")


def test_refuses_a_number_of_too_many_digits() -> None:
    assert read_yaml("a: " + "9" * 100, source="f").value == {"a": 10**100 - 1}
    with pytest.raises(ConfigError, match="cannot be read as int"):
        read_yaml("a: " + "9" * 101, source="f")


@pytest.mark.parametrize(("text", "hint"), [
    ("mode: [", "look for a bracket, a quote or an indentation there or just above"),
    ("a: &x 1\nb: *x", "write out what it stands for, in plain mappings and lists"),
    ("a: 1\na: 2", "leave one of them out"),
    ("1: 2", "put it in quotes"),
    ("a: !!binary x", "leave the tag out"),
    ("a: \a", "leave that character out"),
])
def test_says_how_to_mend_it(text: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_yaml(text, source="f.yaml")
    assert caught.value.hint == hint

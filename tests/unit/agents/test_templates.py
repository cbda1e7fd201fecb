"""Templates: where values go, what is left out, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestra import agents
from orchestra.adapters.adapter import Segment, join
from orchestra.agents.template_list import PLACEHOLDERS, TEMPLATES
from orchestra.agents.templates import Template, check_own, load, render, segments
from orchestra.errors import ConfigError


def template(text: str) -> Template:
    return Template("own.txt", text)


def test_puts_values_where_their_names_stand() -> None:
    assert render(template("a {{x}} b {{y}} {{x}}"), {"x": "1", "y": "2"}) == "a 1 b 2 1"


def test_never_looks_into_values() -> None:
    assert render(template("{{x}} {{y}}"), {"x": "{{y}}", "y": "\\1 {{x}}"}) == "{{y}} \\1 {{x}}"


def test_leaves_out_a_paragraph_whose_value_is_empty() -> None:
    text = "first\n\nRemarks:\n{{remarks}}\n\nlast"
    assert render(template(text), {"remarks": ""}) == "first\n\nlast"
    assert render(template(text), {"remarks": "r\n\ns"}) == "first\n\nRemarks:\nr\n\ns\n\nlast"


def test_refuses_a_placeholder_without_a_value() -> None:
    with pytest.raises(ConfigError, match="{{y}}, which does not exist; own.txt; known here: x"):
        render(template("{{x}} {{y}}"), {"x": "1"})


def test_refuses_a_value_without_a_placeholder() -> None:
    with pytest.raises(ConfigError, match="does not use {{x}}"):
        render(template("nothing"), {"x": ""})


def test_leaves_single_braces_alone() -> None:
    assert render(template('{"a": {"b": 1}} {{ x }}'), {}) == '{"a": {"b": 1}} {{ x }}'


def test_gives_named_segments_that_join_to_the_text() -> None:
    pieces = segments(template("The task:\n{{task}}\n\nFiles:\n{{files}}"), {"task": "t", "files": "f"},
                      shortenable=("files",))
    assert [piece.name for piece in pieces] == ["text", "task", "text", "files"]
    assert pieces[1] == Segment("task", "t", True)
    assert pieces[3] == Segment("files", "f", False)
    assert join(pieces) == "The task:\nt\n\nFiles:\nf"


def test_a_users_own_template_comes_first() -> None:
    own = {"executor_user.txt": "own\r\n{{x}}\r\n"}
    assert load("executor_user", override=own.get) == Template("executor_user.txt", "own\n{{x}}")
    assert load("executor_system", override=own.get) == load("executor_system")


def test_every_template_and_every_placeholder_is_listed() -> None:
    folder = Path(agents.__file__ or "").parent / "prompts"
    assert {file.stem for file in folder.iterdir()} == TEMPLATES.keys()
    assert {name for each in TEMPLATES for name in load(each).names} == PLACEHOLDERS.keys()


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_packages_own_templates_would_do_as_a_users(name: str) -> None:
    check_own(name, load(name))
    with pytest.raises(ConfigError, match="{{nothing}}, which does not exist"):
        check_own(name, Template(name, load(name).text + "{{nothing}}"))
    assert ("path" in load(name).names) is load(name).text.startswith("File: {{path}}\n")


def test_names_a_template_that_does_not_exist() -> None:
    with pytest.raises(ConfigError, match="there is no prompt template nothing.txt"):
        load("nothing")

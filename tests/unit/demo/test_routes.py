"""Scripts by model, role and file, and what they do when they have no line."""

from __future__ import annotations

import pytest

from orchestra.demo.provider import ScriptedProvider
from orchestra.demo.routes import by_file, by_model, by_role, config_by_role, say
from orchestra.demo.script import Call, Fault, Text
from tests.unit.demo.client import ask


def call(*, number=1, model="m", text="Hello", turns=None):
    return Call(
        number=number, protocol="openai-chat", path="/v1/chat/completions", model=model, system="",
        turns=turns or (("user", text),), headers={}, payload={}, is_streamed=False,
    )


def test_one_line_is_said_every_time():
    script = say("Yes.")
    assert [script(call()), script(call())] == [Text("Yes."), Text("Yes.")]


def test_a_list_is_said_once_and_in_order():
    script = say(["One", Fault(429), lambda asked: Text(asked.model)])
    assert [script(call()) for _ in range(3)] == [Text("One"), Fault(429), Text("m")]
    with pytest.raises(LookupError, match="call 4 to m: all 3 answers have been given"):
        script(call(number=4))


def test_a_line_may_depend_on_the_call():
    assert say(lambda asked: Text(asked.text.upper()))(call(text="quiet")) == Text("QUIET")


def test_the_model_chooses_the_line():
    script = by_model({"a": "from a", "b": ["from b"]})
    assert script(call(model="b")) == Text("from b")
    assert script(call(model="a")) == Text("from a")
    with pytest.raises(LookupError, match="no answer for c; there are a, b"):
        script(call(model="c"))


def test_the_file_chooses_the_line():
    script = by_file({"a.py": "A", "b.py": "B"})
    assert script(call(text="File: b.py\n\nWrite it.")) == Text("B")
    with pytest.raises(LookupError, match="no answer for c.py"):
        script(call(text="File: c.py\n"))
    with pytest.raises(LookupError, match="no answer for None"):
        script(call())


def test_other_files_and_prompts_without_a_file_get_the_rest():
    script = by_file({"a.py": "A"}, otherwise=["first", "second"])
    assert script(call()) == Text("first")
    assert script(call(text="File: a.py")) == Text("A")
    assert script(call(text="File: b.py")) == Text("second")


@pytest.mark.parametrize("text, file", [
    ("File: src/a b.py\nmore", "src/a b.py"),
    ("Intro\n\nFile: a.py\n```\nFile: b.py\n```", "a.py"),
    ("No such line", None),
    ("Quoted:\n```\nFile: b.py\n```", None),
    ("Quoted:\n=== notes.txt\nFile: b.py", None),
    (" File: a.py", None),
])
def test_the_file_stands_before_any_quoted_text(text, file):
    assert call(text=text).file == file


def test_the_file_is_that_of_the_first_question():
    turns = (("user", "File: a.py"), ("assistant", "File: b.py"), ("user", "File: c.py"))
    assert call(turns=turns).file == "a.py"


@pytest.mark.parametrize("protocol", ["openai-chat", "openai-responses", "anthropic-messages", "gemini"])
def test_every_role_has_its_model_in_the_configuration(protocol):
    script = by_role(architect="plan", executor="draft", auditor="review", consultant="fix")
    with ScriptedProvider(script) as provider:
        config = config_by_role(provider.base_url(protocol), protocol)
        (name, settings), = config["providers"].items()
        assert settings["base_url"] == provider.base_url(protocol) and settings["protocol"] == protocol
        for role, (first,) in config["agents"].items():
            model = first.partition("/")[2]
            assert first == f"{name}/{role}-model" and model in settings["models"]
            assert ask(provider, protocol, model=model).status == 200
        assert provider.errors == ()

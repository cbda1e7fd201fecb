from __future__ import annotations

import io
import json
import re
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from orchestra.cli.output import Output, printable
from orchestra.environment import Environment
from orchestra.errors import ConfigError, ExitStatus, OutputError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


class Desk:
    def __init__(
        self, *, out: Any = None, err: Any = None, as_json: bool = False, as_json_stream: bool = False
    ) -> None:
        self.out = out if out is not None else io.StringIO()
        self.err = err if err is not None else io.StringIO()
        env = Environment(io.StringIO(), self.out, self.err, {}, Path("/"))
        self.output = Output(env, as_json=as_json, as_json_stream=as_json_stream)


# Results


def test_people_get_the_text_and_scripts_the_document() -> None:
    desk = Desk()
    desk.output.result("the text", {"a": 1})
    assert (desk.out.getvalue(), desk.err.getvalue()) == ("the text\n", "")
    desk = Desk(as_json=True)
    desk.output.result("the text", {"a": 1})
    assert json.loads(desk.out.getvalue()) == {"a": 1}


def test_a_result_of_no_words_prints_no_empty_line() -> None:
    desk = Desk()
    desk.output.result("", {"a": 1})
    assert desk.out.getvalue() == ""


def test_a_result_is_made_harmless_for_a_terminal_wherever_it_is_printed_to() -> None:
    for desk in (Desk(), Desk(out=Terminal())):
        desk.output.result("a\x1b[31mb\x07\x9b\x7f\tc\nd", {})
        assert desk.out.getvalue() == "a?[31mb???\tc\nd\n"


def test_a_stream_of_json_has_one_object_a_line() -> None:
    desk = Desk(as_json_stream=True)
    desk.output.event({"a": "two\nlines"})
    desk.output.result("text", {"b": 2})
    assert [json.loads(line) for line in desk.out.getvalue().splitlines()] == [{"a": "two\nlines"}, {"b": 2}]


@pytest.mark.parametrize(("encoding", "written"), [("utf-8", "\u20ac"), ("ascii", "\\u20ac"), ("latin-1", "\\u20ac")])
def test_json_is_written_so_that_any_locale_can_carry_it(encoding: str, written: str) -> None:
    raw = io.BytesIO()
    desk = Desk(out=io.TextIOWrapper(raw, encoding=encoding), as_json=True)
    desk.output.json_line({"price": "1 \u20ac"})
    assert written in raw.getvalue().decode(encoding)
    assert json.loads(raw.getvalue().decode(encoding)) == {"price": "1 \u20ac"}


def test_a_patch_goes_into_a_file_byte_for_byte() -> None:
    raw = io.BytesIO()
    desk = Desk(out=io.TextIOWrapper(raw, encoding="ascii"))
    desk.output.patch("+caf\udce9 \u20ac\r\n", {})
    assert raw.getvalue() == b"+caf\xe9 \xe2\x82\xac\r\n"


def test_a_patch_is_a_result_like_any_other_for_scripts_and_people() -> None:
    desk = Desk(as_json=True)
    desk.output.patch("+a", {"diff": "+a"})
    assert json.loads(desk.out.getvalue()) == {"diff": "+a"}
    desk = Desk(out=Terminal())
    desk.output.patch("+\x1b[31m", {})
    assert desk.out.getvalue() == "+?[31m\n"
    desk = Desk()
    desk.output.patch("+\x1b[31m\r\n", {})
    assert desk.out.getvalue() == "+\x1b[31m\r\n"


@pytest.mark.parametrize(("choice", "out", "has_color"), [
    ("auto", io.StringIO, False), ("auto", Terminal, True), ("always", io.StringIO, True), ("never", Terminal, False),
])
def test_colour_is_for_a_terminal_or_for_who_asks_for_it(choice: str, out: Any, has_color: bool) -> None:
    desk = Desk(out=out(), err=out())
    desk.output.color = choice
    desk.output.patch("diff --git a/a b/a\n@@ -1 +1 @@\n-a\n+b\n", {})
    desk.output.result("completed: it", {})
    desk.output.say("  0:01  file        a.py approved")
    desk.output.error(ConfigError("what", where="where"))
    written = desk.out.getvalue() + desk.err.getvalue()
    assert written.count("\x1b[m") == (7 if has_color else 0)
    assert re.sub("\x1b\\[[0-9]*m", "", written) == (
        "diff --git a/a b/a\n@@ -1 +1 @@\n-a\n+b\ncompleted: it\n"
        "  0:01  file        a.py approved\norchestra: error [config]: what; where\n"
    )


@pytest.mark.parametrize("choice", ["auto", "always"])
def test_json_is_never_coloured(choice: str) -> None:
    desk = Desk(out=Terminal(), as_json=True)
    desk.output.color = choice
    desk.output.result("completed: it", {"diff": "+a"})
    desk.output.patch("diff --git a/a b/a\n", {"diff": "+a"})
    assert "\x1b" not in desk.out.getvalue()


def test_in_a_coloured_patch_nothing_steers_the_terminal() -> None:
    desk = Desk()
    desk.output.color = "always"
    desk.output.patch("diff --git a/a b/a\n@@ -1 +1 @@\n+\x1b[2Jb\n", {})
    assert "\x1b[2J" not in desk.out.getvalue() and "?[2Jb" in desk.out.getvalue()


def test_a_result_that_cannot_be_written_is_an_error() -> None:
    with pytest.raises(OutputError, match="could not be written") as caught:
        Desk(out=Full()).output.result("text", {})
    assert "standard output" in (caught.value.hint or "")


def test_an_event_that_cannot_be_written_stops_no_work_for_the_result_will_tell() -> None:
    output = Desk(out=Full(), as_json_stream=True).output
    output.event({"event": "file.written"})
    with pytest.raises(OutputError):
        output.result("", {"schema": 1})


def test_objects_of_several_threads_do_not_mix() -> None:
    """The stream writes letter by letter, as nothing promises that a real one does not."""

    class LetterByLetter(io.StringIO):
        def write(self, text: str) -> int:
            return sum(super(LetterByLetter, self).write(letter) for letter in text)

    desk = Desk(out=LetterByLetter(), as_json_stream=True)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [
        threading.Thread(target=lambda: [desk.output.event({"text": "x" * 200}) for _ in range(20)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    sys.setswitchinterval(before)
    assert [json.loads(line) for line in desk.out.getvalue().splitlines()] == [{"text": "x" * 200}] * 160


# By the way


def test_what_is_said_by_the_way_goes_to_stderr_and_not_at_all_when_quiet() -> None:
    desk = Desk()
    desk.output.say("by the way")
    desk.output.warn("mind this")
    assert (desk.out.getvalue(), desk.err.getvalue()) == ("", "by the way\norchestra: mind this\n")
    desk = Desk()
    desk.output.is_quiet = True
    desk.output.say("by the way")
    desk.output.warn("mind this")
    assert desk.err.getvalue() == ""


def test_a_question_is_put_even_when_quiet_and_stays_on_its_line() -> None:
    desk = Desk()
    desk.output.is_quiet = True
    desk.output.prompt("Well? ")
    assert desk.err.getvalue() == "Well? "


def test_a_stderr_that_cannot_be_written_stops_nothing() -> None:
    output = Desk(err=Full()).output
    output.say("by the way")
    output.prompt("Well? ")
    output.error(ConfigError("bad"))


# Errors


def test_an_error_is_one_line_with_its_code_and_its_three_parts() -> None:
    desk = Desk()
    desk.output.error(ConfigError("bad\nvalue", where="f.yaml:3", hint="mend it"))
    assert desk.err.getvalue() == "orchestra: error [config]: bad value; f.yaml:3; mend it\n"


def test_an_error_that_names_no_place_has_the_commands_name_for_one() -> None:
    desk = Desk()
    desk.output.place = "orchestra run"
    desk.output.error(ConfigError("bad value", hint="mend it"))
    desk.output.error(ConfigError("1 file failed; a.py: no", hint="mend it"))
    assert desk.err.getvalue() == (
        "orchestra: error [config]: bad value; orchestra run; mend it\n"
        "orchestra: error [config]: 1 file failed; a.py: no; mend it\n"
    )


def test_an_error_in_json_has_its_code_message_and_hint() -> None:
    output = Desk().output
    found = output.head(ExitStatus.USAGE, ConfigError("bad value", where="f.yaml:3", hint="mend it"))
    assert found == {
        "schema": 1, "exit_status": 2, "error": {"code": "config", "message": "bad value; f.yaml:3", "hint": "mend it"}
    }
    assert output.head(ExitStatus.DONE) == {"schema": 1, "exit_status": 0, "error": None}


def test_no_secret_is_printed_whatever_carries_it() -> None:
    desk = Desk()
    desk.output.redactor.learn(["hunter22"])
    error = ConfigError("the key hunter22", where="hunter22", hint="not hunter22")
    desk.output.say("hunter22")
    desk.output.warn("hunter22")
    desk.output.prompt("hunter22")
    desk.output.error(error)
    assert "hunter22" not in desk.err.getvalue()
    assert "hunter22" not in json.dumps(desk.output.head(ExitStatus.USAGE, error))


# What models wrote


@pytest.mark.parametrize(
    "character",
    ["\x00", "\x07", "\x08", "\x1b", "\r", "\x7f", "\x9b", "\u202a", "\u202e", "\u2066", "\u2069", "\u2028"],
)
def test_characters_that_steer_a_terminal_or_turn_the_text_around_are_shown_as_a_mark(character: str) -> None:
    assert printable(f"a{character}b") == "a?b"


@pytest.mark.parametrize("as_json_stream", [False, True])
def test_json_holds_what_a_model_wrote_in_a_form_that_steers_no_terminal(as_json_stream: bool) -> None:
    desk = Desk(as_json=True, as_json_stream=as_json_stream)
    document = {"a\x9b": "\x1b[31m \x9b31m \u202e \u2028 \x7f \r\n \u20ac"}
    desk.output.result("", document)
    assert json.loads(desk.out.getvalue()) == document
    assert printable(desk.out.getvalue()) == desk.out.getvalue()


@pytest.mark.parametrize("text", ["a\tb\nc", "\u00fc \u20ac \u6587 \U0001f600", "\u05d0\u200f\u05d1", "a\u200db"])
def test_ordinary_text_of_any_language_stays(text: str) -> None:
    assert printable(text) == text

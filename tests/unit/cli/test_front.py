from __future__ import annotations

import io
import os
import pty
from pathlib import Path
from typing import Iterator, TextIO

import pytest

from orchestra.cli.arguments import split
from orchestra.cli.context import Context
from orchestra.cli.front import front
from orchestra.cli.output import Output
from orchestra.config.settings import Settings
from orchestra.engine.helm import Unmanned
from orchestra.environment import Environment
from orchestra.views.lines import LineView
from orchestra.views.log_lines import LogView


class Typist(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    keyboard, screen = pty.openpty()
    with open(screen, "w", encoding="utf-8") as stream:
        yield stream
    os.close(keyboard)


def why(
    folder: Path, stderr: TextIO, *words: str, view: str = "screen", term: str | None = "xterm", **more: str
) -> str | None:
    """What is said of the view; None where nothing is. There are lines in any case, or silence."""
    said = stderr if isinstance(stderr, io.StringIO) else io.StringIO()
    variables = {**({} if term is None else {"TERM": term}), **more}
    env = Environment(Typist(), io.StringIO(), stderr, variables, folder)
    options = split([*words, "run"]).options
    output = Output(
        env if said is stderr else Environment(Typist(), io.StringIO(), said, variables, folder),
        as_json="--json" in words, as_json_stream="--json-stream" in words,
    )
    found = front(Context(env, options, output), Settings(), view, yes=True)
    assert isinstance(found.helm, Unmanned)
    assert options.is_quiet or any(isinstance(listener, (LineView, LogView)) for listener in found.listeners)
    return said.getvalue().strip() or None


def test_without_a_terminal_there_are_lines_and_the_reason(tmp_path: Path) -> None:
    assert "standard error is no terminal" in (why(tmp_path, io.StringIO()) or "")


def test_auto_says_nothing_of_what_is_missing(tmp_path: Path) -> None:
    assert why(tmp_path, io.StringIO(), view="auto") is None


@pytest.mark.parametrize(
    ("words", "term", "more", "reason"),
    [
        (("--json",), "xterm", {}, "the output is JSON"), (("--json-stream",), "xterm", {}, "the output is JSON"),
        ((), "xterm", {"CI": "true"}, "CI is set"), ((), "dumb", {}, "TERM is dumb"), ((), None, {}, "TERM is not set"),
        ((), "no-such-terminal", {}, "is not known here"),
    ],
)
def test_what_cannot_show_a_screen_gets_lines(
    tmp_path: Path, terminal: TextIO, words: tuple[str, ...], term: str | None, more: dict[str, str], reason: str
) -> None:
    assert reason in (why(tmp_path, terminal, *words, term=term, **more) or "")


def test_details_are_lines_unless_the_screen_is_asked_for(tmp_path: Path, terminal: TextIO) -> None:
    assert why(tmp_path, terminal, "--verbose", view="auto") is None
    assert why(tmp_path, terminal, "--quiet", view="auto") is None

from __future__ import annotations

import io
import os
import pty
import select
import sys
from pathlib import Path
from typing import Callable, TextIO

import pytest

from orchestra.engine.approval import Choice, Decision
from orchestra.environment import Environment
from orchestra.errors import Cancelled, UsageError
from orchestra.records import Plan, PlannedFile
from orchestra.views.plan_prompt import QUESTION, TerminalPrompt

PLAN = Plan("Add a flag.", (PlannedFile("a.py", "create", "What a is for.", (), ("a must hold",)),))


class Person(io.StringIO):
    """Standard input with a person in front of it, who types these lines and then ends the input."""

    def __init__(self, *lines: str) -> None:
        super().__init__("".join(line + "\n" for line in lines))

    def isatty(self) -> bool:
        return True


class Desk:
    """A prompt, the person who types, and what is put on the screen."""

    def __init__(
        self, folder: Path, *typed: str, editor: str | None = None, stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        (folder / "tmp").mkdir(exist_ok=True)
        self.folder = folder
        self.screen: list[str] = []
        variables = {"PATH": os.environ["PATH"], **({} if editor is None else {"EDITOR": editor})}
        self.env = Environment(
            Person(*typed), stdout or io.StringIO(), stderr or io.StringIO(), {"SECRET": "s"}, folder
        )
        self.prompt = TerminalPrompt(self.env, self.screen.append, state_folder=folder, variables=variables)

    @property
    def text(self) -> str:
        return "".join(self.screen)

    def left_behind(self) -> list[Path]:
        return list((self.folder / "tmp").iterdir())


def editor(folder: Path, code: str) -> str:
    """A program that is given a file's name in `sys.argv[1]`."""
    script = folder / "editor.py"
    script.write_text("import os, sys\nname = sys.argv[1]\n" + code, encoding="utf-8")
    return f"'{sys.executable}' '{script}'"


# Deciding


@pytest.mark.parametrize(
    ("typed", "choice"),
    [("a", Choice.APPROVE), ("approve", Choice.APPROVE), (" APP ", Choice.APPROVE), ("e", Choice.EDIT),
     ("edit", Choice.EDIT), ("q", Choice.QUIT), ("Quit", Choice.QUIT)],
)
def test_a_choice_is_typed_as_its_letter_or_word(tmp_path: Path, typed: str, choice: Choice) -> None:
    assert Desk(tmp_path, typed).prompt.decide(PLAN).choice is choice


def test_who_approves_is_the_user(tmp_path: Path) -> None:
    assert Desk(tmp_path, "a").prompt.decide(PLAN).by == "user"


@pytest.mark.parametrize("typed", ["", "y", "yes", "approved", "ok", "approve it", "1", "\x1b[A", "qq"])
def test_anything_else_approves_nothing_and_is_asked_again(tmp_path: Path, typed: str) -> None:
    desk = Desk(tmp_path, typed, "q")
    assert desk.prompt.decide(PLAN).choice is Choice.QUIT
    assert desk.text.count(QUESTION) == 2
    assert "type a, e, r, v or q" in desk.text


def test_the_end_of_the_input_approves_nothing(tmp_path: Path) -> None:
    decision = Desk(tmp_path).prompt.decide(PLAN)
    assert (decision.choice, decision.by) == (Choice.QUIT, "the input ended")


def test_the_plan_is_shown_before_the_first_question_and_whole_when_asked_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "v", "q")
    desk.prompt.decide(PLAN)
    before, after = desk.text.split(QUESTION)[:2]
    assert "a.py" in before and "a must hold" not in before
    assert "a must hold" in after


def test_the_same_plan_is_not_shown_twice_and_another_one_is(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "e", "e", "q")
    desk.prompt.decide(PLAN)
    desk.prompt.decide(PLAN)
    assert desk.text.count("Add a flag.") == 1
    desk.prompt.decide(Plan("Another plan.", ()))
    assert desk.text.count("Another plan.") == 1


def test_the_plan_of_the_next_session_is_shown_though_it_is_the_same(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "a", "q", "q")
    for shown in (1, 2, 3):
        desk.prompt.decide(PLAN)
        assert desk.text.count("Add a flag.") == shown


@pytest.mark.parametrize("ask", [lambda prompt: prompt.decide(PLAN), lambda prompt: prompt.answer(["Which?"])])
def test_what_was_typed_between_two_sessions_does_not_answer_for_the_next(
    tmp_path: Path, ask: Callable[[TerminalPrompt], object]
) -> None:
    keyboard, line = pty.openpty()
    with open(line, encoding="utf-8") as stdin:
        os.write(keyboard, b"quit\n")
        env, typed = Environment(stdin, io.StringIO(), io.StringIO(), {}, tmp_path), [b"", b"quit\n"]

        def put(text: str) -> None:
            if text in (QUESTION, "Which?\n> "):
                os.write(keyboard, typed.pop(0))

        prompt = TerminalPrompt(env, put, state_folder=tmp_path, variables={})
        prompt.decide(PLAN)
        os.write(keyboard, b"approve\n")
        select.select([line], [], [], 30)
        assert ask(prompt) in (Decision(Choice.QUIT), ["quit"])
    os.close(keyboard)


def test_a_remark_goes_to_the_architect(tmp_path: Path) -> None:
    decision = Desk(tmp_path, "r", "  rather b  ").prompt.decide(PLAN)
    assert (decision.choice, decision.remark) == (Choice.REVISE, "rather b")


def test_an_empty_remark_asks_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "r", "  ", "a")
    assert desk.prompt.decide(PLAN).choice is Choice.APPROVE


def test_the_end_of_the_input_in_a_remark_approves_nothing(tmp_path: Path) -> None:
    assert Desk(tmp_path, "r").prompt.decide(PLAN).choice is Choice.QUIT


@pytest.mark.parametrize("typed", [[], ["a"], ["r", "a remark"]])
def test_a_stop_ends_the_asking_whatever_was_typed(tmp_path: Path, typed: list[str]) -> None:
    desk = Desk(tmp_path, *typed)
    desk.env.stop.request(2)
    with pytest.raises(Cancelled):
        desk.prompt.decide(PLAN)


# Questions of the architect


def test_each_question_is_answered_in_turn(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "the first", "")
    assert desk.prompt.answer(["Which one?", "Why?"]) == ["the first", ""]
    assert desk.text.index("Which one?") < desk.text.index("Why?")


def test_answers_that_are_broken_off_are_none(tmp_path: Path) -> None:
    assert Desk(tmp_path, "the first").prompt.answer(["Which one?", "Why?"]) is None


def test_a_problem_is_explained(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.prompt.explain("line 3 is wrong")
    assert "line 3 is wrong" in desk.text


# Editing


def test_the_text_is_as_the_editor_left_it(tmp_path: Path) -> None:
    code = "text = open(name).read()\nopen(name, 'w', encoding='utf-8').write(text.upper() + '\u20ac')"
    desk = Desk(tmp_path, editor=editor(tmp_path, code))
    assert desk.prompt.edit("# Plan\n") == "# PLAN\n\u20ac"
    assert desk.left_behind() == []


def test_an_editor_that_replaces_the_file_is_fine(tmp_path: Path) -> None:
    code = "open(name + '.new', 'w').write('new')\nos.replace(name + '.new', name)"
    assert Desk(tmp_path, editor=editor(tmp_path, code)).prompt.edit("old") == "new"


def test_an_editor_that_leaves_the_file_alone_changes_nothing(tmp_path: Path) -> None:
    assert Desk(tmp_path, editor=editor(tmp_path, "")).prompt.edit("old\n") == "old\n"


def test_the_editor_gets_a_file_that_only_the_user_can_read_and_no_secrets(tmp_path: Path) -> None:
    code = "mode = os.stat(name).st_mode & 0o777\nopen(name, 'a').write('%o %s' % (mode, 'SECRET' in os.environ))"
    assert Desk(tmp_path, editor=editor(tmp_path, code)).prompt.edit("") == "600 False"


@pytest.mark.parametrize("code", ["sys.exit(1)", "os.unlink(name)", "os.unlink(name)\nsys.exit(1)"])
def test_an_editor_that_fails_or_loses_the_file_is_an_error_of_usage(tmp_path: Path, code: str) -> None:
    desk = Desk(tmp_path, editor=editor(tmp_path, code))
    with pytest.raises(UsageError):
        desk.prompt.edit("old")
    assert desk.left_behind() == []


@pytest.mark.parametrize("command", ["no-such-editor-anywhere", " ", "'unbalanced"])
def test_an_editor_that_is_not_there_is_an_error_that_names_the_variable(tmp_path: Path, command: str) -> None:
    desk = Desk(tmp_path, editor=command)
    with pytest.raises(UsageError) as caught:
        desk.prompt.edit("old")
    assert "EDITOR" in (caught.value.hint or "")
    assert desk.left_behind() == []


def test_without_a_place_for_the_file_there_is_an_error_of_usage(tmp_path: Path) -> None:
    desk = Desk(tmp_path, editor=editor(tmp_path, ""))
    (tmp_path / "tmp").rmdir()
    with pytest.raises(UsageError):
        desk.prompt.edit("old")


def test_the_editor_does_not_draw_on_a_standard_output_that_holds_the_result(tmp_path: Path) -> None:
    typing, screen = pty.openpty()
    code = "open(name, 'w').write(str(os.isatty(1)))\nprint('drawn')"
    with open(screen, "w", encoding="utf-8") as stderr:
        desk = Desk(tmp_path, editor=editor(tmp_path, code), stderr=stderr)
        assert desk.prompt.edit("") == "True"
        assert os.read(typing, 100).strip() == b"drawn"
    os.close(typing)

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Callable, Iterator

import pytest

from orchestra.engine.approval import Choice, Unattended, approve_all
from orchestra.records import Plan, PlannedFile
from orchestra.views.screen.prompt import ScreenPrompt
from tests.unit.views.screen.events import Story
from tests.unit.views.screen.typist import Desk

PLAN = Plan("Add a flag.", (PlannedFile("a.py", "create", "What sk-secret a is for.", (), ("a must hold",)),))
Prompted = Callable[..., "tuple[Desk, ScreenPrompt]"]


@pytest.fixture
def prompted(tmp_path: Path) -> Iterator[Prompted]:
    with ExitStack() as stack:
        def make(*keys: str, editor: Unattended = approve_all("test")) -> tuple[Desk, ScreenPrompt]:
            desk = Desk(tmp_path, *keys)
            stack.enter_context(desk.screen.open(lambda path: ""))
            return desk, ScreenPrompt(desk.screen, editor, lambda text: text.replace("sk-secret", "[hidden]"))

        yield make


@pytest.mark.parametrize(
    ("keys", "choice", "by"),
    [("a", Choice.APPROVE, "user"), ("A", Choice.APPROVE, "user"), ("e", Choice.EDIT, ""), ("q", Choice.QUIT, ""),
     ("", Choice.QUIT, "the input ended"), ("xyzq", Choice.QUIT, "")],
)
def test_a_choice_is_a_key(prompted: Prompted, keys: str, choice: Choice, by: str) -> None:
    _, prompt = prompted(*keys)
    decision = prompt.decide(PLAN)
    assert (decision.choice, decision.by) == (choice, by)


def test_the_plan_is_shown_with_its_cost_and_without_secrets(prompted: Prompted) -> None:
    desk, prompt = prompted("q")
    story = Story()
    story.board = desk.screen.board
    story.tell("plan.estimated", low=0.5, high=1.0, unpriced=[], files=1, budget=None)
    prompt.decide(PLAN)
    shown = "\n".join(desk.typist.pictures[0])
    assert "The plan: 1 file" in shown and "+ create  a.py" in shown and "cost: about $0.5000 to $1.0000" in shown
    assert "What [hidden] a is for." in shown and "must hold" not in shown


def test_v_shows_all_of_it(prompted: Prompted) -> None:
    desk, prompt = prompted("v", "q")
    prompt.decide(PLAN)
    assert "a must hold" in "\n".join(desk.typist.pictures[1])


def test_a_remark_for_the_architect_is_typed(prompted: Prompted) -> None:
    _, prompt = prompted("r", *"smaller", "enter")
    decision = prompt.decide(PLAN)
    assert (decision.choice, decision.remark) == (Choice.REVISE, "smaller")


def test_without_a_remark_one_is_asked_again(prompted: Prompted) -> None:
    _, prompt = prompted("r", " ", "enter", "r", "escape", "a")
    assert prompt.decide(PLAN).choice is Choice.APPROVE


def test_the_editor_has_the_terminal_for_itself(prompted: Prompted) -> None:
    desk, prompt = prompted()
    assert prompt.edit("text") == "text"
    assert desk.typist.doings == ["begin", "lend", "take back"]


def test_what_was_wrong_with_an_edit_stands_above_the_plan_once(prompted: Prompted) -> None:
    desk, prompt = prompted("q", "q")
    prompt.explain("line 3: no such action")
    prompt.decide(PLAN)
    prompt.decide(PLAN)
    first, second = ("\n".join(picture) for picture in (desk.typist.pictures[0], desk.typist.pictures[2]))
    assert "line 3: no such action" in first and "line 3" not in second


def test_the_architects_questions_are_answered_one_by_one(prompted: Prompted) -> None:
    desk, prompt = prompted(*"yes", "enter", *"no", "enter")
    assert prompt.answer(["Tabs?", "Spaces?"]) == ["yes", "no"]
    assert "The architect asks, 1 of 2" in desk.typist.pictures[0][0] and desk.typist.pictures[0][1] == "Tabs?"


def test_questions_can_be_left_open(prompted: Prompted) -> None:
    _, prompt = prompted("escape")
    assert prompt.answer(["Tabs?"]) is None

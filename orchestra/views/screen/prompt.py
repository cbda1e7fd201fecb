"""Asking the user on the screen what to do with a plan."""

from __future__ import annotations

import textwrap
from typing import Callable, Sequence

from orchestra.engine.approval import Approver, Choice, Decision
from orchestra.records import Plan
from orchestra.views.plan_page import WIDTH, plan_page
from orchestra.views.screen.look import Sheet
from orchestra.views.screen.screen import Screen

KEYS = (("a", "approve"), ("e", "edit"), ("r", "revise"), ("v", "view"), ("q", "quit"))
REMARK = "What should the architect change?"


class ScreenPrompt:
    """An Approver with a person in front of the screen."""

    def __init__(self, screen: Screen, editor: Approver, hide: Callable[[str], str]) -> None:
        """`editor` is asked to edit, with the terminal lent to it; `hide` takes secrets out of what is shown."""
        self._screen = screen
        self._editor = editor
        self._hide = hide
        self._problem = ""

    def decide(self, plan: Plan) -> Decision:
        is_full, sheet = False, self._page(plan, full=False)
        try:
            while True:
                key = self._screen.ask(sheet, keys=KEYS).lower()
                sheet = None
                if key == "a":
                    return Decision(Choice.APPROVE, by="user")
                if key == "e":
                    return Decision(Choice.EDIT)
                if key in ("q", "end of input"):
                    return Decision(Choice.QUIT, by="the input ended" if key != "q" else "")
                if key == "v":
                    is_full = not is_full
                    sheet = self._page(plan, full=is_full)
                if key == "r":
                    remark = (self._screen.type_in(REMARK) or "").strip()
                    if remark:
                        return Decision(Choice.REVISE, remark=remark)
        finally:
            self._problem = ""
            self._screen.back_to_work()

    def edit(self, text: str) -> str:
        with self._screen.lent():
            return self._editor.edit(text)

    def explain(self, problem: str) -> None:
        self._problem = f"That plan cannot be used: {problem}\n\n"

    def answer(self, questions: Sequence[str]) -> list[str] | None:
        answers: list[str] = []
        try:
            for number, question in enumerate(questions, 1):
                text = "\n".join(textwrap.wrap(self._hide(question), WIDTH))
                title = f"The architect asks, {number} of {len(questions)}"
                reply = self._screen.type_in("Your answer:", self._screen.sheet(title, text))
                if reply is None:
                    return None
                answers.append(reply)
        finally:
            self._screen.back_to_work()
        return answers

    def _page(self, plan: Plan, *, full: bool) -> Sheet | None:
        count = len(plan.files)
        text = f"{self._problem}{plan_page(plan, full=full)}\n\n{self._screen.board.estimate()}"
        return self._screen.sheet(f"The plan: {count} file{'' if count == 1 else 's'}", self._hide(text))

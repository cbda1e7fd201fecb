"""Who decides about a plan, and what can be decided."""

from __future__ import annotations

import enum
from typing import Protocol, Sequence

from orchestra.dataclass import dataclass
from orchestra.records import Plan


class Choice(enum.Enum):
    """What can be done with a plan that awaits approval."""

    APPROVE = "approve"
    EDIT = "edit"
    REVISE = "revise"
    QUIT = "quit"


@dataclass(frozen=True)
class Decision:
    """What was decided, by whom or why."""

    choice: Choice
    by: str = ""
    """Who approved: `user`, `--yes` or `auto_approve`; why not: what was missing."""
    remark: str = ""
    """For REVISE: what the architect should change."""
    hint: str | None = None
    """For QUIT without a person: what to type instead."""


class Approver(Protocol):
    """Asked in the main thread."""

    def decide(self, plan: Plan) -> Decision:
        """What to do with the plan."""

    def edit(self, text: str) -> str:
        """The plan's file as the user left it. Raises UsageError when there is no editor to be had."""

    def explain(self, problem: str) -> None:
        """Say why an edited plan cannot be used; the user is asked again."""

    def answer(self, questions: Sequence[str]) -> list[str] | None:
        """The user's answers to the architect's questions; None when nobody is there."""


class Unattended:
    """Decides without a person: the same for every plan."""

    def __init__(self, decision: Decision) -> None:
        self._decision = decision

    @property
    def approves(self) -> bool:
        return self._decision.choice is Choice.APPROVE

    def decide(self, plan: Plan) -> Decision:
        return self._decision

    def edit(self, text: str) -> str:
        return text

    def explain(self, problem: str) -> None:
        """Nobody reads it."""

    def answer(self, questions: Sequence[str]) -> list[str] | None:
        return None


def approve_all(by: str) -> Unattended:
    """Approves every plan in the name of the flag or setting `by`."""
    return Unattended(Decision(Choice.APPROVE, by=by))


def nobody_there(why: str) -> Unattended:
    """Approves nothing: there is no terminal to ask at."""
    return Unattended(Decision(Choice.QUIT, by=why, hint="`orchestra resume --yes` approves it"))

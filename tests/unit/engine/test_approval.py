from __future__ import annotations

from orchestra.engine.approval import Choice, approve_all, nobody_there
from orchestra.records import Plan

PLAN = Plan("a plan", ())


def test_a_flag_approves_every_plan_in_its_name() -> None:
    decision = approve_all("--yes").decide(PLAN)
    assert (decision.choice, decision.by) == (Choice.APPROVE, "--yes")


def test_nobody_approves_nothing_and_says_what_to_type() -> None:
    decision = nobody_there("there is no terminal").decide(PLAN)
    assert (decision.choice, decision.by) == (Choice.QUIT, "there is no terminal")
    assert "--yes" in (decision.hint or "")


def test_neither_has_answers_for_the_architect() -> None:
    assert approve_all("--yes").answer(["Which one?"]) is None
    assert nobody_there("why").answer(["Which one?"]) is None

"""What a draft has lost, and whether anybody said that it should."""

from __future__ import annotations

import pytest

from orchestra.agents.shrinking import Explanation, explanation_of, find_loss
from orchestra.records import Plan, PlannedFile

LONG = "".join("f(%d)\n" % number for number in range(30))
OLD = "def f():\n    return 1\n\n\ndef g():\n    return 2\n"
NEW = "def f():\n    return 1\n"


def loss(
    old: str, new: str, order: str = "Return other numbers.", rest: str = "", path: str = "src/a.py"
) -> str | None:
    return find_loss(path, old, new, Explanation(order, lambda: rest))


def test_a_public_name_that_is_gone_without_a_word_is_told() -> None:
    assert loss(OLD, NEW) == "The draft no longer has `g`, which the plan does not say."


def test_a_third_of_the_lines_gone_without_a_word_is_told() -> None:
    short = "".join(LONG.splitlines(True)[:19])
    assert "The draft has 19 lines that are not blank, the file had 30" in (loss(LONG, short) or "")
    assert loss(LONG, "".join(LONG.splitlines(True)[:20])) is not None
    assert loss(LONG, "".join(LONG.splitlines(True)[:21])) is None


def test_a_short_file_may_become_another_one() -> None:
    assert loss("a\n" * 9, "b\n", path="a.txt") is None
    assert loss("a\n" * 10, "b\n", path="a.txt") is not None


@pytest.mark.parametrize("order", [
    "Remove g.", "Delete the second function.", "Rename g to h.", "Move g to b.py.", "Split it into two modules.",
    "Replace both by a table.", "Rewrite the module.", "Refactor it.", "What g does is done by f now.",
    "删除第二个函数。", "重构这个模块", "Entferne die zweite Funktion.", "Supprime la seconde fonction.",
    "Удалить вторую функцию.",
])
def test_an_order_that_speaks_of_it_explains_it(order: str) -> None:
    assert loss(OLD, NEW, order) is None


@pytest.mark.parametrize("order", [
    "Add a docstring to f.", "Improve error handling.", "Add a dropdown, quite fast.", "修复错误",
])
def test_an_order_that_speaks_of_something_else_explains_nothing(order: str) -> None:
    assert loss(OLD, NEW, order) is not None


def test_what_is_said_elsewhere_explains_what_it_names() -> None:
    assert loss(OLD, NEW, rest="Move g into its own module.") is None
    assert loss(OLD, NEW, order="Change f; keep g as it is.", rest="Move g into its own module.") is not None
    assert loss(OLD, NEW, order="Change f. The public API stays.", rest="Remove g.") is not None
    assert loss(OLD, NEW, rest="Remove the cache.") is not None
    assert loss(OLD, NEW, rest="g is slow.\nRemove the cache.") is not None
    assert loss(OLD, NEW, rest="Remove the legacy helpers.") is not None
    assert loss(OLD, NEW, rest="Remove the legacy helpers of a.py.") is None
    assert loss(OLD, NEW, order="Refactor it.", rest="Keep g as it is.") is not None
    assert loss(LONG, "f(1)\n", rest="Rewrite a.py.") is None
    assert loss(LONG, "x1 = 1\n", rest="Rewrite b.py.") is not None


def test_a_draft_that_grew_or_stayed_has_lost_nothing() -> None:
    assert loss(OLD, OLD + "\n\ndef h():\n    pass\n") is None
    assert loss(OLD, OLD) is None


def test_only_the_first_of_many_names_are_listed() -> None:
    old = "".join("def f%d(): pass\n" % number for number in range(8))
    assert (loss(old, "x = 1\n") or "").startswith("The draft no longer has `f0`, `f1`, `f2`, `f3`, `f4` and 3 more")


def test_description_criteria_and_findings_are_the_order_and_all_else_is_the_rest() -> None:
    mine = PlannedFile("a.py", "modify", "Description.", (), ("Criterion.",))
    plan = Plan("Summary.", (mine, PlannedFile("b.py", "create", "Other.")))
    said = explanation_of("Task.", plan, mine, ["Finding."])
    assert said.order == "Description.\nCriterion.\nFinding."
    assert said.rest == "Task.\nSummary.\nOther."

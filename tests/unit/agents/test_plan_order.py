"""The order of planned files: dependencies first, the plan's order otherwise."""

from __future__ import annotations

from orchestra.agents.plan_order import in_order, order_of
from orchestra.records import Plan, PlannedFile


def plan(**dependencies: str) -> Plan:
    return Plan("", tuple(
        PlannedFile(path, "create", "", tuple(needed.split())) for path, needed in dependencies.items()
    ))


def order(of: Plan) -> str:
    return " ".join(planned.path for planned in in_order(of))


def test_keeps_the_plans_order_where_nothing_depends() -> None:
    assert order(plan(c="", a="", b="")) == "c a b"


def test_puts_what_is_needed_first() -> None:
    assert order(plan(a="b", b="c", c="", d="")) == "c b a d"


def test_ignores_paths_that_are_not_planned_and_the_file_itself() -> None:
    found = order_of(plan(a="a elsewhere", b=""))
    assert [planned.path for planned in found.files] == ["a", "b"]
    assert found.ignored == ()


def test_breaks_a_circle_at_its_first_file_and_says_so() -> None:
    found = order_of(plan(x="b", a="b", b="c", c="a"))
    assert [planned.path for planned in found.files] == ["a", "c", "b", "x"]
    assert found.ignored == (("a", "b"),)


def test_breaks_first_the_circle_that_another_waits_for() -> None:
    found = order_of(plan(a="b c", b="a", c="d", d="c"))
    assert [planned.path for planned in found.files] == ["c", "d", "a", "b"]
    assert found.ignored == (("c", "d"), ("a", "b"))


def test_keeps_every_file_of_a_path_planned_twice() -> None:
    twice = Plan("", (PlannedFile("a", "create", "", ("b",)), PlannedFile("b", "create", ""),
                      PlannedFile("b", "delete", "")))
    assert order(twice) == "b b a"


def test_leaves_out_no_more_than_closes_a_circle() -> None:
    found = order_of(plan(a="b c", b="a", c="b d", d=""))
    assert [planned.path for planned in found.files] == ["d", "a", "b", "c"]
    assert found.ignored == (("a", "b"), ("a", "c"))


def test_orders_ten_thousand_files_however_they_depend_on_each_other() -> None:
    number = 10_000
    chain = plan(**{f"f{i}": f"f{i + 1}" for i in range(number)})
    assert [planned.path for planned in order_of(chain).files] == [f"f{i}" for i in reversed(range(number))]
    circle = plan(**{f"f{i}": f"f{(i + 1) % number}" for i in range(number)})
    assert order_of(circle).ignored == (("f0", "f1"),)
    pairs = plan(**{f"f{i}": f"f{i ^ 1}" for i in range(number)})
    assert len(order_of(pairs).ignored) == number // 2
    knot = plan(**{f"f{i}": " ".join(f"f{j}" for j in range(300)) for i in range(300)})
    found = order_of(knot)
    assert found.files[0].path == "f0" and len(found.files) == 300


def test_who_is_shown_another_of_a_circle_as_it_was_goes_before_it() -> None:
    found = order_of(plan(a="b", b="c", c="a", d="a d elsewhere"))
    assert found.ignored == (("a", "b"),)
    assert found.dependencies() == {"a": set(), "b": {"c", "a"}, "c": {"a"}, "d": {"a", "elsewhere"}}

"""What a round has to do, by the plan and by what changed."""

from __future__ import annotations

from orchestra.engine.watch import due_s
from orchestra.engine.watch_rounds import comment_rounds, dependants, known_to, merged, round_for
from orchestra.records import Plan, PlannedFile, Task
from orchestra.workspace.ai_comments import AiComment

TASK = Task("do it", "words")
PLAN = Plan("All.", (
    PlannedFile("a", "create", "a"),
    PlannedFile("b", "create", "b", depends_on=("a", "lib")),
    PlannedFile("c", "modify", "c", depends_on=("b",)),
    PlannedFile("d", "delete", "d", depends_on=("e",)),
    PlannedFile("e", "modify", "e", depends_on=("d",)),
))


def plan_for(
    *changed: str, retried: frozenset[str] = frozenset(), gone: tuple[str, ...] = (), deleted: tuple[str, ...] = (),
) -> list[tuple[str, str]]:
    """The path and action of each file in the round."""
    found = round_for(
        TASK, PLAN, set(changed), retried=retried, deleted={*deleted}, exists=lambda path: path not in gone + deleted
    )
    return [] if found is None or found.plan is None else [(file.path, file.action) for file in found.plan.files]


def test_dependants_are_found_however_indirect() -> None:
    assert dependants(PLAN, {"a"}) == {"a", "b", "c"}
    assert dependants(PLAN, {"lib"}) == {"b", "c"}
    assert dependants(PLAN, {"d"}) == {"d", "e"}
    assert dependants(PLAN, {"x"}) == set()


def test_files_go_again_in_plan_order_and_as_they_lie() -> None:
    assert plan_for("a") == [("a", "modify"), ("b", "modify"), ("c", "modify")]
    assert plan_for("c", "a", gone=("b",)) == [("a", "modify"), ("b", "create"), ("c", "modify")]
    assert plan_for("d") == [("d", "delete"), ("e", "modify")]


def test_a_file_that_the_plan_only_depends_on_takes_its_dependants_along() -> None:
    assert plan_for("lib") == [("b", "modify"), ("c", "modify")]


def test_what_was_deleted_stays_so_but_its_dependants_go_again() -> None:
    assert plan_for("a", gone=("a",)) == [("b", "modify"), ("c", "modify")]
    assert plan_for("c", gone=("c",)) == []
    assert plan_for("a", deleted=("b",)) == [("a", "modify"), ("c", "modify")]
    assert plan_for("c", deleted=("e",), retried=frozenset("e")) == [("c", "modify")]


def test_what_failed_by_no_fault_of_its_own_goes_along_but_alone_starts_nothing() -> None:
    assert plan_for("c", retried=frozenset("e")) == [("c", "modify"), ("e", "modify")]
    assert plan_for("c", retried=frozenset("e"), gone=("c",)) == []


def test_without_a_plan_the_task_is_begun_again() -> None:
    found = round_for(TASK, None, {"x"}, retried=set(), exists=lambda path: True)

    assert found is not None
    assert (found.task, found.plan, found.plan_before, found.must_show) == (TASK, None, None, ("x",))


def test_what_the_plan_does_not_know_is_a_matter_for_the_architect() -> None:
    found = round_for(TASK, PLAN, {"a", "x", "y"}, retried=set(), exists=lambda path: path != "y")

    assert found is not None
    assert (found.plan, found.plan_before) == (None, PLAN)
    assert "a, x, y (deleted)." in found.remark and "before" not in found.remark
    after = round_for(TASK, PLAN, {"x"}, retried=set(), exists=lambda path: path != "e", deleted={"e", "a"})
    assert after is not None and "Somebody had deleted e before: that stays so." in after.remark
    many = round_for(TASK, PLAN, {f"x{n}" for n in range(25)}, retried=set(), exists=lambda path: True)
    assert many is not None and "and 5 more" in many.remark and len(many.must_show) == 20


def test_of_a_revised_plan_only_what_is_new_or_touched_is_carried_out() -> None:
    found = round_for(TASK, PLAN, {"x", "e"}, retried={"c"}, exists=lambda path: True)
    assert found is not None
    revised = Plan("All.", (
        PlannedFile("a", "modify", "a"),
        PlannedFile("b", "modify", "b", depends_on=("a", "x")),
        PlannedFile("c", "modify", "c", depends_on=("b",)),
        PlannedFile("d", "delete", "d", depends_on=("e",)),
        PlannedFile("x", "modify", "x"),
    ))
    assert [file.path for file in found.narrowed(revised).files] == ["b", "c", "d", "x"]
    # What was deleted comes back only where the architect says something new of it.
    for gone, kept in (("c", ["b", "d", "x"]), ("b", ["b", "c", "d", "x"])):
        found = round_for(TASK, PLAN, {"x", "e"}, retried={"c"}, deleted={gone}, exists=lambda path: True)
        assert found is not None
        assert [file.path for file in found.narrowed(revised).files] == kept
    untouched = Plan("All.", (PlannedFile("a", "modify", "a"), PlannedFile("f", "create", "f")))
    assert [file.path for file in found.narrowed(untouched).files] == ["f"]


def test_a_first_plan_is_carried_out_whole() -> None:
    found = round_for(TASK, None, {"x"}, retried=set(), exists=lambda path: True)
    assert found is not None and found.narrowed(PLAN) == PLAN


def test_a_newer_plan_is_laid_over_the_older() -> None:
    newer = Plan("New.", (PlannedFile("z", "create", "z"), PlannedFile("b", "modify", "other")))

    assert merged(None, newer) == newer
    assert [(file.path, file.description) for file in merged(PLAN, newer).files] == [
        ("a", "a"), ("b", "other"), ("c", "c"), ("d", "d"), ("e", "e"), ("z", "z"),
    ]
    assert known_to(None) == set()


def test_the_task_of_a_comment_quotes_it_and_wants_it_gone() -> None:
    (found,) = comment_rounds("src/a.py", [AiComment(3, "be quick", "# be quick AI!")])

    assert found.task.text.startswith("be quick\n\n") and "    # be quick AI!" in found.task.text
    assert "remove that comment" in found.task.text
    assert (found.changed, found.must_show, found.task.source) == (("src/a.py",), ("src/a.py",), "src/a.py")


def test_changes_have_come_to_rest_after_the_debounce_time_or_a_long_unrest() -> None:
    assert due_s(first_s=10, last_s=12, debounce_s=0.5) == 12.5
    assert due_s(first_s=10, last_s=1000, debounce_s=0.5) == 70
    assert due_s(first_s=10, last_s=1000, debounce_s=30) == 310

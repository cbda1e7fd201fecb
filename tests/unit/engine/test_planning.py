from __future__ import annotations

import json
from contextlib import contextmanager
from decimal import Decimal
from typing import Callable, Iterator, Sequence

import pytest

from orchestra.agents.plan_file import PlanFile, parse_plan, render_plan
from orchestra.agents.quoting import ShownFile
from orchestra.agents.templates import load
from orchestra.clock import Deadline
from orchestra.engine.approval import Approver, Choice, Decision, approve_all, nobody_there
from orchestra.engine.briefing import Scout
from orchestra.engine.crew import Crew
from orchestra.engine.estimate import CostRange
from orchestra.engine.planning import Planning
from orchestra.environment import StopSignal
from orchestra.errors import ApiError, NotApproved, PlanError, RefusedPath, UnreadableReply, UsageError
from orchestra.records import Plan, PlannedFile
from orchestra.workspace.repo_map.mapping import NoCache
from tests.unit.engine.workshop import PROSE, SESSION, Workshop, files_needed, planned

Build = Callable[..., Workshop]
APPROVE, QUIT, EDIT = (Decision(choice, by="user") for choice in (Choice.APPROVE, Choice.QUIT, Choice.EDIT))


def plan_of(*paths: str, summary: str = "a plan", depends_on: Sequence[str] = ()) -> str:
    files = [
        {"path": path, "action": "create", "description": "d", "depends_on": list(depends_on)} for path in paths
    ]
    return "```json\n%s\n```" % json.dumps({"summary": summary, "files": files})


def questions(*texts: str) -> str:
    return "```json\n%s\n```" % json.dumps({"questions": list(texts)})


def revise(remark: str) -> Decision:
    return Decision(Choice.REVISE, remark=remark)


class Person:
    """An approver with a script: decisions in turn, edits in turn, answers to the architect's questions."""

    def __init__(
        self, *decisions: Decision, edits: Sequence[Callable[[str], str]] = (), answers: list[str] | None = None
    ) -> None:
        self._decisions = list(decisions)
        self._edits = list(edits)
        self._answers = answers
        self.seen: list[Plan] = []
        self.offered: list[str] = []
        self.problems: list[str] = []
        self.asked: list[str] = []

    def decide(self, plan: Plan) -> Decision:
        self.seen.append(plan)
        return self._decisions.pop(0)

    def edit(self, text: str) -> str:
        self.offered.append(text)
        return self._edits.pop(0)(text)

    def explain(self, problem: str) -> None:
        self.problems.append(problem)

    def answer(self, questions: Sequence[str]) -> list[str] | None:
        self.asked += questions
        return self._answers


@contextmanager
def planning(
    shop: Workshop, approver: Approver | None = None, *, has_architect: bool = True, cost: CostRange | None = None,
    listing: Sequence[tuple[str, int]] = (("README.md", 12),),
) -> Iterator[Planning]:
    crew = Crew(1, stop=StopSignal(), cancel=shop.cancel, deadline=Deadline(shop.clock, None))
    yield Planning(
        session_id=SESSION, task="a task", root=shop.root, state_folder=shop.folder, journal=shop.journal,
        asker=shop.asker(), approver=approver or Person(), events=shop.emitter(), crew=crew,
        list_repository=lambda: listing, scout=Scout(shop.root, NoCache()),
        show=lambda paths: ([ShownFile(each, "shown") for each in paths], []),
        must_show=("must.py",), custom_prompts={"architect": "mind the gap"}, load_template=load,
        estimate=lambda plan: cost, max_cost_usd=Decimal(2), has_architect=has_architect,
    )
    crew.close()


def paths(plan: Plan) -> list[str]:
    return [file.path for file in plan.files]


def on_disk(shop: Workshop) -> PlanFile:
    return parse_plan((shop.folder / "plan.md").read_text(encoding="utf-8"))


def edit_on_disk(shop: Workshop, old: str, new: str) -> None:
    file = shop.folder / "plan.md"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


# The architect


def test_the_architect_is_asked_and_its_plan_kept_in_the_journal_and_in_the_file(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py", "b.py")])
    with planning(shop) as room:
        plan = room.plan()
    assert paths(plan) == ["a.py", "b.py"]
    assert (on_disk(shop).plan, on_disk(shop).session_id, on_disk(shop).task) == (plan, SESSION, "a task")
    row = shop.journal.sessions.plan(SESSION)
    assert row is not None and row.approved_by is None
    asked = shop.agents["architect"].requests[0]
    assert "README.md (12 bytes)" in asked.messages[0].text and "=== must.py" in asked.messages[0].text
    assert "mind the gap" in asked.system


def test_the_map_is_that_of_the_sessions_beginning(workshop: Build) -> None:
    shop = workshop(architect=[ApiError("down"), plan_of("a.py")])
    shop.put("def first_form(): pass\n", "near.py")
    with planning(shop, listing=[("near.py", 23)]) as room, pytest.raises(ApiError):
        room.plan()
    shop.restart()
    shop.put("def second_form(): pass\n", "near.py")
    with planning(shop, listing=[("near.py", 23)]) as room:
        room.plan()
    told = [request.messages[0].text for request in shop.agents["architect"].requests]
    assert len(told) == 2 and len(set(told)) == 1 and "near.py:\n  def first_form()" in told[0]


def test_a_plan_that_is_kept_is_not_asked_for_again(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py")])
    with planning(shop) as room:
        first = room.plan()
    shop.restart()
    with planning(shop) as room:
        assert room.plan() == first
    assert shop.asked() == {"architect": 1}


def test_files_that_the_architect_asks_for_are_shown(workshop: Build) -> None:
    shop = workshop(architect=[files_needed("b.txt"), plan_of("a.py")])
    shop.put("what b says", "b.txt")
    with planning(shop) as room:
        assert paths(room.plan()) == ["a.py"]
    assert "what b says" in shop.agents["architect"].heard[1]


def test_paths_are_normalised_those_depended_on_too(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("./src//a.py", depends_on=["./b.py"])])
    with planning(shop) as room:
        plan = room.plan()
    assert [(file.path, file.depends_on) for file in plan.files] == [("src/a.py", ("b.py",))]


@pytest.mark.parametrize("path", ["../x", "/etc/x", ".git/config", ".orchestra/plan.md", "folder", "a.py\x00"])
def test_a_path_that_must_be_refused_gets_one_repair_round_and_then_ends_the_run(workshop: Build, path: str) -> None:
    shop = workshop(architect=[plan_of(path), plan_of(path)])
    (shop.root / "folder").mkdir()
    with planning(shop) as room, pytest.raises(RefusedPath):
        room.plan()
    assert shop.asked() == {"architect": 2}
    assert not (shop.folder / "plan.md").exists()


def test_a_plan_mended_in_the_repair_round_is_as_good_as_one_at_once(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py", "a.py"), plan_of("a.py")])
    with planning(shop) as room:
        assert paths(room.plan()) == ["a.py"]
    assert "planned twice" in shop.agents["architect"].heard[1]


@pytest.mark.parametrize("path", ["__ORCHESTRA_SECRET_0123456789ab__/q.py", "ghp_" + "a1B2" * 9 + "/q.py"])
def test_a_path_that_holds_a_secret_or_its_stand_in_is_none_to_plan(workshop: Build, path: str) -> None:
    shop = workshop(architect=[plan_of(path), plan_of("a.py")])
    with planning(shop) as room:
        assert paths(room.plan()) == ["a.py"]
    assert "ghp_" not in repr(shop.events)


def test_a_file_with_secrets_is_no_file_to_plan(workshop: Build) -> None:
    shop = workshop(architect=[plan_of(".env"), plan_of("a.py")])
    shop.put("KEY=1\n", ".env")
    with planning(shop) as room:
        assert paths(room.plan()) == ["a.py"]
    assert "secrets" in shop.agents["architect"].heard[1]


def test_prose_twice_is_no_plan(workshop: Build) -> None:
    shop = workshop(architect=[PROSE, PROSE])
    with planning(shop) as room, pytest.raises(UnreadableReply) as caught:
        room.plan()
    assert caught.value.hint == (
        "have another model asked (agents.architect), or put the task in other words; "
        f"`orchestra resume {SESSION}` asks again"
    )


def test_a_fault_leaves_no_plan_and_the_next_run_asks_again(workshop: Build) -> None:
    shop = workshop(architect=[ApiError("down"), plan_of("a.py")])
    with planning(shop) as room, pytest.raises(ApiError):
        room.plan()
    shop.restart()
    with planning(shop) as room:
        assert paths(room.plan()) == ["a.py"]


# Questions


def test_answers_reach_the_architect_with_their_questions(workshop: Build) -> None:
    shop = workshop(architect=[questions("Which one?", "How?"), plan_of("a.py")])
    person = Person(answers=["the first", "slowly"])
    with planning(shop, person) as room:
        assert paths(room.plan()) == ["a.py"]
    assert person.asked == ["Which one?", "How?"]
    assert "Which one? the first" in shop.agents["architect"].heard[1]
    assert "How? slowly" in shop.agents["architect"].heard[1]


def test_questions_that_nobody_answers_end_without_a_plan(workshop: Build) -> None:
    shop = workshop(architect=[questions("Which one?")])
    with planning(shop, nobody_there("nobody")) as room, pytest.raises(NotApproved, match="Which one?"):
        room.plan()


def test_unanswered_questions_are_put_again_on_resume_without_asking_the_architect_twice(workshop: Build) -> None:
    shop = workshop(architect=[questions("Which one?"), plan_of("a.py")])
    with planning(shop, Person(answers=None)) as room, pytest.raises(NotApproved):
        room.plan()
    shop.restart()
    with planning(shop, Person(answers=["the first"])) as room:
        assert paths(room.plan()) == ["a.py"]
    assert shop.asked() == {"architect": 2}


# A plan that is given


def test_a_given_plan_needs_no_architect(workshop: Build) -> None:
    shop = workshop()
    given = PlanFile(Plan("given", (planned("./a.py"),)), "a task")
    with planning(shop, has_architect=False) as room:
        plan = room.plan(given)
    assert (paths(plan), shop.asked()) == (["a.py"], {})
    assert on_disk(shop).plan == plan


def test_a_given_plan_is_checked_as_any_other(workshop: Build) -> None:
    with planning(workshop()) as room, pytest.raises(RefusedPath):
        room.plan(PlanFile(Plan("given", (planned("../x"),)), "a task"))


def test_a_given_plan_does_not_replace_one_that_is_kept(workshop: Build) -> None:
    shop = workshop()
    with planning(shop) as room:
        room.plan(PlanFile(Plan("first", (planned("a.py"),)), "a task"))
        assert room.plan(PlanFile(Plan("second", (planned("b.py"),)), "a task")).summary == "first"


def test_without_an_architect_a_remark_is_explained_and_not_a_defect(workshop: Build) -> None:
    person = Person(revise("smaller"), APPROVE)
    with planning(workshop(), person, has_architect=False) as room:
        plan = room.plan(PlanFile(Plan("given", (planned("a.py"),)), "a task"))
        assert room.approved(plan) == plan
    assert "architect" in person.problems[0]


# plan.md


def test_an_edited_file_is_the_new_plan_and_awaits_approval(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py")])
    with planning(shop) as room:
        first = room.plan()
        shop.journal.sessions.approve_plan(SESSION, "another hash", "user")
    edit_on_disk(shop, "## create a.py", "## create c.py")
    with planning(shop) as room:
        plan = room.plan()
    assert (paths(first), paths(plan)) == (["a.py"], ["c.py"])
    row = shop.journal.sessions.plan(SESSION)
    assert row is not None and row.approved_by is None
    assert not on_disk(shop).edited


def test_an_unchanged_file_changes_nothing(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py")])
    with planning(shop) as room:
        assert room.plan() == room.plan()
    rows = shop.journal._store.rows("SELECT * FROM plans")
    assert len(rows) == 1


def test_a_file_of_another_session_is_not_this_ones_plan(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py")])
    with planning(shop) as room:
        room.plan()
        other = render_plan(Plan("other", (planned("x.py"),)), session_id="s-other", task="t")
        (shop.folder / "plan.md").write_text(other.replace("## create x.py", "## create y.py"), encoding="utf-8")
        assert paths(room.plan()) == ["a.py"]


def test_a_file_that_is_gone_is_written_again(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py")])
    with planning(shop) as room:
        room.plan()
        (shop.folder / "plan.md").unlink()
        assert paths(room.plan()) == ["a.py"]
    assert paths(on_disk(shop).plan) == ["a.py"]


def test_an_edit_that_cannot_be_read_is_an_error_that_names_the_line_and_stays_in_the_file(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py")])
    with planning(shop) as room:
        room.plan()
        edit_on_disk(shop, "## create a.py", "## crate a.py")
        with pytest.raises(PlanError, match="line"):
            room.plan()
    assert "## crate a.py" in (shop.folder / "plan.md").read_text(encoding="utf-8")


def test_an_edit_with_a_path_that_must_be_refused_is_refused(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py")])
    with planning(shop) as room:
        room.plan()
        edit_on_disk(shop, "## create a.py", "## create ../a.py")
        with pytest.raises(RefusedPath):
            room.plan()


# Approval


def test_an_approved_plan_is_approved_in_the_journal_in_the_name_of_who_did(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py")])
    with planning(shop, approve_all("--yes")) as room:
        room.approved(room.plan())
    row = shop.journal.sessions.plan(SESSION)
    assert row is not None and row.approved_by == "--yes"
    assert [event.data["by"] for event in shop.told("plan.approved")] == ["--yes"]


def test_a_refused_plan_is_kept_and_the_way_on_is_named(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py")])
    with planning(shop, Person(QUIT)) as room:
        plan = room.plan()
        with pytest.raises(NotApproved) as caught:
            room.approved(plan)
    assert "plan.md" in str(caught.value) and "orchestra resume" in str(caught.value)
    assert on_disk(shop).plan == plan


def test_with_nobody_there_the_flag_that_answers_is_named(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py")])
    with planning(shop, nobody_there("there is no terminal")) as room:
        with pytest.raises(NotApproved, match="there is no terminal") as caught:
            room.approved(room.plan())
    assert "--yes" in (caught.value.hint or "")


def test_a_remark_brings_a_new_plan_that_is_asked_about_again(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py"), plan_of("b.py")])
    person = Person(revise("rather b"), APPROVE)
    with planning(shop, person) as room:
        plan = room.approved(room.plan())
    assert (paths(plan), [paths(each) for each in person.seen]) == (["b.py"], [["a.py"], ["b.py"]])
    asked = shop.agents["architect"].requests[1].messages[0].text
    assert "rather b" in asked and "a.py" in asked


def test_a_remark_that_was_not_heard_before_the_stop_is_heard_on_resume(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py"), ApiError("down"), plan_of("b.py")])
    with planning(shop, Person(revise("rather b"))) as room, pytest.raises(ApiError):
        room.approved(room.plan())
    shop.restart()
    with planning(shop) as room:
        assert paths(room.plan()) == ["b.py"]
    assert "rather b" in shop.agents["architect"].heard[2]


def test_all_remarks_so_far_reach_the_architect(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py"), plan_of("b.py"), plan_of("c.py")])
    with planning(shop, Person(revise("first remark"), revise("second remark"), APPROVE)) as room:
        assert paths(room.approved(room.plan())) == ["c.py"]
    assert "first remark" in shop.agents["architect"].heard[2] and "second remark" in shop.agents["architect"].heard[2]


def test_an_edit_at_the_prompt_is_shown_again_before_it_counts(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py")])
    person = Person(EDIT, APPROVE, edits=[lambda text: text.replace("create a.py", "create b.py")])
    with planning(shop, person) as room:
        assert paths(room.approved(room.plan())) == ["b.py"]
    assert [paths(each) for each in person.seen] == [["a.py"], ["b.py"]]
    assert paths(on_disk(shop).plan) == ["b.py"]


@pytest.mark.parametrize("bad", ["## crate b.py", "## create ../b.py"])
def test_an_edit_that_cannot_be_used_is_explained_and_not_lost(workshop: Build, bad: str) -> None:
    shop = workshop(architect=[plan_of("a.py")])
    person = Person(
        EDIT, EDIT, APPROVE,
        edits=[lambda text: text.replace("## create a.py", bad), lambda text: text.replace(bad, "## create b.py")],
    )
    with planning(shop, person) as room:
        assert paths(room.approved(room.plan())) == ["b.py"]
    assert len(person.problems) == 1
    assert bad in person.offered[1]


def test_an_edit_that_was_given_up_does_not_come_back_after_a_new_plan(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py"), plan_of("c.py")])
    person = Person(
        EDIT, revise("rather c"), EDIT, APPROVE,
        edits=[lambda text: text.replace("## create a.py", "## crate a.py"), lambda text: text],
    )
    with planning(shop, person) as room:
        assert paths(room.approved(room.plan())) == ["c.py"]
    assert "## create c.py" in person.offered[1]


def test_an_editor_that_cannot_be_started_is_explained(workshop: Build) -> None:
    def fail(text: str) -> str:
        raise UsageError("the editor cannot be started")

    shop = workshop(architect=[plan_of("a.py")])
    person = Person(EDIT, APPROVE, edits=[fail])
    with planning(shop, person) as room:
        assert paths(room.approved(room.plan())) == ["a.py"]
    assert "editor" in person.problems[0]


def test_what_is_planned_is_told(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py", summary="do it")])
    with planning(shop) as room:
        room.plan()
    assert dict(shop.told("plan.ready")[0].data) == {
        "summary": "do it", "files": [{"path": "a.py", "action": "create"}]
    }


def test_names_that_are_depended_on_and_neither_planned_nor_there_are_told_once_a_plan(workshop: Build) -> None:
    needs = ["b.py", "gone.py", "there.py", "lib/", "./a.py", "/etc/passwd", "ghp_" + "a1B2" * 9]
    shop = workshop(architect=[plan_of("a.py", "b.py", depends_on=needs)])
    shop.put("", "there.py")
    with planning(shop) as room:
        room.plan()
    names = [[path, name] for path in ("a.py", "b.py") for name in ("gone.py", "lib/", "/etc/passwd")]
    assert [dict(event.data) for event in shop.told("plan.unknown")] == [{"names": names, "count": 6}]


def test_of_many_such_names_the_first_are_told(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py", depends_on=[f"n{number}" for number in range(50)])])
    with planning(shop) as room:
        room.plan()
    (event,) = shop.told("plan.unknown")
    assert (len(event.data["names"]), event.data["count"]) == (20, 50)


def test_a_plan_without_files_is_a_plan(workshop: Build) -> None:
    shop = workshop(architect=[plan_of()])
    with planning(shop) as room:
        assert room.plan().files == ()


def test_every_field_of_a_plan_survives_the_journal_and_the_file(workshop: Build) -> None:
    shop = workshop()
    file = PlannedFile("a.py", "create", "first\n\nsecond", ("b.py",), ("must hold", "and this"))
    given = Plan("sum\n\nmary", (file,), ("test it",))
    with planning(shop) as room:
        assert room.plan(PlanFile(given, "a task")) == given
        assert room.plan() == given
    assert on_disk(shop).plan == given


# What it costs


def test_the_likely_cost_is_told_before_each_new_plan_is_decided(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py"), plan_of("a.py", "b.py")])
    cost = CostRange(Decimal("0.01"), Decimal("0.2"), ("auditor",))
    person = Person(Decision(Choice.REVISE, remark="more"), Decision(Choice.APPROVE, by="user"))
    with planning(shop, person, cost=cost) as room:
        room.approved(room.plan())
    told = [event.data for event in shop.events if event.name == "plan.estimated"]
    rest = {"low": 0.01, "high": 0.2, "unpriced": ["auditor"], "budget": 2.0}
    assert told == [{**rest, "files": 1}, {**rest, "files": 2}]


def test_nothing_is_told_where_no_price_is_known(workshop: Build) -> None:
    shop = workshop(architect=[plan_of("a.py")])
    with planning(shop, approve_all("--yes")) as room:
        room.approved(room.plan())
    assert "plan.estimated" not in [event.name for event in shop.events]

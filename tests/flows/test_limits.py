"""Status 7: the money or the time given is used up; resume finishes without asking anything twice."""

from __future__ import annotations

from orchestra.demo.script import Hang
from tests.flows.project import Project
from tests.flows.team import plan_of, planned, team, whole

PLAN = plan_of(planned("a.txt"), planned("b.txt"), planned("c.txt"))
DRAFTS = {"a.txt": whole("one\n"), "b.txt": whole("two\n"), "c.txt": whole("three\n")}


def test_the_budget_stops_the_run_and_a_larger_one_finishes_it(project: Project) -> None:
    whole_cost = _cost_of_a_whole_run(project)
    half = f"{whole_cost / 2:.6f}"
    ran = project.run("run", "task", "--yes", "--max-cost", half, "--json", script=team(PLAN, DRAFTS))

    assert (ran.status, ran.json["status"], ran.json["error"]["code"]) == (7, "limited", "limit")
    assert "--max-cost" in ran.json["error"]["hint"]
    assert 1 < len(ran.calls) < 7
    assert ran.json["can_resume"] is True
    assert {file["status"] for file in ran.json["files"]} <= {"approved", "skipped"}

    again = project.run("resume", "--yes", "--max-cost", "1", "--json", script=team(PLAN, DRAFTS))

    assert (again.status, again.json["status"]) == (0, "completed")
    assert sorted(ran.asked + again.asked, key=str) == sorted(_all_asked(), key=str)
    assert [project.read(path) for path in ("a.txt", "b.txt", "c.txt")] == ["one\n", "two\n", "three\n"]


def test_resume_with_the_same_budget_stops_again_without_a_call(project: Project) -> None:
    project.run("run", "task", "--yes", "--max-cost", "0.000001", script=team(PLAN, DRAFTS))
    again = project.run("resume", "--yes", "--json", script=team())

    assert (again.status, again.calls) == (7, ())


def test_no_money_at_all_asks_nobody(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--max-cost", "0", "--json", script=team())

    assert (ran.status, ran.calls) == (7, ())


def test_the_time_given_stops_a_run_that_waits_for_an_answer(project: Project) -> None:
    script = team(PLAN, {**DRAFTS, "b.txt": Hang()})
    ran = project.run("run", "task", "--yes", "--timeout", "1", "--json", script=script)

    assert (ran.status, ran.json["status"], ran.json["error"]["code"]) == (7, "limited", "limit")
    assert ran.files["a.txt"]["status"] == "approved"
    assert (project.has("a.txt"), project.has("b.txt")) == (True, False)

    again = project.run("resume", "--yes", "--json", script=team(PLAN, DRAFTS))

    assert again.status == 0
    assert again.asked == [
        ("executor", "b.txt"), ("auditor", "b.txt"), ("executor", "c.txt"), ("auditor", "c.txt"),
    ]


def _cost_of_a_whole_run(project: Project) -> float:
    ran = project.run("run", "task", "--yes", "--json", script=team(PLAN, DRAFTS))
    for path in DRAFTS:
        (project.root / path).unlink()
    return float(ran.json["metrics"]["total_cost_estimate"])


def _all_asked() -> list[tuple[str, str | None]]:
    per_file = [(role, path) for path in DRAFTS for role in ("executor", "auditor")]
    return [("architect", None), *per_file]

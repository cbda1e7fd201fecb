"""Status 7: the money or the time given is used up; resume finishes without asking anything twice."""

from __future__ import annotations

from typing import Any

import pytest

from orchestra.demo.script import Fault, Hang
from orchestra.records import AGENT_ROLES
from tests.flows.project import Project
from tests.flows.team import plan_of, planned, team, whole

PLAN = plan_of(planned("a.txt"), planned("b.txt"), planned("c.txt"))
DRAFTS = {"a.txt": whole("one\n"), "b.txt": whole("two\n"), "c.txt": whole("three\n")}


def priced(max_output: int = 50, **prices: float | None) -> dict[str, Any]:
    """Settings of the provider: what each role's model costs in USD per million tokens, and its longest answer."""
    model = {"price_input": 1.0, "price_output": 2.0, "max_output": max_output, **prices}
    return {"models": {f"{role}-model": model for role in AGENT_ROLES}}


def test_the_budget_stops_the_run_and_a_larger_one_finishes_it(project: Project) -> None:
    whole_cost = _cost_of_a_whole_run(project)
    half = f"{whole_cost / 2:.6f}"
    ran = project.run(
        "run", "task", "--yes", "--max-cost", half, "--json", script=team(PLAN, DRAFTS), provider_settings=priced()
    )

    assert (ran.status, ran.json["status"], ran.json["error"]["code"]) == (7, "limited", "limit")
    assert "--max-cost" in ran.json["error"]["hint"]
    assert 1 < len(ran.calls) < 7
    assert ran.json["metrics"]["total_cost_estimate"] <= float(half)
    assert ran.json["can_resume"] is True
    assert {file["status"] for file in ran.json["files"]} <= {"approved", "skipped"}

    again = project.run("resume", "--yes", "--max-cost", "1", "--json", script=team(PLAN, DRAFTS))

    assert (again.status, again.json["status"]) == (0, "completed")
    assert sorted(ran.asked + again.asked, key=str) == sorted(_all_asked(), key=str)
    assert [project.read(path) for path in ("a.txt", "b.txt", "c.txt")] == ["one\n", "two\n", "three\n"]


def test_under_32_workers_the_cap_holds(project: Project) -> None:
    files = [f"{number}.txt" for number in range(40)]
    script = team(plan_of(*map(planned, files)), {path: whole(path + "\n") for path in files})
    # Ten thousand times as dear as usual: each answer could cost more than is left, so that calls wait for each other.
    ran = project.run(
        "run", "task", "--yes", "--mode", "parallel", "--max-concurrency", "32", "--max-cost", "400", "--json",
        script=script, provider_settings=priced(4000, price_input=1e4, price_output=2e4),
    )

    assert (ran.status, ran.json["status"]) == (7, "limited")
    assert 100 < ran.json["metrics"]["total_cost_estimate"] <= 400
    assert len(ran.calls) > 10


def test_what_is_left_of_the_budget_is_the_longest_answer(project: Project) -> None:
    ran = project.run(
        "run", "task", "--yes", "--max-cost", "0.013", "--json", script=team(PLAN, DRAFTS),
        provider_settings=priced(16_384),
    )

    assert ran.status == 0
    caps = [call.payload["max_tokens"] for call in ran.calls]
    assert all(2048 <= cap < 6_500 for cap in caps) and caps == sorted(caps, reverse=True)


def test_a_cheaper_model_of_the_chain_is_asked_when_the_first_is_too_dear(project: Project) -> None:
    settings = priced()
    settings["models"]["dear-model"] = {"price_input": 500, "price_output": 5000}
    chains = {role: ["scripted/dear-model", f"scripted/{role}-model"] for role in AGENT_ROLES}
    ran = project.run(
        "run", "task", "--yes", "--max-cost", "1", "--json", script=team(PLAN, DRAFTS), provider_settings=settings,
        settings={"agents": chains},
    )

    assert ran.status == 0
    assert {call.model for call in ran.calls} == {"architect-model", "executor-model", "auditor-model"}


def test_a_model_without_a_price_is_outside_the_budget_and_that_is_said_once(project: Project) -> None:
    ran = project.run(
        "run", "task", "--yes", "--max-cost", "0.5", "--json", script=team(PLAN, DRAFTS),
        provider_settings={"models": {}},
    )

    assert (ran.status, ran.json["metrics"]["total_cost_estimate"]) == (0, None)
    assert ran.json["metrics"]["unpriced_attempts"] == len(ran.calls) == 8
    assert ran.err.count("no price is known for scripted/architect-model, ") == 1


@pytest.mark.parametrize("said", [True, False])
def test_a_cap_said_by_flag_is_refused_where_a_vendors_model_has_no_price(project: Project, said: bool) -> None:
    settings = {
        "providers": {"far": {"base_url": "http://models.example.org/v1"}},
        "agents": {role: ["far/some-model"] for role in AGENT_ROLES},
    }
    flag = ("--max-cost", "1") if said else ()
    ran = project.run("run", "task", "--yes", *flag, "--offline", "--json", settings=settings)

    if said:
        assert (ran.status, ran.json["error"]["code"]) == (2, "config")
        assert "far/some-model" in ran.json["error"]["message"]
        assert "price_input and price_output in providers.far.models.some-model" in ran.json["error"]["hint"]
    else:
        assert ran.status == 4


def test_the_likely_cost_is_said_before_the_plan_is_decided(project: Project) -> None:
    ran = project.run("run", "task", "--yes", script=team(PLAN, DRAFTS))

    (line,) = [line for line in ran.err.splitlines() if "about $" in line]
    assert "for 3 files; the budget is $1.0000" in line


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
        ("executor", "b.txt"), ("auditor", "b.txt"), ("executor", "c.txt"), ("auditor", "c.txt"), ("auditor", None),
    ]


@pytest.mark.parametrize("wait, code", [("30", 7), ("90", 4)])
def test_a_run_that_has_no_time_to_wait_for_a_provider_has_reached_its_limit(
    project: Project, wait: str, code: int
) -> None:
    refusal = Fault(429, {"error": {"message": "slow down"}}, {"Retry-After": wait})
    script = team(plan_of(planned("a.txt")), {"a.txt": refusal})
    ran = project.run("run", "task", "--yes", "--timeout", "25", "--json", script=script)

    status = "limited" if code == 7 else "failed"
    assert (ran.status, ran.json["status"], ran.json["can_resume"]) == (code, status, True)
    assert ran.asked == [("architect", None), ("executor", "a.txt")]


def _cost_of_a_whole_run(project: Project) -> float:
    ran = project.run("run", "task", "--yes", "--json", script=team(PLAN, DRAFTS), provider_settings=priced())
    for path in DRAFTS:
        (project.root / path).unlink()
    return float(ran.json["metrics"]["total_cost_estimate"])


def _all_asked() -> list[tuple[str, str | None]]:
    per_file = [(role, path) for path in DRAFTS for role in ("executor", "auditor")]
    return [("architect", None), *per_file, ("auditor", None)]

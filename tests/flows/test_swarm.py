"""Several architects at once: one divides the task, each plans an area, one call merges."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from orchestra.demo.script import Answer, Call, Fault, Text
from tests.flows.project import Project
from tests.flows.team import APPROVED, block, plan_of, planned, whole

RUN = ("run", "task", "--yes", "--json")
SWARM: dict[str, Any] = {"planning": {"swarm": 3}}
AREAS = block({"areas": [{"name": "server", "description": "the API"}, {"name": "client"}]})
PATIENCE_S = 30.0


def script(answers: dict[str, str | Answer], *, meeting: threading.Barrier | None = None) -> Any:
    """What architects say by what they are asked for: areas, an area's name, merge, plan."""

    def answer(call: Call) -> Answer:
        if not call.model.startswith("architect"):
            return Text(APPROVED if call.model.startswith("auditor") else whole(f"{call.file}\n"))
        if "divide the task" in call.system:
            asked = "areas"
        elif "the plans of several architects" in call.text:
            asked = "merge"
        elif "Plan your area alone" in call.text:
            own = call.text.partition("Plan your area alone:")[2].split("\n")[2]
            asked = own.partition(":")[0]
            if meeting is not None:
                meeting.wait(PATIENCE_S)
        else:
            asked = "plan"
        said = answers[asked]
        return Text(said) if isinstance(said, str) else said

    return answer


MERGED = plan_of(planned("server.txt"), planned("client.txt", depends_on=["server.txt"]))
WHOLE = {
    "areas": AREAS, "server": plan_of(planned("server.txt")), "client": plan_of(planned("client.txt")),
    "merge": MERGED,
}


def test_areas_are_planned_at_once_and_merged(project: Project) -> None:
    ran = project.run(*RUN, script=script(WHOLE, meeting=threading.Barrier(2)), settings=SWARM)

    assert ran.status == 0, ran.err
    assert [file["path"] for file in ran.json["files"]] == ["server.txt", "client.txt"]
    assert [role for role, _ in ran.asked][:4] == ["architect"] * 4
    server = next(call for call in ran.calls if "Plan your area alone" in call.text and "server: the API" in call.text)
    assert "The other architects plan:" in server.text
    merge = ran.calls[3]
    assert '"area": "server"' in merge.text and '"path": "client.txt"' in merge.text
    assert "divided into 2 areas: server, client" in ran.err
    for part in ("the areas:", "the plan of area 1:", "the plan of area 2:", "the merged plan:"):
        assert f"architect   {part} asked\n" in ran.err and f"architect   {part} answered by" in ran.err


def test_who_merges_learns_what_an_area_covers_whose_architect_failed(project: Project) -> None:
    ran = project.run(*RUN, script=script({**WHOLE, "server": "prose"}), settings=SWARM)

    merge = next(call for call in ran.calls if "the plans of several architects" in call.text)
    assert '"area": "server",\n  "covers": "the API",\n  "plan": null' in merge.text
    assert "the plan of area 1: unreadable answer, asked again" in ran.err


def test_one_architect_is_the_default(project: Project) -> None:
    ran = project.run(*RUN, script=script({"plan": MERGED}))

    assert ran.status == 0 and [role for role, _ in ran.asked].count("architect") == 1


def test_a_task_too_small_to_be_divided_is_planned_by_one(project: Project) -> None:
    answers = {"areas": block({"areas": [{"name": "all of it"}]}), "plan": plan_of(planned("a.txt"))}
    ran = project.run(*RUN, script=script(answers), settings=SWARM)

    assert ran.status == 0 and [role for role, _ in ran.asked].count("architect") == 2


def test_a_plan_in_place_of_areas_is_one(project: Project) -> None:
    ran = project.run(*RUN, script=script({"areas": MERGED}), settings=SWARM)

    assert ran.status == 0 and [role for role, _ in ran.asked].count("architect") == 1


def test_more_areas_than_architects_are_shared_out_among_them(project: Project) -> None:
    names = ("db", "api", "page", "style", "docs", "tests")
    many = block({"areas": [{"name": name, "description": f"all of the {name}"} for name in names]})
    plans = {f"{one} + {other}": plan_of() for one, other in zip(names[::2], names[1::2])}
    ran = project.run(*RUN, script=script({**WHOLE, **plans, "areas": many}), settings=SWARM)

    assert ran.status == 0 and [role for role, _ in ran.asked].count("architect") == 5, ran.err
    assert "divided into 3 areas: db + api, page + style, docs + tests" in ran.err
    asked = [call.text for call in ran.calls if "Plan your area alone" in call.text]
    assert all(f"all of the {name}" in text for name in names for text in asked)


def test_of_areas_with_the_same_name_no_description_is_lost(project: Project) -> None:
    twice = block({"areas": [
        {"name": "server", "description": "the API"}, {"name": "client"},
        {"name": "server", "description": "the database"}, {"name": "server", "description": "the API"},
    ]})
    ran = project.run(*RUN, script=script({**WHOLE, "areas": twice}), settings=SWARM)

    assert ran.status == 0 and "divided into 2 areas: server, client" in ran.err
    asked = [call.text for call in ran.calls if "Plan your area alone" in call.text]
    assert len(asked) == 2 and all("server: the API; the database" in text for text in asked)


@pytest.mark.parametrize("fault", [Fault(400, {"error": {"message": "no"}}), "prose"])
def test_an_area_that_failed_is_left_to_the_merge(project: Project, fault: Any) -> None:
    ran = project.run(*RUN, script=script({**WHOLE, "client": fault}), settings=SWARM)

    assert ran.status == 0, ran.err
    merge = next(call for call in ran.calls if "the plans of several architects" in call.text)
    assert '"area": "client",\n  "plan": null' in merge.text
    assert "the area client failed" in ran.err


def test_where_all_areas_failed_nothing_is_merged(project: Project) -> None:
    fault = Fault(400, {"error": {"message": "no"}})
    ran = project.run(*RUN, script=script({**WHOLE, "client": fault, "server": fault}), settings=SWARM)

    assert ran.status == 4 and not any("the plans of several" in call.text for call in ran.calls)


def test_questions_of_any_of_them_are_the_users(project: Project) -> None:
    answers = {**WHOLE, "client": block({"questions": ["Which client?"]})}
    ran = project.run(*RUN, script=script(answers), settings=SWARM)

    assert ran.status == 3 and "Which client?" in ran.json["error"]["message"]


def test_what_was_answered_is_not_asked_again(project: Project) -> None:
    first = project.run(*RUN, script=script({**WHOLE, "merge": Fault(400, {"error": {"message": "no"}})}),
                        settings=SWARM)
    again = project.run("resume", "--yes", "--json", script=script(WHOLE))

    assert (first.status, again.status) == (4, 0)
    assert [role for role, _ in again.asked].count("architect") == 1

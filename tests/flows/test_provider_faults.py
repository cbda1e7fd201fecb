"""Status 4: nothing was approved, and a provider is to blame; and how far its faults reach otherwise."""

from __future__ import annotations

import socket

import pytest

from orchestra.demo.script import Cut, Fault, Reset, Text
from tests.flows.project import Project
from tests.flows.team import APPROVED, one_file, plan_of, planned, team, whole

PROSE = "I would rather talk about it first. What do you think?"


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_a_server_that_is_not_there_is_said_with_its_address(project: Project) -> None:
    provider = {"protocol": "openai-chat", "base_url": f"http://127.0.0.1:{closed_port()}/v1"}
    chains = {role: ["local/m"] for role in ("architect", "executor", "auditor", "consultant")}
    ran = project.run(
        "run", "task", "--yes", "--json", settings={"providers": {"local": provider}, "agents": chains}
    )

    assert (ran.status, ran.json["status"]) == (4, "failed")
    assert ran.json["error"]["code"] == "connection"
    assert "127.0.0.1" in ran.json["error"]["message"]
    attempts = project.rows("SELECT * FROM attempts")
    assert [(attempt["success"], attempt["error_code"]) for attempt in attempts] == [(0, "CONNECTION")] * 2
    assert project.tree() == {"README.md": b"A project.\n"}


@pytest.mark.parametrize("answer, error_code", [
    (Fault(500, "boom"), "API_ERROR"),
    (Fault(503, "busy"), "OVERLOADED"),
    (Fault(529, "busy"), "OVERLOADED"),
    (Fault(504, "late"), "TIMEOUT"),
    (Fault(408, "late"), "TIMEOUT"),
    (Fault(429, {"error": {"message": "slow down"}}), "RATE_LIMIT_429"),
    (Fault(401, {"error": {"message": "bad key"}}), "AUTH"),
    (Fault(404, {"error": {"code": "model_not_found", "message": "no such model"}}), "MODEL_NOT_FOUND"),
    (Fault(402, {"error": {"message": "Insufficient balance"}}), "QUOTA"),
    (Fault(200, "<html>hello</html>"), "INVALID_RESPONSE"),
    (Fault(200, ""), "INVALID_RESPONSE"),
    (Cut(plan_of(planned("a.txt"))), "INVALID_RESPONSE"),
    (Reset(plan_of(planned("a.txt"))), "CONNECTION"),
    (Text(plan_of(planned("a.txt")), finish="length"), "TRUNCATED"),
    (Text("no", finish="filter"), "CONTENT_FILTERED"),
])
def test_a_fault_is_named_truly_in_the_journal(project: Project, answer: object, error_code: str) -> None:
    ran = project.run("run", "task", "--yes", "--json", script=team(lambda call: answer))

    assert ran.status == 4
    assert {row["error_code"] for row in project.rows("SELECT error_code FROM attempts")} == {error_code}
    assert {row["status"] for row in project.rows("SELECT status FROM steps")} == {"failed"}
    assert ran.json["can_resume"] is True


def test_prose_from_the_architect_gets_one_repair_round(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--json", script=team([PROSE, PROSE]))

    assert ran.status == 4
    assert ran.json["error"]["code"] == "unreadable-reply"
    first, second = ran.calls
    assert PROSE in [text for role, text in second.turns if role == "assistant"]
    assert "Your answer could not be used" in second.text and "Your answer could not be used" not in first.text


def test_a_plan_in_the_repair_round_is_as_good_as_one_at_once(project: Project) -> None:
    script = team([PROSE, plan_of(planned("a.txt"))], {"a.txt": whole("one\n")})
    ran = project.run("run", "task", "--yes", "--json", script=script)

    assert (ran.status, ran.json["error"]) == (0, None)
    assert project.read("a.txt") == "one\n"


def test_every_file_failed_by_the_provider_is_4_and_can_be_resumed(project: Project) -> None:
    plan = plan_of(planned("a.txt"), planned("b.txt"))
    down = {"a.txt": Fault(500), "b.txt": Fault(500)}
    ran = project.run("run", "task", "--yes", "--json", script=team(plan, down))
    again = project.run(
        "resume", "--yes", "--json", script=team("", {"a.txt": whole("one\n"), "b.txt": whole("two\n")})
    )

    assert (ran.status, ran.json["status"]) == (4, "failed")
    assert {file["status"] for file in ran.json["files"]} == {"failed"}
    assert ran.files["a.txt"]["error"]["code"] == "api-error"
    assert ran.json["can_resume"] is True
    assert again.status == 0
    assert ("architect", None) not in again.asked


def test_the_provider_failing_an_audit_puts_the_file_back(project: Project) -> None:
    project.commit("a.txt", "old\n")
    script = team(plan_of(planned("a.txt", "modify")), {"a.txt": whole("new\n")}, Fault(500))
    ran = project.run("run", "task", "--yes", "--json", script=script)

    assert (ran.status, ran.files["a.txt"]["status"]) == (4, "reverted")
    assert project.read("a.txt") == "old\n"


def test_a_fault_falls_back_to_the_next_model_and_the_run_is_0(project: Project) -> None:
    def script(call):
        if call.model == "first-model":
            return Fault(429, {"error": {"message": "slow down"}}, {"Retry-After": "30"})
        return one_file()(call)

    with_fallback = {role: ["scripted/first-model", f"scripted/{role}-model"]
                     for role in ("architect", "executor", "auditor", "consultant")}
    ran = project.run("run", "task", "--yes", "--json", script=script, settings={"agents": with_fallback})

    assert (ran.status, ran.json["error"]) == (0, None)
    metrics = ran.json["metrics"]
    assert metrics["failed_attempts"] == metrics["fallback_rotations"] == 1, "for 30 s nobody asks it again"
    assert metrics["total_attempts"] == 4
    assert "RATE_LIMIT_429" in ran.err


def test_an_auditor_that_answers_prose_twice_has_not_approved(project: Project) -> None:
    script = team(plan_of(planned("a.txt")), {"a.txt": whole("one\n")}, [PROSE, PROSE])
    ran = project.run("run", "task", "--yes", "--json", "--max-iterations", "1", script=script)

    assert (ran.status, ran.files["a.txt"]["status"]) == (1, "reverted")
    assert not project.has("a.txt")


def test_an_auditors_unreadable_review_goes_to_the_consultant(project: Project) -> None:
    script = team(
        plan_of(planned("a.txt")), {"a.txt": whole("one\n")}, [PROSE, PROSE, APPROVED], {"a.txt": whole("two\n")}
    )
    ran = project.run("run", "task", "--yes", "--json", script=script)

    assert (ran.status, ran.files["a.txt"]["iterations"]) == (0, 2)
    assert project.read("a.txt") == "two\n"

"""What follows a provider's fault, from the command line's side."""

from __future__ import annotations

from typing import Any

from orchestra.adapters.continuation import GO_ON
from orchestra.demo.provider import ScriptedProvider
from orchestra.demo.routes import config_by_role
from orchestra.demo.script import Answer, Call, Fault, Reset, Text
from tests.flows.project import Project, Ran
from tests.flows.team import APPROVED, edit, finding, one_file, plan_of, planned, team, whole

ROLES = ("architect", "executor", "auditor", "consultant")


def _two_choices() -> dict[str, Any]:
    """Settings by which every role asks first-model before its own."""
    return {"agents": {role: ["scripted/first-model", f"scripted/{role}-model"] for role in ROLES}}


def _attempts(project: Project) -> list[tuple[str, str | None]]:
    rows = project.rows("SELECT model_id, error_code FROM attempts ORDER BY id")
    return [(row["model_id"], row["error_code"]) for row in rows]


def test_a_cut_connection_is_tried_once_more_and_nobody_needs_to_know(project: Project) -> None:
    answers = [Reset(plan_of(planned("a.txt")))]

    def script(call: Call) -> Answer:
        return answers.pop() if answers else one_file()(call)

    ran = project.run("run", "task", "--yes", "--json", script=script)

    assert (ran.status, ran.json["error"]) == (0, None)
    assert _attempts(project)[:2] == [("architect-model", "CONNECTION"), ("architect-model", None)]


def test_a_short_wait_is_waited_for_and_said(project: Project) -> None:
    answers = [Fault(429, {"error": {"message": "slow down"}}, {"Retry-After": "7"})]

    def script(call: Call) -> Answer:
        return answers.pop() if answers else one_file()(call)

    ran = project.run("run", "task", "--yes", script=script)

    assert ran.status == 0
    assert "the plan: waits 7 s for scripted/architect-model" in ran.err
    assert project.rows("SELECT name FROM events WHERE name = 'attempt.waiting'")


def test_a_wrong_key_drops_the_provider_for_the_run(project: Project) -> None:
    def script(call: Call) -> Answer:
        if call.model == "first-model":
            return Fault(401, {"error": {"code": "invalid_api_key", "message": "wrong key"}})
        return one_file()(call)

    with ScriptedProvider(script) as provider:
        config: dict[str, Any] = config_by_role(provider.base_url("openai-chat"), "openai-chat")
        config["providers"]["keyed"] = dict(config["providers"]["scripted"])
        config["agents"] = {role: ["keyed/first-model", f"scripted/{role}-model"] for role in ROLES}
        ran = project.run("run", "task", "--yes", "--json", settings=config)

    assert ran.status == 0
    assert [model for model, _ in _attempts(project)].count("first-model") == 1


def test_a_models_quota_for_the_day_leaves_its_providers_other_models_in_use(project: Project) -> None:
    violation = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3s"}
    body = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"violations": [violation]}, retry]}}

    def script(call: Call) -> Answer:
        return Fault(429, body) if call.model == "first-model" else one_file()(call)

    ran = project.run("run", "task", "--yes", "--json", script=script, settings=_two_choices())

    assert ran.status == 0
    attempts = _attempts(project)
    assert attempts[:2] == [("first-model", "QUOTA"), ("architect-model", None)]
    assert [model for model, _ in attempts].count("first-model") == 1


def test_a_later_run_leaves_alone_who_wanted_to_be_left_alone(project: Project) -> None:
    def script(call: Call) -> Answer:
        if call.model == "first-model":
            return Fault(429, {"error": {"message": "slow down"}}, {"Retry-After": "300"})
        return one_file()(call)

    with ScriptedProvider(script) as provider:
        config: dict[str, Any] = {
            **config_by_role(provider.base_url("openai-chat"), "openai-chat"), **_two_choices(),
            "cache": {"enabled": False},
        }
        ran = [project.run("plan", "task", "--json", settings=config) for _ in range(2)]

    assert [each.status for each in ran] == [0, 0]
    assert _attempts(project) == [
        ("first-model", "RATE_LIMIT_429"), ("architect-model", None), ("architect-model", None)
    ]
    kept = project.rows("SELECT provider, model, cooldown_until FROM provider_health")
    assert [(row["provider"], row["model"]) for row in kept] == [("scripted", "first-model")]


def test_a_file_that_does_not_fit_one_answer_comes_in_parts(project: Project) -> None:
    text = "".join(f"line {number}\n" for number in range(30))
    parts = [whole(text)[:100], whole(text)[100:200], whole(text)[200:]]

    def draft(call: Call) -> Answer:
        number = sum(role == "user" and said == GO_ON for role, said in call.turns)
        number += bool(number) and call.turns[-2][1] == "".join(parts[:2])
        return Text(parts[number], finish="length" if number < 2 else "stop")

    ran = project.run("run", "task", "--yes", "--json", script=team(plan_of(planned("a.txt")), {"a.txt": draft}))

    assert ran.status == 0
    assert project.read("a.txt") == text
    assert _attempts(project)[1:4] == [
        ("executor-model", "TRUNCATED"), ("executor-model", "TRUNCATED"), ("executor-model", None)
    ]


def test_a_file_that_fits_no_answer_is_changed_by_edits(project: Project) -> None:
    project.commit("a.txt", "old\nkept\n")
    script = team(
        plan_of(planned("a.txt", "modify")),
        {"a.txt": lambda call: Text(f"part {len(call.turns)} of it, and so on\n", finish="length")},
        mends={"a.txt": edit("old\n", "new\n")},
    )
    ran = project.run("run", "task", "--yes", "--json", script=script)

    assert ran.status == 0
    assert project.read("a.txt") == "new\nkept\n"
    assert [code for _, code in _attempts(project)] == [None, "TRUNCATED", "TRUNCATED", "TRUNCATED", None, None]


def test_the_policy_is_told_as_a_table(project: Project) -> None:
    ran = project.run("help", "policy")

    assert ran.status == 0
    assert "RATE_LIMIT_429" in ran.out and "next model with a larger window" in ran.out


# Who is asked instead


def _vendors(**agents: list[str]) -> dict[str, Any]:
    own = {role: [f"scripted/{role}-model"] for role in ROLES}
    return {"agents": {**own, **agents}, "audit": {"other_vendor": True}}


def test_a_file_is_judged_by_another_vendor_than_the_one_that_wrote_it(project: Project) -> None:
    def script(call: Call) -> Answer:
        if call.model == "glm-4.7" and call.file == "b.txt":
            return Fault(400, {"error": {"message": "no"}})
        texts = {
            "architect-model": plan_of(planned("a.txt"), planned("b.txt")), "kimi-k2.6": whole("one\n"),
            "glm-4.7": whole("one\n"),
        }
        return Text(texts.get(call.model, APPROVED))

    chains = _vendors(
        executor=["scripted/glm-4.7", "scripted/kimi-k2.6"],
        auditor=["scripted/kimi-k2-thinking", "scripted/glm-5.3", "scripted/claude-opus-5"],
    )
    ran = project.run("run", "task", "--yes", "--json", script=script, settings=chains)

    assert ran.status == 0
    judged = [(call.model, call.file) for call in ran.calls if "executor" not in call.model][1:]
    assert [pair for pair in judged if pair[0] in ("kimi-k2-thinking", "glm-5.3", "claude-opus-5")] == [
        ("kimi-k2-thinking", "a.txt"), ("glm-5.3", "b.txt"), ("claude-opus-5", None),
    ]


def test_a_consultants_draft_is_judged_by_a_third_vendor_where_there_is_one(project: Project) -> None:
    texts = {
        "architect-model": [plan_of(planned("a.txt"))], "glm-4.7": [whole("one\n")],
        "claude-opus-5": [whole("two\n"), whole("two\n")], "gemini-3-flash": [whole("three\n")],
        "claude-sonnet-5": [finding("no"), APPROVED], "gemini-3-pro": [finding("no again")],
    }

    def script(call: Call) -> Answer:
        return Text(texts[call.model].pop(0))

    chains = _vendors(
        executor=["scripted/glm-4.7"], consultant=["scripted/claude-opus-5", "scripted/gemini-3-flash"],
        auditor=["scripted/claude-sonnet-5", "scripted/gemini-3-pro"],
    )
    ran = project.run("run", "task", "--yes", "--json", script=script, settings=chains)

    assert (ran.status, project.read("a.txt")) == (0, "three\n"), ran.err
    assert [call.model for call in ran.calls[1:]] == [
        "glm-4.7", "claude-sonnet-5", "claude-opus-5", "gemini-3-pro", "claude-opus-5", "gemini-3-flash",
        "claude-sonnet-5",
    ]


def test_a_consultants_draft_is_judged_by_its_own_vendor_rather_than_by_the_executors(project: Project) -> None:
    texts = {
        "architect-model": [plan_of(planned("a.txt"))], "glm-4.7": [whole("one\n")], "claude-opus-5": [whole("two\n")],
        "claude-sonnet-5": [finding("no"), APPROVED],
    }

    def script(call: Call) -> Answer:
        return Text(texts[call.model].pop(0))

    chains = _vendors(
        executor=["scripted/glm-4.7"], consultant=["scripted/claude-opus-5"],
        auditor=["scripted/claude-sonnet-5", "scripted/glm-5.3"],
    )
    ran = project.run("run", "task", "--yes", "--json", script=script, settings=chains)

    assert (ran.status, project.read("a.txt")) == (0, "two\n"), ran.err
    assert [call.model for call in ran.calls[1:]] == ["glm-4.7", "claude-sonnet-5", "claude-opus-5", "claude-sonnet-5"]


def test_where_nobody_of_another_vendor_could_judge_nobody_is_asked(project: Project) -> None:
    chains = _vendors(executor=["scripted/glm-4.7"], auditor=["scripted/glm-5.3"])
    ran = project.run("run", "task", "--yes", "--json", script=one_file(), settings=chains)

    assert (ran.status, ran.calls) == (2, ())
    assert "audit.other_vendor" in ran.err


SECOND_CONSULTANT = {"agents": {
    **{role: [f"scripted/{role}-model"] for role in ROLES},
    "consultant": ["scripted/consultant-model", "scripted/second-model"],
}}


def _only_the_second_helps(call: Call) -> Answer:
    if call.model == "architect-model":
        return Text(plan_of(planned("a.txt")))
    if call.model == "auditor-model":
        return Text(APPROVED if "better" in call.text else finding("not good"))
    return Text(whole("better\n" if call.model == "second-model" else "one\n"))


def test_a_model_that_says_again_what_did_not_help_is_passed_over(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--json", script=_only_the_second_helps, settings=SECOND_CONSULTANT)

    assert (ran.status, project.read("a.txt")) == (0, "better\n")
    assert [call.model for call in ran.calls if call.file][2:] == ["consultant-model", "second-model", "auditor-model"]
    assert "scripted/consultant-model says again what did not help" in ran.err


def test_a_model_that_repeats_itself_and_has_no_other_beside_it_is_not_asked_once_more(project: Project) -> None:
    script = team(plan_of(planned("a.txt")), {"a.txt": whole("one\n")}, finding("no"), {"a.txt": whole("one\n")})
    ran = project.run("run", "task", "--yes", "--json", script=script)

    assert ran.status == 1
    assert [role for role, _ in ran.asked].count("consultant") == 2


def test_a_run_in_which_a_model_was_passed_over_is_replayed(project: Project) -> None:
    def run(*tape: str) -> Ran:
        return project.run("run", "task", "--yes", *tape, script=_only_the_second_helps, settings=SECOND_CONSULTANT)

    recorded = run("--record", "c.tape")
    (project.root / "a.txt").unlink()
    replayed = run("--replay", "c.tape")

    assert (recorded.status, replayed.status, project.read("a.txt")) == (0, 0, "better\n")

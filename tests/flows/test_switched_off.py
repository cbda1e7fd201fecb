"""Models that their vendor no longer serves, named in chains that were written for them."""

from __future__ import annotations

import pytest

from orchestra.demo.provider import ScriptedProvider
from orchestra.demo.routes import by_model
from orchestra.demo.script import Answer, Call, Text
from tests.flows.project import Project, Ran
from tests.flows.team import APPROVED, plan_of, planned, whole

ROLES = ("architect", "executor", "auditor", "consultant")
SAID = "is switched off by its vendor"


def answer(call: Call) -> Answer:
    """What the team says in one file's change: the instructions tell who is asked."""
    if "You are the architect" in call.system:
        return Text(plan_of(planned("a.txt")))
    return Text(whole("one\n") if "You are the executor" in call.system else APPROVED)


def run(project: Project, provider: str, protocol: str, chain: list[str], *asked: str, models: object = None) -> Ran:
    """A run whose agents all have this chain of a built-in provider, which is asked for no other model than these."""
    with ScriptedProvider(by_model({model: answer for model in asked})) as scripted:
        settings = {
            "providers": {
                provider: {"base_url": scripted.base_url(protocol), "api_key_env": "A_KEY", "models": models or {}}
            },
            "agents": {role: chain for role in ROLES},
            "cache": {"enabled": False},
        }
        ran = project.run("run", "task", "--yes", "--json", settings=settings, variables={"A_KEY": "k"})
        assert scripted.errors == ()
        return ran


@pytest.mark.parametrize(("provider", "protocol", "old", "new"), [
    ("moonshot", "openai-chat", "kimi-k2.5", "kimi-k2.6"),
    ("gemini", "gemini", "gemini-3-pro-preview", "gemini-3.1-pro-preview"),
    ("openai", "openai-responses", "gpt-5.2-codex", "gpt-5.3-codex"),
])
def test_its_successor_is_asked_which_is_said_once_and_journalled(
    project: Project, provider: str, protocol: str, old: str, new: str
) -> None:
    ran = run(project, provider, protocol, [f"{provider}/{old}"], new)

    assert (ran.status, project.read("a.txt")) == (0, "one\n")
    assert f"{provider}/{old} {SAID}; {provider}/{new} is asked in its place" in ran.err
    assert ran.err.count(SAID) == 1
    assert {row["model_id"] for row in project.rows("SELECT model_id FROM attempts")} == {new}
    (event,) = project.rows("SELECT data FROM events WHERE name = 'model.replaced'")
    assert old in event["data"] and new in event["data"]


def test_one_that_the_configuration_lists_is_asked_as_it_is(project: Project) -> None:
    ran = run(project, "moonshot", "openai-chat", ["moonshot/kimi-k2.5"], "kimi-k2.5", models={"kimi-k2.5": {}})

    assert ran.status == 0 and SAID not in ran.err
    assert {row["model_id"] for row in project.rows("SELECT model_id FROM attempts")} == {"kimi-k2.5"}

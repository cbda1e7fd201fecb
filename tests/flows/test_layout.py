"""The same words first: what a provider may take from its cache when a session asks about one file after another."""

from __future__ import annotations

import json
from os.path import commonprefix
from typing import Any, Callable, Mapping

import pytest

from orchestra.demo.script import Call
from orchestra.demo.wire.formats import PROTOCOLS
from tests.flows.project import Project
from tests.flows.team import APPROVED, finding, plan_of, planned, team, whole

PATHS = ("a.txt", "b.txt", "c.txt")
BEFORE_TURNS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "openai-chat": lambda payload: payload["messages"][0]["content"],
    "openai-responses": lambda payload: payload["instructions"],
    "anthropic-messages": lambda payload: payload["system"],
    "gemini": lambda payload: payload["systemInstruction"],
}
"""By protocol, what a request says before its first turn."""


def prefix(calls: list[Call]) -> str:
    """What all of them begin with, as providers read them: the system's text, then the turns."""
    return commonprefix([f"{call.system}\0{call.text}" for call in calls])


def asked_first(calls: tuple[Call, ...], role: str) -> list[Call]:
    """A role's first question about each file."""
    found: dict[str, Call] = {}
    for call in calls:
        if call.model == f"{role}-model" and call.file is not None:
            found.setdefault(call.file, call)
    return list(found.values())


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_all_questions_of_a_role_begin_with_the_same_rules_instructions_task_and_plan(
    project: Project, protocol: str
) -> None:
    project.commit("AGENTS.md", "Root words.\n")
    script = team(
        plan_of(*(planned(path) for path in PATHS)), {path: whole(f"{path}\n") for path in PATHS},
        {path: [finding("no"), APPROVED] for path in PATHS}, {path: whole(f"{path}, mended\n") for path in PATHS},
    )
    ran = project.run("run", "Write them all", "--yes", "--json", script=script, protocol=protocol)

    assert ran.status == 0, ran.err
    for role in ("executor", "auditor", "consultant"):
        calls = asked_first(ran.calls, role)
        assert [call.file for call in calls] == list(PATHS)
        shared = prefix(calls).partition("\0")[0]
        assert "Root words.\n" in shared and "\nWrite them all\n" in shared
        assert all(f"\n- create {path}: " in shared for path in PATHS)
        assert [call.system for call in calls] == [shared] * 3
        sent: list[Any] = [json.dumps(BEFORE_TURNS[protocol](call.payload)) for call in calls]
        assert sent == [sent[0]] * 3
        assert prefix(calls) == shared + "\0File: "


def test_a_task_that_quotes_a_line_like_the_one_that_names_the_file_misleads_nobody(project: Project) -> None:
    task = "Write what this says:\nFile: b.txt"
    ran = project.run("run", task, "--yes", "--json", script=team(
        plan_of(planned("a.txt"), planned("b.txt")), {"a.txt": whole("a\n"), "b.txt": whole("b\n")},
    ))

    assert ran.status == 0, ran.err
    about_one = [call for call in ran.calls if call.file is not None]
    assert [call.file for call in about_one] == ["a.txt", "a.txt", "b.txt", "b.txt"]
    for call in about_one:
        lines = [line for line in f"{call.system}\n{call.text}".splitlines() if line.startswith("File: ")]
        assert lines == [f"File: {call.file}", "File: b.txt"] and f"\n{task}\n" in call.text

"""Providers' keys go to the provider and nowhere else."""

from __future__ import annotations

import sys

import pytest

from orchestra.demo.script import Fault, Text
from orchestra.demo.wire.formats import PROTOCOLS
from tests.flows.project import Project, Ran, Terminal
from tests.flows.team import one_file, plan_of, planned, team, whole

KEY = "planted-key-4f2a9c71d0"
HEADER = "planted-header-77ab12"


def keyed(project: Project, *argv: str, script, protocol: str = "openai-chat", **more) -> Ran:
    """Run with a provider that is sent a key and a header."""
    provider = {"api_key_env": "TEAM_KEY", "headers": {"X-Team": HEADER}}
    return project.run(
        *argv, script=script, protocol=protocol, provider_settings=provider,
        variables={"TEAM_KEY": KEY, **more.pop("variables", {})}, **more,
    )


def nowhere(project: Project, ran: Ran, secret: str = KEY) -> bool:
    return not project.traces(secret) and secret not in ran.out + ran.err


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_key_reaches_the_provider_and_nothing_that_is_kept_or_printed(project: Project, protocol: str) -> None:
    ran = keyed(
        project, "run", "task", "--yes", "--json", "-v", "--log-level", "debug", script=one_file(), protocol=protocol
    )

    assert ran.status == 0
    for call in ran.calls:
        assert any(KEY in value for value in call.headers.values())
        assert call.headers["x-team"] == HEADER
        assert KEY not in call.path
    assert nowhere(project, ran) and nowhere(project, ran, HEADER)
    assert (project.state / "logs").exists()


@pytest.mark.parametrize("answer", [
    Fault(401, {"error": {"message": f"Incorrect API key provided: {KEY}"}}),
    Fault(500, f"the server echoes {KEY} and {HEADER}"),
    Fault(200, f"garbage with {KEY}"),
])
def test_a_provider_that_echoes_the_key_gets_it_nowhere(project: Project, answer: Fault) -> None:
    ran = keyed(project, "run", "task", "--yes", "--json-stream", "-v", script=team(lambda call: answer))

    assert ran.status == 4
    assert nowhere(project, ran) and nowhere(project, ran, HEADER)


def test_a_failing_command_tells_no_key(project: Project) -> None:
    plan = plan_of(planned(f"../{KEY}"))
    ran = keyed(project, "run", "task", "--yes", "--json", script=team([plan, plan]))

    assert ran.status == 5
    assert KEY not in ran.out + ran.err


def dump(project: Project, name: str) -> str:
    """A shell command that writes its variables to a file outside of the project."""
    return f"env > {project.folder / name}"


def test_children_get_no_providers_key(project: Project) -> None:
    editor = project.folder / "editor"
    editor.write_text(f"#!/bin/sh\n{dump(project, 'of-editor')}\n")
    editor.chmod(0o755)
    project.hook("pre-commit", dump(project, "of-hook") + "\n")
    variables = {
        "EDITOR": str(editor), "MOONSHOT_API_KEY": KEY, "OPENAI_API_KEY_FILE": "/run/" + KEY, "GLM_API_KEY": KEY,
        "TEAM_KEY_FILE": KEY, "OTHER_TOKEN": KEY, "HARMLESS": "kept",
    }
    unused = {"protocol": "openai-chat", "base_url": "http://127.0.0.1:9/v1", "api_key_env": "OTHER_TOKEN"}
    ran = keyed(
        project, "run", "task", "--commit", "--test-command", "env > of-tests", script=one_file(),
        stdin=Terminal("e", "a"), variables=variables, more_providers={"unused": unused},
    )

    assert ran.status == 0, ran.err
    for child in ("of-editor", "of-hook", "project/of-tests"):
        seen = (project.folder / child).read_text()
        assert "HARMLESS=kept" in seen
        assert KEY not in seen, child


def test_a_key_from_a_file_is_read_and_kept_as_secret(project: Project) -> None:
    secret = project.folder / "key"
    secret.write_text(KEY + "\n")
    ran = project.run(
        "run", "task", "--yes", "--json", script=one_file(),
        provider_settings={"api_key_file": str(secret)},
    )

    assert ran.status == 0
    assert all(call.headers["authorization"] == f"Bearer {KEY}" for call in ran.calls)
    assert nowhere(project, ran)


def test_a_session_resumes_with_the_key_of_the_day(project: Project) -> None:
    keyed(project, "run", "task", script=one_file())
    ran = keyed(project, "resume", "--yes", "--json", script=one_file())

    assert ran.status == 0
    assert all(KEY in call.headers["authorization"] for call in ran.calls)


def test_config_show_masks_headers(project: Project) -> None:
    provider = {"protocol": "openai-chat", "base_url": "http://127.0.0.1:9/v1", "headers": {"X-Team": HEADER}}
    ran = project.run("config", "show", "--json", settings={"providers": {"mine": provider}})

    assert ran.status == 0
    assert HEADER not in ran.out + ran.err


def test_what_a_model_writes_is_not_taken_for_a_key(project: Project) -> None:
    text = f"key = read_key()  # {sys.version_info[0]}\n"
    ran = keyed(project, "run", "task", "--yes", script=team(
        plan_of(planned("a.py")), {"a.py": lambda call: Text(whole(text))}))

    assert ran.status == 0
    assert project.read("a.py") == text

"""Prompts that do not fit a model's window, from the command line's side."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from orchestra.demo.script import Answer, Call, Script, Text
from orchestra.records import AGENT_ROLES
from tests.flows.project import Project
from tests.flows.team import edit, plan_of, planned, team, whole

LIBRARY = "".join(
    f"def helper_{n}(value):\n" + "".join(f"    value += {n} * {m}\n" for m in range(12)) + "    return value\n\n\n"
    for n in range(80)
)
LONG_FILE = "".join(f"line {n} of a file that is being edited\n" for n in range(900))


def _windows(**windows: int) -> dict[str, Any]:
    """Settings of the scripted provider's models, by role; the answer gets 1,000 tokens."""
    return {
        "models": {f"{role}-model": {"context_window": window, "max_output": 1000} for role, window in windows.items()}
    }


def _compactions(project: Project) -> list[dict[str, Any]]:
    rows = project.rows("SELECT level, data FROM events WHERE name = 'prompt.compacted' ORDER BY id")
    assert {row["level"] for row in rows} <= {"warning"}
    return [json.loads(row["data"]) for row in rows]


def _attempts(project: Project, role: str) -> list[tuple[str, str | None]]:
    rows = project.rows(
        "SELECT model_id, error_code FROM attempts JOIN steps ON steps.id = attempts.step_id WHERE agent_role = ?"
        " ORDER BY attempts.id", role,
    )
    return [(row["model_id"], row["error_code"]) for row in rows]


def _with_library(project: Project) -> Script:
    """A team that is shown a large file which it only has to know of."""
    project.commit("library.py", LIBRARY)
    plan = plan_of(planned("a.py", depends_on=["library.py"]))
    return team(plan, {"a.py": whole("import library\n")})


def test_a_prompt_that_is_too_long_is_compacted_and_answered_and_the_journal_says_so(project: Project) -> None:
    ran = project.run(
        "run", "Use a helper.", "--yes", "--json", script=_with_library(project),
        provider_settings=_windows(executor=5000),
    )

    assert (ran.status, ran.json["error"]) == (0, None)
    (asked,) = [call for call in ran.calls if call.model == "executor-model"]
    assert "[signatures of " in asked.text and "def helper_79(value):" in asked.text
    assert "value += 79 * 11" not in asked.text and "Use a helper." in asked.system
    (told,) = _compactions(project)
    assert (told["model"], told["path"], told["strategies"][-1]) == ("scripted/executor-model", "a.py", "signatures")
    assert told["tokens_after"] <= 3000 < 4000 < told["tokens_before"]
    assert told["reduction_percent"] > 40
    assert _attempts(project, "executor") == [("executor-model", None)]


def test_a_prompt_that_fits_is_sent_whole(project: Project) -> None:
    ran = project.run(
        "run", "Use a helper.", "--yes", script=_with_library(project), provider_settings=_windows(executor=100_000)
    )

    assert ran.status == 0
    assert "value += 79 * 11" in ran.calls[1].text
    assert _compactions(project) == []


def test_the_compaction_is_said_in_a_line(project: Project) -> None:
    ran = project.run(
        "run", "Use a helper.", "--yes", script=_with_library(project), provider_settings=_windows(executor=5000)
    )

    assert "a.py: prompt compacted for scripted/executor-model" in ran.err


def test_a_file_that_is_too_large_alone_falls_to_the_model_with_the_larger_window(project: Project) -> None:
    project.commit("a.txt", LONG_FILE)
    draft = edit("line 7 of a file that is being edited\n", "seven\n")
    script = team(plan_of(planned("a.txt", "modify")), {"a.txt": draft})
    settings = _windows(executor=5000)
    settings["models"]["larger-model"] = {"context_window": 100_000, "max_output": 1000}

    def named(call: Call) -> Answer:
        return script(replace(call, model="executor-model") if call.model == "larger-model" else call)

    agents = {role: [f"scripted/{role}-model"] for role in AGENT_ROLES}
    agents["executor"].append("scripted/larger-model")
    ran = project.run(
        "run", "task", "--yes", "--json", script=named, provider_settings=settings, settings={"agents": agents}
    )

    assert (ran.status, ran.json["error"]) == (0, None)
    assert "seven\n" in project.read("a.txt")
    assert _attempts(project, "executor") == [("larger-model", None)]
    assert "line 899 of a file" in ran.calls[1].text


def test_a_file_that_is_too_large_for_every_window_fails_as_context_exceeded(project: Project) -> None:
    project.commit("a.txt", LONG_FILE)
    ran = project.run(
        "run", "task", "--yes", "--json", script=team(plan_of(planned("a.txt", "modify"))),
        provider_settings=_windows(executor=5000),
    )

    assert ran.status == 4
    error = ran.files["a.txt"]["error"]
    assert error["code"] == "context-exceeded"
    assert "must not be shortened takes about" in error["message"]
    assert "room for 4000" in error["message"]
    assert project.read("a.txt") == LONG_FILE
    assert _attempts(project, "executor") == []


def test_another_file_is_done_though_one_is_too_large(project: Project) -> None:
    project.commit("a.txt", LONG_FILE)
    script = team(plan_of(planned("a.txt", "modify"), planned("b.txt")), {"b.txt": whole("two\n")})
    ran = project.run("run", "task", "--yes", "--json", script=script, provider_settings=_windows(executor=5000))

    assert ran.status == 9
    assert {path: file["status"] for path, file in ran.files.items()} == {"a.txt": "failed", "b.txt": "approved"}


def test_a_prompt_that_the_server_cuts_without_a_word_is_compacted_and_asked_again(project: Project) -> None:
    script = _with_library(project)

    def cutting(call: Call) -> Answer:
        answer = script(call)
        assert isinstance(answer, Text)
        return replace(answer, most_input_tokens=4096) if call.model == "executor-model" else answer

    ran = project.run("run", "Use a helper.", "--yes", "--json", script=cutting)

    assert (ran.status, ran.json["error"]) == (0, None)
    codes = [code for _, code in _attempts(project, "executor")]
    assert codes == ["CONTEXT_EXCEEDED", None]
    assert len(_compactions(project)) == 1

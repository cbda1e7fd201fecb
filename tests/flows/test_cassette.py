"""A run recorded once and replayed: the same story, without a key, without a network, in another place."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from orchestra.demo.provider import ScriptedProvider
from orchestra.demo.routes import config_by_role
from orchestra.demo.script import Fault, Hang, Script, Text
from orchestra.observe.placeholders import PLACEHOLDER
from tests.flows.project import Project, Ran, copy_of
from tests.flows.team import APPROVED, block, edit, finding, fixes, plan_of, planned, team, whole

KEY = "planted-key-4f2a9c71d0"
HEADER = "planted-header-77ab12"
BROKEN = "def double(number):\n    return number * 3\n"
TESTS = """import unittest

import code_


class DoubleTest(unittest.TestCase):
    def test_doubles(self):
        self.assertEqual(code_.double(2), 4)
"""
PYTEST = """def test_doubles(tmp_path):
    import code_
    print(tmp_path)
    assert code_.double(2) == 4, object()
"""


def story() -> Script:
    """Every kind of turn: files asked for, a fault, a repair, a finding, a fix, failing tests."""
    return team(
        [block({"need_files": ["README.md"]}), plan_of(
            planned("code_.py"), planned("b.txt", depends_on=["code_.py"]), planned("c.txt"),
            commit={"type": "feat", "scope": "", "subject": "double numbers", "body": ""},
        )],
        {"code_.py": ["prose", whole(BROKEN)], "b.txt": whole("two\n"), "c.txt": whole("three\n")},
        {"code_.py": APPROVED, "b.txt": [finding("not enough"), APPROVED], "c.txt": "\u2028prose\x85 twice"},
        {"b.txt": edit("two\n", "two and a half\n"), "c.txt": [whole("3\n"), whole("III\n")],
         "code_.py": edit("    return number * 3\n", "    return 2 * number\n")},
        fixes(("code_.py", "it triples")),
    )


@pytest.fixture
def twin(project: Project, tmp_path: Path) -> Project:
    """The same project, with tests, in another folder."""
    project.commit("test_code.py", TESTS)
    return copy_of(project, tmp_path / "elsewhere" / "folder")


def record(project: Project, script: Script, *argv: str, **more: Any) -> Ran:
    provider = {"api_key_env": "TEAM_KEY", "headers": {"X-Team": HEADER}}
    return project.run(
        "run", "task", "--yes", "--json", "--record", "../tape", *argv, script=script, provider_settings=provider,
        variables={"TEAM_KEY": KEY}, **more,
    )


def replay(project: Project, tape: Project, *argv: str, **more: Any) -> Ran:
    """With the settings of the recording, as far as they shape the story."""
    flags = ("--yes", "--json", "--replay", str(tape.folder / "tape"))
    return project.run("run", "task", *flags, *argv, **{"settings": {"max_recovery_attempts": 0}, **more})


def same_in(ran: Ran) -> dict[str, Any]:
    """What two runs of one story have in common."""
    result = {key: ran.json[key] for key in ("status", "exit_status", "summary", "files", "mode")}
    metrics = {key: value for key, value in ran.json["metrics"].items() if not key.endswith("_time")}
    commit = ran.json["commit"] and ran.json["commit"]["message"]
    tests = ran.json["tests"] and ran.json["tests"]["passed"]
    return {**result, "metrics": metrics, "commit": commit, "tests": tests}


@pytest.mark.parametrize("mode", ["sequential", "parallel", "pipeline"])
def test_a_replay_tells_the_same_story_in_another_place(project: Project, twin: Project, mode: str) -> None:
    argv = ("--mode", mode, "--max-iterations", "3")
    told = record(project, story(), *argv)
    again = replay(twin, project, *argv, "--offline")

    assert told.status == 9
    assert told.json["tests"]["passed"] is True
    assert same_in(again) == same_in(told)
    assert again.json["metrics"]["total_cost_estimate"] > 0
    assert twin.tree() == project.tree()


def test_the_commit_is_the_same(project: Project, twin: Project) -> None:
    script = team(
        plan_of(planned("code_.py"), commit={"type": "fix", "scope": "code", "subject": "double", "body": "Twice."}),
        {"code_.py": whole(BROKEN)}, mends={"code_.py": whole(BROKEN.replace("3", "2"))},
        blames=fixes(("code_.py", "it triples")),
    )
    told = record(project, script, "--commit")
    again = replay(twin, project, "--commit")

    assert (told.status, again.status) == (0, 0)
    for what in ("HEAD^{tree}", "HEAD^"):
        assert twin.git("rev-parse", what) == project.git("rev-parse", what)
    assert twin.git("log", "-1", "--format=%B") == project.git("log", "-1", "--format=%B")
    assert project.git("log", "-1", "--format=%B").startswith("fix(code): double\n\nTwice.")


def test_what_tests_print_of_times_and_places_makes_no_difference(project: Project, tmp_path: Path) -> None:
    project.commit("code_.py", BROKEN.replace("3", "2"))
    project.commit("test_code.py", PYTEST)
    elsewhere = copy_of(project, tmp_path / "elsewhere")
    script = team(
        plan_of(planned("code_.py", "modify")), {"code_.py": whole(BROKEN)}, blames=fixes(("code_.py", "it triples")),
        mends={"code_.py": [whole(BROKEN.replace("3", "4")), whole("# Twice.\n" + BROKEN.replace("3", "2"))]},
    )
    told = record(project, script)
    again = replay(elsewhere, project)

    assert (told.status, told.json["tests"]["framework"]) == (0, "pytest")
    assert [call.file for call in told.calls if call.model == "consultant-model"] == [None, "code_.py"] * 2
    assert same_in(again) == same_in(told)


def test_faults_are_replayed_with_their_attempts(project: Project, tmp_path: Path) -> None:
    elsewhere = copy_of(project, tmp_path / "elsewhere")
    script = team(plan_of(planned("a.txt")), {"a.txt": Fault(401, {"error": {"message": f"wrong key {KEY}"}})})
    told = record(project, script)
    again = replay(elsewhere, project)

    assert (told.status, again.status) == (4, 4)
    assert same_in(again) == same_in(told)
    sql = "SELECT model_id, provider, success, error_code, error_message, tokens_used, latency_ms FROM attempts"
    assert elsewhere.rows(sql) == project.rows(sql)


def test_a_replay_needs_neither_keys_nor_providers_and_says_what_it_is(project: Project, tmp_path: Path) -> None:
    elsewhere = copy_of(project, tmp_path / "elsewhere")
    record(project, team(plan_of(planned("a.txt")), {"a.txt": whole("one\n")}))
    again = replay(elsewhere, project)

    tape = str(project.folder / "tape")
    assert (again.status, again.json["replayed_from"]) == (0, tape)
    assert f"{tape} answers; no model is asked" in again.err
    assert "key" not in again.err
    (event,) = elsewhere.rows("SELECT data FROM events WHERE name = 'session.replayed'")
    assert json.loads(event["data"]) == {"cassette": tape, "answers": 3}
    (session,) = elsewhere.rows("SELECT options FROM sessions")
    assert "tape" not in session["options"]


def test_a_replay_fills_no_cache_and_asks_none(project: Project, tmp_path: Path) -> None:
    elsewhere = copy_of(project, tmp_path / "elsewhere")
    record(project, team(plan_of(planned("a.txt")), {"a.txt": whole("one\n")}))
    replay(elsewhere, project)

    assert elsewhere.rows("SELECT count(*) AS kept FROM reply_cache") == [{"kept": 0}]


def test_what_came_from_the_cache_is_recorded_as_such(project: Project, tmp_path: Path) -> None:
    """The first run's answers are told from the cache in the second, which is recorded."""
    elsewhere = copy_of(project, tmp_path / "elsewhere")
    script = team(plan_of(planned("a.txt")), {"a.txt": whole("one\n")})
    with ScriptedProvider(script) as provider:
        config = {**config_by_role(provider.base_url("openai-chat"), "openai-chat"), "cache": {"enabled": True}}
        project.run("run", "task", "--yes", "--dry-run", settings=config)
        told = project.run("run", "task", "--yes", "--json", "--record", "../tape", settings=config)
        assert len(provider.calls) == 3
    again = replay(elsewhere, project)

    assert (told.status, told.json["metrics"]["total_attempts"]) == (0, 0)
    assert same_in(again) == same_in(told)
    assert again.err.count("from the cache") == 3


# The file


def test_the_cassette_is_the_users_alone_and_holds_no_secret_and_no_prompt(project: Project) -> None:
    project.commit("notes.txt", "something private in a file that is shown\n")
    script = team(
        [block({"need_files": ["notes.txt"]}), plan_of(planned("a.txt"))],
        {"a.txt": Text(f"An echo of {KEY} and {HEADER}.\n" + whole("one\n"))},
    )
    ran = record(project, script)
    tape = project.folder / "tape"

    assert ran.status == 0
    assert stat.S_IMODE(tape.stat().st_mode) == 0o600
    text = tape.read_text(encoding="utf-8")
    assert any("something private" in call.text for call in ran.calls)
    for hidden in (KEY, HEADER, "something private", "X-Team", "uthorization"):
        assert hidden not in text
    head, *entries = map(json.loads, text.splitlines())
    assert head == {"orchestra_cassette": 1}
    assert [(entry["role"], entry["file"]) for entry in entries] == [
        ("architect", None), ("architect", None), ("executor", "a.txt"), ("auditor", "a.txt"),
    ]
    assert PLACEHOLDER.sub("***", entries[2]["reply"]["text"]) == "An echo of *** and ***.\n" + whole("one\n")


def test_a_cassette_in_the_repository_changes_nothing_of_what_is_recorded(project: Project, tmp_path: Path) -> None:
    elsewhere = copy_of(project, tmp_path / "elsewhere")
    script = team([plan_of(planned("a.txt"))], {"a.txt": whole("one\n")})
    told = project.run("run", "task", "--yes", "--record", "tape", script=script)
    elsewhere.write("tape", project.read("tape"))
    again = elsewhere.run("run", "task", "--yes", "--replay", "tape")

    assert (told.status, again.status) == (0, 0), again.err
    assert "tape" not in told.calls[0].text


def test_paths_count_from_the_current_folder(project: Project) -> None:
    folder = project.write("inner/file", "x").parent
    script = team([plan_of(planned("a.txt"))], {"a.txt": whole("one\n")})
    project.run("run", "task", "--yes", "--record", "tape", script=script, cwd=folder)

    assert project.has("inner/tape") and not project.has("tape")


def test_no_file_is_recorded_over(project: Project) -> None:
    tape = project.folder / "tape"
    tape.write_text("something dear")
    ran = record(project, team())

    assert (ran.status, ran.json["error"]["code"], ran.calls) == (2, "usage", ())
    assert tape.read_text() == "something dear"
    assert not project.state.exists(), "no session was started"


def test_a_place_that_cannot_be_written_is_said_before_anything_is_asked(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--record", "not-there/tape", "--json", script=team())

    assert (ran.status, ran.json["error"]["code"], ran.calls) == (5, "workspace", ())
    assert not project.state.exists()


def test_a_run_that_asked_nothing_leaves_no_cassette(project: Project) -> None:
    ran = record(project, team(), "--max-cost", "0")

    assert (ran.status, ran.calls) == (7, ())
    assert not (project.folder / "tape").exists()


def test_a_run_that_was_stopped_can_be_replayed_up_to_there(project: Project, tmp_path: Path) -> None:
    elsewhere = copy_of(project, tmp_path / "elsewhere")
    script = team(plan_of(planned("a.txt"), planned("b.txt")), {"a.txt": whole("one\n"), "b.txt": Hang()})
    told = record(project, script, "--timeout", "2")
    again = replay(elsewhere, project)

    assert (told.status, again.status) == (7, 2)
    assert elsewhere.read("a.txt") == "one\n"
    assert "the executor's request about b.txt" in again.json["error"]["message"]


# What does not fit


def test_another_task_is_named_as_the_first_difference(project: Project, tmp_path: Path) -> None:
    elsewhere = copy_of(project, tmp_path / "elsewhere")
    record(project, team(plan_of(planned("a.txt")), {"a.txt": whole("one\n")}))
    tape = str(project.folder / "tape")
    ran = elsewhere.run("run", "another task", "--yes", "--json", "--replay", tape)

    assert (ran.status, ran.json["error"]["code"]) == (2, "not-recorded")
    assert ran.json["error"]["message"] == (
        f"the cassette has no answer to the architect's request: turn 1, of the user, differs; {tape}"
    )
    assert "recorded with" in ran.json["error"]["hint"]


@pytest.mark.parametrize("mode", ["sequential", "parallel"])
def test_a_file_that_changed_is_named_and_stops_the_run(project: Project, tmp_path: Path, mode: str) -> None:
    project.commit("a.txt", "old\n")
    elsewhere = copy_of(project, tmp_path / "elsewhere")
    plan = plan_of(planned("a.txt", "modify"), planned("b.txt"))
    told = record(project, team(plan, {"a.txt": edit("old\n", "new\n"), "b.txt": whole("two\n")}))
    elsewhere.commit("a.txt", "OLD\n")
    ran = replay(elsewhere, project, "--mode", mode)

    assert told.status == 0
    assert (ran.status, ran.json["error"]["code"]) == (2, "not-recorded")
    assert "the executor's request about a.txt: turn 1, of the user, differs" in ran.json["error"]["message"]
    assert elsewhere.read("a.txt") == "OLD\n"
    assert ran.json["can_resume"] is True


def test_other_instructions_are_named(project: Project, tmp_path: Path) -> None:
    elsewhere = copy_of(project, tmp_path / "elsewhere")
    record(project, team(plan_of(planned("a.txt")), {"a.txt": whole("one\n")}))
    ran = replay(elsewhere, project, settings={"custom_prompts": {"auditor": "Be strict."}})

    assert "the auditor's request about a.txt: its rules, task" in ran.json["error"]["message"]


@pytest.mark.parametrize("content, problem", [
    ("", "tape:1"),
    ("prose\n", "tape:1"),
    ('{"an": "object"}\n', "tape:1"),
    ('{"orchestra_cassette": 2}\n', "version 2"),
    ('{"orchestra_cassette": 1}\n{"role": "executor"}\n', "tape:2"),
    ('{"orchestra_cassette": 1}\n{"role": "exec', "tape:2"),
    (b"\xff\xfe", "not text"),
])
def test_what_is_no_cassette_is_an_error_with_its_line(project: Project, content: str | bytes, problem: str) -> None:
    project.write("tape", content)
    ran = project.run("run", "task", "--yes", "--json", "--replay", "tape")

    assert (ran.status, ran.json["error"]["code"]) == (2, "config")
    assert problem in ran.json["error"]["message"]
    assert not project.state.exists()


def test_a_cassette_that_is_not_there_is_an_error(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--json", "--replay", "tape")

    assert (ran.status, ran.json["error"]["code"]) == (2, "config")


def test_recording_and_replaying_at_once_is_refused(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--json", "--replay", "a", "--record", "b")

    assert (ran.status, ran.json["error"]["code"]) == (2, "usage")

"""Status 2: what cannot be carried out as typed or configured, said before anything is asked or written."""

from __future__ import annotations

import io

import pytest

from tests.flows.project import Project
from tests.flows.team import one_file, team

BUILT_IN_KEYS = ("MOONSHOT_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY")

UNKNOWABLE = "n" * 300 + "/file.txt"
"""Too long a name: the system's answer is an error, as it is in a folder that is shut to everybody."""


@pytest.mark.parametrize("argv, code", [
    (["run", "task", "--yes", "--no-such-option"], "usage"),
    (["no-such-command"], "usage"),
    (["run", "--yes"], "usage"),
    (["run", "", "--yes"], "usage"),
    (["run", "  \n ", "--yes"], "usage"),
    (["run", "-", "--yes"], "usage"),
    (["run", "task", "--yes", "--max-cost", "much"], "usage"),
    (["run", "task", "--yes", "--timeout", "0"], "usage"),
    (["run", "task", "--yes", "--max-iterations", "0"], "usage"),
    (["run", "task", "--yes", "--mode", "sideways"], "usage"),
    (["run", "task", "--yes", "--file", "not-there.txt"], "usage"),
    (["run", "task", "--yes", "--file", UNKNOWABLE], "usage"),
    (["run", "task", "--task-file", "not-there.txt"], "usage"),
    (["run", "--plan", "not-there.md"], "usage"),
    (["-C", "not-there", "run", "task"], "usage"),
    (["status"], "unknown-session"),
    (["status", "s-20261122-071500-4f2a"], "unknown-session"),
    (["resume"], "unknown-session"),
    (["resume", "s-20261122-071500-4f2a", "--yes"], "unknown-session"),
    ([], "usage"),
    (["run", "task", "--file", "/etc/passwd"], "usage"),
    (["run", "--plan", "."], "usage"),
    (["run", "task", "--replay", "not-there.jsonl"], "config"),
    (["run", "task", "--replay", "README.md"], "config"),
    (["sessions", "--keep", "1"], "usage"),
    (["undo", "/etc/passwd"], "usage"),
    (["undo", "s-20261122-071500-4f2a", "s-20261122-071500-4f2b"], "usage"),
])
def test_is_refused_with_status_2_in_json_and_in_words(project: Project, argv: list[str], code: str) -> None:
    before = project.everything()
    spoken = project.run(*argv, script=one_file())
    ran = project.run(*argv, "--json", script=one_file())

    assert (spoken.status, spoken.out) == (2, "")
    assert f"orchestra: error [{code}]: " in spoken.err
    assert ran.status == ran.json["exit_status"] == 2
    assert ran.json["schema"] == 1
    assert ran.json["error"]["code"] == code
    assert set(ran.json["error"]) == {"code", "message", "hint"}
    assert ran.json["error"]["hint"]
    if argv[:1] == ["run"] and "--no-such-option" not in argv:
        assert ran.json["status"] == "failed"
    assert ran.calls == spoken.calls == ()
    assert project.everything() == before


@pytest.mark.parametrize("variable", [False, True])
def test_a_configuration_that_is_not_there_says_what_to_type(project: Project, variable: bool) -> None:
    named = {"ORCHESTRA_CONFIG": "nope.yaml"} if variable else {}
    ran = project.run("run", "task", "--json", *([] if variable else ["--config", "nope.yaml"]), variables=named)

    assert (ran.status, ran.json["error"]["code"]) == (2, "config")
    assert "`orchestra config path`" in ran.json["error"]["hint"]


def test_a_configuration_that_cannot_be_written_says_what_to_type(project: Project) -> None:
    project.write("home", "a file")
    ran = project.run("config", "init", "--yes", "--json", variables={"XDG_CONFIG_HOME": str(project.root / "home")})

    assert (ran.status, ran.json["error"]["code"]) == (5, "workspace")
    assert "XDG_CONFIG_HOME" in ran.json["error"]["hint"]


def test_places_that_the_system_refuses_to_look_at_are_not_there(plain_folder: Project) -> None:
    named = plain_folder.run("config", "path", "--config", UNKNOWABLE, "--json")
    assert (named.status, named.json["files"][-1]["exists"]) == (0, False)

    recorded = plain_folder.run("run", "task", "--yes", "--record", UNKNOWABLE, "--json", script=one_file())
    assert (recorded.status, recorded.json["error"]["code"], recorded.calls) == (5, "workspace", ())


def test_commit_outside_of_git_is_refused_before_the_first_call(plain_folder: Project) -> None:
    ran = plain_folder.run("run", "task", "--yes", "--commit", "--json", script=one_file())

    assert (ran.status, ran.calls) == (2, ())
    assert ran.json["status"] == "failed"
    assert plain_folder.tree() == {}


def test_no_provider_at_all_names_what_would_help(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--json")

    assert ran.status == 2
    assert ran.json["error"]["code"] == "no-provider"
    assert "MOONSHOT_API_KEY" in ran.json["error"]["hint"]
    assert not project.state.exists()


def test_a_chain_that_ends_up_empty_names_its_keys(project: Project) -> None:
    settings = {"agents": {"consultant": ["openai/gpt-5.3-codex"]}}
    ran = project.run("run", "task", "--yes", "--json", script=one_file(), settings={
        **settings, "agents": {**{role: ["scripted/x"] for role in ("architect", "executor", "auditor")},
                               **settings["agents"]},
    })

    assert (ran.status, ran.calls) == (2, ())
    assert "consultant" in ran.json["error"]["message"]
    assert "OPENAI_API_KEY" in ran.json["error"]["hint"]


def test_a_missing_key_of_the_users_own_provider_is_named(project: Project) -> None:
    provider = {"protocol": "openai-chat", "base_url": "http://127.0.0.1:9/v1", "api_key_env": "TEAM_KEY"}
    chains = {role: ["mine/model"] for role in ("architect", "executor", "auditor", "consultant")}
    ran = project.run("run", "task", "--yes", "--json", settings={"providers": {"mine": provider}, "agents": chains})

    assert ran.status == 2
    assert "TEAM_KEY" in ran.err


def test_a_session_that_came_to_its_end_is_not_resumed(project: Project) -> None:
    done = project.run("run", "task", "--yes", "--json", script=one_file())
    by_id = project.run("resume", done.json["session_id"], "--yes", "--json", script=team())
    newest = project.run("resume", "--yes", "--json", script=team())

    assert (by_id.status, by_id.json["error"]["code"]) == (2, "usage")
    assert (newest.status, newest.json["error"]["code"]) == (2, "unknown-session")


def test_a_task_given_twice_is_refused(project: Project) -> None:
    project.write("task.txt", "from a file")
    ran = project.run("run", "words", "--task-file", "task.txt", "--yes", script=one_file())

    assert (ran.status, ran.calls) == (2, ())


def test_an_empty_task_on_standard_input_is_refused(project: Project) -> None:
    ran = project.run("run", "-", "--yes", script=one_file(), stdin=io.StringIO(" \n"))

    assert (ran.status, ran.calls) == (2, ())


@pytest.mark.parametrize("settings, key", [
    ({"max_iterations": "many"}, "max_iterations"),
    ({"agents": {"architect": ["nobody/model"]}}, "agents.architect"),
    ({"no_such_key": 1}, "no_such_key"),
    ({"mode": "sideways"}, "mode"),
])
def test_a_configuration_that_cannot_be_used_names_file_line_and_key(
    project: Project, settings: dict[str, object], key: str
) -> None:
    ran = project.run("run", "task", "--yes", "--json", settings=settings)

    assert (ran.status, ran.json["error"]["code"]) == (2, "config")
    assert key in ran.json["error"]["message"]
    if key != "agents.architect":
        assert "config.json:1" in ran.json["error"]["message"]


def test_a_plan_file_that_cannot_be_read_names_the_line(project: Project) -> None:
    project.write("plan.md", "# Plan\n\nTask: do\n\n## destroy a.txt\n")
    ran = project.run("run", "--plan", "plan.md", "--yes", "--json", script=team())

    assert (ran.status, ran.json["error"]["code"]) == (2, "plan")
    assert "plan.md, line 5" in ran.json["error"]["message"]

"""The demonstration, help and version: what anybody can type first."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from orchestra.cli.main import COMMANDS
from orchestra.demo import story
from orchestra.demo.script import Answer, Call
from tests.flows.project import Project


def test_the_demonstration_tells_the_whole_story(project: Project) -> None:
    ran = project.run("demo")

    assert ran.status == 0
    assert "scripted" in ran.err
    for told in ("The plan", "diff --git", "RATE_LIMIT_429", "$0.0", "consultant", "tests     passed", "commit"):
        assert told in ran.out
    assert ran.out.count("approved") >= 3


def test_the_demonstration_in_json(project: Project) -> None:
    ran = project.run("demo", "--json")

    result = ran.json
    assert (ran.status, result["status"], result["scripted"], result["folder"]) == (0, "completed", True, None)
    assert [file["status"] for file in result["files"]] == ["approved"] * 3
    assert max(file["iterations"] for file in result["files"]) == 2
    assert result["tests"]["passed"] and result["tests"]["framework"] == "unittest"
    assert len(result["commit"]["sha"]) == 40
    assert result["metrics"]["fallback_rotations"] > 0
    assert {attempt["error_code"] for attempt in result["attempts"]} == {None, "RATE_LIMIT_429"}


def test_the_demonstration_leaves_nothing_behind_but_on_request(project: Project, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    gone = project.run("demo", variables={"TMPDIR": str(place)})
    left = list(place.iterdir())
    kept = project.run("demo", "--keep", "--json", variables={"TMPDIR": str(place)})

    assert (gone.status, left, kept.status) == (0, [], 0)
    folder = Path(kept.json["folder"])
    assert folder.parent == place.resolve()
    assert (folder / ".git").is_dir() and (folder / "inventory" / "report.py").is_file()


def test_the_demonstration_without_git_makes_everything_but_the_commit(project: Project) -> None:
    ran = project.run("demo", "--json", variables={"PATH": "/nowhere"})

    assert (ran.status, ran.json["commit"]) == (0, None)
    assert ran.json["tests"]["passed"] is True


def test_the_demonstration_asks_no_provider_but_its_own(project: Project) -> None:
    variables = {"OPENAI_API_KEY": "the-users-own-key", "ORCHESTRA_MODE": "nonsense", "HTTPS_PROXY": "http://192.0.2.1"}
    project.write(".orchestra.yaml", "no_such_key: 1\n")

    assert project.run("demo", variables=variables).status == 0


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_nobody_is_told_to_go_on_with_a_demonstration_whose_models_are_gone(
    project: Project, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    def stop_then_tell(call: Call) -> Answer:
        project.stop.request(signal.SIGINT)
        return tell(call)

    tell = story.tell
    monkeypatch.setattr(story, "tell", stop_then_tell)
    ran = project.run("demo", *flags)
    assert ran.status == 130 and "orchestra resume" not in ran.out + ran.err
    assert not flags or ran.json["can_resume"] is False


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "help"])
def test_every_command_has_help(project: Project, command: str) -> None:
    by_option = project.run(command, "--help")
    by_command = project.run("help", command)

    assert by_option.status == by_command.status == 0
    assert by_option.out == by_command.out
    assert f"orchestra {command}" in by_option.out
    assert "--json" in by_option.out


def test_help_lists_every_command(project: Project) -> None:
    ran = project.run("help")

    assert ran.status == 0
    assert all(f"  {name} " in ran.out for name in COMMANDS)
    assert project.run("--help").out == ran.out
    assert ran.out == project.run("--json", "help").json["help"]


def test_help_for_what_is_not_there_is_a_usage_error(project: Project) -> None:
    assert project.run("help", "nothing").status == 2


def test_the_version_names_commit_python_and_vendored_packages(project: Project) -> None:
    spoken = project.run("--version")
    ran = project.run("--version", "--json")

    assert spoken.status == ran.status == 0
    assert ran.json["schema"] == 1 and ran.json["version"] in spoken.out
    assert ran.json["python"] in spoken.out
    assert {"version", "commit", "python"} <= set(ran.json)

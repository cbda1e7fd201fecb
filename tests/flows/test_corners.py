"""Flows at the corners: plans and commands that are odd but not wrong, or wrong in a quiet way."""

from __future__ import annotations

from tests.flows.project import Project
from tests.flows.team import one_file, plan_of, planned, team, whole


def test_a_file_that_depends_on_itself_is_written_all_the_same(project: Project) -> None:
    script = team(plan_of(planned("a.txt", depends_on=["a.txt"])), {"a.txt": whole("one\n")})
    ran = project.run("run", "do it", "--yes", "--json", script=script)
    assert ran.status == 0
    assert ran.files["a.txt"]["status"] == "approved"
    assert project.read("a.txt") == "one\n"


def test_a_test_command_that_is_not_there_is_no_success(project: Project) -> None:
    ran = project.run("run", "do it", "--yes", "--test-command", "no-such-command-at-all", script=one_file())
    assert ran.status == 2
    assert "no-such-command-at-all" in ran.err
    assert not project.has("a.txt")


def test_a_dependency_is_known_in_any_spelling(project: Project) -> None:
    plan = plan_of(planned("b.txt", depends_on=["./a.txt"]), planned("a.txt"))
    ran = project.run(
        "run", "do it", "--yes", "--json", script=team(plan, {"a.txt": whole("one\n"), "b.txt": whole("two\n")})
    )
    assert ran.status == 0
    assert [path for role, path in ran.asked if role == "executor"] == ["a.txt", "b.txt"]


def test_it_is_said_when_git_ignores_all_that_could_be_committed(project: Project) -> None:
    project.commit(".gitignore", "a.txt\n")
    ran = project.run("run", "do it", "--yes", "--commit", script=one_file())
    assert ran.status == 0
    assert "git ignores" in ran.err


def test_an_error_is_one_line(project: Project) -> None:
    project.hook("pre-commit", "#!/bin/sh\necho first >&2\necho second >&2\nexit 1\n")
    ran = project.run("run", "do it", "--yes", "--commit", "-q", script=one_file())
    assert ran.status == 5
    (line,) = ran.err.splitlines()
    assert line.startswith("orchestra: error [git]: ") and "first second" in line and "orchestra resume s-" in line


def test_an_existing_file_that_a_planned_one_depends_on_is_shown_to_the_executor(project: Project) -> None:
    project.commit("lib.py", "VALUE = 'forty-two'\n")
    script = team(plan_of(planned("a.txt", depends_on=["lib.py"])), {"a.txt": whole("one\n")})
    ran = project.run("run", "do it", "--yes", script=script)
    executor = next(call for call in ran.calls if call.model == "executor-model")
    assert "=== lib.py" in executor.text and "forty-two" in executor.text


def test_every_empty_chain_is_named_at_once(project: Project) -> None:
    ran = project.run("run", "do it", "--yes")
    assert ran.status == 2
    for role in ("architect", "executor", "auditor", "consultant"):
        assert f"for the {role}" in ran.err


def test_tests_that_the_configuration_insists_on_must_be_there(project: Project) -> None:
    ran = project.run("run", "do it", "--yes", script=one_file(), settings={"tests": {"run": True}})
    assert ran.status == 2
    assert ran.asked == [("architect", None)]


def test_an_unknown_provider_is_named_with_the_place_it_stands_at(project: Project) -> None:
    file = project.write("team.yaml", "mode: sequential\nagents:\n  architect: [nobody/x]\n")
    ran = project.run("run", "do it", "--yes", "--config", str(file))
    assert ran.status == 2
    assert "team.yaml:3, key agents.architect: nobody/x" in ran.err

"""Suites that lack what they need to run: said plainly, never a success where the user insists on tests."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.flows.project import Project
from tests.flows.team import plan_of, planned, team, whole

RUN = ("run", "task", "--yes", "--json")
PYTEST = "def test_nothing():\n    pass\n"
PACKAGE = '{"scripts": {"test": "no-such-runner"}}\n'
PLAN = plan_of(planned("a.txt"))
DRAFTS = {"a.txt": whole("one\n")}


def tools(project: Project, **scripts: str) -> dict[str, str]:
    """Variables with which these shell scripts are the first of their names."""
    folder = project.folder / "bin"
    folder.mkdir()
    for name, text in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


@pytest.fixture
def npm(project: Project) -> dict[str, str]:
    """A project whose test script names a runner that is not there, and an npm that says so."""
    project.commit("package.json", PACKAGE)
    return tools(project, npm="echo 'sh: 1: no-such-runner: not found'; exit 127")


@pytest.fixture
def no_pytest(project: Project) -> dict[str, str]:
    """A project with tests for pytest, and a Python that has it as long as only its files are looked for."""
    project.commit("test_a.py", PYTEST)
    return tools(project, python3=(
        'case "$*" in *find_spec*) exit 0;; *pytest*) echo "/x/python3: No module named pytest"; exit 1;; esac\n'
        f'exec {sys.executable} "$@"'
    ))


def warnings(project: Project) -> list[str]:
    rows = project.rows("SELECT name FROM events WHERE level = 'warning' AND name LIKE 'tests.%' ORDER BY id")
    return [row["name"] for row in rows]


def test_by_default_a_suite_that_could_not_start_before_either_is_a_warning(
    project: Project, npm: dict[str, str]
) -> None:
    ran = project.run(*RUN, "--commit", script=team(PLAN, DRAFTS), variables=npm)

    assert (ran.status, ran.json["tests"]["passed"], ran.json["tests"]["new_failures"]) == (0, False, [])
    assert "no-such-runner: not found" in ran.json["tests"]["lacks"]
    assert "cannot start here: sh: 1: no-such-runner: not found (" in ran.err and "run --silent test" in ran.err
    assert "could not start: sh: 1: no-such-runner: not found (npm)" in ran.err
    assert warnings(project) == ["tests.not_started", "tests.ended"]
    assert ran.json["commit"] is not None


def test_where_tests_are_insisted_on_it_ends_with_8_and_asks_no_model_for_the_program(
    project: Project, no_pytest: dict[str, str]
) -> None:
    ran = project.run(*RUN, "--test", "--commit", script=team(PLAN, DRAFTS), variables=no_pytest)

    assert (ran.status, ran.json["tests"]["passed"], ran.json["commit"]) == (8, False, None)
    assert ran.json["error"]["message"] == "the tests could not start: /x/python3: No module named pytest"
    assert ("consultant", None) not in ran.asked


@pytest.mark.parametrize("command", ["no-such-program --all", "python3 -m pytest"])
def test_a_command_of_the_users_that_cannot_start_is_an_error_of_usage_before_anything_is_written(
    project: Project, no_pytest: dict[str, str], command: str
) -> None:
    ran = project.run(*RUN, "--test-command", command, script=team(PLAN), variables=no_pytest)

    assert (ran.status, ran.json["error"]["code"], project.has("a.txt")) == (2, "usage", False)
    assert "the test command cannot be run: " in ran.err and command in ran.err
    assert ran.json["can_resume"] is True


def test_a_command_that_the_change_takes_away_has_failed(project: Project) -> None:
    project.commit("run_tests", "#!/bin/sh\n")
    (project.root / "run_tests").chmod(0o755)
    project.git("commit", "--quiet", "--all", "--message=mode")
    script = team(plan_of(planned("run_tests", "delete"), planned("a.txt")), DRAFTS, blames='{"fixes": []}')
    ran = project.run(*RUN, "--test-command", "./run_tests", script=script)

    assert (ran.status, ran.json["tests"]["passed"], ran.json["tests"]["exit_status"]) == (8, False, 127)
    assert "the tests could not start: " in ran.json["error"]["message"]


@pytest.mark.parametrize("settings, status", [({}, 0), ({"tests": {"baseline": False}}, 8)])
def test_without_a_look_before_nothing_speaks_for_the_change(
    project: Project, npm: dict[str, str], settings: dict[str, Any], status: int
) -> None:
    script = team(PLAN, DRAFTS, blames='{"fixes": []}')
    assert project.run(*RUN, script=script, variables=npm, settings=settings).status == status


@pytest.mark.parametrize("package", [PACKAGE, '{"scripts": {"test": "jest"}, "devDependencies": {"jest": "1"}}\n'])
def test_a_task_that_asks_to_have_tests_pass_which_cannot_start_is_1_and_no_commit(
    project: Project, package: str
) -> None:
    project.commit("package.json", package)
    variables = tools(project, npm="echo 'sh: 1: no-such-runner: not found'; exit 127")
    task = ("run", "fix the failing tests", "--yes", "--json", "--commit")
    ran = project.run(*task, script=team(PLAN, DRAFTS), variables=variables)

    assert (ran.status, ran.json["error"]["code"], ran.json["commit"]) == (1, "tests-not-run", None)
    assert "not installed" in ran.json["error"]["message"] or "not found" in ran.json["error"]["message"]
    assert ran.files["a.txt"]["status"] == "approved" and ("consultant", None) not in ran.asked
    again = project.run(*task, "--no-test", "--allow-dirty", script=team(PLAN, DRAFTS), variables=variables)
    assert again.status == 0


def test_tests_for_which_the_machine_has_nothing_are_a_warning_too(project: Project) -> None:
    project.commit("package.json", '{"scripts": {"test": "jest"}, "devDependencies": {"jest": "1"}}\n')
    variables = tools(project, npm="exit 1")
    ran = project.run(*RUN, script=team(PLAN, DRAFTS), variables=variables)

    assert (ran.status, ran.json["tests"]) == (0, None)
    assert "cannot start here: package.json: its dependencies are not installed (" in ran.err

    other = team(plan_of(planned("b.txt")), {"b.txt": whole("two\n")})
    said = project.run("run", "task again", "--yes", script=other, variables=variables)
    assert "tests     did not run: package.json: its dependencies are not installed" in said.out

    insisted = project.run(*RUN, "--test", script=team(PLAN), variables=variables)
    assert (insisted.status, insisted.json["error"]["code"]) == (2, "usage")
    assert "package.json: its dependencies are not installed" in insisted.err

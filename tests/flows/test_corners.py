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
    assert "no-such-command-at-all" in ran.stderr
    assert not project.has("a.txt")

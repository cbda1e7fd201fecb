"""The project's linter: told from what it found before, mended within limits, and never made worse."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows.project import Project
from tests.flows.team import edit, fixes, plan_of, planned, team, whole

RUN = ("run", "task", "--yes", "--no-test", "--json")
PLAN = plan_of(planned("a.txt"))


def _linter(project: Project) -> dict[str, Any]:
    """Says `NAME:LINE:1: a mark` for every line with a mark, and fails if there is one."""
    project.commit("lint.sh", "! grep -Hn TODO *.txt | sed 's/$/ is a mark/' | grep .\n")
    return {"lint": {"command": "sh lint.sh"}}


def test_what_the_linter_finds_anew_is_mended(project: Project) -> None:
    settings = _linter(project)
    project.commit("old.txt", "TODO of before\n")
    script = team(
        PLAN, {"a.txt": whole("one\nTODO two\n")}, blames=fixes(("a.txt", "no marks")),
        mends={"a.txt": edit("TODO two\n", "two\n")},
    )
    ran = project.run(*RUN, "--commit", script=script, settings=settings)

    assert (ran.status, project.read("a.txt")) == (0, "one\ntwo\n"), ran.err
    blame = next(call for call in ran.calls if call.model == "consultant-model" and call.file is None)
    assert "TODO two" in blame.text and "linter finds what it did not find before" in blame.system
    assert "old.txt" not in blame.text.partition("What fails:")[2].partition("The end of")[0]
    assert "2 findings, 1 of them new" in ran.err
    assert "lint findings: asked" in ran.err and "failing tests" not in ran.err


def test_findings_that_stay_end_with_8_and_no_commit(project: Project) -> None:
    settings = _linter(project)
    script = team(PLAN, {"a.txt": whole("TODO one\n")}, blames=fixes())
    ran = project.run(*RUN, "--commit", script=script, settings=settings)

    assert (ran.status, ran.json["error"]["code"], ran.json["commit"]) == (8, "tests-failed", None)
    assert "the linter finds what it did not find before: 1" in ran.json["error"]["message"]
    assert ran.json["tests"] is None


def test_a_fix_that_makes_it_worse_is_taken_back(project: Project) -> None:
    settings = _linter(project)
    script = team(
        PLAN, {"a.txt": whole("TODO one\n")}, blames=fixes(("a.txt", "no marks")),
        mends={"a.txt": whole("TODO three\nTODO four\n")},
    )
    ran = project.run(*RUN, script=script, settings=settings)

    assert (ran.status, project.read("a.txt")) == (8, "TODO one\n")
    assert ran.files["a.txt"]["status"] == "approved"
    assert "more fails after the fix, so it is taken back: a.txt" in ran.err


def test_audits_are_counted_together_where_the_linter_runs_after_each_file(project: Project) -> None:
    settings = _linter(project)
    settings["lint"]["when"] = "each"
    script = team(
        PLAN, {"a.txt": whole("TODO one\n")}, blames=fixes(("a.txt", "no marks")),
        mends={"a.txt": [whole("TODO three\nTODO four\n"), whole("TODO five\nTODO six\n")]},
    )
    ran = project.run(*RUN, script=script, settings=settings)

    assert (ran.status, project.read("a.txt"), ran.files["a.txt"]["iterations"]) == (8, "TODO one\n", 3)
    blame = next(call for call in ran.calls if call.model == "consultant-model" and call.file is None)
    mend = [call for call in ran.calls if call.file == "a.txt" and call.model == "consultant-model"][1]
    for call in (blame, mend):
        assert "What was tried before" in call.text and "that was worse, so the file was put back" in call.text


def test_what_the_linter_changes_is_not_laid_to_the_tests(project: Project) -> None:
    settings = {"lint": {"command": "test -e a.txt && echo more >> a.txt"}}
    ran = project.run(*RUN, script=team(PLAN, {"a.txt": whole("one\n")}), settings=settings)

    assert (ran.status, ran.json["error"]["code"]) == (5, "changed-by-tests")
    assert "the linter changed what must be left alone" in ran.json["error"]["message"]


def test_a_linter_that_is_content_says_so_and_changes_nothing(project: Project) -> None:
    settings = _linter(project)
    ran = project.run(*RUN, script=team(PLAN, {"a.txt": whole("one\n")}), settings=settings)

    assert (ran.status, len(ran.calls)) == (0, 3)
    assert "lint        passed" in ran.err


def test_a_dry_run_lints_nothing(project: Project) -> None:
    settings = _linter(project)
    ran = project.run(*RUN, "--dry-run", script=team(PLAN, {"a.txt": whole("TODO\n")}), settings=settings)

    assert ran.status == 0 and "lint  " not in ran.err


def test_linter_and_tests_both_run_before_and_after(project: Project) -> None:
    settings = _linter(project)
    ran = project.run(
        "run", "task", "--yes", "--json", "--test-command", "true", script=team(PLAN, {"a.txt": whole("one\n")}),
        settings=settings,
    )

    assert (ran.status, ran.json["tests"]["passed"]) == (0, True), ran.err
    assert [line.split()[1] for line in ran.err.splitlines() if "running" in line] == ["lint", "tests"] * 2


def test_what_was_cut_from_a_long_output_is_not_taken_for_new(project: Project) -> None:
    settings = _linter(project)
    words = [f"{a}{b}{c}" for a in "abcdefghij" for b in "klmnopqrst" for c in "uvwxyzabcdefghijklmnopqrst"]
    project.commit("many.txt", "".join(f"TODO {word} {'-' * 30}\n" for word in words))
    project.commit("first.txt", "".join(f"TODO first {word}\n" for word in words[:900]))
    ran = project.run(*RUN, script=team(plan_of(planned("first.txt", "delete"))), settings=settings)

    assert (ran.status, project.has("first.txt")) == (0, False), ran.err
    assert f"{len(words)} findings, 0 of them new" in ran.err


def test_one_more_of_an_equal_finding_is_new(project: Project) -> None:
    project.commit("lint.sh", "! grep -n TODO a.txt | sed 's/^\\([0-9]*\\):.*/a.txt:\\1: E7 a mark/' | grep .\n")
    project.commit("a.txt", "TODO of before\n")
    script = team(plan_of(planned("a.txt", "modify")), {"a.txt": whole("TODO of before\nTODO\n")}, blames=fixes())
    ran = project.run(*RUN, script=script, settings={"lint": {"command": "sh lint.sh"}})

    assert ran.status == 8 and "2 findings, 1 of them new" in ran.err


def test_what_eslint_says_below_a_path_is_told_apart(project: Project) -> None:
    lint = "echo; echo $PWD/a.txt; ! grep -n TODO a.txt | sed 's/:.*/:1  error  a mark/;s/^/  /' | grep .\n"
    project.commit("lint.sh", lint)
    project.commit("a.txt", "TODO of before\n")
    script = team(plan_of(planned("a.txt", "modify")), {"a.txt": whole("TODO of before\nTODO\n")}, blames=fixes())
    ran = project.run(*RUN, script=script, settings={"lint": {"command": "sh lint.sh"}})

    assert ran.status == 8 and "2 findings, 1 of them new" in ran.err


@pytest.mark.parametrize("lint, status, said", [
    ("sleep 600", 0, "ran out of time (see tests.timeout), as before"),
    ("grep -q two a.txt && sleep 600; exit 1", 8, "ran out of time (see tests.timeout), not so before"),
])
def test_a_linter_that_runs_out_of_time_is_heard(project: Project, lint: str, status: int, said: str) -> None:
    settings = {"lint": {"command": lint}, "tests": {"timeout": 1}}
    project.commit("a.txt", "one\n")
    script = team(plan_of(planned("a.txt", "modify")), {"a.txt": whole("two\n")}, blames=fixes())
    ran = project.run(*RUN, script=script, settings=settings)

    assert ran.status == status and said in ran.err
    warned = "ran out of time (see tests.timeout): what it finds anew is not told from what it found before"
    assert (warned in ran.err) == (status == 0)
    if status:
        assert "the linter ran out of time after 1 s" in ran.json["error"]["message"]


def test_a_fix_for_tests_is_linted_and_a_fix_for_the_linter_is_tested(project: Project) -> None:
    settings = _linter(project)
    script = team(
        PLAN, {"a.txt": whole("red\n")}, blames=fixes(("a.txt", "mend it")),
        mends={"a.txt": [whole("TODO green\n"), whole("green\n")]},
    )
    command = ("--test-command", "test ! -e a.txt || grep -q green a.txt")
    ran = project.run("run", "task", "--yes", "--json", *command, script=script, settings=settings)

    assert (ran.status, project.read("a.txt"), ran.json["tests"]["passed"]) == (0, "green\n", True), ran.err
    said = [line.split()[1:3] for line in ran.err.splitlines() if line[8:].startswith(("lint ", "tests "))]
    ends = [f"{what} {word}" for what, word in said if not word.startswith("running")]
    assert ends == ["lint passed", "tests 1", "tests passed", "lint 1", "lint passed", "tests passed"]


def test_a_fix_for_the_linter_after_which_tests_fail_is_taken_back(project: Project) -> None:
    settings = _linter(project)
    script = team(
        PLAN, {"a.txt": whole("red\n")}, blames=fixes(("a.txt", "mend it")),
        mends={"a.txt": [whole("TODO green\n"), whole("broken\n")]},
    )
    command = ("--test-command", "test ! -e a.txt || grep -q green a.txt")
    ran = project.run("run", "task", "--yes", "--json", "--commit", *command, script=script, settings=settings)

    assert (ran.status, project.read("a.txt"), ran.json["tests"]["passed"]) == (8, "TODO green\n", True), ran.err
    assert "the linter finds what it did not find before: 1" in ran.json["error"]["message"]
    assert ran.json["commit"] is None


def test_a_fix_for_tests_that_leaves_new_findings_ends_with_8(project: Project) -> None:
    settings = _linter(project)
    script = team(
        PLAN, {"a.txt": whole("red\n")}, blames=fixes(("a.txt", "mend it")),
        mends={"a.txt": [whole("TODO green\n"), whole("TODO green again\n"), whole("TODO green still\n")]},
    )
    command = ("--test-command", "test ! -e a.txt || grep -q green a.txt")
    ran = project.run("run", "task", "--yes", "--json", "--commit", *command, script=script, settings=settings)

    assert (ran.status, ran.json["commit"], ran.json["tests"]["passed"]) == (8, None, True), ran.err
    assert "the linter finds what it did not find before: 1" in ran.json["error"]["message"]

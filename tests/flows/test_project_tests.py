"""The project's own tests: found, run before and after, blamed fairly, fixed, and status 8 where that fails."""

from __future__ import annotations

import pytest

from orchestra.demo.script import Fault
from tests.flows.project import Project
from tests.flows.team import APPROVED, edit, finding, fixes, plan_of, planned, team, whole

CODE = "def double(number):\n    return number * 2\n"
BROKEN = "def double(number):\n    return number * 3\n"
TESTS = """import unittest

import code_


class DoubleTest(unittest.TestCase):
    def test_doubles(self):
        self.assertEqual(code_.double(2), 4)

    def test_says_nothing_of_text(self):
        self.assertEqual(code_.double(1), "one")
"""
PASSING = TESTS.partition("\n    def test_says")[0]
OLD_FAILURE = "test_says_nothing_of_text"
PYTEST = "def test_doubles():\n    import code_\n    assert code_.double(2) == 4\n"
PLAN = plan_of(planned("code_.py", "modify"))


@pytest.fixture
def tested(project: Project) -> Project:
    project.commit("code_.py", CODE)
    project.commit("test_code.py", PASSING)
    return project


def test_a_fix_of_the_consultants_that_helps_gives_0_and_a_commit(tested: Project) -> None:
    script = team(
        PLAN, {"code_.py": whole(BROKEN)}, blames=fixes(("code_.py", "it triples")),
        mends={"code_.py": edit("    return number * 3\n", "    return 2 * number\n")},
    )
    ran = tested.run("run", "task", "--yes", "--commit", "--json", script=script)

    assert (ran.status, ran.json["tests"]["passed"]) == (0, True)
    assert ran.asked[-3:] == [("consultant", None), ("consultant", "code_.py"), ("auditor", "code_.py")]
    blame, mend = ran.calls[-3], ran.calls[-2]
    assert "test_doubles" in blame.text and "number * 3" in blame.text
    assert "it triples" in mend.text
    assert ran.files["code_.py"]["iterations"] == 2
    assert tested.git("show", "HEAD:code_.py") == "def double(number):\n    return 2 * number\n"


def test_fixes_that_do_not_help_end_with_8_and_no_commit(tested: Project) -> None:
    head = tested.head()
    script = team(
        PLAN, {"code_.py": whole(BROKEN)}, blames=fixes(("code_.py", "it triples")),
        mends={"code_.py": [whole(BROKEN.replace("3", "4")), whole(BROKEN.replace("3", "5"))]},
    )
    ran = tested.run("run", "task", "--yes", "--commit", "--json", script=script)

    assert (ran.status, ran.json["status"], ran.json["commit"]) == (8, "failed", None)
    assert ran.json["error"]["code"] == "tests-failed"
    assert ran.json["tests"]["passed"] is False
    assert ran.files["code_.py"]["status"] == "approved"
    assert tested.read("code_.py") == BROKEN.replace("3", "5"), "the files stay"
    assert tested.head() == head


def test_a_fix_that_the_auditor_refuses_leaves_the_approved_draft(tested: Project) -> None:
    script = team(
        PLAN, {"code_.py": whole(BROKEN)}, [APPROVED, finding("worse")],
        {"code_.py": whole("def double(number):\n    return None\n")}, fixes(("code_.py", "it triples")),
    )
    ran = tested.run("run", "task", "--yes", "--json", script=script)

    assert ran.status == 8
    assert "not fixed: code_.py stays as it was: the auditor did not approve it: worse" in ran.err
    assert tested.read("code_.py") == BROKEN


def test_a_fix_with_edits_that_fit_nowhere_is_asked_for_once_more(tested: Project) -> None:
    slip = edit("number * 3\n", "number * 2\n")
    script = team(
        PLAN, {"code_.py": whole(BROKEN)}, blames=fixes(("code_.py", "it triples")),
        mends={"code_.py": [slip, whole(CODE)]},
    )
    ran = tested.run("run", "task", "--yes", "--json", script=script)

    assert (ran.status, ran.json["tests"]["passed"]) == (0, True)
    assert ran.asked[-4:] == [
        ("consultant", None), ("consultant", "code_.py"), ("consultant", "code_.py"), ("auditor", "code_.py")
    ]
    assert "searches for lines that are not in the file" in ran.calls[-2].text


@pytest.mark.parametrize("blames, why", [
    (fixes(), "the consultant finds no planned file to blame"),
    (fixes(("test_code.py", "wrong test")), "none of the files to blame may be changed: 'test_code.py'"),
    ("prose, twice", "The answer"),
    (fixes(("../x", "no"), ("/etc/passwd", "no")), "none of the files to blame may be changed: '../x', '/etc/passwd'"),
])
def test_nothing_but_planned_files_is_touched_for_failing_tests(tested: Project, blames: str, why: str) -> None:
    ran = tested.run("run", "task", "--yes", "--json", script=team(PLAN, {"code_.py": whole(BROKEN)}, blames=blames))

    assert ran.status == 8
    assert f"not fixed: {why}" in ran.err
    (event,) = tested.rows("SELECT level, data FROM events WHERE name = 'tests.not_fixed'")
    assert event["level"] == "warning" and why in event["data"]
    assert tested.read("test_code.py") == PASSING
    assert set(tested.tree()) == {"README.md", "code_.py", "test_code.py"}


def test_the_tests_before_the_first_write_count_as_testing_in_the_profile_and_the_report(tested: Project) -> None:
    script = team(PLAN, {"code_.py": whole(CODE + "# more\n")})
    ran = tested.run("run", "task", "--yes", "--profile", "--json", script=script)
    report = tested.run("report", "--json").json["report"]
    phases = {phase["name"]: phase for phase in report["profile"]["phases"]}
    names = [span["name"] for span in report["phases"]]

    assert ran.status == 0
    assert phases["testing"]["count"] == 2
    assert names.index("testing") < names.index("executing") < len(names) - 1 - names[::-1].index("testing")


def test_what_failed_before_is_reported_and_not_blamed(tested: Project) -> None:
    tested.commit("test_code.py", TESTS)
    script = team(PLAN, {"code_.py": whole(CODE + "# more\n")})
    ran = tested.run("run", "task", "--yes", "--commit", "--json", script=script)

    assert ran.status == 0
    assert ran.json["tests"]["passed"] is False
    assert [name for name in ran.json["tests"]["failures"] if OLD_FAILURE in name]
    assert ran.json["tests"]["new_failures"] == []
    assert ran.json["commit"]["sha"] == tested.head()


def test_what_failed_before_is_mended_where_the_task_asks_for_it(tested: Project) -> None:
    tested.commit("code_.py", BROKEN)
    script = team(
        PLAN, {"code_.py": whole(BROKEN.replace("3", "4"))}, blames=fixes(("code_.py", "it quadruples")),
        mends={"code_.py": whole(CODE)},
    )
    ran = tested.run("run", "test_doubles fails; mend the bug", "--yes", "--json", script=script)

    assert (ran.status, ran.json["tests"]["passed"]) == (0, True)
    blame = ran.calls[-3]
    assert "tests that the task asks to have pass fail as before" in blame.system
    assert "passed before" not in blame.system and "test_doubles" in blame.text


def test_what_the_task_asks_to_have_pass_and_fails_to_the_end_is_1_and_no_commit(tested: Project) -> None:
    tested.commit("code_.py", BROKEN)
    head = tested.head()
    script = team(PLAN, {"code_.py": whole(BROKEN.replace("3", "4"))}, blames=fixes())
    ran = tested.run("run", "make the failing tests pass", "--yes", "--commit", "--json", script=script)

    assert (ran.status, ran.json["status"], ran.json["error"]["code"]) == (1, "failed", "tests-still-fail")
    assert "test_doubles" in ran.json["error"]["message"]
    assert len(ran.json["tests"]["still_failing"]) == 1 and ran.json["tests"]["new_failures"] == []
    assert tested.head() == head


def test_a_new_failure_beside_an_old_one_is_blamed_alone(tested: Project) -> None:
    tested.commit("test_code.py", TESTS)
    script = team(PLAN, {"code_.py": whole(BROKEN)}, blames=fixes())
    ran = tested.run("run", "task", "--yes", "--json", script=script)

    assert ran.status == 8
    (new,) = ran.json["tests"]["new_failures"]
    assert "test_doubles" in new
    named = ran.calls[-1].text.partition("What fails:")[2].partition("The end of what")[0]
    assert "test_doubles" in named and OLD_FAILURE not in named


def test_pytest_runs_where_the_tests_are_pytests(project: Project) -> None:
    project.commit("code_.py", CODE)
    project.commit("test_code.py", PYTEST)
    ran = project.run("run", "task", "--yes", "--json", script=team(PLAN, {"code_.py": whole(CODE + "# more\n")}))

    assert (ran.status, ran.json["tests"]["framework"], ran.json["tests"]["passed"]) == (0, "pytest", True)
    assert set(project.tree()) == {"README.md", "code_.py", "test_code.py"}, "the tests leave no trace"


def test_nothing_found_means_no_tests(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--json", script=team(plan_of(planned("a.txt")), {"a.txt": whole("1\n")}))

    assert (ran.status, ran.json["tests"]) == (0, None)


def test_nothing_collected_means_no_tests(project: Project) -> None:
    project.commit("test_empty.py", "import pytest\n")
    ran = project.run("run", "task", "--yes", "--json", script=team(plan_of(planned("a.txt")), {"a.txt": whole("1\n")}))

    assert (ran.status, ran.json["tests"]) == (0, None)


def test_tests_that_the_plan_brings_count_as_tests(project: Project) -> None:
    plan = plan_of(planned("code_.py"), planned("test_code.py"))
    script = team(plan, {"code_.py": whole(CODE), "test_code.py": whole(PASSING)})
    ran = project.run("run", "task", "--yes", "--test", "--json", script=script)

    assert (ran.status, ran.json["tests"]["passed"], ran.json["tests"]["framework"]) == (0, True, "unittest")


def test_tests_that_a_plan_brings_none_of_are_missed_before_anything_is_written(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--test", "--json", script=team(plan_of(planned("a.txt"))))

    assert (ran.status, ran.json["error"]["code"], ran.asked) == (2, "usage", [("architect", None)])
    assert (project.has("a.txt"), ran.json["can_resume"]) == (False, True)


def test_a_plan_in_a_file_that_brings_no_tests_is_refused_before_any_call(project: Project) -> None:
    project.run("plan", "task", script=team(plan_of(planned("a.txt"))))
    plan = project.folder / "plan.md"
    plan.write_text(project.read(".orchestra/plan.md"), encoding="utf-8")
    ran = project.run("run", "--plan", str(plan), "--yes", "--test", "--json", script=team())

    assert (ran.status, ran.asked, ran.json["session_id"]) == (2, [], None)


def test_tests_that_are_still_missing_can_be_written_and_the_session_goes_on(project: Project) -> None:
    plan = plan_of(planned("test_code.py"))
    script = team(plan, {"test_code.py": whole("# to be written\n")})
    ran = project.run("run", "task", "--yes", "--test", "--json", script=script)
    assert (ran.status, ran.json["status"], ran.json["tests"]) == (2, "failed", None)
    assert (ran.files["test_code.py"]["status"], ran.json["can_resume"]) == ("approved", True)
    assert "no tests were found to run after the change" in ran.err

    project.write("code_.py", CODE)
    project.write("test_own.py", PASSING)
    resumed = project.run("resume", "--json", script=team())
    assert (resumed.status, resumed.json["tests"]["passed"], resumed.asked) == (0, True, [])


def test_no_test_runs_none(tested: Project) -> None:
    ran = tested.run("run", "task", "--yes", "--no-test", "--json", script=team(PLAN, {"code_.py": whole(BROKEN)}))

    assert (ran.status, ran.json["tests"]) == (0, None)


def test_the_users_own_command_runs_before_and_after(project: Project) -> None:
    command = "echo ran >> runs; test ! -e bad.txt"
    script = team(plan_of(planned("a.txt")), {"a.txt": whole("one\n")})
    ran = project.run("run", "task", "--yes", "--test-command", command, "--json", script=script)

    assert ran.status == 0
    assert (ran.json["tests"]["framework"], ran.json["tests"]["passed"]) == ("command", True)
    assert ran.json["tests"]["command"][-1] == command
    assert (project.root / "runs").read_text() == "ran\nran\n"


def test_the_tests_run_before_the_first_write(project: Project) -> None:
    command = "test -e a.txt && echo there >> seen || echo absent >> seen"
    script = team(plan_of(planned("a.txt")), {"a.txt": whole("one\n")})
    project.run("run", "task", "--yes", "--test-command", command, script=script)

    assert (project.root / "seen").read_text() == "absent\nthere\n"


def test_a_session_may_write_the_first_test(project: Project) -> None:
    project.commit("code_.py", CODE)
    script = team(plan_of(planned("test_code.py")), {"test_code.py": whole(PASSING)})
    ran = project.run("run", "task", "--yes", "--json", script=script)

    assert (ran.status, ran.json["tests"]["framework"], ran.json["tests"]["passed"]) == (0, "unittest", True)


def test_a_new_test_that_fails_is_new(project: Project) -> None:
    project.commit("code_.py", BROKEN)
    script = team(plan_of(planned("test_code.py")), {"test_code.py": whole(PASSING)}, blames=fixes())
    ran = project.run("run", "task", "--yes", "--json", script=script)

    assert ran.status == 8


def test_tests_that_run_out_of_time_have_failed(tested: Project) -> None:
    command = "test ! -e a.txt || sleep 60"
    script = team(plan_of(planned("a.txt")), {"a.txt": whole("one\n")}, blames=fixes())
    ran = tested.run(
        "run", "task", "--yes", "--test-command", command, "--json", script=script, settings={"tests": {"timeout": 1}}
    )

    assert ran.status == 8
    assert (ran.json["tests"]["passed"], ran.json["tests"]["exit_status"]) == (False, None)


def test_tests_without_a_baseline_blame_every_failure(tested: Project) -> None:
    tested.commit("test_code.py", TESTS)
    script = team(PLAN, {"code_.py": whole(CODE + "# more\n")}, blames=fixes())
    ran = tested.run("run", "task", "--yes", "--json", script=script, settings={"tests": {"baseline": False}})

    assert ran.status == 8


def test_a_partial_change_that_breaks_tests_is_partial(tested: Project) -> None:
    plan = plan_of(planned("code_.py", "modify"), planned("b.txt"))
    script = team(
        plan, {"code_.py": whole(BROKEN), "b.txt": whole("b\n")}, {"code_.py": APPROVED, "b.txt": finding("no")},
        blames=fixes(),
    )
    ran = tested.run("run", "task", "--yes", "--commit", "--max-iterations", "1", "--json", script=script)

    assert (ran.status, ran.json["commit"]) == (9, None)
    assert ran.json["tests"]["passed"] is False


def test_tests_do_not_run_when_nothing_was_changed(tested: Project) -> None:
    script = team(PLAN, {"code_.py": whole(CODE)})
    ran = tested.run("run", "task", "--yes", "--test-command", "echo ran >> runs", "--json", script=script)

    assert (ran.status, ran.files["code_.py"]["status"], ran.json["tests"]) == (0, "unchanged", None)
    assert (tested.root / "runs").read_text() == "ran\n", "only before the first write"


def test_a_provider_that_fails_over_the_fixes_leaves_failing_tests(tested: Project) -> None:
    script = team(PLAN, {"code_.py": whole(BROKEN)}, blames=Fault(500))
    ran = tested.run("run", "task", "--yes", "--json", script=script)

    assert (ran.status, ran.json["error"]["code"]) == (8, "tests-failed")
    assert tested.read("code_.py") == BROKEN

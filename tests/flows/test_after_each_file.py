"""Linter and tests after each file: heard where they can tell, mended within limits, and left for the end else."""

from __future__ import annotations

import json

import pytest

from orchestra.demo.script import Fault
from tests.flows.project import Project
from tests.flows.team import edit, fixes, plan_of, planned, team, whole

RUN = ("run", "task", "--yes", "--json")
CODE = "def double(number):\n    return number * 2\n"
BROKEN = "def double(number):\n    return number * 3\n"
TESTS = """import unittest

import code_


class DoubleTest(unittest.TestCase):
    def test_doubles(self):
        self.assertEqual(code_.double(2), 4)
"""
EACH = {"tests": {"when": "each"}}
LINTED = {"lint": {"command": "sh lint.sh", "when": "each"}}


@pytest.fixture
def tested(project: Project) -> Project:
    project.commit("code_.py", CODE)
    project.commit("test_code.py", TESTS)
    return project


@pytest.fixture
def linted(project: Project) -> Project:
    """Its linter says `NAME:LINE:1: a mark` for every line with a mark, and fails if there is one."""
    project.commit("lint.sh", "! grep -Hn TODO *.txt | sed 's/$/ is a mark/' | grep .\n")
    project.commit("old.txt", "TODO of before\n")
    return project


def test_the_file_that_broke_a_test_is_mended_before_the_next_is_begun(tested: Project) -> None:
    plan = plan_of(planned("code_.py", "modify"), planned("b.txt", depends_on=["code_.py"]))
    script = team(
        plan, {"code_.py": whole(BROKEN), "b.txt": whole("b\n")},
        mends={"code_.py": edit("    return number * 3\n", "    return 2 * number\n")},
    )
    ran = tested.run(*RUN, "--commit", script=script, settings=EACH)

    assert (ran.status, ran.json["tests"]["passed"]) == (0, True), ran.err
    assert ran.asked == [
        ("architect", None), ("executor", "code_.py"), ("auditor", "code_.py"), ("consultant", "code_.py"),
        ("auditor", "code_.py"), ("executor", "b.txt"), ("auditor", "b.txt"), ("auditor", None),
    ]
    assert ran.files["code_.py"]["iterations"] == 2
    assert "running after code_.py" in ran.err
    assert tested.git("show", "HEAD:code_.py") == "def double(number):\n    return 2 * number\n"


def test_what_is_left_fails_at_the_end(tested: Project) -> None:
    script = team(
        plan_of(planned("code_.py", "modify")), {"code_.py": whole(BROKEN)}, blames=fixes(),
        mends={"code_.py": [whole(BROKEN.replace("3", "4")), whole(BROKEN.replace("3", "5"))]},
    )
    ran = tested.run(*RUN, script=script, settings=EACH)

    assert (ran.status, ran.json["error"]["code"]) == (8, "tests-failed")
    assert (ran.files["code_.py"]["status"], ran.files["code_.py"]["iterations"]) == ("approved", 3)
    assert ran.asked[-1] == ("auditor", "code_.py"), "no fix is left, so nobody is asked who is to blame"


def test_a_test_that_waits_for_another_file_of_the_plan_is_no_end(tested: Project) -> None:
    plan = plan_of(planned("test_more.py"), planned("more.py", depends_on=["test_more.py"]))
    test = TESTS.replace("code_", "more")
    script = team(
        plan, {"test_more.py": whole(test), "more.py": whole(CODE)}, mends={"test_more.py": whole(test)},
    )
    ran = tested.run(*RUN, script=script, settings=EACH)

    assert (ran.status, ran.json["tests"]["passed"]) == (0, True), ran.err
    waits = next(call for call in ran.calls if call.model == "consultant-model")
    assert "These files of the plan are not done yet: more.py" in waits.text


@pytest.mark.parametrize("mode", ["sequential", "parallel", "pipeline"])
def test_in_every_mode_each_file_answers_for_its_own_findings(linted: Project, mode: str) -> None:
    names = [f"{letter}.txt" for letter in "abcdef"]
    script = team(
        plan_of(*map(planned, names)), {name: whole(f"TODO {name}\n") for name in names},
        mends={name: whole(f"{name}\n") for name in names},
    )
    ran = linted.run(*RUN, "--no-test", "--mode", mode, script=script, settings=LINTED)

    assert (ran.status, [linted.read(name) for name in names]) == (0, [f"{name}\n" for name in names]), ran.err
    for call in ran.calls:
        if call.model == "consultant-model":
            said = call.text.partition("<findings")[2] or call.text
            assert f"{call.file}:1:TODO" in said
            assert not [name for name in [*names, "old.txt"] if name != call.file and f"{name}:1:TODO" in said]
    assert {row["iterations"] for row in ran.files.values()} == {2}


def test_tests_that_change_a_planned_file_end_the_run_at_once(tested: Project) -> None:
    tested.commit("test_code.py", TESTS + "\n        open('code_.py', 'a').write('# more')\n")
    plan = plan_of(planned("code_.py", "modify"), planned("b.txt", depends_on=["code_.py"]))
    script = team(plan, {"code_.py": whole(CODE + "# mine\n")})
    settings = {"tests": {"when": "each", "baseline": False}}
    ran = tested.run(*RUN, script=script, settings=settings)

    assert (ran.status, ran.json["error"]["code"]) == (5, "changed-by-tests")
    assert not tested.has("b.txt")


def test_nobody_to_mend_it_leaves_it_for_the_end(tested: Project) -> None:
    script = team(plan_of(planned("code_.py", "modify")), {"code_.py": whole(BROKEN)}, blames=Fault(500),
                  mends={"code_.py": Fault(500)})
    ran = tested.run(*RUN, script=script, settings=EACH)

    assert (ran.status, ran.files["code_.py"]["status"]) == (8, "approved")
    assert "not fixed: code_.py stays as it was" in ran.err


def test_a_linter_that_cannot_be_run_is_named_before_anything_is_written(linted: Project) -> None:
    ran = linted.run(*RUN, "--no-test", script=team(plan_of(planned("a.txt"))),
                     settings={"lint": {"command": "no-such-linter ."}})

    assert (ran.status, ran.json["error"]["code"], linted.has("a.txt")) == (2, "usage", False)
    assert "the lint command cannot be run" in ran.json["error"]["message"]
    assert "lint.command" in ran.json["error"]["hint"]


def test_a_file_that_is_taken_up_again_is_held_against_what_failed_before_it(tested: Project) -> None:
    tested.commit("test_code.py", TESTS + """
    def test_fails_already(self):
        self.fail()
""")
    plan = plan_of(planned("code_.py", "modify"))
    stopped = tested.run(*RUN, script=team(plan, {"code_.py": Fault(500)}), settings=EACH)
    assert stopped.status == 4

    script = team(drafts={"code_.py": whole(BROKEN)}, mends={"code_.py": whole(CODE + "# right\n")})
    ran = tested.run("resume", "--json", script=script, settings=EACH)
    assert (ran.status, tested.read("code_.py")) == (0, CODE + "# right\n"), ran.err
    assert "test_doubles" in ran.calls[-2].text and "test_fails_already" not in ran.calls[-2].text


def test_going_back_tests_each_file_again(tested: Project) -> None:
    plan = plan_of(planned("code_.py", "modify"), planned("b.txt", depends_on=["code_.py"]))
    drafts = {"code_.py": whole(BROKEN), "b.txt": whole("b\n")}
    spoiled = {"code_.py": [whole(BROKEN.replace("3", "4")), whole(BROKEN.replace("3", "5"))]}
    told = tested.run(*RUN, script=team(plan, drafts, blames=fixes(), mends=spoiled), settings=EACH)
    assert told.status == 8
    runs = len(_each(tested))

    script = team(drafts={"b.txt": whole("b\n"), "code_.py": whole(BROKEN + "# again\n")}, mends={
        "code_.py": whole(CODE + "# right\n"),
    })
    ran = tested.run("resume", "--from", "executing", "--yes", "--json", script=script)
    assert (ran.status, tested.read("code_.py")) == (0, CODE + "# right\n"), ran.err
    # b.txt was begun when nothing failed any more: what failed before going back is forgotten.
    assert [new for path, new in _each(tested)[runs:]] == [1, 0, 0]


def _each(project: Project) -> list[tuple[str, int]]:
    """The runs after files: which file, and how many failures were new."""
    told = [json.loads(row["data"]) for row in project.rows("SELECT data FROM events WHERE name = 'tests.ended'")]
    return [(data["path"], data["new"]) for data in told if data["path"]]

"""Runs whose linter and tests run after each file, killed among those: nothing asked twice, and the same tree."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from orchestra.demo.script import Answer, Call, Text
from tests.crashes.killed import IS_LONG, Ended, answered, run, stopped_at_call
from tests.flows.project import Project
from tests.flows.team import APPROVED, edit, fixes, plan_of, planned, whole

PATHS = ("a.txt", "b.txt", "c.txt")
RUN = ("run", "task", "--yes", "--commit")
LINT = "! grep -Hn TODO *.txt | sed 's/$/ is a mark/' | grep .\n"
TESTS = (
    "import unittest\n\n\nclass PairTest(unittest.TestCase):\n"
    "    def test_b(self):\n        self.assertNotIn('WRONG', open('b.txt').read())\n"
)
TREE = {"a.txt": b"first\na.txt\n", "b.txt": b"first\nright\n", "c.txt": b"first\nc.txt\n"}
KILLS = "grep -q ^a.txt a.txt && test ! -e ../killed && touch ../killed && kill -9 $(cat ../pid)\n"


def answer(call: Call) -> Answer:
    """A function of the call alone: c.txt is mended for the worse at first, and that is taken back."""
    role, path = call.model.partition("-")[0], call.file or ""
    if role == "auditor":
        return Text(APPROVED)
    if role == "architect":
        return Text(plan_of(*(planned(path, "modify") for path in PATHS), commit={
            "type": "feat", "scope": "", "subject": "three files", "body": "",
        }))
    if role == "executor":
        return Text(edit("before\n", "WRONG\n" if path == "b.txt" else f"TODO {path}\n"))
    if path == "":
        fails = call.text.rpartition("What fails:")[2]
        return Text(fixes(("c.txt", "no marks") if "is a mark" in fails else ("b.txt", "right")))
    if path == "b.txt":
        return Text(edit("WRONG\n", "right\n"))
    is_late = "to blame" in call.text or "no marks" in call.text
    return Text(whole("first\nTODO 1\nTODO two\n") if path == "c.txt" and not is_late else edit(
        f"TODO {path}\n", f"{path}\n"
    ))


@pytest.fixture
def looped(project: Project) -> Project:
    for path in PATHS:
        project.commit(path, "first\nbefore\n")
    project.commit("test_b.py", TESTS)
    project.commit("lint.sh", LINT)
    project.write("the-users.txt", "not ours\n")
    project.variables.update(
        ORCHESTRA_LINT__COMMAND="sh lint.sh", ORCHESTRA_LINT__WHEN="each", ORCHESTRA_TESTS__WHEN="each",
        ORCHESTRA_TESTS__SANDBOX="off",
    )
    return project


def check(project: Project, killed: Ended, asked: Counter[tuple[str, str | None]]) -> None:
    before = answered(project)
    resumed = run(project, "resume", "--yes", "--json", script=answer)

    assert killed.returncode == -signal.SIGKILL, killed.err
    assert resumed.returncode == 0, resumed.err
    assert Counter(resumed.asked) == asked - Counter(before)
    assert {path: project.tree()[path] for path in TREE} == TREE
    assert project.git("status", "--porcelain", "--", *PATHS) == ""


@pytest.fixture(scope="session")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Counter[tuple[str, str | None]]:
    """What is asked where nothing stops the run."""
    return Counter(
        [("architect", None), ("auditor", None), ("consultant", None)]
        + [(role, path) for path in PATHS for role in ("executor", "auditor", "consultant", "auditor")]
        + [("consultant", "c.txt"), ("auditor", "c.txt")]
    )


def test_a_run_that_nothing_stops(looped: Project, asked: Counter[tuple[str, str | None]]) -> None:
    ended = run(looped, *RUN, "--json", script=answer)

    assert ended.returncode == 0, ended.err
    assert Counter(ended.asked) == asked
    assert "more fails after the fix, so it is taken back: c.txt" in ended.err
    assert {path: looped.tree()[path] for path in TREE} == TREE


@pytest.mark.parametrize("number", [4, 5, 9, 13, 14, 16] if IS_LONG else [5, 14])
def test_killed_while_a_fix_is_answered(
    looped: Project, asked: Counter[tuple[str, str | None]], number: int
) -> None:
    check(looped, stopped_at_call(looped, number, *RUN, script=answer), asked)


def test_killed_while_the_linter_runs(looped: Project, asked: Counter[tuple[str, str | None]]) -> None:
    looped.commit("lint.sh", KILLS + LINT)
    killed = run(looped, *RUN, script=answer)

    assert (looped.folder / "killed").exists()
    check(looped, killed, asked)


def test_a_signal_ends_a_linter_that_hangs_while_other_files_wait_for_it(
    looped: Project, asked: Counter[tuple[str, str | None]]
) -> None:
    # Of a failing test it cannot be told which of three files under way is to blame.
    looped.variables["ORCHESTRA_TESTS__WHEN"] = "end"
    hangs = "test -e ../hung || ! grep -q TODO *.txt || { touch ../hung; kill $(cat ../pid); exec sleep 600; }\n"
    looped.commit("lint.sh", hangs + LINT)
    stopped = run(looped, *RUN, "--mode", "parallel", "--json", script=answer)
    assert stopped.json["exit_status"] == 143
    resumed = run(looped, "resume", "--yes", "--json", script=answer)

    assert resumed.returncode == 0, resumed.err
    assert Counter(answered(looped)) == asked + Counter([("consultant", None)])
    assert {path: looped.tree()[path] for path in TREE} == TREE

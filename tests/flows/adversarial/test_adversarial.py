"""Hostile plans and replies, each a file in `cases`: whatever they try, nothing but approved planned paths changes."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from orchestra.demo.script import Answer, Call
from tests.flows.adversarial.case import FOLDER, Case
from tests.flows.adversarial.ground import SECRET, prepare, trace_of
from tests.flows.project import Project, Ran
from tests.flows.team import one_file, plan_of, planned, team, whole

CASES = sorted(FOLDER.glob("*.json"))
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def test_there_are_as_many_cases_as_promised() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("file", CASES, ids=[file.stem for file in CASES])
def test_nothing_but_approved_paths_changes_and_nothing_secret_is_sent(project: Project, file: Path) -> None:
    case = Case.load(file)
    prepare(project)
    may_differ = {f"project/{path}" for path in case.written} | {"config.json", "plan.md"}
    may_differ |= {f"project/{path}" for path in _touched(case)}
    if case.commit is not None:
        may_differ.add("project/.git")
    before = trace_of(project.folder, but=may_differ)

    ran = _run(case, project)

    after = trace_of(project.folder, but=may_differ)
    if case.commit is not None:
        before, after = _without_git(before), _without_git(after)
    assert after == before
    _check_told(case, ran)
    for path, text in case.written.items():
        assert (project.read(path) if project.has(path) else None) == text
    if case.commit is not None:
        assert project.git("log", "-1", "--format=%B").strip("\n") == case.commit
        assert project.git("show", "--format=", "--name-only", "-z").split("\0")[:-1] == sorted(case.written)


def test_a_plan_that_was_edited_to_lead_out_while_it_awaited_approval_changes_nothing(project: Project) -> None:
    prepare(project)
    assert project.run("run", "task", script=one_file()).status == 3
    plan = project.state / "plan.md"
    plan.write_text(plan.read_text(encoding="utf-8").replace("a.txt", "../evil.txt"), encoding="utf-8")
    before = trace_of(project.folder, but=["config.json"])
    ran = project.run("resume", "--yes", "--json", script=one_file())

    assert (ran.status, ran.json["error"]["code"], ran.calls) == (5, "refused-path", ())
    assert trace_of(project.folder, but=["config.json"]) == before


def test_an_undo_does_not_follow_a_link_that_took_the_place_of_a_file_or_of_its_folder(project: Project) -> None:
    prepare(project)
    plan = plan_of(planned("a.txt"), planned("new/b.txt"), planned("c.txt"))
    drafts = {path: whole("ours\n") for path in ("a.txt", "new/b.txt", "c.txt")}
    assert project.run("run", "task", "--yes", script=team(plan, drafts)).status == 0
    (project.root / "a.txt").unlink()
    (project.root / "a.txt").symlink_to("../beside/precious.txt")
    (project.folder / "beside" / "b.txt").write_text("ours\n", encoding="utf-8")
    (project.root / "new").rename(project.root / "moved")
    (project.root / "new").symlink_to("../beside")
    before = trace_of(project.folder, but=["project/c.txt"])
    ran = project.run("undo", "--json")

    assert (ran.status, project.has("c.txt")) == (5, False)
    assert trace_of(project.folder, but=["project/c.txt"]) == before


def test_a_planned_rename_is_undone_to_the_byte(project: Project) -> None:
    prepare(project)
    (project.root / "src" / "app.py").chmod(0o750)
    before = trace_of(project.folder, but=["config.json"])
    plan = plan_of(planned("src/app.py", "delete"), planned("lib/deep/App.py"), planned("src/App.py"))
    drafts = {path: whole("x = 2\n") for path in ("lib/deep/App.py", "src/App.py")}
    assert project.run("run", "task", "--yes", script=team(plan, drafts)).status == 0
    assert not project.has("src/app.py") and project.read("src/App.py") == "x = 2\n"

    assert project.run("undo").status == 0
    assert trace_of(project.folder, but=["config.json"]) == before


def _run(case: Case, project: Project) -> Ran:
    todo = list(case.meanwhile)
    executors = case.executors()

    def executor(call: Call) -> Answer:
        while todo:
            _happen(project, *todo.pop(0))
        return executors(call)

    words = ["do what is asked"]
    if case.plan_file is not None:
        (project.folder / "plan.md").write_bytes(case.plan_file.encode("utf-8", "surrogatepass"))
        words = ["--plan", str(project.folder / "plan.md")]
    return project.run("run", *words, "--json", *case.flags, script=case.script(executor))


def _check_told(case: Case, ran: Ran) -> None:
    error = ran.json["error"]
    assert (ran.status, error and error["code"]) == (case.status, case.error), ran.out + ran.err
    assert case.calls is None or len(ran.calls) == case.calls
    for text in (ran.out, ran.err):
        assert not STEERING.search(text)
        assert SECRET not in text
    for call in ran.calls:
        assert SECRET not in call.text + call.system


def _touched(case: Case) -> list[str]:
    """What others change in the tree meanwhile."""
    paths = [path for _, path, *_ in case.meanwhile]
    return paths + [path + ".moved" for path in paths]


def _without_git(trace: dict[str, tuple[str, int, str]]) -> dict[str, tuple[str, int, str]]:
    return {path: seen for path, seen in trace.items() if not path.startswith("project/.git/")}


def _happen(project: Project, what: str, path: str, *more: str) -> None:
    place = project.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    if what == "link":
        place.symlink_to(*more)
    elif what == "pipe":
        os.mkfifo(place)
    elif what == "hard":
        os.link(project.root / more[0], place)
    elif what == "swap":
        place.rename(f"{place}.moved")
        place.symlink_to(*more)
    elif what == "write":
        place.write_text(*more, encoding="utf-8")
    else:
        raise AssertionError(what)

"""Watching: a clock whose sleeps are the moments at which somebody edits files."""

from __future__ import annotations

import signal
import sqlite3
from typing import Callable

import pytest

from orchestra.clock import CancelToken
from orchestra.demo.routes import by_role
from orchestra.demo.script import Answer, Call, Fault, Script
from orchestra.records import AGENT_ROLES
from tests.flows.hurried_clock import HurriedClock
from tests.flows.project import Project, Ran, Terminal
from tests.flows.team import APPROVED, block, edit, finding, plan_of, planned, team, whole

QUIET_SLEEPS = 12
"""So many sleeps after an edit the watch has either begun a round or will begin none."""
Edit = Callable[[], object]

CHAIN = plan_of(
    planned("a.txt"), planned("b.txt", depends_on=["a.txt"]), planned("c.txt", depends_on=["b.txt"]), planned("d.txt"),
)
DRAFTS = {"a.txt": whole("a\n"), "b.txt": whole("b\n"), "c.txt": whole("c\n"), "d.txt": whole("d\n")}
FIRST = [
    ("architect", None), ("executor", "a.txt"), ("auditor", "a.txt"), ("executor", "b.txt"), ("auditor", "b.txt"),
    ("executor", "c.txt"), ("auditor", "c.txt"), ("executor", "d.txt"), ("auditor", "d.txt"),
    ("auditor", None),
]

NOTHING = block({"summary": "Nothing to do.", "files": []})


class PersonsClock(HurriedClock):
    """While the watch sleeps, a person does one thing after another, and at last presses Ctrl-C."""

    def __init__(self, project: Project, edits: tuple[Edit, ...]) -> None:
        super().__init__()
        self._project = project
        self._edits = list(edits)
        self._slept = 0

    def sleep(self, seconds: float, cancel: CancelToken) -> None:
        super().sleep(seconds, cancel)
        self._slept += 1
        if self._slept % QUIET_SLEEPS == 0:
            if self._edits:
                self._edits.pop(0)()
            else:
                self._project.stop.request(signal.SIGINT)


def watched(project: Project, script: Script, *edits: Edit, flags: tuple[str, ...] = ("--yes",), **more: object) -> Ran:
    """A watch during which these edits happen, one after the other, each when the tree has been at rest."""
    project.clock = lambda: PersonsClock(project, edits)
    return project.run("watch", "task", "--poll", "--json", *flags, script=script, **more)  # type: ignore[arg-type]


def writing(project: Project, path: str, text: str) -> Edit:
    return lambda: project.write(path, text)


def saving_by_rename(project: Project, path: str, text: str) -> Edit:
    """As editors save: a lock, a backup, a temp file, and a rename."""
    def save() -> None:
        folder, _, name = path.rpartition("/")
        for beside in (f".{name}.swp", "4913", f"{name}~", f".#{name}", f"#{name}#"):
            project.write(f"{folder}/{beside}" if folder else beside, "not yet")
        project.write(f"{path}.tmp", text).rename(project.root / path)

    return save


def test_only_what_changed_and_what_depends_on_it_is_carried_out_again(project: Project) -> None:
    ran = watched(project, team(CHAIN, DRAFTS), writing(project, "b.txt", "mine\n"))

    again = [("executor", "b.txt"), ("auditor", "b.txt"), ("executor", "c.txt"), ("auditor", "c.txt")]
    assert ran.asked == FIRST + again
    first, second = ran.json["rounds"]
    assert (first["cause"], first["changed"], len(first["files"])) == ("start", [], 4)
    assert (second["cause"], second["changed"]) == ("change", ["b.txt"])
    assert [file["path"] for file in second["files"]] == ["b.txt", "c.txt"]
    assert second["session_id"] != first["session_id"]


def test_ctrl_c_ends_the_watch_with_its_status(project: Project) -> None:
    ran = watched(project, team(CHAIN, DRAFTS))

    assert (ran.status, ran.json["exit_status"]) == (130, 130)
    assert (ran.json["status"], ran.json["error"]) == ("interrupted", None)
    assert [kept["status"] for kept in ran.json["rounds"]] == ["completed"]


def test_its_own_writes_start_nothing(project: Project) -> None:
    ran = watched(project, team(CHAIN, DRAFTS), lambda: None, lambda: None)

    assert ran.asked == FIRST


def test_a_save_through_a_temp_file_and_a_rename_starts_one_round(project: Project) -> None:
    ran = watched(project, team(CHAIN, DRAFTS), saving_by_rename(project, "d.txt", "mine\n"), lambda: None)

    assert ran.asked == FIRST + [("executor", "d.txt"), ("auditor", "d.txt")]
    assert ran.json["rounds"][1]["changed"] == ["d.txt"]


def test_a_save_that_changes_nothing_starts_nothing(project: Project) -> None:
    ran = watched(project, team(CHAIN, DRAFTS), saving_by_rename(project, "d.txt", "d\n"))

    assert ran.asked == FIRST


def test_a_return_to_what_an_earlier_session_wrote_is_a_change(project: Project) -> None:
    # The third of them is what the first round left, but not what the last one did.
    script = team(plan_of(planned("a.txt")), {"a.txt": [whole("a\n"), whole("second\n"), whole("a\n")]})
    ran = watched(project, script, writing(project, "a.txt", "mine\n"), writing(project, "a.txt", "a\n"))

    assert [kept["changed"] for kept in ran.json["rounds"]] == [[], ["a.txt"], ["a.txt"]]


def test_ignored_files_start_nothing(project: Project) -> None:
    project.commit(".gitignore", "*.log\nbuild/\n")
    project.commit(".orchestraignore", "/scratch/\n")
    edits = [writing(project, path, "x\n") for path in ("out.log", "build/a.txt", "scratch/a.txt", ".git/x", ".env")]
    ran = watched(project, team(CHAIN, DRAFTS), *edits)

    assert ran.asked == FIRST


def test_only_wanted_paths_are_watched(project: Project) -> None:
    ran = watched(
        project, team(CHAIN, DRAFTS), writing(project, "a.txt", "x\n"), writing(project, "d.txt", "x\n"),
        settings={"watch": {"paths": ["d.*"]}},
    )

    assert ran.asked == FIRST + [("executor", "d.txt"), ("auditor", "d.txt")]


def test_a_file_outside_the_plan_is_shown_to_the_architect(project: Project) -> None:
    ran = watched(
        project, team([plan_of(planned("a.txt")), NOTHING], {"a.txt": whole("a\n")}),
        writing(project, "other.py", "x = 1\n"),
    )

    assert ran.asked == [("architect", None), ("executor", "a.txt"), ("auditor", "a.txt"), ("architect", None)]
    assert "=== other.py" in ran.calls[-1].text and "these files changed: other.py" in ran.calls[-1].text
    assert ran.json["rounds"][1]["status"] == "completed"


def test_a_new_plan_is_asked_about_and_an_approved_one_is_not(project: Project) -> None:
    script = team(
        [plan_of(planned("a.txt")), plan_of(planned("b.txt"))], {"a.txt": whole("a\n"), "b.txt": whole("b\n")},
    )
    ran = watched(
        project, script, writing(project, "a.txt", "mine\n"), writing(project, "other.py", "x\n"),
        flags=(), stdin=Terminal("a", "q"),
    )

    assert [kept["status"] for kept in ran.json["rounds"]] == ["completed", "completed", "rejected"]
    assert ran.err.count("[a]pprove") == 2
    assert ran.status == 130


def test_where_nobody_can_approve_the_watch_ends(project: Project) -> None:
    ran = watched(project, team(CHAIN), flags=())

    assert (ran.status, ran.json["error"]["code"], len(ran.json["rounds"])) == (3, "not-approved", 1)
    assert "waiting for changes" not in ran.err


def test_a_round_that_fails_does_not_end_the_watch(project: Project) -> None:
    script = team(
        plan_of(planned("a.txt")), {"a.txt": [whole("a\n"), whole("better\n")]}, [finding("no"), APPROVED],
    )
    ran = watched(project, script, writing(project, "a.txt", "mine\n"), settings={"max_iterations": 1})

    assert [kept["exit_status"] for kept in ran.json["rounds"]] == [1, 0]
    assert (ran.status, project.read("a.txt")) == (130, "better\n")


def test_a_plan_that_was_never_made_is_asked_for_again(project: Project) -> None:
    answers = iter([Fault(401, {"error": {"message": "no"}})])
    good = team(plan_of(planned("a.txt")), {"a.txt": whole("a\n")})
    ran = watched(project, lambda call: next(answers, None) or good(call), writing(project, "new.py", "x\n"))

    assert [kept["exit_status"] for kept in ran.json["rounds"]] == [4, 0]
    assert project.read("a.txt") == "a\n"


def test_a_change_that_the_architect_could_not_be_asked_about_goes_along_with_the_next(project: Project) -> None:
    answers = iter([None, Fault(401, {"error": {"message": "no"}})])
    drafts = team([plan_of(planned("a.txt")), NOTHING], {"a.txt": whole("a\n")})

    def failing(call: Call) -> Answer:
        return (next(answers, None) if call.model.startswith("architect") else None) or drafts(call)

    texts = {"mine\n": "new.py", "other\n": "a.txt", "third\n": "a.txt"}
    edits = [writing(project, path, text) for text, path in texts.items()]
    ran = watched(project, failing, *edits)

    assert [kept["exit_status"] for kept in ran.json["rounds"]] == [0, 4, 0, 0]
    assert [kept["changed"] for kept in ran.json["rounds"][1:]] == [["new.py"], ["a.txt", "new.py"], ["a.txt"]]


def test_a_planned_file_that_is_deleted_is_not_made_again(project: Project) -> None:
    ran = watched(project, team(CHAIN, DRAFTS), (project.root / "a.txt").unlink, (project.root / "d.txt").unlink)

    assert [[file["path"] for file in kept["files"]] for kept in ran.json["rounds"][1:]] == [["b.txt", "c.txt"]]
    assert not project.has("a.txt") and not project.has("d.txt")


@pytest.mark.parametrize("back", [False, True])
def test_what_was_deleted_stays_so_when_later_rounds_come(project: Project, back: bool) -> None:
    edits = [(project.root / "b.txt").unlink, writing(project, "a.txt", "mine\n")]
    ran = watched(project, team(CHAIN, DRAFTS), *edits, *([writing(project, "b.txt", "mine\n")] if back else []))

    rounds = [[file["path"] for file in kept["files"]] for kept in ran.json["rounds"][1:]]
    assert rounds == [["c.txt"], ["a.txt", "c.txt"], *([["b.txt", "c.txt"]] if back else [])]
    assert project.has("b.txt") is back


def test_what_somebody_deleted_while_it_was_worked_on_is_not_tried_again(project: Project) -> None:
    project.write("d.txt", "old\n")
    drafts, deletes = team(CHAIN, DRAFTS), iter([(project.root / "d.txt").unlink])

    def deleting(call: Call) -> Answer:
        if call.model.startswith("executor") and call.file == "d.txt":
            next(deletes, lambda: None)()
        return drafts(call)

    ran = watched(project, deleting, writing(project, "a.txt", "mine\n"))

    assert ran.json["rounds"][0]["exit_status"] == 5
    assert [file["path"] for file in ran.json["rounds"][1]["files"]] == ["a.txt", "b.txt", "c.txt"]
    assert not project.has("d.txt")


def test_a_branch_switch_is_one_round(project: Project) -> None:
    project.git("checkout", "--quiet", "-b", "other")
    for number in range(30):
        project.write(f"src/{number}.py", f"x = {number}  # mine AI!\n")
    project.git("add", ".")
    project.git("commit", "--quiet", "--message=more")
    project.git("checkout", "--quiet", "main")
    ran = watched(
        project, team([plan_of(planned("a.txt")), NOTHING], {"a.txt": whole("a\n")}),
        lambda: project.git("checkout", "--quiet", "other"),
    )

    # What is committed asks for nothing: it may be somebody else's.
    assert [kept["cause"] for kept in ran.json["rounds"]] == ["start", "change"]
    assert len(ran.json["rounds"][1]["changed"]) == 30


def test_a_comment_is_a_task_of_its_own(project: Project) -> None:
    project.commit("src/m.py", "def f():\n    return 1\n")
    text = "def f():\n    # return two, AI\n    # and nothing else AI!\n    return 1\n"
    script = team(
        [plan_of(planned("a.txt")), plan_of(planned("src/m.py", "modify"))],
        {"a.txt": whole("a\n"), "src/m.py": whole("def f():\n    return 2\n")},
    )
    ran = watched(project, script, writing(project, "src/m.py", text), lambda: None)

    first, second = ran.json["rounds"]
    assert (second["cause"], second["changed"], second["status"]) == ("comment", ["src/m.py"], "completed")
    assert second["task"].startswith("return two\nand nothing else\n")
    assert "# and nothing else AI!" in ran.calls[3].text and "=== src/m.py" in ran.calls[3].text
    assert project.read("src/m.py") == "def f():\n    return 2\n"


def test_comments_that_stand_there_from_the_start_are_seen_to_once(project: Project) -> None:
    project.commit("m.py", "x = 1\n")
    project.write("m.py", "# two AI!\nx = 1\n")
    project.write("n.py", "# three AI!\nx = 1\n")
    project.write(".env", "# four AI!\n")
    # Of a repository that was cloned they are nobody's wish here.
    project.commit("others.py", "# five AI!\n")
    script = team(
        [plan_of(planned("a.txt")), plan_of(planned("m.py", "modify")), plan_of(planned("n.py", "modify"))],
        {"a.txt": whole("a\n"), "m.py": whole("x = 2\n"), "n.py": edit("x = 1\n", "x = 3\n")},
    )
    ran = watched(project, script, lambda: None, lambda: None)

    assert [kept["task"].split("\n")[0] for kept in ran.json["rounds"]] == ["task", "two", "three"]
    assert "2 comments to be seen to after the task: m.py, n.py" in ran.err
    assert (project.read("m.py"), project.read("n.py")) == ("x = 2\n", "# three AI!\nx = 3\n")


def test_outside_of_git_a_folder_is_watched_as_well(plain_folder: Project) -> None:
    plain_folder.write(".orchestraignore", "*.out\n")
    script = team(
        [plan_of(planned("a.txt")), plan_of(planned("m.js", "modify"))],
        {"a.txt": whole("a\n"), "m.js": whole("x = 2;\n")},
    )
    ran = watched(
        plain_folder, script, writing(plain_folder, "__pycache__/a.pyc", "x"), writing(plain_folder, "a.out", "x"),
        writing(plain_folder, "m.js", "// two AI!\nx = 1;\n"),
    )

    assert [(kept["cause"], kept["changed"]) for kept in ran.json["rounds"]] == [("start", []), ("comment", ["m.js"])]


def test_a_comment_that_a_model_wrote_asks_for_nothing(project: Project) -> None:
    ran = watched(project, team(plan_of(planned("a.py")), {"a.py": whole("# add more AI!\n")}), lambda: None)

    assert [kept["cause"] for kept in ran.json["rounds"]] == ["start"]


def test_each_of_two_comments_is_a_task_unless_the_first_change_took_both_away(project: Project) -> None:
    both = "# one AI!\nx = 1\n# two AI!\n"
    script = team(
        [plan_of(planned("a.txt")), plan_of(planned("m.py", "modify")), plan_of(planned("m.py", "modify")),
         plan_of(planned("m.py", "modify"))],
        {"a.txt": whole("a\n"), "m.py": [whole("x = 1\n# two AI!\n"), whole("x = 1\n"), whole("x = 3\n")]},
    )
    ran = watched(project, script, writing(project, "m.py", both), writing(project, "m.py", both))

    assert [kept["task"].split("\n")[0] for kept in ran.json["rounds"]] == ["task", "one", "two", "one"]


def test_a_comment_that_stays_is_told_and_not_asked_again(project: Project) -> None:
    script = team(
        [plan_of(planned("a.txt")), plan_of(planned("m.py", "modify")), NOTHING],
        {"a.txt": whole("a\n"), "m.py": edit("x = 1\n", "x = 2\n")},
    )
    ran = watched(
        project, script, writing(project, "m.py", "# two AI!\nx = 1\n"),
        writing(project, "m.py", "# two AI!\nx = 2\n\n"), settings={"watch": {"paths": ["m.py"]}},
    )

    assert "the comment in m.py is still there" in ran.err
    assert [kept["cause"] for kept in ran.json["rounds"]] == ["start", "comment", "change"]


def test_the_reports_that_tests_leave_do_not_keep_it_going(project: Project) -> None:
    project.write("tests.sh", "date +%s%N > report-$$.xml; date +%s%N > last.xml\n")
    project.git("add", "."), project.git("commit", "--quiet", "--message=tests")
    ran = watched(
        project,
        team(
            [plan_of(planned("a.txt")), plan_of(planned("b.txt")), NOTHING],
            {"a.txt": whole("a\n"), "b.txt": whole("b\n")},
        ),
        lambda: None, lambda: None,
        settings={"tests": {"command": "sh tests.sh", "run": True, "sandbox": "off"}},
    )

    assert [kept["cause"] for kept in ran.json["rounds"]] == ["start", "change"]


def test_another_run_may_work_beside_a_waiting_watch(project: Project) -> None:
    script = by_role(
        architect=[plan_of(planned("a.txt")), plan_of(planned("z.txt"))], executor=whole("a\n"), auditor=APPROVED,
    )
    other: list[int] = []

    def run_beside() -> None:
        beside = Project(project.folder, project.variables)
        other.append(beside.run("--config", str(project.folder / "config.json"), "run", "x", "--yes").status)

    ran = watched(project, script, run_beside, lambda: None)

    # What the other run wrote is no change of the user's.
    assert other == [0] and project.has("z.txt")
    assert len(ran.json["rounds"]) == 1


def test_a_held_repository_is_waited_for(project: Project) -> None:
    held: list[object] = []

    def hold() -> None:
        from orchestra.state.lock import RepositoryLock
        held.append(RepositoryLock(project.state, now=HurriedClock().now()))
        project.write("d.txt", "mine\n")

    ran = watched(
        project, team(CHAIN, DRAFTS), hold, lambda: held.pop().release(), lambda: None,  # type: ignore[attr-defined]
    )

    assert ran.err.count("another run holds this repository") == 1
    assert [kept["changed"] for kept in ran.json["rounds"]] == [[], ["d.txt"]]


def test_a_signal_ends_it_also_while_another_program_holds_the_journal(project: Project) -> None:
    other: list[sqlite3.Connection] = []

    def hold(call: Call) -> Answer:
        if not other:
            other.append(sqlite3.connect(project.state / "state.db", isolation_level=None, check_same_thread=False))
            other[0].execute("BEGIN IMMEDIATE")
            project.stop.request(signal.SIGINT)
        return Fault(503)

    ran = watched(project, hold)
    other[0].close()

    assert (ran.status, ran.json["status"]) == (130, "interrupted")


def test_the_time_given_is_that_of_the_whole_watch(project: Project) -> None:
    ran = watched(project, team(CHAIN, DRAFTS), *[lambda: None] * 9, flags=("--yes", "--timeout", "5"))

    assert (ran.status, ran.json["status"], ran.json["error"]["code"]) == (7, "limited", "limit")
    assert ran.json["rounds"][0]["status"] == "completed"


def test_the_budget_is_that_of_the_whole_watch(project: Project) -> None:
    dear = {f"{role}-model": {"price_input": 10, "price_output": 10, "max_output": 500} for role in AGENT_ROLES}
    edits = [writing(project, "a.txt", f"{number}\n") for number in range(9)]
    ran = watched(
        project, team(plan_of(planned("a.txt")), {"a.txt": whole("a\n")}), *edits,
        flags=("--yes", "--max-cost", "0.07"), provider_settings={"models": dear},
    )

    assert (ran.status, ran.json["status"]) == (7, "limited")
    assert 1 < len(ran.json["rounds"]) < 9
    assert sum(kept["metrics"]["total_cost_estimate"] or 0 for kept in ran.json["rounds"]) <= 0.07


def test_a_stream_tells_of_rounds_and_ends_with_the_result(project: Project) -> None:
    project.clock = lambda: PersonsClock(project, (writing(project, "d.txt", "mine\n"),))
    ran = project.run("watch", "task", "--poll", "--json-stream", "--yes", script=team(CHAIN, DRAFTS))

    names = [line.get("event") for line in ran.lines]
    assert names[0] == "watch.started" and names.count("watch.round") == 2
    assert len(ran.lines[-1]["rounds"]) == 2 and ran.lines[-1]["schema"] == 1


def test_people_read_of_each_round(project: Project) -> None:
    project.clock = lambda: PersonsClock(project, (writing(project, "d.txt", "mine\n"),))
    ran = project.run("watch", "task", "--poll", "--yes", script=team(CHAIN, DRAFTS))

    assert ran.out.count("completed: Do what was asked.") == 2
    assert "interrupted: the watch is over after 2 rounds" in ran.out
    assert "round 2: 1 file of the plan" in ran.err and "changed: d.txt" in ran.err
    assert ran.err.count("waiting for changes") == 2


@pytest.mark.parametrize("path", ["../other", "/etc", "~/x"])
def test_a_path_outside_the_project_is_refused(project: Project, path: str) -> None:
    ran = watched(project, team(), settings={"watch": {"paths": [path]}})

    assert (ran.status, ran.json["rounds"], ran.json["error"]["code"]) == (2, [], "config")


def test_what_is_wrong_with_the_order_is_said_before_anything_is_watched(project: Project) -> None:
    ran = project.run("watch", "task", "--json")

    assert (ran.status, ran.json["status"], ran.json["rounds"]) == (2, "failed", [])

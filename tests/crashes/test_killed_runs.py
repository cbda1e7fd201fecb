"""A run killed in the middle, taken up by resume: nothing asked twice, the same tree, the same commit."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import dataclass

import pytest

from orchestra.demo.script import Answer, Call
from tests.crashes.killed import (
    CALLS, CREATED, IS_LONG, Ended, answer, answered, killed_after_event, new_project, run, started, stopped_at_call,
)
from tests.flows.project import Project

RUN = ("run", "ten files", "--yes", "--commit")


@dataclass(frozen=True)
class Uninterrupted:
    """What a run that nothing stops comes to."""

    tree: dict[str, bytes]
    head: str
    asked: Counter[tuple[str, str | None]]
    files: list[dict[str, object]]


@pytest.fixture(scope="session")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Uninterrupted:
    project = new_project(tmp_path_factory.mktemp("uninterrupted") / "whole")
    ended = run(project, *RUN, "--json")
    assert ended.returncode == 0, ended.err
    assert len(ended.calls) == CALLS
    return Uninterrupted(project.tree(), project.head(), Counter(ended.asked), ended.json["files"])


def check(project: Project, killed: Ended, uninterrupted: Uninterrupted, status: int = -signal.SIGKILL) -> None:
    """Take the session up, and hold the end against that of the uninterrupted run."""
    before = answered(project)
    resumed = run(project, "resume", "--yes", "--json")

    assert killed.returncode == status, killed.err
    assert resumed.returncode == 0, resumed.err
    assert Counter(resumed.asked) == uninterrupted.asked - Counter(before)
    assert Counter(answered(project)) == uninterrupted.asked
    assert project.tree() == uninterrupted.tree
    assert project.head() == uninterrupted.head
    assert project.git("status", "--porcelain") == "?? the-users.txt\n"
    assert resumed.json["files"] == uninterrupted.files
    assert resumed.json["commit"]["sha"] == uninterrupted.head
    assert list((project.state / "tmp").iterdir()) == []
    assert [row["can_resume"] for row in project.rows("SELECT can_resume FROM sessions")] == [0]


def test_the_run_that_nothing_stops_does_what_was_planned(uninterrupted: Uninterrupted) -> None:
    assert set(uninterrupted.tree) == {
        *CREATED, "program.py", "modified1.txt", "modified2.txt", "last.txt", "the-users.txt",
    }
    assert uninterrupted.tree["new2.txt"] == b"mended\n"
    assert uninterrupted.tree["modified2.txt"] == b"first\nafter\nlast\n"
    assert max(uninterrupted.asked.values()) == 2


@pytest.mark.parametrize("number", [1, 2, 3, 6, 7, 13, 14, 19, CALLS] if IS_LONG else [1, 3, 13, CALLS])
def test_killed_while_a_call_is_being_answered(
    project: Project, uninterrupted: Uninterrupted, number: int
) -> None:
    killed = stopped_at_call(project, number, *RUN)

    assert len(answered(project)) == number - 1, "every answer that was given is kept"
    check(project, killed, uninterrupted)


@pytest.mark.parametrize("number", [1, 4, 6, 9, 15, 25, 31, 40, 60] if IS_LONG else [1, 9, 31, 60])
def test_killed_at_the_moment_of_an_event(project: Project, uninterrupted: Uninterrupted, number: int) -> None:
    check(project, killed_after_event(project, number, *RUN), uninterrupted)


@pytest.mark.parametrize("mode", ["parallel", "pipeline"])
@pytest.mark.parametrize("number", [4, 12])
def test_killed_with_several_files_under_way(
    project: Project, uninterrupted: Uninterrupted, mode: str, number: int
) -> None:
    check(project, stopped_at_call(project, number, *RUN, "--mode", mode), uninterrupted)


def test_killed_again_and_again(project: Project, uninterrupted: Uninterrupted) -> None:
    stopped_at_call(project, 4, *RUN)
    for _ in range(3):
        killed = stopped_at_call(project, 4, "resume", "--yes")
        assert len(killed.calls) == 4
    check(project, stopped_at_call(project, 2, "resume", "--yes"), uninterrupted)


def test_killed_while_the_tests_run(project: Project, uninterrupted: Uninterrupted) -> None:
    # Confined, they could neither tell nor kill.
    project.variables["ORCHESTRA_TESTS__SANDBOX"] = "off"
    command = "test -e new1.txt && test ! -e ../killed && touch ../killed && kill -9 $(cat ../pid); true"
    killed = run(project, *RUN, "--test-command", command)

    assert (project.folder / "killed").exists()
    check(project, killed, uninterrupted)


@pytest.mark.parametrize("hook", ["pre-commit", "post-commit"])
def test_killed_while_git_commits(project: Project, uninterrupted: Uninterrupted, hook: str) -> None:
    project.hook(hook, "test -e ../killed && exit 0\ntouch ../killed\nkill -9 $(cat ../pid)\n")
    killed = run(project, *RUN)

    assert (project.folder / "killed").exists()
    check(project, killed, uninterrupted)


def test_killed_after_a_commit_with_what_a_hook_made_of_a_file(project: Project) -> None:
    project.hook("pre-commit", "echo formatted > new1.txt\ngit add new1.txt\n")
    project.hook("post-commit", "kill -9 $(cat ../pid)\n")
    killed = run(project, *RUN)
    assert killed.returncode == -signal.SIGKILL, killed.err
    resumed = run(project, "resume", "--yes", "--json")

    assert (resumed.returncode, resumed.json["commit"]["sha"]) == (0, project.head())
    assert project.git("status", "--porcelain") == "?? the-users.txt\n"
    assert run(project, "undo").returncode == 0
    assert not project.has("new1.txt")


@pytest.mark.parametrize("by, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_a_signal_stops_the_run_cleanly_and_it_can_go_on(
    project: Project, uninterrupted: Uninterrupted, by: signal.Signals, status: int
) -> None:
    stopped = stopped_at_call(project, 9, *RUN, "--json", by=by)

    assert stopped.json["status"] == "interrupted"
    assert stopped.json["exit_status"] == stopped.returncode
    assert project.rows("SELECT count(*) AS running FROM steps WHERE status = 'running'") == [{"running": 0}]
    check(project, stopped, uninterrupted, status=status)


def test_a_signal_ends_tests_that_hang(project: Project, uninterrupted: Uninterrupted) -> None:
    project.variables["ORCHESTRA_TESTS__SANDBOX"] = "off"
    command = "test -e new1.txt && test ! -e ../hung && touch ../hung && kill $(cat ../pid) && exec sleep 600; true"
    stopped = run(project, *RUN, "--test-command", command, "--json")

    assert stopped.json["exit_status"] == 143
    check(project, stopped, uninterrupted, status=143)


def test_a_second_run_is_refused_while_the_first_is_alive(project: Project) -> None:
    refused: list[Ended] = []

    def script(call: Call) -> Answer:
        if call.number == 2:
            refused.append(run(project, "run", "something else", "--yes", "--json"))
        return answer(call)

    with started(project, *RUN, script=script) as first:
        ended = first.end()

    assert ended.returncode == 0, ended.err
    assert (refused[0].returncode, refused[0].json["error"]["code"]) == (6, "state-held")
    assert refused[0].calls == ()

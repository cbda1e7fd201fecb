"""A git that never comes back, and what ends the program: a signal, or its time."""

from __future__ import annotations

import os
import select
import shutil
import signal
from typing import Iterator

import pytest

from tests.crashes.killed import IS_LONG, Ended, run, started
from tests.flows.project import Project
from tests.strays import strays

RUN = ("run", "ten files", "--yes", "--commit", "--no-test")
FIRST_OF_SESSION, BASELINE, IN_FILES, AT_COMMIT, ADD, AFTER_COMMIT = 5, 9, 13, 20, 24, 26
"""Which of that run's calls of git does what."""
CALLS = [1, 2, 3, 4, FIRST_OF_SESSION, BASELINE, IN_FILES, AT_COMMIT, ADD, AFTER_COMMIT]
ALL_CALLS = list(range(1, 28))
OTHERS = [
    ("plan", "ten files"), ("resume",), ("watch", "ten files", "--yes"), ("undo",), ("verify",), ("diff",),
    ("context", "ten files"), ("doctor",), ("status",), ("sessions",), ("log",), ("report",),
]
_GIT = """#!/bin/sh
# The n-th call says so, and hangs with whatever it has started.
echo >> "{folder}/git-calls"
if [ "$(wc -l < "{folder}/git-calls")" -eq "$(cat "{folder}/hangs-at")" ]; then
    echo "$*" > "{folder}/hanging"
    sleep 1000
    exit 1
fi
exec {git} "$@"
"""


class HangingGit:
    """The git that the program finds."""

    def __init__(self, project: Project) -> None:
        self._folder = project.folder
        folder = project.folder / "bin"
        folder.mkdir()
        program = folder / "git"
        program.write_text(_GIT.format(folder=project.folder, git=shutil.which("git")))
        program.chmod(0o755)
        os.mkfifo(project.folder / "hanging")
        self._told = os.open(project.folder / "hanging", os.O_RDWR | os.O_NONBLOCK)
        self.hang_at(0)
        project.variables["PATH"] = f"{folder}:{project.variables['PATH']}"

    def hang_at(self, call: int) -> None:
        """The call with this number, from now on."""
        (self._folder / "git-calls").write_text("")
        (self._folder / "hangs-at").write_text(str(call))

    def wait(self) -> str:
        """Come back when it hangs, with what it was asked."""
        assert select.select([self._told], [], [], 60)[0], "git was not called so often"
        return os.read(self._told, 65536).decode()

    def close(self) -> None:
        os.close(self._told)


@pytest.fixture
def git(project: Project) -> Iterator[HangingGit]:
    hanging = HangingGit(project)
    yield hanging
    hanging.close()


def stopped(project: Project, git: HangingGit, *argv: str, by: int = signal.SIGINT) -> Ended:
    """The program, sent a signal as soon as git hangs."""
    with started(project, *argv) as running:
        git.wait()
        running.process.send_signal(by)
        return running.end()


@pytest.mark.parametrize("call", ALL_CALLS if IS_LONG else CALLS)
def test_a_signal_gets_through_to_a_run_whose_git_hangs(project: Project, git: HangingGit, call: int) -> None:
    git.hang_at(call)
    ended = stopped(project, git, *RUN)
    assert (ended.returncode, strays(project.root)) == (130, []), ended.err
    git.hang_at(0)
    if call >= FIRST_OF_SESSION:
        assert "orchestra resume" in ended.out + ended.err
        assert run(project, "resume", "--yes").returncode == 0
        assert project.git("log", "--format=%s").splitlines().count("feat: ten files at once") == 1
        assert project.git("status", "--porcelain") == "?? the-users.txt\n"
    else:
        assert run(project, "resume").returncode == 2


@pytest.mark.parametrize("by, status", [(signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_so_does_any_other_that_stops(project: Project, git: HangingGit, by: signal.Signals, status: int) -> None:
    git.hang_at(1)
    ended = stopped(project, git, *RUN, by=by)
    assert (ended.returncode, strays(project.root)) == (status, [])


@pytest.mark.parametrize("call", ALL_CALLS if IS_LONG else [1, BASELINE, IN_FILES, AFTER_COMMIT])
def test_time_that_is_up_gets_through_to_it(project: Project, git: HangingGit, call: int) -> None:
    git.hang_at(call)
    ended = run(project, *RUN, "--timeout", "3", "--json")
    assert (ended.returncode, ended.json["status"], strays(project.root)) == (7, "limited", []), ended.err
    assert ended.json["can_resume"] is (call >= FIRST_OF_SESSION)


@pytest.mark.parametrize("argv", OTHERS, ids=lambda argv: argv[0])
def test_a_signal_gets_through_to_every_command(project: Project, git: HangingGit, argv: tuple[str, ...]) -> None:
    git.hang_at(1)
    ended = stopped(project, git, *argv)
    assert (ended.returncode, strays(project.root)) == (130, [])


def test_an_undo_that_is_done_is_told_though_git_hangs_after_it(project: Project, git: HangingGit) -> None:
    assert run(project, *RUN).returncode == 0
    git.hang_at(4)
    ended = stopped(project, git, "undo", "--json")
    assert (ended.returncode, strays(project.root)) == (0, [])
    assert {file["status"] for file in ended.json["files"]} == {"reverted"}
    assert not project.has("last.txt")

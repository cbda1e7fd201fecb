"""The screen view in a real terminal: at three sizes, steered by keys, and given back however the run ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
from pathlib import Path
from typing import Callable, Iterator

import pytest

from orchestra.demo.provider import ScriptedProvider
from orchestra.demo.script import Answer, Call, Fault
from tests.crashes.killed import answer, config_of
from tests.crashes.tmux import PATIENCE_S, Window
from tests.flows.project import Project

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed (apt install tmux)")


class Stage:
    """The program in a window, and a provider whose executors answer once they may."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.may_write = threading.Event()
        self._executors = threading.Semaphore(0)
        self.fails = False
        self.provider = ScriptedProvider(self._answer)
        self.windows: list[Window] = []

    def _answer(self, call: Call) -> Answer:
        if self.fails:
            return Fault(401, {"error": {"message": "bad key"}})
        if call.model.startswith("executor"):
            self._executors.release()
            assert self.may_write.wait(PATIENCE_S)
        return answer(call)

    def wait_for_executors(self, calls: int) -> None:
        """Until so many have been asked; for one test only once."""
        for _ in range(calls):
            assert self._executors.acquire(timeout=PATIENCE_S)

    def asked(self, role: str) -> int:
        return sum(call.model.startswith(role) for call in self.provider.calls)

    def open(self, *argv: str, command: str = "run", term: str = "") -> Window:
        words = ["--config", config_of(self.project, self.provider), command, "ten files", "--no-test", *argv]
        window = Window(self.project.folder, self.project.variables, self.project.root, words, term)
        self.windows.append(window)
        return window

    def working(self) -> Window:
        """A window whose run has been approved and waits for four executors."""
        window = self.open("--mode", "parallel", "--max-concurrency", "4")
        window.wait_for("a approve")
        window.press("a")
        window.wait_for("executor-mod")
        return window


@pytest.fixture
def stage(project: Project) -> Iterator[Stage]:
    stage = Stage(project)
    with stage.provider:
        yield stage
        stage.may_write.set()
        for window in stage.windows:
            window.close()


def pid_of(project: Project) -> int:
    return int(json.loads((project.state / "lock").read_text())["pid"])


def test_a_run_is_approved_seen_at_three_sizes_paused_and_finished_by_keys(stage: Stage) -> None:
    window = stage.open("--mode", "parallel", "--max-concurrency", "4")
    plan = window.wait_for("a approve")
    assert "The plan: 10 files" in plan and "+ create  new1.txt" in plan
    window.press("a")

    large = window.wait_for("executor-mod")
    assert "ten files" in large and "0 of 10 files" in large and "plan > approve > execute" in large
    for path in ("new1.txt", "new2.txt", "new3.txt", "new4.txt"):
        window.wait_for(path)
    window.resize(60, 15)
    middle = window.wait_for("p pause", absent="executor-mod")
    assert "0 of 10 files" in middle and middle.count("executor") == 4
    window.resize(20, 5)
    small = window.wait_for("p d l")
    assert "0 of 10 files" in small and "executor" in small
    window.resize(100, 30)
    window.wait_for("executor-mod")

    window.press("p")
    window.wait_for("PAUSED")
    stage.may_write.set()
    # Four that were at work, one of which is shown the files it asks for, and for a moment is no agent's.
    stage.wait_for_executors(5)
    assert "waiting " in window.wait_for("PAUSED", absent="executor ")
    assert (stage.asked("executor"), stage.asked("auditor")) == (5, 0)
    window.press("p")

    window.wait_for("over")
    assert "status 0" in window.text() and window.is_restored()
    assert "new1.txt" in window.result() and "\x1b" not in window.result()
    assert stage.project.has("new1.txt")


def press_ctrl_c(window: Window, project: Project) -> None:
    window.press("C-c")


def press_q_twice(window: Window, project: Project) -> None:
    window.press("q", "q")


def terminate(window: Window, project: Project) -> None:
    os.kill(pid_of(project), signal.SIGTERM)


@pytest.mark.parametrize("stop, status", [(press_ctrl_c, 130), (press_q_twice, 130), (terminate, 143)])
def test_a_stopped_run_gives_the_terminal_back(
    stage: Stage, stop: Callable[[Window, Project], None], status: int
) -> None:
    window = stage.working()
    stop(window, stage.project)
    window.wait_for("over")
    assert f"status {status}" in window.text() and window.is_restored()


@pytest.mark.parametrize("stop, status", [(press_ctrl_c, 130), (terminate, 143)])
def test_a_stop_at_the_question_gives_the_terminal_back(
    stage: Stage, stop: Callable[[Window, Project], None], status: int
) -> None:
    window = stage.open()
    window.wait_for("a approve")
    stop(window, stage.project)
    window.wait_for("over")
    assert f"status {status}" in window.text() and window.is_restored()


def test_a_failed_run_gives_the_terminal_back(stage: Stage) -> None:
    stage.fails = True
    window = stage.open()
    window.wait_for("over")
    assert "status 4" in window.text() and "orchestra: error" in window.text() and window.is_restored()


def test_a_suspended_run_leaves_a_usable_terminal_and_comes_back(stage: Stage) -> None:
    window = stage.working()
    window.press("C-z")
    assert "executor-mod" not in window.wait_for("over") and window.is_restored()
    window.press("fg; echo in the end $?", "Enter")
    window.wait_for("executor-mod")
    stage.may_write.set()
    window.wait_for("in the end 0")


def test_a_plan_is_edited_with_the_terminal_lent(stage: Stage, tmp_path: Path) -> None:
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\nstty -a | grep -q -- -icanon && exit 9\nsed -i "s/Do what was asked/Do less/" "$1"\n')
    editor.chmod(0o755)
    stage.project.variables["EDITOR"] = str(editor)
    window = stage.open()
    window.wait_for("Do what was asked.")
    window.press("e")
    window.wait_for("Do less.")
    window.press("q")
    window.wait_for("over")
    assert "status 3" in window.text() and window.is_restored()


def test_each_round_of_a_watch_has_the_screen_and_gives_it_back(stage: Stage) -> None:
    window = stage.open(command="watch")
    window.wait_for("a approve")
    window.press("a")
    window.wait_for("executor-mod")
    stage.may_write.set()
    window.wait_for("waiting for changes", absent="executor-mod")
    stage.may_write.clear()
    stage.project.write("modified1.txt", "first\nmine\nlast\n")
    window.wait_for("executor-mod")
    stage.may_write.set()
    window.wait_for("waiting for changes", absent="executor-mod")
    window.press("C-c")
    window.wait_for("over")
    assert "status 130" in window.text() and window.is_restored()


def test_a_terminal_that_nobody_knows_gets_lines(stage: Stage) -> None:
    window = stage.open("--yes", "--view", "screen", term="no-such-terminal")
    window.wait_for("is not known here")
    stage.may_write.set()
    window.wait_for("over")
    assert "status 0" in window.text()

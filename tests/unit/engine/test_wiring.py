from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, Mapping

import pytest

from orchestra.agents.plan_file import PlanFile
from orchestra.clock import CancelToken, SystemClock
from orchestra.config.settings import AgentChains, CommitSettings, ProviderSettings, Settings, TestsSettings
from orchestra.engine.approval import approve_all
from orchestra.engine.order import Options, Order, check_order
from orchestra.engine.wiring import wire
from orchestra.engine.workplace import new_session, open_workplace
from orchestra.environment import Environment
from orchestra.errors import ConfigError, ExitStatus, NoProviderError, StateError, StateHeld, UsageError
from orchestra.records import AGENT_ROLES, Plan, PlannedFile, Task
from orchestra.workspace.git import Git
from orchestra.workspace.sandbox.layers import REQUIRED
from orchestra.workspace.sandbox.sandbox import Sandbox
from tests.unit.fake_clock import FakeClock

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
LOCAL = ProviderSettings(protocol="openai-chat", base_url="http://127.0.0.1:9/v1")
CHAIN = ("local/m",)
SETTINGS = Settings(providers={"local": LOCAL}, agents=AgentChains(CHAIN, CHAIN, CHAIN, CHAIN))
NO_ARCHITECT = replace(SETTINGS, agents=AgentChains((), CHAIN, CHAIN, CHAIN))
GIVEN = PlanFile(Plan("a plan", ()), "a task")


def environment(root: Path, variables: Mapping[str, str] | None = None) -> Environment:
    clean = {"PATH": os.environ["PATH"], **(variables or {})}
    return Environment(io.StringIO(), io.StringIO(), io.StringIO(), clean, root, FakeClock())


def order(root: Path, settings: Settings = SETTINGS, **more: Any) -> Order:
    return Order(
        root=root, git=None, settings=settings, kept_config={}, options=more.pop("options", Options()),
        approver=approve_all("test"), **more,
    )


# The workplace


def test_a_workplace_is_held_while_it_is_open_and_free_afterwards(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with open_workplace(tmp_path, None, env) as workplace:
        assert workplace.folder == tmp_path / ".orchestra"
        with pytest.raises(StateHeld):
            with open_workplace(tmp_path, None, env):
                pass
        assert workplace.journal.sessions.all() == []
    with open_workplace(tmp_path, None, env):
        pass
    with pytest.raises(StateError):
        workplace.journal.sessions.all()


def test_a_workplace_is_free_even_after_what_went_wrong_in_it(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        with open_workplace(tmp_path, None, environment(tmp_path)):
            raise KeyError("a defect")
    with open_workplace(tmp_path, None, environment(tmp_path)):
        pass


def test_a_journal_that_cannot_be_opened_leaves_the_workplace_free(tmp_path: Path) -> None:
    (tmp_path / ".orchestra").mkdir()
    (tmp_path / ".orchestra" / "state.db").write_bytes(b"not a database at all" * 100)
    for _ in range(2):
        with pytest.raises(StateError, match="damaged|cannot be"):
            with open_workplace(tmp_path, None, environment(tmp_path)):
                pass


@needs_git
def test_a_state_folder_that_git_tracks_is_refused_and_the_way_out_named(tmp_path: Path) -> None:
    env = environment(tmp_path, {"HOME": str(tmp_path)})
    (tmp_path / ".orchestra").mkdir()
    (tmp_path / ".orchestra" / "plan.md").write_text("shared by mistake")
    for arguments in (["init", "--quiet"], ["add", "--force", ".orchestra/plan.md"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, env=dict(env.variables), check=True)
    with pytest.raises(StateError, match="git tracks the state folder") as caught:
        with open_workplace(tmp_path, Git.find(tmp_path, env.variables), env):
            pass
    assert caught.value.exit_status is ExitStatus.STATE
    assert "git rm" in (caught.value.hint or "")
    assert not (tmp_path / ".orchestra" / "state.db").exists()


# What speaks against an order


def test_all_roles_are_needed_for_a_run(tmp_path: Path) -> None:
    assert set(check_order(order(tmp_path), environment(tmp_path)).choices) == set(AGENT_ROLES)


def test_only_a_plan_needs_only_the_architect(tmp_path: Path) -> None:
    settings = replace(SETTINGS, agents=AgentChains(CHAIN, (), (), ()))
    assert set(check_order(order(tmp_path, settings, only_plan=True), environment(tmp_path)).choices) == {"architect"}


@pytest.mark.parametrize("known", [{"given_plan": GIVEN}, {"has_plan": True}])
def test_where_a_plan_is_known_the_architect_is_welcome_and_not_needed(tmp_path: Path, known: dict[str, Any]) -> None:
    env = environment(tmp_path)
    assert "architect" in check_order(order(tmp_path, **known), env).choices
    assert "architect" not in check_order(order(tmp_path, NO_ARCHITECT, **known), env).choices
    with pytest.raises(NoProviderError, match="architect"):
        check_order(order(tmp_path, NO_ARCHITECT), env)


def test_a_known_plan_excuses_nobody_but_the_architect(tmp_path: Path) -> None:
    settings = replace(SETTINGS, agents=AgentChains(CHAIN, (), CHAIN, CHAIN))
    with pytest.raises(NoProviderError, match="executor"):
        check_order(order(tmp_path, settings, has_plan=True), environment(tmp_path))


def test_a_sandbox_that_is_required_is_tried_before_a_session_starts(tmp_path: Path) -> None:
    env, wanted = environment(tmp_path), replace(SETTINGS, tests=TestsSettings(sandbox="required"))
    sandbox = Sandbox.none().strengthened(tmp_path, variables={}, cancel=CancelToken(), clock=SystemClock())
    if set(REQUIRED) <= set(sandbox.layers.enforced):
        assert check_order(order(tmp_path, wanted), env).choices
    else:
        with pytest.raises(ConfigError, match="sandbox"):
            check_order(order(tmp_path, wanted), env)
    assert check_order(order(tmp_path, wanted, only_plan=True), env).choices, "where no test runs none is needed"


@pytest.mark.parametrize("section", [{"commit": CommitSettings(enabled=True)}, {"tests": TestsSettings(run="true")}])
def test_what_cannot_be_done_is_said_before_a_session_starts(tmp_path: Path, section: dict[str, Any]) -> None:
    wanted = replace(SETTINGS, **section)
    given = PlanFile(Plan("a plan", (PlannedFile("a.txt", "create", "a file"),)), "a task")
    with pytest.raises(UsageError):
        check_order(order(tmp_path, wanted, given_plan=given), environment(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("more", [{"only_plan": True}, {"options": Options(dry_run=True)}])
def test_what_writes_nothing_needs_neither_tests_nor_git(tmp_path: Path, more: dict[str, Any]) -> None:
    wanted = replace(SETTINGS, commit=CommitSettings(enabled=True), tests=TestsSettings(run="true"))
    check_order(order(tmp_path, wanted, **more), environment(tmp_path))


# A session


def test_a_new_session_has_an_id_that_no_path_looks_like_and_keeps_its_options(tmp_path: Path) -> None:
    env = environment(tmp_path)
    options = Options(dry_run=True, must_show=("a.py",))
    with open_workplace(tmp_path, None, env) as workplace:
        session_id = new_session(workplace, order(tmp_path, options=options), Task("a task", "words"), env)
        row = workplace.journal.sessions.get(session_id)
    assert re.fullmatch(r"s-20261122-071500-[0-9a-f]{4}", session_id)
    assert row is not None and Options.from_json(row.options) == options


def test_a_session_that_is_wired_leaves_no_thread_behind(tmp_path: Path) -> None:
    env = environment(tmp_path)
    before = set(threading.enumerate())
    with open_workplace(tmp_path, None, env) as workplace:
        wanted = order(tmp_path)
        session_id = new_session(workplace, wanted, Task("a task", "words"), env)
        with wire(workplace, wanted, check_order(wanted, env), session_id, env):
            pass
    for thread in set(threading.enumerate()) - before:
        thread.join(30)
    assert set(threading.enumerate()) <= before

from __future__ import annotations

import io
from contextlib import nullcontext
from pathlib import Path
from typing import Mapping

import pytest

from orchestra.clock import CancelToken, Deadline, SystemClock
from orchestra.config.settings import TestsSettings
from orchestra.engine.confinement import Confinement
from orchestra.engine.testing import Testing
from orchestra.environment import Environment
from orchestra.errors import Cancelled, ExitStatus, LimitReached, UsageError
from orchestra.records import Plan, PlannedFile, TestRun

PATH = "/usr/bin:/bin"
NO_TESTS = Plan("a plan", (PlannedFile("a.py", "modify", "a file"),))


def suite_of(
    root: Path, command: str | None = None, *, timeout: float = 60, variables: Mapping[str, str] | None = None,
    deadline_s: float | None = None, cancel: CancelToken | None = None,
) -> Testing:
    env = Environment(io.StringIO(), io.StringIO(), io.StringIO(), {"PATH": PATH, **(variables or {})}, root)
    return Testing(
        root, TestsSettings(command=command, timeout=timeout), env, cancel or CancelToken(),
        frozenset({"LOCAL_KEY"}), Deadline.after(SystemClock(), deadline_s),
        Confinement(root, "off", variables=env.variables, cancel=CancelToken(), clock=SystemClock()),
    )


def test_where_there_are_no_tests_nothing_runs(tmp_path: Path) -> None:
    started: list[bool] = []
    assert suite_of(tmp_path).run(lambda: started.append(True)) is None
    assert started == []


def test_tests_that_are_asked_for_and_not_there_are_an_error_of_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no tests were found") as caught:
        suite_of(tmp_path).check(NO_TESTS)
    assert caught.value.exit_status is ExitStatus.USAGE
    assert "--test-command" in (caught.value.hint or "")


def test_what_a_suite_lacks_is_told(tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text("[package]\n")
    room = suite_of(tmp_path, variables={"PATH": ""})
    with pytest.raises(UsageError) as caught:
        room.check(NO_TESTS)
    assert caught.value.where == "Cargo.toml: cargo is not installed"


@pytest.mark.parametrize("path, action, is_enough", [
    ("tests/test_a.py", "create", True), ("Makefile", "modify", True), ("tests/test_a.py", "delete", False),
    ("src/a.py", "create", False),
])
def test_a_plan_may_bring_the_tests_that_are_asked_for(
    tmp_path: Path, path: str, action: str, is_enough: bool
) -> None:
    plan = Plan("a plan", (PlannedFile(path, action, "a file"),))
    with nullcontext() if is_enough else pytest.raises(UsageError):
        suite_of(tmp_path).check(plan)


@pytest.mark.parametrize("run", [None, TestRun("pytest", ("pytest",), 5, 1, False)])
def test_a_run_that_was_none_is_an_error_where_tests_are_insisted_on(tmp_path: Path, run: TestRun | None) -> None:
    with pytest.raises(UsageError, match="no tests were found to run after the change") as caught:
        suite_of(tmp_path).insist(run)
    assert "resume" in (caught.value.hint or "")
    suite_of(tmp_path).insist(TestRun("pytest", ("pytest",), 1, 1, True))


def test_a_command_of_the_users_is_a_suite(tmp_path: Path) -> None:
    suite_of(tmp_path, "true").check(NO_TESTS)
    started: list[bool] = []
    run = suite_of(tmp_path, "echo said; exit 3").run(lambda: started.append(True))
    assert run is not None
    assert (run.framework, run.exit_status, run.passed, run.output.strip()) == ("command", 3, False, "said")
    assert started == [True]


def test_the_suite_is_found_afresh_since_a_session_may_write_the_first_test(tmp_path: Path) -> None:
    room = suite_of(tmp_path)
    with pytest.raises(UsageError):
        room.check(NO_TESTS)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "__init__.py").write_text("")
    (tmp_path / "tests" / "test_a.py").write_text("import unittest\nclass T(unittest.TestCase):\n    pass\n")
    room.check(NO_TESTS)


def test_tests_never_see_a_providers_key(tmp_path: Path) -> None:
    variables = {"ZAI_API_KEY": "k", "LOCAL_KEY": "k", "LOCAL_KEY_FILE": "k", "ORDINARY": "kept"}
    run = suite_of(tmp_path, 'echo "[$ZAI_API_KEY$LOCAL_KEY$LOCAL_KEY_FILE] $ORDINARY"', variables=variables).run(
        lambda: None
    )
    assert run is not None and run.output.strip() == "[] kept"


def test_tests_that_ran_out_of_their_own_time_failed(tmp_path: Path) -> None:
    run = suite_of(tmp_path, "exec sleep 60", timeout=0.1).run(lambda: None)
    assert run is not None and run.exit_status is None and not run.passed


def test_tests_that_were_cut_because_the_runs_time_is_up_are_no_result(tmp_path: Path) -> None:
    with pytest.raises(LimitReached):
        suite_of(tmp_path, "exec sleep 60", deadline_s=0).run(lambda: None)


def test_a_stop_ends_the_tests(tmp_path: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        suite_of(tmp_path, "exec sleep 60", cancel=cancel).run(lambda: None)

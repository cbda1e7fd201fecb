from __future__ import annotations

import pytest

from orchestra.engine.linting import as_lint
from orchestra.records import TestFailure, TestRun


def run(output: str, exit_status: int = 1) -> TestRun:
    return TestRun("command", ("sh",), exit_status, 5, False, (TestFailure("command", "it failed"),), output)


@pytest.mark.parametrize("line, id_", [
    ("a.py:3:1: F401 'os' imported but unused", "a.py: F# 'os' imported but unused"),
    ("./src/a.py:3: error: no  [misc]", "./src/a.py: error: no  [misc]"),
    ("src/a.ts(3,4): error TS2304: no name", "src/a.ts: error TS#: no name"),
    ("  a.go:12:2: undefined: x", "a.go: undefined: x"),
])
def test_a_line_with_a_place_is_a_finding_known_again_wherever_it_moves(line: str, id_: str) -> None:
    assert [failure.id for failure in as_lint(run(f"before\n{line}\nafter\n")).failures] == [id_]


def test_without_such_a_line_the_command_itself_failed() -> None:
    assert as_lint(run("something is wrong\n")).failures == (TestFailure("command", "it failed"),)


def test_what_a_passing_linter_prints_is_no_finding() -> None:
    passed = TestRun("command", ("sh",), 0, 5, False, (), "a.py:1: note\n")
    assert as_lint(passed).failures == () and as_lint(passed).collected

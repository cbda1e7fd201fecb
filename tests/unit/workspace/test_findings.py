from __future__ import annotations

import pytest

from orchestra.records import TestFailure
from orchestra.workspace.failures.findings import MOST_FINDINGS, lint_findings, path_of
from orchestra.workspace.failures.reading import LINT, failures_in


@pytest.mark.parametrize("line, id_, path", [
    ("a.py:3:1: F401 'os' imported but unused", "a.py: F# 'os' imported but unused", "a.py"),
    ("./src/a.py:3: error: no  [misc]", "./src/a.py: error: no  [misc]", "src/a.py"),
    ("src/a.ts(3,4): error TS2304: no name", "src/a.ts: error TS#: no name", "src/a.ts"),
    ("  a.go:12:2: undefined: x", "a.go: undefined: x", "a.go"),
])
def test_a_line_with_a_place_is_a_finding_known_again_wherever_it_moves(line: str, id_: str, path: str) -> None:
    (finding,) = lint_findings(f"before\n{line}\nafter\n")
    assert (finding.id, path_of(finding)) == (id_, path)


def test_without_such_a_line_there_is_none() -> None:
    assert lint_findings("something is wrong\n") == ()


def test_what_tests_print_of_places_is_no_failing_test() -> None:
    output = "a.py:1:1: a note\n"
    assert failures_in(output, "command") == ()
    assert failures_in(output, LINT) == (TestFailure("a.py: a note", "a.py:1:1: a note"),)


def test_no_more_are_read_than_can_be_kept() -> None:
    output = "".join(f"a{number}x.py:1: wrong\n" for number in range(MOST_FINDINGS + 5))
    assert len(lint_findings(output)) == MOST_FINDINGS

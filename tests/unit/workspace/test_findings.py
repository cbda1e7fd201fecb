from __future__ import annotations

import pytest

from orchestra.records import TestFailure
from orchestra.workspace.failures.findings import MOST_FINDINGS, lint_findings, path_of
from orchestra.workspace.failures.reading import LINT, failures_in


@pytest.mark.parametrize("line, id_, path", [
    ("a.py:3:1: F401 'os' imported but unused", "a.py: F401 'os' imported but unused", "a.py"),
    ("./src/a.py:3: error: no  [misc]", "./src/a.py: error: no  [misc]", "src/a.py"),
    ("src/a.ts(3,4): error TS2304: no name", "src/a.ts: error TS2304: no name", "src/a.ts"),
    ("  a.go:12:2: undefined: x", "a.go: undefined: x", "a.go"),
    ("app/(auth)/a.ts(3,4): error TS1: no", "app/(auth)/a.ts: error TS1: no", "app/(auth)/a.ts"),
    ("src/a.ts:3:4 - error TS1: no", "src/a.ts: - error TS1: no", "src/a.ts"),
    ("a.py:1:0: C0114: Missing module docstring (missing-module-docstring)",
     "a.py: C0114: Missing module docstring (missing-module-docstring)", "a.py"),
    ("a.rb:1:1: C: Style/Documentation: missing", "a.rb: C: Style/Documentation: missing", "a.rb"),
    ("a.py:9:1: F811 redefinition of 'x' from line 12", "a.py: F811 redefinition of 'x' from line #", "a.py"),
    ("a.go:1: 12-30 lines are duplicate of `b.go:40-58` (dupl)",
     "a.go: 12-30 lines are duplicate of `b.go:#` (dupl)", "a.go"),
    ("a.py:1:80: E501 line too long (82 > 79 characters)", "a.py: E501 line too long (82 > 79 characters)", "a.py"),
])
def test_a_line_with_a_place_is_a_finding_known_again_wherever_it_moves(line: str, id_: str, path: str) -> None:
    (finding,) = lint_findings(f"before\n{line}\nafter\n")
    assert (finding.id, path_of(finding)) == (id_, path)


@pytest.mark.parametrize("output", [
    "\n{path}\n  {line}:1   error    no x  no-undef\n  99:10  warning  long\n    and more  max-len\n"
    "  {later}:5  error  no x  no-undef\n\n2 problems (2 errors)\n",
    "{path}:\n  {line}:1 error no x no-undef\n  99:10 warning long max-len\n  {later}:5 error no x no-undef\n",
])
def test_what_is_said_below_a_path_belongs_to_that_file(output: str) -> None:
    said = output.format(path="src/my a.js", line=1, later=4)
    first, other, second = lint_findings(said)
    assert [path_of(each) for each in (first, other, second)] == ["src/my a.js"] * 3
    assert (first.id, second.id) == ("src/my a.js: error no x no-undef", "src/my a.js: error no x no-undef (2)")
    assert first.message.startswith("src/my a.js:1:1 ")
    moved = lint_findings(output.format(path="src/my a.js", line=7, later=100))
    assert [each.id for each in moved] == [each.id for each in (first, other, second)]


def test_what_is_said_below_no_path_is_no_finding() -> None:
    assert lint_findings("a.js\nEverything is well.\n  1:2  of 3 done\n") == ()


def test_a_place_below_the_text_is_read_as_well() -> None:
    said = "F401 [*] `os` imported but unused\n --> src/a.py:1:8\n  |\n1 | import os\n  |        ^^\n\nhelp: Do\n"
    assert lint_findings(said) == (
        TestFailure("src/a.py: F401 [*] `os` imported but unused", "src/a.py:1:8: F401 [*] `os` imported but unused"),
    )


def test_equal_findings_are_counted() -> None:
    ids = [each.id for each in lint_findings("a.py:1: bad\nb.py:1: bad\na.py:7: bad\na.py:9: bad\n")]
    assert ids == ["a.py: bad", "b.py: bad", "a.py: bad (2)", "a.py: bad (3)"]


def test_another_rule_is_another_finding() -> None:
    assert len({each.id for each in lint_findings("a.py:1: E711 no\na.py:1: E999 no\n")}) == 2


def test_without_such_a_line_there_is_none() -> None:
    assert lint_findings("something is wrong\n") == ()


def test_what_tests_print_of_places_is_no_failing_test() -> None:
    output = "a.py:1:1: a note\n"
    assert failures_in(output, "command") == ()
    assert failures_in(output, LINT) == (TestFailure("a.py: a note", "a.py:1:1: a note"),)


def test_no_more_are_read_than_can_be_kept() -> None:
    output = "a.py:1: wrong\n" * (MOST_FINDINGS + 5)
    assert len(lint_findings(output)) == MOST_FINDINGS

"""Failing tests in what the tools print; the outputs are real ones, but for those that say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestra.workspace.failures.blocks import MAX_FAILURES, MAX_MESSAGE
from orchestra.workspace.failures.python import junit_failures
from orchestra.workspace.failures.reading import READERS, failures_in, found_nothing, plain_text

OUTPUTS = Path(__file__).with_name("outputs")
EXPECTED = {
    "jest": {
        "jt/sum.test.js > sum > deep > er > is wrong": "Expected: 3", "jt/sum.test.js > throws": "boom",
        "jt/broken.test.js": "Cannot find module './nothing-like-it'",
    },
    "vitest": {
        "vt/broken.test.mjs": "Cannot find module './nothing-like-it.mjs'",
        "vt/sum.test.mjs > sum > deep > is wrong": "expected 2 to be 3", "vt/sum.test.mjs > throws": "Error: boom",
    },
    "mocha": {
        "throws": "Error: boom", "sum > deep > is wrong": "2 == 3",
        'sum > hooked > "before all" hook for "never"': "Error: hook",
    },
    "node_tap": {
        "nt/broken.test.js": "test failed", "nt/sum.test.js > outer > is wrong": "2 !== 3",
        "nt/sum.test.js > suite > throws": "boom",
    },
    "node_spec": {
        "nt/broken.test.js": "test failed", "nt/sum.test.js > is wrong": "2 !== 3", "nt/sum.test.js > throws": "boom",
    },
    "go": {
        "example.org/proj/broken": "undefined: undefinedThing", "example.org/proj.TestBad": "got 3",
        "example.org/proj.TestTable": "", "example.org/proj.TestTable/a_b": "sub",
        "example.org/proj/inner.TestPanics": "assignment to entry in nil map",
    },
    "cargo": {
        "src/lib.rs tests::no_panic": "did not panic", "src/lib.rs tests::result": 'Error: "no"',
        "src/lib.rs tests::bad": "left: 2", "tests/it.rs outer_bad": "out",
    },
    "cargo_compile": {"proj (lib)": "cannot find value `c`", "proj (lib test)": "cannot find value `c`"},
    "rspec": {
        "./spec/a_spec.rb # Sum throws": "RuntimeError", "./spec/a_spec.rb # Sum deep is wrong": "expected: 3",
    },
    "rspec_load": {"./spec/b_spec.rb": "cannot load such file -- nothing_like_it"},
    "minitest": {"TestA#test_bad": "Expected: 3", "TestA#test_error": "RuntimeError: boom"},
    "phpunit": {
        "ATest::testError": "RuntimeException: boom", "ATest::testBad": "2 is identical to 3",
        'ATest::testData with data set "two"': "2 is identical to 1",
        "ATest::testData with data set #0": "3 is identical to 1",
    },
    "ctest": {"bad": "it is bad", "gone": "", "slow": ""},
}
# Written down after the tools' documentation and sources, not run here.
SUREFIRE = """\
[INFO] Running org.example.ATest
[ERROR] Tests run: 4, Failures: 2, Errors: 1, Skipped: 0, Time elapsed: 0.05 s <<< FAILURE! -- in org.example.ATest
[ERROR] org.example.ATest.bad -- Time elapsed: 0.004 s <<< FAILURE!
org.opentest4j.AssertionFailedError: sums ==> expected: <3> but was: <2>
\tat org.example.ATest.bad(ATest.java:8)

[ERROR] org.example.ATest.error -- Time elapsed: 0.001 s <<< ERROR!
java.lang.IllegalStateException: boom
\tat org.example.ATest.error(ATest.java:9)

[ERROR] org.example.ATest.each(int)[2] -- Time elapsed: 0.001 s <<< FAILURE!
org.opentest4j.AssertionFailedError: expected: <1> but was: <2>

[ERROR] old(org.example.BTest)  Time elapsed: 0.1 s  <<< FAILURE!
java.lang.AssertionError: older

[INFO] Results:
[ERROR] Failures:
[ERROR]   ATest.bad:8 sums ==> expected: <3> but was: <2>
"""
JAVAC = "[ERROR] /p/src/main/java/A.java:[12,5] cannot find symbol\n[ERROR]   symbol:   class B\n"
GRADLE = """\
> Task :test FAILED

ATest > bad() FAILED
    org.opentest4j.AssertionFailedError: expected: <3> but was: <2>
        at ATest.bad(ATest.java:8)

ATest > each(int) > [2] 2 FAILED
    org.opentest4j.AssertionFailedError at ATest.java:12

4 tests completed, 2 failed

FAILURE: Build failed with an exception.
"""
GRADLE_FULL = """\
ATest > bad() FAILED
    java.lang.AssertionError:

    Expecting actual:
      4
    to be equal to:
      5
        at ATest.bad(ATest.java:8)

BTest > worse FAILED
    java.lang.IllegalStateException: boom
2 tests completed, 2 failed
"""
GRADLE_COMPILERS = """\
:compileJavasrc/main/java/Calc.java:1: error: illegal start of expression
public class Calc { int x = ; }
                            ^
> Task :app:compileJava FAILED
app/src/B.java:3: error: cannot find symbol
e: file:///p/src/D.kt:3:5 Expecting an element
e: src/C.kt: (3, 5): Unresolved reference: x
w: src/E.kt: (3, 5): unused
"""
DOTNET = """\
  Determining projects to restore...
  Failed Tests.ATest.Bad [12 ms]
  Error Message:
   Assert.Equal() Failure: Values differ
Expected: 3
Actual:   2
  Stack Trace:
     at Tests.ATest.Bad() in /p/ATest.cs:line 8

  Failed Tests.ATest.Each(x: 2) [< 1 ms]
  Error Message:
   Assert.Equal() Failure
  Passed Tests.ATest.Good [1 ms]

Failed!  - Failed:     2, Passed:     1, Skipped:     0, Total:     3, Duration: 20 ms - Tests.dll (net8.0)
"""
CSC = "/p/A.cs(12,5): error CS1002: ; expected [/p/Tests.csproj]\n"


@pytest.mark.parametrize("name", EXPECTED)
def test_names_what_failed_and_why(name: str) -> None:
    output = plain_text((OUTPUTS / (name + ".txt")).read_bytes())
    found = {failure.id: failure.message for failure in READERS[name.split("_")[0]](output)}
    assert list(sorted(found)) == sorted(EXPECTED[name])
    assert [id_ for id_, words in EXPECTED[name].items() if words not in found[id_]] == []


@pytest.mark.parametrize("name", EXPECTED)
def test_an_output_of_an_unknown_program_is_read_all_the_same(name: str) -> None:
    output = plain_text((OUTPUTS / (name + ".txt")).read_bytes())
    assert sorted(failure.id for failure in failures_in(output, "command")) == sorted(EXPECTED[name])
    assert sorted(failure.id for failure in failures_in(output, "npm")) == sorted(EXPECTED[name])


@pytest.mark.parametrize(
    "framework, output, expected",
    [
        ("maven", SUREFIRE, {
            "org.example.ATest.bad": "expected: <3> but was: <2>", "org.example.ATest.error": "boom",
            "org.example.ATest.each": "expected: <1>", "org.example.BTest.old": "older",
        }),
        ("maven", JAVAC, {"/p/src/main/java/A.java": "cannot find symbol"}),
        ("gradle", GRADLE, {"ATest > bad()": "expected: <3>", "ATest > each(int) > [2] 2": "AssertionFailedError"}),
        ("gradle", GRADLE_FULL, {"ATest > bad()": "to be equal to", "BTest > worse": "boom"}),
        ("gradle", GRADLE_COMPILERS, {
            "src/main/java/Calc.java": "illegal start", "app/src/B.java": "cannot find symbol",
            "src/C.kt": "Unresolved", "/p/src/D.kt": "Expecting",
        }),
        ("dotnet", DOTNET, {"Tests.ATest.Bad": "Values differ", "Tests.ATest.Each(x: 2)": "Assert.Equal"}),
        ("dotnet", CSC, {"/p/A.cs": "error CS1002: ; expected"}),
    ],
)
def test_names_what_failed_as_documented(framework: str, output: str, expected: dict[str, str]) -> None:
    found = {failure.id: failure.message for failure in READERS[framework](output)}
    assert sorted(found) == sorted(expected)
    assert [id_ for id_, words in expected.items() if words not in found[id_]] == []


def test_an_id_does_not_change_when_lines_and_times_do() -> None:
    for name in EXPECTED:
        output = plain_text((OUTPUTS / (name + ".txt")).read_bytes())
        moved = output.replace(":4", ":40").replace(":5", ":51").replace("ms)", "9ms)").replace("0.00s", "7.25s")
        reader = READERS[name.split("_")[0]]
        assert [failure.id for failure in reader(moved)] == [failure.id for failure in reader(output)], name


@pytest.mark.parametrize("framework", READERS)
def test_prose_names_no_failure(framework: str) -> None:
    prose = "Building...\n# a heading\n1) first do this: then that\nFAIL\nok\n  - 3 things\nwarning: unused\n"
    assert READERS[framework](prose) == ()


def test_many_failures_and_long_messages_are_cut() -> None:
    output = "".join("--- FAIL: Test%d (0.00s)\n    %s\n" % (number, "x" * 3000) for number in range(900))
    found = READERS["go"](output + "FAIL\tp\t0.1s\n")
    assert len(found) == MAX_FAILURES and len(found[0].message) <= MAX_MESSAGE + 3


@pytest.mark.parametrize("framework, output", [
    ("jest", "No tests found, exiting with code 1\nRun with `--passWithNoTests`"),
    ("vitest", "\nNo test files found, exiting with code 1\n"), ("mocha", "Error: No test files found: \"test\"\n"),
    ("unittest", "\nRan 0 tests in 0.000s\n"), ("phpunit", "No tests executed!\n"), ("ctest", "No tests were found!!!"),
])
def test_knows_when_there_was_nothing_to_run(framework: str, output: str) -> None:
    assert found_nothing(output, framework)
    assert not found_nothing("Tests: 1 failed", framework)


def test_a_report_that_a_test_could_have_forged_is_not_read() -> None:
    start = b'<?xml version="1.0" encoding="utf-8"?>'
    case = b'<testsuites><testcase name="t" file="a.py"><failure>&x;</failure></testcase></testsuites>'
    assert junit_failures(start + case.replace(b"&x;", b"why")) is not None
    assert junit_failures(start + b'<!DOCTYPE t [<!ENTITY x "y">]>' + case) is None
    assert junit_failures(case) is None
    assert junit_failures(b"\xff\xfe" + case.decode().encode("utf-16-le")) is None

"""Which of the tests that failed before a task asks to have pass."""

from __future__ import annotations

import pytest

from orchestra.engine.wanted_tests import is_wanted
from orchestra.records import Plan

UNITTEST = "tests.test_invoice.InvoiceTest.test_tax_is_due"
PYTEST = "tests/test_invoice.py::test_tax_is_due[10-9]"


@pytest.mark.parametrize("task", [
    "make the failing tests pass", "Fix the broken tests", "repair all unit tests", "get the tests green",
    "tests/test_invoice.py has a failing test: mend the bug", "change rounding so that test_invoice.py passes",
    "round half up so that the existing tests pass", "Without touching tests/, fix the failing tests",
    "fix the test failures", "When I run pytest, `test_tax_is_due` fails. Please fix.",
    "fix the bug test_tax_is_due shows",
    "fix tax.py so that `pytest tests/test_invoice.py` passes", "test_tax_is_due fails, fix it", "all tests must pass",
    "tax is off by one: test_tax_is_due fails", "fix the tests in tests/", "run pytest and fix the failures",
    "CI is failing because of test_tax_is_due, fix", "the tests fail since yesterday: make all tests pass",
])
@pytest.mark.parametrize("failure_id", [UNITTEST, PYTEST])
def test_a_task_asks_for_all_tests_for_a_files_or_for_one(task: str, failure_id: str) -> None:
    assert is_wanted(failure_id, task, Plan("", ()))


@pytest.mark.parametrize("task", [
    "add a discount", "fix typos in tests/test_invoice.py", "add a test to test_invoice.py",
    "a flag that makes tests fail on warnings", "test_tax_is_due_later fails", "rename test_tax_is_due",
    "fix the tax", "speed up the tests", "do not touch tests/test_invoice.py", "do not fix the tests",
    "fix typo in README; tests fail on Windows anyway", "write a failing test that shows the bug",
    "ignore failing tests",
    "add a flag (some tests fail already, never mind)", "without fixing the broken tests, add a flag",
    "exit 1 when tests fail",
    "add a pass-through flag; see tests/test_invoice.py", "skip test_tax_is_due: it fails on CI", "fix test names",
    "make the test client pass headers", "mark the failing tests as xfail",
    "make sure all existing tests still pass",
    "fix the bug in round(); tests/test_invoice.py fails for another reason",
    "fix the broken tests page", "fix test_cart",
    "fix the failing tests in tests/test_cart.py", "show failing tests in red", "fix the tests' docstrings",
    "Ergänze einen fehlschlagenden Test", 'change "Test failed" to "Check failed"', "Add tests and make sure they pass",
    "fix a typo in the docstring of test_tax_is_due", "add docs for test_tax_is_due, which reproduces a bug",
])
def test_another_task_leaves_alone_what_failed_before(task: str) -> None:
    assert not is_wanted(UNITTEST, task, Plan("test_invoice passes", (), tests=("add a test to test_invoice",)))


@pytest.mark.parametrize(("failure_id", "said"), [
    (UNITTEST, "test_tax_is_due passes"), ("TestTaxIsDue", "TestTaxIsDue passes"),
    ("invoice.spec.ts > invoice > charges no tax", "`charges no tax` passes"),
])
def test_what_the_plan_has_tested_by_its_name_is_to_pass(failure_id: str, said: str) -> None:
    assert is_wanted(failure_id, "mend it", Plan("", (), tests=(said,)))
    assert not is_wanted(failure_id, "mend it", Plan("", (), tests=("all that passed before",)))


@pytest.mark.parametrize("said", [
    "test_tax_is_due still fails, as before", "no test but test_tax_is_due fails",
    "test_cart passes; test_tax_is_due is not affected",
])
def test_what_the_plan_does_not_say_to_pass_need_not(said: str) -> None:
    assert not is_wanted(PYTEST, "mend it", Plan("", (), tests=(said,)))


@pytest.mark.parametrize(("failure_id", "task", "expected"), [
    ("command", "make test_tax_is_due pass", True), ("command", "make the failing tests pass", True),
    ("command", "add a discount", False),
    ("tests/test_invoice.py", "make test_tax_is_due pass", True),
    ("unittest.loader._FailedTest.tests.test_invoice", "fix test_tax_is_due", True),
    ("tests/test_invoice.py", "fix the tests in tests/test_cart.py", False),
])
def test_a_failure_that_hides_tests_is_wanted_with_any_of_them(failure_id: str, task: str, expected: bool) -> None:
    assert is_wanted(failure_id, task, Plan("", ())) == expected

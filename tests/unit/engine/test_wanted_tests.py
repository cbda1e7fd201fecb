"""Which of the tests that failed before a task asks to have pass."""

from __future__ import annotations

import pytest

from orchestra.engine.wanted_tests import is_wanted
from orchestra.records import Plan

UNITTEST = "tests.test_invoice.InvoiceTest.test_tax_is_due"
PYTEST = "tests/test_invoice.py::test_tax_is_due[10-9]"


@pytest.mark.parametrize("task", [
    "make the failing tests pass", "Fix the broken tests", "repair all unit tests", "get the tests green",
    "the tests fail since yesterday", "修复测试", "die fehlschlagenden Tests reparieren", "test_tax_is_due fails, fix it",
    "tests/test_invoice.py has a failing test: mend the bug", "change rounding so that test_invoice.py passes",
])
@pytest.mark.parametrize("failure_id", [UNITTEST, PYTEST])
def test_a_task_asks_for_all_tests_for_a_files_or_for_one(task: str, failure_id: str) -> None:
    assert is_wanted(failure_id, task, Plan("", ()))


@pytest.mark.parametrize("task", [
    "add a discount", "fix typos in tests/test_invoice.py", "add a test to test_invoice.py",
    "a flag that makes tests fail on warnings", "test_tax_is_due_later fails", "rename test_tax_is_due",
    "fix the tax", "speed up the tests",
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

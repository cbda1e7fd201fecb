"""Which tests failed, read from what the test programs print."""

from __future__ import annotations

import re
from typing import Callable, Mapping

from orchestra.records import TestFailure
from orchestra.regex import regex
from orchestra.workspace.failures.compiled import (
    cargo_failures,
    ctest_failures,
    dotnet_failures,
    go_failures,
    gradle_failures,
    surefire_failures,
)
from orchestra.workspace.failures.findings import lint_findings
from orchestra.workspace.failures.javascript import jest_failures, mocha_failures, node_failures, vitest_failures
from orchestra.workspace.failures.python import pytest_failures, unittest_failures
from orchestra.workspace.failures.scripting import minitest_failures, phpunit_failures, rspec_failures

Reader = Callable[[str], "tuple[TestFailure, ...]"]

READERS: Mapping[str, Reader] = {
    "pytest": pytest_failures,
    "unittest": unittest_failures,
    "jest": jest_failures,
    "vitest": vitest_failures,
    "mocha": mocha_failures,
    "node": node_failures,
    "go": go_failures,
    "cargo": cargo_failures,
    "maven": surefire_failures,
    "gradle": gradle_failures,
    "rspec": rspec_failures,
    "minitest": minitest_failures,
    "phpunit": phpunit_failures,
    "dotnet": dotnet_failures,
    "ctest": ctest_failures,
}
"""By framework. Whatever else runs tests may run any of them."""
LINT = "lint"
"""What a linter runs under, whose lines would be found in what tests print, too."""

_NOTHING_RAN = {
    "unittest": r"^(?:Ran 0 tests in |NO TESTS RAN)",
    "jest": r"^No tests found, exiting",
    "vitest": r"^No test files found, exiting",
    "mocha": r"^ ?Error: No test files? found",
    "phpunit": r"^No tests executed!",
    "ctest": r"^No tests were found!!!",
}
_ANSI = regex(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def plain_text(output: bytes) -> str:
    """The output as text without colours."""
    return _ANSI.sub("", output.decode("utf-8", "replace")).replace("\r\n", "\n").replace("\0", "")


def found_nothing(output: str, framework: str) -> bool:
    """Whether the framework says that there was no test to run."""
    words = _NOTHING_RAN.get(framework)
    return words is not None and bool(re.search(words, output, re.M))


def failures_in(output: str, framework: str) -> tuple[TestFailure, ...]:
    """The failing tests that an output names; the framework's own way of naming them comes first."""
    own = lint_findings if framework == LINT else READERS.get(framework)
    readers = [own] if own is not None else []
    for reader in (*readers, *READERS.values()):
        found = reader(output)
        if found:
            return found
    return ()

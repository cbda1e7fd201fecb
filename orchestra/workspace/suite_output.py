"""Which tests failed, read from what the test programs write."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Iterator

from orchestra.records import TestFailure

MAX_MESSAGE = 2000
MAX_FAILURES = 500

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_UNITTEST_HEADER = re.compile(r"^(FAIL|ERROR|UNEXPECTED SUCCESS): (\S+) \(([^()\s]+)\)(.*)$", re.M)
_UNITTEST_RULE = re.compile(r"^(={70}|-{70})$", re.M)
_NOTHING_RAN = re.compile(r"^(Ran 0 tests in |NO TESTS RAN)", re.M)
_PYTEST_SUMMARY = re.compile(r"^(?:FAILED|ERROR) (\S+?\.py(?:::.*?)?)(?: - (.*))?$", re.M)


def plain_text(output: bytes) -> str:
    """The output as text without colours."""
    return _ANSI.sub("", output.decode("utf-8", "replace")).replace("\r\n", "\n").replace("\0", "")


def pytest_failures(output: str) -> tuple[TestFailure, ...]:
    """The failures of pytest's short summary."""
    return _unique(TestFailure(id, _cut(message or "")) for id, message in _PYTEST_SUMMARY.findall(output))


def junit_failures(report: bytes) -> tuple[TestFailure, ...] | None:
    """The failures of pytest's XML report of the family xunit1; None for a report that cannot be read."""
    try:
        document = ElementTree.fromstring(report)
    except ElementTree.ParseError:
        return None
    return _unique(_failures_of_cases(document))


def unittest_failures(output: str) -> tuple[TestFailure, ...]:
    """The failures that unittest describes under a header each; subtests count as their test."""
    return _unique(_failures_under_headers(output))


def nothing_ran(output: str) -> bool:
    """Whether unittest says that it found no test."""
    return bool(_NOTHING_RAN.search(output))


def _failures_of_cases(document: ElementTree.Element) -> Iterator[TestFailure]:
    for case in document.iter("testcase"):
        for kind in ("failure", "error"):
            fault = case.find(kind)
            if fault is not None:
                message = fault.text or fault.get("message") or ""
                yield TestFailure(_node_id(case), _cut(message))


def _node_id(case: ElementTree.Element) -> str:
    """pytest's own name of a test: the file, the classes in it, the function with its parameters."""
    name, owner, file = case.get("name", ""), case.get("classname", ""), case.get("file", "")
    if not owner:
        # A file that could not be collected; its name is the module's.
        return file or name.replace(".", "/") + ".py"
    module = re.sub(r"\.py$", "", file).replace("/", ".")
    classes = owner[len(module):].strip(".").split(".") if file and owner.startswith(module) else []
    start = file or owner.replace(".", "/") + ".py"
    return "::".join([start, *(part for part in classes if part), name])


def _failures_under_headers(output: str) -> Iterator[TestFailure]:
    for found in _UNITTEST_HEADER.finditer(output):
        name, owner = found.group(2), found.group(3)
        # From Python 3.11 on the name is a part of what stands in brackets.
        whole = owner if owner.endswith("." + name) else "%s.%s" % (owner, name)
        # The first rule parts header and traceback, the next one ends it.
        rules = [rule.start() for rule in _UNITTEST_RULE.finditer(output, found.end(), found.end() + 100_000)][:2]
        end = rules[1] if len(rules) == 2 else len(output)
        yield TestFailure(whole, _cut(output[found.end():end].strip("-\n ")))


def _cut(message: str) -> str:
    """The end of a long message: what was expected stands there."""
    stripped = message.strip()
    return stripped if len(stripped) <= MAX_MESSAGE else "..." + stripped[-MAX_MESSAGE:]


def _unique(failures: Iterator[TestFailure]) -> tuple[TestFailure, ...]:
    by_id: dict[str, TestFailure] = {}
    for failure in failures:
        if len(by_id) < MAX_FAILURES:
            by_id.setdefault(failure.id, failure)
    return tuple(by_id.values())

"""Failing tests, as pytest and unittest tell them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Iterator

from orchestra.records import TestFailure
from orchestra.regex import regex
from orchestra.workspace.failures.blocks import last_of, unique

_UNITTEST_HEADER = regex(r"^(FAIL|ERROR|UNEXPECTED SUCCESS): (\S+) \(([^()\s]+)\)(.*)$", re.M)
_UNITTEST_RULE = regex(r"^(={70}|-{70})$", re.M)
_REPORT_START = b'<?xml version="1.0" encoding="utf-8"?>'
_PYTEST_SUMMARY = regex(r"^(?:FAILED|ERROR) (\S+?\.py(?:::.*?)?)(?: - (.*))?$", re.M)


def pytest_failures(output: str) -> tuple[TestFailure, ...]:
    """The failures of pytest's short summary."""
    return unique(TestFailure(id, last_of(message or "")) for id, message in _PYTEST_SUMMARY.findall(output))


def junit_failures(report: bytes) -> tuple[TestFailure, ...] | None:
    """The failures of pytest's XML report of the family xunit1; None for a report that cannot be read."""
    # A test may have written it: definitions, in whatever encoding, could blow it up.
    if not report.startswith(_REPORT_START) or b"<!DOCTYPE" in report:
        return None
    try:
        document = ElementTree.fromstring(report)
    except ElementTree.ParseError:
        return None
    return unique(_failures_of_cases(document))


def unittest_failures(output: str) -> tuple[TestFailure, ...]:
    """The failures that unittest describes under a header each; subtests count as their test."""
    return unique(_failures_under_headers(output))


def _failures_of_cases(document: ElementTree.Element) -> Iterator[TestFailure]:
    for case in document.iter("testcase"):
        for kind in ("failure", "error"):
            fault = case.find(kind)
            if fault is not None:
                message = fault.text or fault.get("message") or ""
                yield TestFailure(_node_id(case), last_of(message))


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
        yield TestFailure(whole, last_of(output[found.end():end].strip("-\n ")))

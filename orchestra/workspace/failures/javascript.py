"""Failing tests, as the runners of JavaScript tell them. Names are joined by ` > `, the file first."""

from __future__ import annotations

import re
from typing import Iterator

from orchestra.records import TestFailure
from orchestra.regex import regex
from orchestra.workspace.failures.blocks import blocks, first_of, unique

_JEST = regex(r"^(?:(FAIL|PASS) +(.+?)(?: \([\d.]+ m?s\))?|  ● (.+))$", re.M)
_JEST_END = regex(r"^(?:Test Suites: |Summary of all failing tests$)", re.M)
_JEST_NOTES = ("Console", "Cannot log after tests are done. Did you forget to wait for something async in your test?")
_VITEST = regex(r"^ ?FAIL  +(\S.*)$", re.M)
_VITEST_END = regex(r"^⎯{4,}", re.M)
_MOCHA_LIST = regex(r"^  \d+ failing$", re.M)
_MOCHA = regex(r"^  \d+\) ((?:[^\n]+\n(?: {7,}[^\n]+\n)*?)?[^\n]+):$", re.M)
_TAP = regex(r"^( *)(?:# Subtest: (.+)|not ok \d+ - (.+?)(?: # .*)?)$", re.M)
_TAP_PLACE = regex(r"^ *location: '(.+?)(?::\d+)*'$", re.M)
_TAP_PARENT = regex(r"^ *failureType: 'subtestsFailed'$", re.M)
_TAP_END = regex(r"^ *\.\.\.$", re.M)
_TAP_NOISE = regex(
    r"^ *(?:---$|(?:duration_ms|type|location|failureType|code|name|operator|signal|exitCode):).*\n?", re.M
)
_SPEC_LIST = regex(r"^✖ failing tests:$", re.M)
_SPEC = regex(r"^test at (.+?)(?::\d+)*\n✖ (.+?)(?: \([\d.]+m?s\))?$", re.M)


def jest_failures(output: str) -> tuple[TestFailure, ...]:
    """Of jest's reports file by file."""
    return unique(_jest(output))


def vitest_failures(output: str) -> tuple[TestFailure, ...]:
    """Of vitest's lists of failed suites and tests."""
    return unique(_vitest(output))


def mocha_failures(output: str) -> tuple[TestFailure, ...]:
    """Of the list at the end, which mocha's reporters have in common."""
    start = _MOCHA_LIST.search(output)
    listed = blocks(output[start.end():], _MOCHA) if start is not None else ()
    return unique(
        TestFailure(" > ".join(line.strip() for line in match.group(1).splitlines()), first_of(text))
        for match, text in listed
    )


def node_failures(output: str) -> tuple[TestFailure, ...]:
    """Of node's own runner, which writes TAP or, newer ones, a list for people."""
    start = _SPEC_LIST.search(output)
    if start is None:
        return unique(_tap(output))
    return unique(
        TestFailure(_with_file(match.group(1), [match.group(2)]), first_of(text))
        for match, text in blocks(output[start.end():], _SPEC)
    )


def _jest(output: str) -> Iterator[TestFailure]:
    file = ""
    for match, text in blocks(output, _JEST, _JEST_END):
        outcome, named, test = match.groups()
        if outcome is not None:
            file = named if outcome == "FAIL" else ""
        elif test == "Test suite failed to run" and file:
            yield TestFailure(file, first_of(text))
        elif file and test not in _JEST_NOTES:
            yield TestFailure(_with_file(file, test.split(" › ")), first_of(text))


def _vitest(output: str) -> Iterator[TestFailure]:
    unexplained: list[str] = []
    for match, text in blocks(output, _VITEST, _VITEST_END):
        # A file that could not be read stands there twice.
        unexplained.append(re.sub(r" \[ .+ \]$", "", match.group(1)))
        if text.strip():
            yield from (TestFailure(name, first_of(text)) for name in unexplained)
            unexplained.clear()
    yield from (TestFailure(name) for name in unexplained)


def _tap(output: str) -> Iterator[TestFailure]:
    above: dict[int, str] = {}
    for match, text in blocks(output, _TAP, _TAP_END):
        indent, subtest, failed = len(match.group(1)), match.group(2), match.group(3)
        if subtest is not None:
            above = {depth: name for depth, name in above.items() if depth < indent}
            above[indent] = subtest
        elif not _TAP_PARENT.search(text):
            place = _TAP_PLACE.search(text)
            names = [name for depth, name in sorted(above.items()) if depth < indent]
            file = place.group(1) if place else ""
            yield TestFailure(_with_file(file, [*names, failed]), first_of(_TAP_NOISE.sub("", text)))


def _with_file(file: str, names: list[str]) -> str:
    return " > ".join(name for name in dict.fromkeys((file, *names)) if name)

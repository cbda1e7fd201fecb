"""Failing tests, as the tools of compiled languages tell them; what does not compile counts as one."""

from __future__ import annotations

import re
from typing import Iterator

from orchestra.records import TestFailure
from orchestra.regex import regex
from orchestra.workspace.failures.blocks import blocks, first_of, last_of, unique

_GO = regex(
    r"^(?: *--- FAIL: (\S+) \([\d.]+s\)|FAIL\t(\S+)(?: .*|\t.*)?|# (\S+)(?: \[.+\])?(?=\n\S+\.go:\d))$", re.M
)
_GO_END = regex(r"^(?:FAIL$|ok  \t|\?   \t|--- (?:PASS|SKIP)|=== )", re.M)
_CARGO_TARGET = regex(r"^ +(?:Running (?:unittests )?(\S+) \(.*\)|Doc-tests (\S+))$", re.M)
_CARGO = regex(r"^---- (.+?)(?: \(line \d+\))? stdout ----$", re.M)
_CARGO_END = regex(r"^(?:failures:|test result: .*)$", re.M)
_CARGO_SILENT = regex(r"^test (.+?)(?: \(line \d+\))?(?: - should panic)? \.\.\. FAILED$", re.M)
_CARGO_COMPILE = regex(
    r"^error(?:\[E\d+\])?: (?!could not compile|test failed|\d+ targets? failed|doctest).+$", re.M
)
_CARGO_CRATE = regex(r"^error: could not compile `(.+?)` \((.+?)\)", re.M)
_SUREFIRE = regex(
    r"^(?:\[ERROR\] )?(?:([\w.$]+)\.([\w$]+)(?:[({\[].*?)?|(\w+)(?:[{\[].*?)?\(([\w.$]+)\)(?:\[.*?\])?)"
    r" (?:--| )? ?Time elapsed: .+ <<< (?:FAILURE|ERROR)!$",
    re.M,
)
_SUREFIRE_END = regex(r"^(?:\s*$|\[(?:ERROR|INFO|WARNING)\])", re.M)
_JAVAC = regex(r"^\[ERROR\] (\S+\.(?:java|kt|scala)):\[(?:\d+),(?:\d+)\] (.+)$", re.M)
_GRADLE = regex(r"^(\w[\w.$ ]* > .+) FAILED$", re.M)
_GRADLE_END = regex(r"^\S", re.M)
_GRADLE_JAVAC = regex(r"^(?::[\w:]{0,200}Java)?(\S+?\.java):\d+: (error: .+(?:\n.+){0,2})", re.M)
_GRADLE_KOTLINC = regex(r"^e: (?:file://)?(\S+\.kts?):(?: \()?\d+(?:[:,] ?\d+)?\)?:? (.+)$", re.M)
_DOTNET = regex(r"^ +Failed (\S.*?) \[[^\]]+\]$", re.M)
_DOTNET_END = regex(r"^(?: +(?:Passed|Skipped) \S|(?:Failed|Passed)!)", re.M)
_CSC = regex(r"^(\S+?)\(\d+,\d+\): (error \w+: .+?)(?: \[.+\])?$", re.M)
_CTEST = regex(r"^\t +\d+ - (\S.*?) \((?:Failed|Not Run|Timeout|SEGFAULT|.*[A-Z].*)\)(?: .*)?$", re.M)
_CTEST_RUN = regex(r"^ *\d+/\d+ Test +#\d+: (\S.*?) \.*(?:\*\*\*| ).*$", re.M)
_CTEST_END = regex(r"^ +Start +\d+: |^\d+% tests passed", re.M)


def go_failures(output: str) -> tuple[TestFailure, ...]:
    """Of `go test`; the id is the package, a dot, and the test's name."""
    return unique(_go(output))


def cargo_failures(output: str) -> tuple[TestFailure, ...]:
    """Of `cargo test`; the id is the target and the test's path."""
    return unique([*_cargo_tests(output), *_cargo_compile(output)])


def surefire_failures(output: str) -> tuple[TestFailure, ...]:
    """Of Maven's Surefire, and of the compiler before it."""
    return unique([*_surefire(output), *(TestFailure(file, text) for file, text in _JAVAC.findall(output))])


def gradle_failures(output: str) -> tuple[TestFailure, ...]:
    """Of Gradle's test task, and of the compilers before it."""
    tests = [
        TestFailure(match.group(1), first_of(text))
        for match, text in blocks(output, _GRADLE, _GRADLE_END)
        if not match.group(1).startswith("Task ")
    ]
    compilers = [*_GRADLE_JAVAC.findall(output), *_GRADLE_KOTLINC.findall(output)]
    return unique([*tests, *(TestFailure(file, text) for file, text in compilers)])


def dotnet_failures(output: str) -> tuple[TestFailure, ...]:
    """Of `dotnet test`, and of the compiler before it."""
    tests = (
        TestFailure(match.group(1), first_of(text)) for match, text in blocks(output, _DOTNET, _DOTNET_END)
    )
    return unique([*tests, *(TestFailure(file, text) for file, text in _CSC.findall(output))])


def ctest_failures(output: str) -> tuple[TestFailure, ...]:
    """Of the list at ctest's end, with what each test printed where it was asked to show it."""
    said = {match.group(1): text for match, text in blocks(output, _CTEST_RUN, _CTEST_END)}
    return unique(TestFailure(name, last_of(said.get(name, ""))) for name in _CTEST.findall(output))


def _go(output: str) -> Iterator[TestFailure]:
    tests: list[TestFailure] = []
    for match, text in blocks(output, _GO, _GO_END):
        test, package, broken = match.groups()
        if test is not None:
            tests.append(TestFailure(test, first_of(text)))
        elif broken is not None:
            yield TestFailure(broken, first_of(text))
        else:
            # The package is told after its tests.
            yield from (TestFailure("%s.%s" % (package, found.id), found.message) for found in tests)
            if not tests:
                yield TestFailure(package, match.group(0).replace("\t", " "))
            tests.clear()
    yield from tests


def _cargo_tests(output: str) -> Iterator[TestFailure]:
    starts = list(_CARGO_TARGET.finditer(output))
    for start, following in zip(starts, [*starts[1:], None]):
        target = start.group(1) or "doc " + start.group(2)
        part = output[start.end(): len(output) if following is None else following.start()]
        for match, text in blocks(part, _CARGO, _CARGO_END):
            yield TestFailure("%s %s" % (target, match.group(1)), first_of(text))
        yield from (TestFailure("%s %s" % (target, name)) for name in _CARGO_SILENT.findall(part))


def _cargo_compile(output: str) -> Iterator[TestFailure]:
    said = "\n\n".join(match.group(0) + text for match, text in blocks(output, _CARGO_COMPILE, _CARGO_CRATE))
    for crate, target in _CARGO_CRATE.findall(output):
        yield TestFailure("%s (%s)" % (crate, target), first_of(said))


def _surefire(output: str) -> Iterator[TestFailure]:
    for match, text in blocks(output, _SUREFIRE, _SUREFIRE_END):
        owner, name = match.group(1) or match.group(4), match.group(2) or match.group(3)
        yield TestFailure("%s.%s" % (owner, name), first_of(text))

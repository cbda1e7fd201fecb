"""Running a project's tests and reading what came of it, without a trace in the tree."""

from __future__ import annotations

import errno
import os
import shlex
import stat
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Iterator, Mapping, Sequence

from orchestra.clock import Clock, Deadline, Halt
from orchestra.records import TestFailure, TestRun
from orchestra.regex import regex
from orchestra.workspace.children import ChildResult
from orchestra.workspace.failures.blocks import last_of
from orchestra.workspace.failures.findings import MOST_FINDINGS
from orchestra.workspace.failures.python import junit_failures
from orchestra.workspace.failures.reading import LINT, failures_in, found_nothing, plain_text
from orchestra.workspace.sandbox.sandbox import Sandbox
from orchestra.workspace.suite import Suite
from orchestra.workspace.suite_python import is_one_pytest
from orchestra.workspace.suite_variables import suite_variables
from orchestra.workspace.temp_files import private_folder

KEEP_BYTES = 2 * 1024 * 1024
"""Of each end of the output, to find failures in."""
KEEP_CHARACTERS = 32 * 1024
"""Of each end, to go on with."""
MAX_REPORT_BYTES = 32 * 1024 * 1024
WHOLE_SUITE = "command"
"""The id of a failure that no single test can be named for."""
OUT_OF_TIME = "the time limit"
"""The id of the failure of a linter that was ended by it: what it says otherwise does not make that known."""
NOT_STARTED = "the start of the tests"
"""The id of the failure of a suite that could not start begins so; another suite's is another."""

_WHOLE_MESSAGES = "allprojects { tasks.withType(Test) { testLogging { exceptionFormat = 'full' } } }\n"
"""Else Gradle names but the kind of an exception."""
_PYTEST_NO_TESTS = 5
_NOT_EXECUTABLE, _NOT_FOUND = 126, 127
"""With these a shell says that a command is not executable, or not there."""
_SAYS_NOT_FOUND = regex(r"(?:\S*python[\w.]*: No module named .+|.*\b(?:Error|exit code) 127\.?)$")
"""The last line of an interpreter that lacks the module to run, and of tools that run a shell in turn."""
_MOST_LACK_CHARACTERS = 300
_MADE_BY_PLUGINS = (".benchmarks",)
_ENVIRONMENTS = {"tox": ("--workdir", ".tox"), "nox": ("--envdir", ".nox")}
"""What moves the environments that a framework makes, and where they lie else."""


def run_suite(
    suite: Suite, root: Path, *, sandbox: Sandbox, timeout_s: float, variables: Mapping[str, str],
    cancel: Halt, clock: Clock,
) -> TestRun:
    """How the tests went. Raises Cancelled at a stop, WorkspaceError where the kernel no longer grants the sandbox.

    `variables` are those for child processes.
    """
    with _no_traces(root), private_folder(root) as folder:
        try:
            result = sandbox.run(
                [*_command(suite, folder), *_report_options(suite, folder), *_place_options(suite, root, folder)],
                root=root,
                private=folder,
                variables=suite_variables(suite, root, folder, sandbox=sandbox, variables=variables),
                deadline=Deadline.after(clock, timeout_s),
                cancel=cancel,
                clock=clock,
                keep_bytes=KEEP_BYTES,
            )
        except OSError as error:
            return _not_started(suite, error)
        report = _read_report(folder)
    return replace(_as_test_run(suite, root, result, report, timeout_s), sandbox=sandbox.layers.enforced)


@contextmanager
def _no_traces(root: Path) -> Iterator[None]:
    """Takes away the empty folders that plugins make of their own accord, and that nothing moves elsewhere."""
    absent = [root / name for name in _MADE_BY_PLUGINS if not os.path.lexists(root / name)]
    try:
        yield
    finally:
        for folder in absent:
            with suppress(OSError):
                os.rmdir(folder)


def _as_test_run(suite: Suite, root: Path, result: ChildResult, report: bytes | None, timeout_s: float) -> TestRun:
    output = _without_root(plain_text(result.stdout), root)
    failures = _failures(suite, output, report) if result.exit_status != 0 else ()
    lacks = _what_it_lacks(result, output) if not failures else ""
    collected = bool(failures) or not _found_nothing(suite, result, output)
    if result.exit_status is None:
        failures += (_time_failure(suite, timeout_s),)
    elif lacks:
        collected, failures = True, (_start_failure(suite, lacks),)
    elif result.exit_status != 0 and collected and not failures:
        failures = (TestFailure(WHOLE_SUITE, last_of(output)),)
    return TestRun(
        framework=suite.framework,
        command=suite.command,
        exit_status=result.exit_status,
        duration_ms=result.duration_ms,
        collected=collected,
        failures=failures,
        output=_both_ends(output),
        lacks=lacks,
        is_whole=suite.framework != LINT or not _may_lack_findings(result, failures),
    )


def _may_lack_findings(result: ChildResult, findings: tuple[TestFailure, ...]) -> bool:
    return result.exit_status is None or bool(findings) and (result.is_cut or len(findings) >= MOST_FINDINGS)


def _time_failure(suite: Suite, timeout_s: float) -> TestFailure:
    id_, who = (OUT_OF_TIME, "linter") if suite.framework == LINT else (WHOLE_SUITE, "tests")
    return TestFailure(id_, "the %s ran out of time after %g s" % (who, timeout_s))


def _not_started(suite: Suite, error: OSError) -> TestRun:
    """As a shell would say it."""
    status = _NOT_FOUND if error.errno == errno.ENOENT else _NOT_EXECUTABLE
    lacks = "%s: %s" % (suite.command[0], error.strerror)
    return TestRun(suite.framework, suite.command, status, 0, True, (_start_failure(suite, lacks),), lacks=lacks)


def _start_failure(suite: Suite, lacks: str) -> TestFailure:
    return TestFailure("%s (%s)" % (NOT_STARTED, suite.framework), lacks)


def _what_it_lacks(result: ChildResult, output: str) -> str:
    """What a run that named no failing test says about a program that is not there; empty for any other."""
    lines = output.strip().splitlines() or [""]
    is_not_there = result.exit_status in (_NOT_EXECUTABLE, _NOT_FOUND) or _SAYS_NOT_FOUND.match(lines[-1])
    if result.exit_status in (0, None) or not is_not_there:
        return ""
    return " ".join(lines[-2:]).strip()[-_MOST_LACK_CHARACTERS:] or "the command is not there"


def _failures(suite: Suite, output: str, report: bytes | None) -> tuple[TestFailure, ...]:
    reported = junit_failures(report) if report is not None else None
    return reported if reported is not None else failures_in(output, suite.framework)


def _found_nothing(suite: Suite, result: ChildResult, output: str) -> bool:
    if suite.framework == "pytest":
        return result.exit_status == _PYTEST_NO_TESTS
    return found_nothing(output, suite.framework)


def _without_root(output: str, root: Path) -> str:
    """Paths as they stand in the project: what names a test must not depend on where that lies."""
    for folder in {os.path.realpath(root), os.path.abspath(root)}:
        output = output.replace(folder + "/", "")
    return output


def _both_ends(output: str) -> str:
    if len(output) <= 2 * KEEP_CHARACTERS:
        return output
    cut = "\n[... %d characters left out ...]\n" % (len(output) - 2 * KEEP_CHARACTERS)
    return output[:KEEP_CHARACTERS] + cut + output[-KEEP_CHARACTERS:]


def _command(suite: Suite, folder: Path | None) -> Sequence[str]:
    """As the suite says; a pytest that the user names keeps its cache out of the tree, too."""
    if folder is None or suite.framework != "command" or not is_one_pytest(suite.command[-1]):
        return suite.command
    return [*suite.command[:-1], "%s -o %s" % (suite.command[-1], shlex.quote(_cache(folder)))]


def _cache(folder: Path) -> str:
    return "cache_dir=%s" % (folder / "cache")


def _report_options(suite: Suite, folder: Path | None) -> list[str]:
    if suite.framework == "gradle" and folder is not None:
        script = folder / "messages.gradle"
        script.write_text(_WHOLE_MESSAGES, encoding="utf-8")
        return ["--init-script=%s" % script]
    if suite.framework != "pytest":
        return []
    if folder is None:
        return ["-rfE", "--color=no", "-p", "no:cacheprovider"]
    # The cache plugin stays, elsewhere: a project's own options such as --lf would not be known without it.
    report = "--junitxml=%s" % (folder / "report.xml")
    return ["-rfE", "--color=no", "-o", _cache(folder), "-o", "junit_family=xunit1", report]


def _place_options(suite: Suite, root: Path, folder: Path | None) -> list[str]:
    """Where tox and nox make their environments; those that the project has already are used."""
    option, place = _ENVIRONMENTS.get(suite.framework, ("", ""))
    if not option or folder is None or (root / place).is_dir():
        return []
    return [option, str(folder / "environments")]


def _read_report(folder: Path | None) -> bytes | None:
    """The report, where it is a plain file: the tests could have put anything in its place."""
    if folder is None:
        return None
    with suppress(OSError):
        descriptor = os.open(folder / "report.xml", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_REPORT_BYTES:
                return file.read(MAX_REPORT_BYTES)
    return None

"""Running a project's tests and reading what came of it, without a trace in the tree."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Mapping

from orchestra.clock import CancelToken, Clock, Deadline
from orchestra.errors import WorkspaceError
from orchestra.records import TestFailure, TestRun
from orchestra.workspace import suite_output
from orchestra.workspace.children import ChildResult, run_child
from orchestra.workspace.suite import Suite
from orchestra.workspace.temp_files import private_folder

KEEP_BYTES = 32 * 1024
MAX_REPORT_BYTES = 32 * 1024 * 1024
WHOLE_SUITE = "command"
"""The id of a failure that no single test can be named for."""

_PYTEST_NO_TESTS = 5


def run_suite(
    suite: Suite, root: Path, *, timeout_s: float, variables: Mapping[str, str], cancel: CancelToken, clock: Clock
) -> TestRun:
    """How the tests went. Raises Cancelled at a stop, WorkspaceError when they cannot be started.

    `variables` are those for child processes.
    """
    with private_folder(root) as folder:
        try:
            result = run_child(
                [*suite.command, *_report_options(suite, folder)],
                cwd=root,
                variables={**variables, **_quiet_variables(folder)},
                deadline=Deadline.after(clock, timeout_s),
                cancel=cancel,
                clock=clock,
                merge_streams=True,
                keep_bytes=KEEP_BYTES,
            )
        except OSError as error:
            what = "the tests cannot be started: %s" % error.strerror
            raise WorkspaceError(what, where=suite.command[0], hint="name another one with --test-command") from error
        report = _read_report(folder)
    return _as_test_run(suite, result, report, timeout_s)


def _as_test_run(suite: Suite, result: ChildResult, report: bytes | None, timeout_s: float) -> TestRun:
    output = suite_output.plain_text(result.stdout)
    failures = _failures(suite, output, report) if result.exit_status != 0 else ()
    collected = bool(failures) or not _found_nothing(suite, result, output)
    if result.exit_status is None:
        failures += (TestFailure(WHOLE_SUITE, "the tests ran out of time after %g s" % timeout_s),)
    elif result.exit_status != 0 and collected and not failures:
        failures = (TestFailure(WHOLE_SUITE, output[-suite_output.MAX_MESSAGE:].strip()),)
    return TestRun(
        framework=suite.framework,
        command=suite.command,
        exit_status=result.exit_status,
        duration_ms=result.duration_ms,
        collected=collected,
        failures=failures,
        output=output,
    )


def _failures(suite: Suite, output: str, report: bytes | None) -> tuple[TestFailure, ...]:
    if suite.framework == "pytest":
        reported = suite_output.junit_failures(report) if report is not None else None
        return reported if reported is not None else suite_output.pytest_failures(output)
    if suite.framework == "unittest":
        return suite_output.unittest_failures(output)
    return suite_output.pytest_failures(output) or suite_output.unittest_failures(output)


def _found_nothing(suite: Suite, result: ChildResult, output: str) -> bool:
    if suite.framework == "pytest":
        return result.exit_status == _PYTEST_NO_TESTS
    return suite.framework == "unittest" and suite_output.nothing_ran(output)


def _report_options(suite: Suite, folder: Path | None) -> list[str]:
    if suite.framework != "pytest":
        return []
    if folder is None:
        return ["-rfE", "--color=no", "-p", "no:cacheprovider"]
    # The cache plugin stays, elsewhere: a project's own options such as --lf would not be known without it.
    report = "--junitxml=%s" % (folder / "report.xml")
    return ["-rfE", "--color=no", "-o", "cache_dir=%s" % (folder / "cache"), "-o", "junit_family=xunit1", report]


def _quiet_variables(folder: Path | None) -> dict[str, str]:
    """Variables that keep Python and its tools from writing beside the sources."""
    quiet = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    if folder is not None:
        quiet.update(COVERAGE_FILE=str(folder / "coverage"), HYPOTHESIS_STORAGE_DIRECTORY=str(folder / "hypothesis"))
    return quiet


def _read_report(folder: Path | None) -> bytes | None:
    with suppress(OSError):
        if folder is not None and (folder / "report.xml").stat().st_size <= MAX_REPORT_BYTES:
            return (folder / "report.xml").read_bytes()
    return None

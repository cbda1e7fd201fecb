"""How a session ended, for scripts and for people."""

from __future__ import annotations

from typing import Any, Mapping

from orchestra.cli.output import Output, one_line
from orchestra.clock import iso
from orchestra.engine.session import Report
from orchestra.engine.command_runs import Verdict
from orchestra.errors import ExitStatus
from orchestra.records import Commit, FileOutcome, Metrics, TestRun
from orchestra.views.figures import consumed
from orchestra.views.cell_text import width_of

_MOST_OUTPUT_LINES = 20


def outcome_json(report: Report, output: Output) -> dict[str, Any]:
    """The result of run, resume and plan."""
    outcome = report.outcome
    head = output.head(report.status, report.error)
    return {
        "schema": head["schema"],
        "session_id": outcome.session_id,
        "status": report.status.word,
        "exit_status": head["exit_status"],
        "error": head["error"],
        "task": outcome.task,
        "summary": outcome.summary,
        "mode": outcome.mode,
        "files": [_file_json(file) for file in outcome.files],
        "tests": _tests_json(outcome.test_run, report.verdict),
        "commit": _commit_json(outcome.commit),
        "metrics": metrics_json(outcome.metrics),
        "can_resume": report.can_resume,
    }


def failure_json(status: ExitStatus) -> dict[str, Any]:
    """What the same result says where no session came to be."""
    return {
        "session_id": None, "status": status.word, "task": None, "summary": None, "mode": None, "files": [],
        "tests": None, "commit": None, "metrics": None, "can_resume": False,
    }


def metrics_json(metrics: Metrics) -> dict[str, Any]:
    cost = metrics.total_cost_usd
    return {
        "total_cost_estimate": None if cost is None else float(cost),
        "start_time": iso(metrics.start_time),
        "end_time": iso(metrics.end_time),
        "total_tokens": metrics.input_tokens + metrics.output_tokens,
        "input_tokens": metrics.input_tokens,
        "output_tokens": metrics.output_tokens,
        "cached_tokens": metrics.cached_tokens,
        "total_attempts": metrics.total_attempts,
        "successful_attempts": metrics.successful_attempts,
        "failed_attempts": metrics.failed_attempts,
        "unpriced_attempts": metrics.unpriced_attempts,
        "fallback_rotations": metrics.fallback_rotations,
        "avg_latency_ms": metrics.avg_latency_ms,
    }


def outcome_text(report: Report, *, is_dry: bool = False) -> str:
    """A few aligned lines."""
    outcome = report.outcome
    lines = [f"{report.status.word}: {one_line(outcome.summary)}" if outcome.summary else report.status.word]
    lines += _file_lines(outcome.files)
    if outcome.test_run is not None:
        lines.append(f"  tests     {_tests_line(outcome.test_run, report.verdict)}")
    elif report.tests_lack:
        lines.append(f"  tests     did not run: {one_line(report.tests_lack)}")
    if outcome.commit is not None:
        lines.append(f"  commit    {outcome.commit.sha[:10]} {outcome.commit.message.splitlines()[0]}")
    if is_dry:
        lines.append("  dry run   nothing was written")
    lines.append(f"  cost      {consumed(outcome.metrics)}")
    lines.append(f"  session   {outcome.session_id}")
    if report.can_resume:
        lines.append(f"  go on     orchestra resume {outcome.session_id}")
    return "\n".join(lines)


def _file_lines(files: tuple[FileOutcome, ...]) -> list[str]:
    width = max((width_of(file.path) for file in files), default=0)
    lines = []
    for file in files:
        audits = f"{file.iterations} audit{'' if file.iterations == 1 else 's'}" if file.iterations else ""
        audits += ", recovered" if file.recovered else ""
        path = file.path + " " * (width - width_of(file.path))
        line = f"  {file.status:<9} {file.action:<6}  {path}  {audits}".rstrip()
        lines.append(line + (f"\n            {one_line(file.error)}" if file.error else ""))
    return lines


def _tests_line(run: TestRun, verdict: Verdict | None) -> str:
    if run.passed:
        return f"passed ({run.framework}, {run.duration_ms / 1000:.1f} s)"
    if run.lacks:
        return f"could not start: {run.lacks} ({run.framework})"
    new = verdict.new_failures if verdict else ()
    how = run.framework if run.exit_status is not None else f"{run.framework}, out of time"
    still = verdict.still_failing if verdict else ()
    if still and not new:
        listing = "".join(f"\n              {failure.id}" for failure in still[:10])
        return f"failed: {len(still)} as before that the task asks to have pass ({how}){listing}"
    if not new:
        return f"no new failure; {len(run.failures)} failed before already ({how})"
    listing = "".join(f"\n              {failure.id}" for failure in new[:10])
    end = "".join(f"\n    | {line}" for line in run.output.rstrip().splitlines()[-_MOST_OUTPUT_LINES:])
    return f"failed: {len(new)} new ({how}){listing}{end}"


def _file_json(file: FileOutcome) -> dict[str, Any]:
    error = None if file.error is None else {"code": file.error_code, "message": file.error}
    return {
        "path": file.path, "action": file.action, "status": file.status, "iterations": file.iterations,
        "recovered": file.recovered, "error": error,
    }


def _tests_json(run: TestRun | None, verdict: Verdict | None) -> Mapping[str, Any] | None:
    if run is None:
        return None
    return {
        "framework": run.framework, "command": list(run.command), "passed": run.passed,
        "exit_status": run.exit_status, "duration_ms": run.duration_ms, "lacks": run.lacks or None,
        "sandbox": list(run.sandbox), "failures": [failure.id for failure in run.failures],
        "new_failures": [failure.id for failure in verdict.new_failures] if verdict else [],
        "still_failing": [failure.id for failure in verdict.still_failing] if verdict else [],
    }


def _commit_json(commit: Commit | None) -> dict[str, str] | None:
    return None if commit is None else {"sha": commit.sha, "message": commit.message}

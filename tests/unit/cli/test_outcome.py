from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestra.cli.outcome import failure_json, outcome_json, outcome_text
from orchestra.cli.output import Output
from orchestra.engine.session import Report
from orchestra.engine.command_runs import Verdict
from orchestra.environment import Environment
from orchestra.errors import Conflict, ExitStatus
from orchestra.records import Commit, FileOutcome, Metrics, Outcome, TestFailure, TestRun
from tests.unit.fake_clock import START

METRICS = Metrics(START, START + timedelta(seconds=90), Decimal("0.0123"), 12345, 678, 90, 5, 4, 1, 0, 1, 412.5)
RUN = TestRun(
    "pytest", ("python", "-m", "pytest"), 1, 830, True, (TestFailure("test_old"), TestFailure("test_new", "no")),
    "the end of it\n",
)
OUTCOME = Outcome(
    "s-1", "a task", "Do it.", "parallel",
    (
        FileOutcome("a.py", "create", "approved", 1),
        FileOutcome("longer.py", "modify", "reverted", 3, False, "conflict", "somebody changed it", 5),
    ),
    RUN, Commit("0123456789abcdef", "feat: do it\n\nWhy.\n"), METRICS,
)
REPORT = Report(
    OUTCOME, None, ExitStatus.PARTIAL, Conflict("it went wrong", where="longer.py", hint="mend it"), True,
    Verdict(RUN, (TestFailure("test_new", "no"),)),
)
BARE = Report(replace(OUTCOME, files=(), test_run=None, commit=None), None, ExitStatus.DONE, None, False)


def document(report: Report) -> dict[str, Any]:
    env = Environment(io.StringIO(), io.StringIO(), io.StringIO(), {}, Path("/"))
    output = Output(env, as_json=True, as_json_stream=False)
    found: dict[str, Any] = json.loads(json.dumps(outcome_json(report, output)))
    return found


# For scripts


def test_the_object_has_every_documented_key() -> None:
    found = document(REPORT)
    assert {
        "schema", "session_id", "status", "exit_status", "error", "task", "summary", "mode", "files", "tests", "commit",
        "metrics",
    } <= set(found)
    assert {"path", "action", "status", "iterations", "recovered", "error"} == set(found["files"][0])
    assert {"framework", "command", "passed", "exit_status", "duration_ms"} <= set(found["tests"])
    assert {"sha", "message"} == set(found["commit"])
    assert set(found["metrics"]) == {
        "total_cost_estimate", "start_time", "end_time", "total_tokens", "input_tokens", "output_tokens",
        "cached_tokens", "total_attempts", "successful_attempts", "failed_attempts", "unpriced_attempts",
        "fallback_rotations", "avg_latency_ms",
    }


def test_the_object_says_how_the_session_ended() -> None:
    found = document(REPORT)
    assert (found["schema"], found["session_id"], found["status"], found["exit_status"]) == (1, "s-1", "partial", 9)
    assert found["error"] == {"code": "conflict", "message": "it went wrong; longer.py", "hint": "mend it"}
    assert (found["task"], found["summary"], found["mode"], found["can_resume"]) == (
        "a task", "Do it.", "parallel", True
    )


def test_a_file_that_failed_has_its_own_error() -> None:
    good, bad = document(REPORT)["files"]
    assert good == {
        "path": "a.py", "action": "create", "status": "approved", "iterations": 1, "recovered": False, "error": None
    }
    assert bad["error"] == {"code": "conflict", "message": "somebody changed it"}


def test_tests_name_what_failed_and_what_of_it_is_new() -> None:
    tests = document(REPORT)["tests"]
    assert (tests["failures"], tests["new_failures"]) == (["test_old", "test_new"], ["test_new"])
    assert tests["passed"] is False
    assert tests["command"] == ["python", "-m", "pytest"]


def test_what_did_not_run_is_null() -> None:
    found = document(BARE)
    assert (found["tests"], found["commit"], found["error"], found["files"]) == (None, None, None, [])


def test_figures_are_numbers_and_times_are_in_utc() -> None:
    metrics = document(REPORT)["metrics"]
    assert (metrics["total_cost_estimate"], metrics["avg_latency_ms"]) == (0.0123, 412.5)
    assert metrics["total_tokens"] == 13023
    assert (metrics["start_time"], metrics["end_time"]) == ("2026-11-22T07:15:00.000Z", "2026-11-22T07:16:30.000Z")


def test_an_unknown_cost_is_null_and_not_nothing() -> None:
    report = replace(BARE, outcome=replace(OUTCOME, metrics=replace(METRICS, total_cost_usd=None)))
    assert document(report)["metrics"]["total_cost_estimate"] is None


def test_a_session_that_never_was_has_the_same_keys() -> None:
    head = {"schema", "exit_status", "error"}
    assert set(failure_json(ExitStatus.USAGE)) | head == set(document(BARE))
    assert failure_json(ExitStatus.NOT_APPROVED)["status"] == "rejected"


# For people


def test_people_read_files_tests_commit_cost_and_the_way_on() -> None:
    text = outcome_text(REPORT)
    assert text.splitlines()[0] == "partial: Do it."
    for part in ("a.py", "1 audit", "longer.py", "3 audits", "somebody changed it", "1 new", "test_new",
                 "the end of it", "0123456789 feat: do it", "$0.0123", "5 calls", "12.3k tokens in, 678 out",
                 "1 fallback", "orchestra resume s-1"):
        assert part in text
    assert "test_old\n" not in text and "Why." not in text


def test_no_model_can_add_a_line_of_its_own() -> None:
    lie = "bad\n  approved  modify  evil.py"
    files = (replace(OUTCOME.files[0], error_code="x", error=lie), OUTCOME.files[1])
    told = outcome_text(replace(REPORT, outcome=replace(OUTCOME, summary=lie, files=files)))
    assert len(told.splitlines()) == len(outcome_text(REPORT).splitlines()) + 1
    assert not any(line.startswith("  approved  modify") for line in told.splitlines())


def test_what_follows_wide_names_is_aligned_by_cells() -> None:
    files = tuple(FileOutcome(path, "modify", "approved", 1) for path in ("\u65e5\u672c.py", "plain.py"))
    lines = outcome_text(replace(REPORT, outcome=replace(OUTCOME, files=files))).splitlines()
    assert [line[20:] for line in lines[1:3]] == ["\u65e5\u672c.py   1 audit", "plain.py  1 audit"]


def test_what_is_not_there_is_not_told() -> None:
    text = outcome_text(BARE)
    for part in ("tests", "commit", "resume"):
        assert part not in text


@pytest.mark.parametrize(
    ("run", "new", "part"),
    [
        (replace(RUN, exit_status=0, failures=()), (), "passed (pytest, 0.8 s)"),
        (RUN, (), "no new failure; 2 failed before already"),
        (replace(RUN, exit_status=None), (TestFailure("command"),), "out of time"),
    ],
)
def test_tests_are_told_in_a_line(run: TestRun, new: tuple[TestFailure, ...], part: str) -> None:
    assert part in outcome_text(replace(REPORT, outcome=replace(OUTCOME, test_run=run), verdict=Verdict(run, new)))


def test_answers_without_a_price_are_told_beside_a_known_cost() -> None:
    report = replace(BARE, outcome=replace(OUTCOME, metrics=replace(METRICS, unpriced_attempts=2)))
    assert "2 without a price" in outcome_text(report)
    unpriced = replace(METRICS, total_cost_usd=None, unpriced_attempts=2)
    assert "no price" in outcome_text(replace(BARE, outcome=replace(OUTCOME, metrics=unpriced)))


def test_calls_that_were_not_billed_cost_nothing() -> None:
    report = replace(BARE, outcome=replace(OUTCOME, metrics=replace(METRICS, total_cost_usd=None, unpriced_attempts=0)))
    assert "cost      nothing, " in outcome_text(report)

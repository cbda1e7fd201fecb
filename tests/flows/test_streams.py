"""What goes to stdout and what to stderr, in words, as one object, and as a stream of objects."""

from __future__ import annotations

import io
import json

import pytest

from orchestra.demo.script import Fault
from tests.flows.project import Project, Terminal
from tests.flows.team import finding, one_file, plan_of, planned, team, whole

RESULT_KEYS = {
    "schema", "session_id", "status", "exit_status", "error", "task", "summary", "mode", "files", "tests", "commit",
    "metrics",
}
BAD = team(plan_of(planned("a.txt")), {"a.txt": whole("one\n")}, finding("no"), {"a.txt": whole("two\n")})


@pytest.mark.parametrize("argv, script, status", [
    (["--yes"], one_file(), 0),
    (["--yes", "--max-iterations", "1"], BAD, 1),
    (["--yes", "--test"], one_file(), 2),
    ([], one_file(), 3),
    (["--yes"], lambda call: Fault(500), 4),
    (["--yes"], team(plan_of(planned("../x"))), 5),
    (["--yes", "--max-cost", "0"], one_file(), 7),
    (["--yes", "--test-command", "test ! -e a.txt"], team(
        plan_of(planned("a.txt")), {"a.txt": whole("one\n")}, blames='```json\n{"fixes": []}\n```'), 8),
])
def test_json_is_exactly_one_object_whatever_the_status(project, argv, script, status) -> None:
    ran = project.run("run", "task", "--json", *argv, script=script)

    assert ran.status == ran.json["exit_status"] == status
    assert RESULT_KEYS <= set(ran.json)
    assert (ran.json["error"] is None) == (status == 0)
    if status:
        error = ran.json["error"]
        assert f"orchestra: error [{error['code']}]: {error['message']}" in ran.err


@pytest.mark.parametrize("argv", [
    ["--json", "run", "x", "--bogus"],
    ["run", "--bogus", "--json", "x"],
    ["run", "x", "--timeout", "--json"],
    ["--json"],
    ["--config", "not-there.yaml", "run", "x", "--json"],
])
def test_usage_errors_are_one_object_too_wherever_json_stands(project: Project, argv: list[str]) -> None:
    ran = project.run(*argv)

    assert ran.status == 2
    assert ran.json["exit_status"] == 2
    assert ran.json["error"]["code"]


@pytest.mark.parametrize("command", ["run", "plan", "resume", "watch", "undo", "log"])
@pytest.mark.parametrize("wrong", [["--color", "bogus"], ["--log-level", "bogus"], ["-C"], ["--quiet=yes"]])
def test_an_error_in_a_global_option_has_the_commands_own_shape(
    project: Project, command: str, wrong: list[str]
) -> None:
    own, general = project.run(command, "--json", "--bogus"), project.run(command, *wrong, "--json")

    assert (own.status, general.status) == (2, 2)
    assert {**general.json, "error": None} == {**own.json, "error": None}


def test_json_behind_two_dashes_is_part_of_the_task(project: Project) -> None:
    ran = project.run("run", "--yes", "--", "explain", "--json", script=one_file())

    assert ran.status == 0
    assert project.rows("SELECT task FROM sessions") == [{"task": "explain --json"}]
    with pytest.raises(json.JSONDecodeError):
        ran.json


def test_a_stream_is_one_object_a_line_and_the_result_comes_last(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--json-stream", script=one_file())

    *events, result = ran.lines
    assert ran.status == result["exit_status"] == 0
    assert RESULT_KEYS <= set(result)
    names = [event["event"] for event in events]
    assert names[0] == "session.started" and names[-1] == "session.ended"
    assert {"plan.ready", "file.written", "file.ended", "step.completed"} <= set(names)
    assert all(event["session"] == result["session_id"] and event["time"] and event["level"] for event in events)


def test_a_stream_ends_with_the_result_when_nothing_could_be_started(project: Project) -> None:
    ran = project.run("run", "--json-stream")

    (result,) = ran.lines
    assert (result["exit_status"], result["status"]) == (2, "failed")


def test_the_result_goes_to_stdout_and_progress_to_stderr(project: Project) -> None:
    ran = project.run("run", "task", "--yes", script=one_file())

    assert ran.out.startswith("completed: Do what was asked.")
    assert "a.txt" in ran.out
    for told in ("architect", "executor", "auditor", "a.txt approved", "tokens", "$0.0"):
        assert told in ran.err
        assert "orchestra: error" not in ran.err


def test_quiet_leaves_the_result_and_nothing_else(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "-q", script=one_file())

    assert ran.err == ""
    assert ran.out.startswith("completed")


def test_quiet_still_tells_errors(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--quiet", script=team(plan_of(planned("../x"))))

    assert ran.out.startswith("failed")
    assert [line.split("]")[0] for line in ran.err.splitlines()] == ["orchestra: error [refused-path"]


def test_global_options_stand_before_or_after_the_command(project: Project) -> None:
    assert project.run("--json", "sessions").json["sessions"] == []
    assert project.run("sessions", "--json").json["sessions"] == []


def test_a_task_from_standard_input_is_read_whole(project: Project) -> None:
    ran = project.run("run", "-", "--yes", script=one_file(), stdin=io.StringIO("first line\nsecond line\n"))

    assert ran.status == 0
    assert project.rows("SELECT task, task_source FROM sessions") == [
        {"task": "first line\nsecond line", "task_source": "stdin"}
    ]


def test_a_task_from_standard_input_never_leaves_an_approval_there(project: Project) -> None:
    ran = project.run("run", "-", "--json", script=one_file(), stdin=Terminal("do it", "a", "approve", "yes"))

    assert ran.status == 3
    assert "--yes" in ran.json["error"]["hint"]
    assert not project.has("a.txt")


class Untouchable(io.StringIO):
    """A standard input that nobody may read."""

    def read(self, size: int | None = -1) -> str:
        raise AssertionError("standard input was read")

    def readline(self, size: int = -1) -> str:  # type: ignore[override]
        raise AssertionError("standard input was read")


def test_standard_input_is_not_read_without_need(project: Project) -> None:
    assert project.run("run", "task", script=one_file(), stdin=Untouchable()).status == 3
    assert project.run("run", "task", "--yes", script=one_file(), stdin=Untouchable()).status == 0


def test_nothing_printed_steers_a_terminal(project: Project) -> None:
    script = team(plan_of(planned("a.txt"), summary="clear \x1b[2J all"), {"a.txt": whole("one\n")})
    ran = project.run("run", "wipe \x1b[2J", "--yes", script=script)
    later = [project.run(*argv) for argv in (
        ("status",), ("sessions",), ("log",), ("report",), ("verify",), ("undo", "--dry-run"), ("undo",),
    )]
    written = project.run("report", "--output", "report.txt")

    assert (ran.status, written.status) == (0, 0)
    assert "clear ?[2J all" in ran.out and "wipe ?[2J" in later[0].out
    for text in (project.read("report.txt"), *(each.out + each.err for each in (ran, *later))):
        assert "\x1b" not in text


@pytest.mark.parametrize("level, told, not_told", [
    ("debug", "attempt.started", None), ("info", "step.completed", "attempt.started"),
    ("error", None, "session.started"),
])
def test_the_log_holds_one_object_a_line_from_its_level_on(project: Project, level, told, not_told) -> None:
    ran = project.run("run", "task", "--yes", "--json", "--log-level", level, script=one_file())
    log = project.state / "logs" / f"{ran.json['session_id']}.jsonl"
    names = [json.loads(line)["event"] for line in log.read_text().splitlines()] if log.exists() else []

    assert told is None or told in names
    assert not_told not in names


def test_events_are_kept_in_the_journal(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--json", script=one_file())
    rows = project.rows("SELECT * FROM events ORDER BY id")

    assert {row["session_id"] for row in rows} == {ran.json["session_id"]}
    assert {"session.started", "plan.approved", "file.ended", "session.ended"} <= {row["name"] for row in rows}
    assert all(isinstance(json.loads(row["data"]), dict) for row in rows)

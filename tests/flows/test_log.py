"""A session's log: what a run leaves, and what reads it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket

import pytest

from orchestra.clock import iso
from orchestra.demo.script import Fault
from tests.flows.hurried_clock import HurriedClock
from tests.flows.project import Project
from tests.flows.team import one_file, plan_of, planned, team, whole

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} (debug|info|warning|error) +[a-z_.]+( |$)")


def test_the_log_names_step_agent_and_attempt(project: Project) -> None:
    script = team(plan_of(planned("a.txt")), {"a.txt": [lambda call: Fault(500), whole("one\n")]})
    project.run("run", "task", "--yes", script=script)
    events = project.run("log", "--json").json["events"]

    (failed,) = [event for event in events if event["event"] == "attempt.failed"]
    assert (failed["agent"], failed["attempt"], failed["level"], failed["error_code"]) == (
        "executor", 1, "warning", "API_ERROR",
    )
    (done,) = [event for event in events if event["event"] == "step.completed" and event["agent"] == "executor"]
    assert (done["step"], done["attempt"]) == (failed["step"], 2)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["time"]) for event in events)


def test_the_log_is_read_as_lines_as_an_object_and_as_a_stream(project: Project) -> None:
    session = project.run("run", "task", "--yes", "--json", script=one_file()).json["session_id"]
    lines = project.run("log", session)
    whole_ = project.run("log", "--json")
    stream = project.run("log", "--json-stream")

    assert lines.status == whole_.status == stream.status == 0
    assert all(LINE.match(line) for line in lines.out.splitlines())
    assert (whole_.json["session_id"], whole_.json["exit_status"], whole_.json["error"]) == (session, 0, None)
    assert len(whole_.json["events"]) == len(lines.out.splitlines()) > 5
    *told, result = stream.lines
    assert told == whole_.json["events"]
    assert (result["session_id"], result["events"]) == (session, None)


def test_reading_shows_what_is_as_serious_as_asked(project: Project) -> None:
    project.run("run", "task", "--yes", "--log-level", "debug", script=one_file())
    for level, levels in (("debug", {"debug", "info"}), ("info", {"info"}), ("error", set())):
        events = project.run("log", "--json", "--log-level", level).json["events"]
        assert {event["level"] for event in events} == levels
    assert " debug " not in project.run("--log-level", "info", "log").out


@pytest.mark.parametrize(("level", "has_debug", "has_info"), [
    ("debug", True, True), ("info", False, True), ("warning", False, False),
])
def test_the_level_decides_what_is_written(project: Project, level: str, has_debug: bool, has_info: bool) -> None:
    project.run("run", "task", "--yes", "--log-level", level, script=one_file())
    levels = {event["level"] for event in project.run("log", "--json").json["events"]}

    assert ("debug" in levels, "info" in levels) == (has_debug, has_info)


def test_verbose_shows_the_log_on_stderr(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "-v", "--log-level", "info", script=one_file())

    shown = [line for line in ran.err.splitlines() if LINE.match(line)]
    assert shown == project.run("log").out.splitlines()
    assert "phase.entered" in project.run("run", "task", "--yes", "-v", script=one_file("b.txt")).err


def test_a_damaged_line_is_said_and_hides_no_other(project: Project) -> None:
    session = project.run("run", "task", "--yes", "--json", script=one_file()).json["session_id"]
    count = len(project.run("log", "--json").json["events"])
    with open(project.state / "logs" / f"{session}.jsonl", "a", encoding="utf-8") as stream:
        stream.write('nonsense\n{"event": "cut o')
    ran = project.run("log", "--json")

    assert (ran.status, len(ran.json["events"]), ran.json["damaged_lines"]) == (0, count, 1)
    assert "1 line of the log cannot be read" in ran.err


def test_a_log_that_is_gone_is_said(project: Project) -> None:
    project.run("run", "task", "--yes", script=one_file())
    assert "no log" not in project.run("log").err
    (log,) = (project.state / "logs").iterdir()
    log.unlink()
    ran = project.run("log")
    assert (ran.status, ran.out) == (0, "") and f"`orchestra report {log.stem}`" in ran.err


def test_an_unknown_session_has_no_log(project: Project) -> None:
    assert project.run("log").status == 2
    ran = project.run("log", "s-20200101-000000-abcd", "--json")
    assert (ran.status, ran.json["error"]["code"], ran.json["events"]) == (2, "unknown-session", [])


def test_following_ends_with_the_session_and_with_a_run_that_was_killed(project: Project) -> None:
    project.run("run", "task", "--json", script=one_file())
    assert project.run("log", "-f").status == 0
    (project.state / "lock").write_text(json.dumps({"pid": 2**22 + 1, "host": socket.gethostname()}))
    assert project.run("log", "-f").status == 0


def test_following_a_session_that_is_at_work_ends_with_a_signal(project: Project) -> None:
    session = project.run("run", "task", "--yes", "--json", script=one_file()).json["session_id"]
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "started_at": iso(HurriedClock().now())}
    (project.state / "lock").write_text(json.dumps(owner))
    # Still at work, with its end in the journal: nothing more comes after the last line.
    assert project.run("log", session, "--follow").status == 0

    waiting = project.run("plan", "another", "--json", script=one_file("b.txt")).json["session_id"]
    (project.state / "lock").write_text(json.dumps(owner))
    with open(project.state / "logs" / f"{waiting}.jsonl", "w", encoding="utf-8") as stream:
        stream.write('{"event": "only.one"}\n')
    project.stop.request(signal.SIGINT)
    # Without git, which would notice the signal first.
    ran = project.run("log", waiting, "-f", "--json", variables={"PATH": ""})
    assert (ran.status, ran.json["exit_status"]) == (130, 130)
    assert ran.json["events"] == [{"event": "only.one"}]

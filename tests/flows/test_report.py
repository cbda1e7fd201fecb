"""Reports on what sessions took."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from orchestra.demo.script import Fault, Reset, Text
from orchestra.records import AGENT_ROLES
from tests.flows.project import Project
from tests.flows.team import finding, one_file, plan_of, planned, team, whole


def test_a_session_is_told_with_files_usage_faults_and_phases(project: Project) -> None:
    drafts = [lambda call: Fault(500), whole("one\n")]
    reviews = [finding("mend it"), '```json\n{"verdict": "approved", "issues": []}\n```']
    script = team(plan_of(planned("a.txt")), {"a.txt": drafts}, reviews, {"a.txt": whole("two\n")})
    ran = project.run("run", "task", "--yes", "--json", script=script)
    report = project.run("report", "--json").json["report"]

    assert report["session_id"] == ran.json["session_id"]
    (file,) = report["files"]
    assert (file["path"], file["status"], file["iterations"], file["attempts"]) == ("a.txt", "approved", 2, 5)
    assert report["total_cost_estimate"] == pytest.approx(ran.json["metrics"]["total_cost_estimate"])
    assert [(one["role"], one["answers"]) for one in report["usage"]] == [
        ("architect", 1), ("executor", 1), ("auditor", 2), ("consultant", 1),
    ]
    assert report["faults"] == [{"model": "scripted/executor-model", "error_code": "API_ERROR", "count": 1}]
    assert {"architect", "executor", "auditor", "consultant"} == {span["name"] for span in report["timeline"]}
    assert "executing" in {span["name"] for span in report["phases"]}


PRICED = {"models": {f"{role}-model": {"price_input": 1000, "price_output": 3000} for role in AGENT_ROLES}}


def test_what_failed_counts_in_the_lines_the_events_the_result_and_the_report_alike(project: Project) -> None:
    drafts = [
        lambda call: Reset("The beginning of an answer that breaks off"),
        lambda call: Text("The file:\n\n````\none\n", finish="length"), "two\n````\n",
    ]
    script = team(plan_of(planned("a.txt")), {"a.txt": drafts})
    ran = project.run(
        "run", "task", "--yes", "--json-stream", "--max-cost", "100", script=script, provider_settings=PRICED
    )
    *events, result = ran.lines
    told = [event for event in events if event["event"] in ("attempt.failed", "step.completed")]
    failed = [event for event in told if event["event"] == "attempt.failed"]
    total = result["metrics"]["total_cost_estimate"]

    assert (ran.status, [event["error_code"] for event in failed]) == (0, ["CONNECTION", "TRUNCATED"])
    assert all(event["cost"] > 0 for event in failed)
    assert sum(event["cost"] for event in told) == pytest.approx(total)
    for kind in ("input_tokens", "output_tokens"):
        assert sum(event[kind] or 0 for event in told) == result["metrics"][kind]
    assert re.findall(r"(\$[\d.]+) so far", ran.err)[-1] == f"${total:.4f}"
    report = project.run("report", "--json").json["report"]
    assert report["total_cost_estimate"] == pytest.approx(total)
    assert sum(share["cost"] for share in report["usage"]) == pytest.approx(total)


def test_what_was_spent_before_a_resume_counts_after_it(project: Project) -> None:
    plan = plan_of(planned("a.txt"), planned("b.txt"))
    drafts = {"a.txt": whole("one\n"), "b.txt": [lambda call: Fault(401), whole("two\n")]}
    script = team(plan, drafts)
    paid = ("--max-cost", "100", "--json")
    first = project.run("run", "task", "--yes", *paid, script=script, provider_settings=PRICED)
    again = project.run("resume", "--yes", *paid, script=script, provider_settings=PRICED)
    before, total = (ran.json["metrics"]["total_cost_estimate"] for ran in (first, again))

    assert (first.status, again.status) == (9, 0), again.err
    figures = [float(text) for text in re.findall(r"\$([\d.]+) so far", again.err)]
    assert before < figures[0] <= figures[-1] == pytest.approx(total, abs=1e-4)


def test_all_sessions_are_told_together(project: Project) -> None:
    project.run("run", "first", "--yes", script=one_file("a.txt"))
    project.run("run", "second", "--yes", script=lambda call: Fault(500))
    project.run("undo", "--json")
    report = project.run("report", "--all", "--json").json["report"]

    assert [line["task"] for line in report["sessions"]] == ["first", "second"]
    assert report["success"] == {"sessions": 2, "succeeded": 1, "rate": 0.5}
    assert {one["role"]: one["share"] for one in report["first_choice"]} == {
        "architect": 1.0, "executor": 1.0, "auditor": 1.0,
    }
    assert report["cost"]["aim"] == 0.1


@pytest.mark.parametrize("form", ["text", "json", "html", "prometheus"])
@pytest.mark.parametrize("scope", [(), ("--all",)])
def test_every_form_goes_to_stdout_or_whole_into_a_file(project: Project, form: str, scope: tuple[str, ...]) -> None:
    project.run("run", "task", "--yes", script=one_file())
    printed = project.run("report", *scope, "--format", form)
    written = project.run("report", *scope, "--format", form, "--output", "out.file")

    assert printed.status == written.status == 0
    assert project.read("out.file").strip() == printed.out.strip()
    assert written.out == "written to out.file\n"
    assert sorted(path.name for path in project.root.iterdir() if "out.file" in path.name) == ["out.file"]


@pytest.mark.parametrize("form", ["text", "json", "html", "prometheus"])
@pytest.mark.parametrize("scope", [(), ("--all",)])
def test_no_form_repeats_a_secret_of_the_task(project: Project, form: str, scope: tuple[str, ...]) -> None:
    project.run("run", "Log in by mongosh -u admin -p hVcqTzbnwKqjxRpd first", "--yes", script=one_file())
    printed = project.run("report", *scope, "--format", form).out

    assert "hVcqTzbnwKqjxRpd" not in printed
    tells_no_task = form == "prometheus" or (form, *scope) == ("text", "--all")
    assert tells_no_task or "Log in by mongosh -u admin -p *** first" in printed


def test_json_is_one_object_whatever_the_form(project: Project) -> None:
    project.run("run", "task", "--yes", script=one_file())
    ran = project.run("report", "--json", "--format", "prometheus")

    assert ran.json["format"] == "prometheus" and ran.json["text"].startswith("# HELP ")
    assert ran.json["report"]["session_id"]


def test_an_older_report_is_replaced_and_keeps_its_mode(project: Project) -> None:
    project.run("run", "task", "--yes", script=one_file())
    file = project.write("r.html", "old")
    file.chmod(0o640)
    assert project.run("report", "--format", "html", "--output", "r.html").status == 0
    assert project.read("r.html").startswith("<!DOCTYPE html>") and file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("form", ["text", "json", "html", "prometheus"])
def test_a_dash_is_standard_output(project: Project, form: str) -> None:
    project.run("run", "task", "--yes", script=one_file())
    ran, plain = (project.run("report", "--format", form, *more) for more in (("--output", "-"), ()))
    assert (ran.status, ran.out) == (0, plain.out) and not (project.root / "-").exists()


@pytest.mark.parametrize("name", [".", "no/such/folder/r", "pipe"])
def test_what_cannot_be_written_is_status_5_and_leaves_nothing(project: Project, name: str) -> None:
    project.run("run", "task", "--yes", script=one_file())
    os.mkfifo(project.root / "pipe")
    before = project.tree()
    ran = project.run("report", "--output", name, "--json")

    assert (ran.status, ran.json["exit_status"], ran.json["report"]) == (5, 5, None)
    assert project.tree() == before


def test_a_report_reads_only(project: Project, tmp_path: Path) -> None:
    project.run("run", "task", "--yes", script=one_file())
    before = {path: path.read_bytes() for path in project.state.rglob("*") if path.is_file()}
    project.run("report", "--format", "html")
    project.run("report", "--all")
    assert {path: path.read_bytes() for path in project.state.rglob("*") if path.is_file()} == before


def test_without_sessions_there_is_no_report_of_one_and_an_empty_one_of_all(project: Project) -> None:
    assert project.run("report").status == 2
    ran = project.run("report", "--all", "--json")
    assert (ran.status, ran.json["report"]["sessions"]) == (0, [])
    assert not project.state.exists()


def test_one_session_and_all_exclude_each_other(project: Project) -> None:
    assert project.run("report", "s-20200101-000000-abcd", "--all").status == 2


def test_a_profile_is_said_journalled_and_in_the_report(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--json", "--profile", script=one_file())

    profile = ran.json["profile"]
    assert {"planning", "executing"} <= {phase["name"] for phase in profile["phases"]}
    assert {one["name"]: one["count"] for one in profile["agents"]} == {"architect": 1, "executor": 1, "auditor": 1}
    assert profile["wall_ms"] > 0 and "profile\n" in ran.err and "phase  planning" in ran.err
    kept = project.run("report", "--json").json["report"]["profile"]
    assert kept["agents"] == profile["agents"]
    assert "<h2>Profile</h2>" in project.run("report", "--format", "html").out


@pytest.mark.parametrize("argv", [("status",), ("sessions",), ("run",), ("nonsense-session", "x")])
def test_any_command_can_be_profiled_and_without_the_flag_none_is(project: Project, argv: tuple[str, ...]) -> None:
    assert "profile" not in json.loads(project.run(*argv, "--json").out)
    if argv[0] != "nonsense-session":
        assert "profile" in json.loads(project.run(*argv, "--json", "--profile").out)


def test_what_the_parts_of_prompts_take_is_in_the_journal_and_the_report(project: Project) -> None:
    project.commit("AGENTS.md", "Root words.\n")
    project.run("run", "task", "--yes", "--json", script=one_file())

    rows = project.rows("SELECT data FROM events WHERE name = 'step.started' ORDER BY id")
    first = json.loads(rows[0]["data"])
    assert first["role"] == "architect" and {"rules", "instructions", "listing", "task"} <= set(first["parts"])
    parts = project.run("report", "--json").json["report"]["prompts"]
    assert {"role": "architect", "part": "rules", "characters": first["parts"]["rules"]} in parts
    assert "prompts\n" in project.run("report").out

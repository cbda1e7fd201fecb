from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from orchestra.cli.command_list import COMMANDS
from orchestra.cli.main import main
from orchestra.environment import Environment


def run(folder: Path, *argv: str, stdin: str = "") -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    status = main(argv, Environment(io.StringIO(stdin), out, err, {"PATH": "/usr/bin:/bin"}, folder))
    return int(status), out.getvalue(), err.getvalue()


def document(folder: Path, *argv: str) -> dict[str, Any]:
    status, out, _ = run(folder, *argv)
    found: dict[str, Any] = json.loads(out)
    assert found["exit_status"] == status
    return found


def test_without_a_command_the_way_to_help_is_named(tmp_path: Path) -> None:
    status, out, err = run(tmp_path)
    assert (status, out) == (2, "")
    assert err == "orchestra: error [usage]: no command was given; orchestra; `orchestra help` lists the commands\n"


@pytest.mark.parametrize(
    "argv", [["run", "--nope"], ["--color", "red", "run"], ["run", ""], ["cache"], ["help", "nope"], ["status"], ["-C"]]
)
def test_every_error_has_its_three_parts(tmp_path: Path, argv: list[str]) -> None:
    status, _, err = run(tmp_path, *argv)
    assert status == 2
    assert re.fullmatch(r"orchestra: error \[[a-z-]+\]: [^;]+; orchestra[ a-z]*; [^;]+\n", err)


@pytest.mark.parametrize("argv", [["help"], ["help", "help"], ["--help"], ["-h"]])
def test_help_names_every_command_and_succeeds(tmp_path: Path, argv: list[str]) -> None:
    status, out, err = run(tmp_path, *argv)
    assert (status, err) == (0, "")
    assert [name for name in COMMANDS if f"  {name} " not in out] == []


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"help"}))
@pytest.mark.parametrize("argv", [["help", "{}"], ["{}", "--help"], ["-h", "{}"]])
def test_every_command_has_its_help_with_the_options_of_every_command(
    tmp_path: Path, name: str, argv: list[str]
) -> None:
    status, out, err = run(tmp_path, *(word.format(name) for word in argv))
    assert (status, err) == (0, "")
    assert out.startswith(f"usage: orchestra {name}") and "--log-level" in out


@pytest.mark.parametrize("argv", [["nonsense"], ["help", "nonsense"], ["help", "--nonsense"], ["../run"]])
def test_a_command_that_does_not_exist_is_an_error_of_usage(tmp_path: Path, argv: list[str]) -> None:
    status, out, err = run(tmp_path, *argv)
    assert (status, out) == (2, "")
    assert "there is no command" in err


@pytest.mark.parametrize("argv", [["sessions", "-vz"], ["sessions", "--js"], ["sessions", "extra"]])
def test_what_a_command_does_not_know_is_an_error_and_never_ignored(tmp_path: Path, argv: list[str]) -> None:
    assert run(tmp_path, *argv)[0] == 2


def test_a_traceback_steers_no_terminal(tmp_path: Path) -> None:
    status, _, err = run(tmp_path, "sessions", "--debug", "-q", "--\x1b[2J")
    assert (status, "Traceback" in err, "\x1b" in err) == (2, True, False)


def test_short_flags_may_be_written_together(tmp_path: Path) -> None:
    assert run(tmp_path, "sessions", "-qv") == (0, "no sessions yet\n", "")


def test_folders_are_entered_one_after_another_as_in_git(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert run(tmp_path, "-C", "a", "-C", "b", "sessions")[0] == 0
    status, _, err = run(tmp_path, "-C", "b", "-C", "a", "sessions")
    assert (status, str(tmp_path / "b" / "a") in err) == (2, True)


def test_a_folder_whose_name_is_too_long_is_not_there(tmp_path: Path) -> None:
    status, _, err = run(tmp_path, "-C", "a" * 300, "sessions")
    assert (status, "there is no such folder" in err) == (2, True)


def test_short_flags_of_a_command_and_of_all_stand_together(tmp_path: Path) -> None:
    _, _, err = run(tmp_path, "run", "task", "-yq")
    assert "no-provider" in err


@pytest.mark.parametrize("argv", [["--config=--", "config", "show"], ["-C=--", "status"], ["run", "--task-file=--"]])
def test_dashes_are_no_value_of_an_option(tmp_path: Path, argv: list[str]) -> None:
    status, _, err = run(tmp_path, *argv)
    assert (status, "'--' is no value" in err) == (2, True)


@pytest.mark.parametrize("argv", [["run", "--test-command=true A=--", "--plan", "none"], ["-C", "a=--", "status"]])
def test_dashes_at_the_end_of_a_value_are_a_part_of_it(tmp_path: Path, argv: list[str]) -> None:
    assert "is no value" not in run(tmp_path, *argv)[2]


def test_a_report_goes_to_no_file_without_a_name(tmp_path: Path) -> None:
    status, out, _ = run(tmp_path, "report", "--all", "--output", "")
    assert (status, out) == (5, "")


def test_every_error_is_an_object_when_json_is_asked_for(tmp_path: Path) -> None:
    found = document(tmp_path, "nonsense", "--json")
    assert (found["schema"], found["error"]["code"]) == (1, "usage")


def test_a_run_that_never_began_has_the_shape_of_one_that_did(tmp_path: Path) -> None:
    found = document(tmp_path, "run", "--json")
    assert (found["status"], found["session_id"], found["files"]) == ("failed", None, [])
    assert found["error"]["message"].startswith("the task is empty")
    assert document(tmp_path, "watch", " ", "--json")["error"]["hint"].startswith("say what to do: orchestra watch ")


@pytest.mark.parametrize(
    "name, keys",
    [
        ("status", {"session"}),
        ("sessions", {"sessions", "pruned", "dry_run", "freed_bytes"}),
        ("verify", {"session_id", "verified", "has_journal", "files", "tests_passed", "differences"}),
        ("diff", {"session_id", "diff"}),
        ("context", {"task", "total_tokens", "parts", "left_out"}),
        ("doctor", {"checks"}),
        ("models", {"models", "providers"}),
        ("log", {"session_id", "events", "damaged_lines"}),
        ("report", {"report"}),
    ],
)
def test_a_failure_has_the_keys_of_a_result(tmp_path: Path, name: str, keys: set[str]) -> None:
    found = document(tmp_path, name, "--nope", "--json")
    assert set(found) == {"schema", "exit_status", "error", *keys}


def test_a_dry_prune_is_told_as_one_where_nothing_is_to_go(tmp_path: Path) -> None:
    assert document(tmp_path, "sessions", "prune", "--dry-run", "--json")["dry_run"] is True
    assert document(tmp_path, "sessions", "prune", "--json")["dry_run"] is False


def test_a_task_that_is_no_text_is_an_error_of_usage_and_no_defect(tmp_path: Path) -> None:
    reading = io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    status = main(["run", "-"], Environment(reading, out, err, {"PATH": "/usr/bin:/bin"}, tmp_path))
    assert int(status) == 2
    assert "UTF-8" in err.getvalue()

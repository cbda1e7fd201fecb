"""The receipt of a session, and what `verify` says of it later."""

from __future__ import annotations

import json
import os
import sqlite3
from typing import Any, Callable

import pytest

from orchestra.demo.script import Fault
from tests.flows.project import Project, Ran
from tests.flows.team import APPROVED, edit, finding, fixes, one_file, plan_of, planned, team, whole

PASSING = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertTrue(True)\n"


def receipt(project: Project) -> dict[str, Any]:
    (path,) = project.state.glob("runs/*/receipt.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def rewrite(project: Project, change: Callable[[dict[str, Any]], object]) -> None:
    document = receipt(project)
    change(document)
    (path,) = project.state.glob("runs/*/receipt.json")
    path.write_text(json.dumps(document))


@pytest.fixture
def ran(project: Project) -> Ran:
    """A session with a file of each kind, a finding on the way, a passing test and a commit."""
    project.commit("a.txt", "one\n")
    project.commit("old.txt", "old\n")
    plan = plan_of(planned("a.txt", "modify"), planned("old.txt", "delete"), planned("tests/test_it.py"))
    script = team(
        plan, {"a.txt": edit("one\n", "two\n"), "tests/test_it.py": whole(PASSING)},
        {"a.txt": [finding("not two"), APPROVED], "old.txt": APPROVED, "tests/test_it.py": APPROVED},
        {"a.txt": edit("two\n", "three\n")},
    )
    done = project.run("run", "task", "--yes", "--commit", "--json", "--test-command", "true", script=script)
    assert done.status == 0, done.err
    return done


def test_the_receipt_says_what_was_done_and_by_whom(project: Project, ran: Ran) -> None:
    said = receipt(project)
    assert (said["session_id"], said["exit_status"], said["task"]) == (ran.json["session_id"], 0, "task")
    assert said["plan"]["approved_by"] == "--yes" and len(said["plan"]["hash"]) == 64
    files = {file["path"]: file for file in said["files"]}
    assert [files["a.txt"][key] for key in ("action", "status", "iterations")] == ["modify", "approved", 2]
    assert files["a.txt"]["before"]["sha256"] != files["a.txt"]["after"]["sha256"]
    assert files["old.txt"]["after"] is None and files["tests/test_it.py"]["before"] is None
    answers = {model["role"]: model["answers"] for model in said["models"]}
    assert answers == {"architect": 1, "executor": 2, "auditor": 5, "consultant": 1}
    cost = sum(float(model["cost"]) for model in said["models"])
    assert cost == pytest.approx(ran.json["metrics"]["total_cost_estimate"])
    assert said["tests"]["exit_status"] == 0 and said["tests"]["ran_after_last_write"] is True
    assert said["commit"]["sha"] == project.head()


def test_what_still_holds_is_verified(project: Project, ran: Ran) -> None:
    checked = project.run("verify", "--json")
    assert (checked.status, checked.json["verified"], checked.json["differences"]) == (0, True, [])
    assert (checked.json["session_id"], checked.json["files"]) == (ran.json["session_id"], 3)
    assert project.run("verify", ran.json["session_id"]).out.endswith("holds: 3 files, the tests passed\n")


def _edit(project: Project) -> None:
    project.write("a.txt", "mine\n")


def _delete(project: Project) -> None:
    (project.root / "a.txt").unlink()


def _make_again(project: Project) -> None:
    project.write("old.txt", "old\n")


def _close(project: Project) -> None:
    os.chmod(project.root / "a.txt", 0o600)


def _link(project: Project) -> None:
    _delete(project)
    (project.root / "a.txt").symlink_to("README.md")


@pytest.mark.parametrize(("act", "path", "message"), [
    (_edit, "a.txt", "content has changed"), (_delete, "a.txt", "not there any more"),
    (_make_again, "old.txt", "there again"), (_close, "a.txt", "mode is 0600"), (_link, "a.txt", "symlink"),
])
def test_a_file_that_is_not_as_it_was_left_is_named(
    project: Project, ran: Ran, act: Callable[[Project], None], path: str, message: str
) -> None:
    act(project)
    checked = project.run("verify", "--json")

    assert (checked.status, checked.json["error"]["code"], checked.json["verified"]) == (1, "not-verified", False)
    (difference,) = checked.json["differences"]
    assert (difference["subject"], difference["path"]) == ("file", path)
    assert message in difference["message"]


@pytest.mark.parametrize("content", ["[" * 100_000, "", "[]", None])
def test_a_receipt_that_is_none_is_a_state_that_cannot_be_read(
    project: Project, ran: Ran, content: str | None
) -> None:
    (path,) = project.state.glob("runs/*/receipt.json")
    path.unlink()
    if content is None:
        os.mkfifo(path)
    else:
        path.write_text(content)
    checked = project.run("verify", "--json")
    assert (checked.status, checked.json["error"]["code"]) == (6, "state")


def test_the_log_of_a_session_is_never_waited_for(project: Project, ran: Ran) -> None:
    (path,) = project.state.glob("logs/*.jsonl")
    path.unlink()
    os.mkfifo(path)
    assert project.run("log").status in (2, 6)


@pytest.mark.parametrize(("change", "subject"), [
    (lambda said: said["plan"].update(approved_by="somebody"), "plan"),
    (lambda said: said["tests"].update(exit_status=1), "tests"),
    (lambda said: said["models"].pop(), "models"),
    (lambda said: said["files"][0].update(status="failed"), "files"),
    (lambda said: said.update(task="another"), "task"),
    (lambda said: said.update(commit=None), "commit"),
    (lambda said: said.update(program="orchestra 99"), "program"),
    (lambda said: said.update(reviewed_by="somebody"), "reviewed_by"),
    (lambda said: said["plan"].update(reviewed_by="somebody"), "plan"),
    (lambda said: said["files"][0].update(note="fine"), "files"),
    (lambda said: said["files"][0]["after"].update(sha256="0" * 64), "files"),
    (lambda said: said["models"][0].update(cost="0"), "models"),
    (lambda said: said["models"][0].update(input_tokens=1), "models"),
    (lambda said: said["tests"].update(command=["make"]), "tests"),
    (lambda said: said["tests"].update(ended_at="2020-01-01T00:00:00.000Z"), "tests"),
    (lambda said: said.update(exit_status=False), "exit_status"),
])
def test_a_receipt_that_was_changed_does_not_agree_with_the_journal(
    project: Project, ran: Ran, change: Callable[[dict[str, Any]], object], subject: str
) -> None:
    rewrite(project, change)
    checked = project.run("verify", "--json")

    assert checked.status == 1
    # A file's hash is held against the disk, too.
    assert [each["subject"] for each in checked.json["differences"] if each["subject"] != "file"] == [subject]


@pytest.mark.parametrize("change", [
    lambda text: text + " ", lambda text: text.replace("\n", "\r\n"),
    lambda text: text.replace('"plan"', '"pla\\u006e"'),
    lambda text: text.replace('"exit_status": 0', '"exit_status": 1,\n  "exit_status": 0', 1),
    lambda text: text.replace('"files": [', '"files": [\n    null,'),
    lambda text: text.replace('"commit": {', '"more": null,\n  "commit": {'),
    lambda text: text.replace('"answers": 1', '"answers": true', 1),
])
def test_no_byte_of_a_receipt_changes_unnoticed(
    project: Project, ran: Ran, change: Callable[[str], str]
) -> None:
    (path,) = project.state.glob("runs/*/receipt.json")
    text = path.read_text(encoding="utf-8")
    path.write_bytes(change(text).encode("utf-8"))
    assert change(text) != text
    assert project.run("verify").status == 1
    path.write_text(text, encoding="utf-8")
    assert project.run("verify").status == 0


def test_without_a_journal_only_the_files_are_confirmed_and_that_is_said(project: Project, ran: Ran) -> None:
    for file in project.state.glob("state.db*"):
        file.unlink()
    for argv in (["verify"], ["verify", ran.json["session_id"]]):
        checked = project.run(*argv, "--json")
        (difference,) = checked.json["differences"]
        assert (checked.status, difference["subject"], checked.json["has_journal"]) == (1, "journal", False)
        assert "confirmed only in part" in checked.err and "3 files" in project.run(*argv).out
    _edit(project)
    assert [each["path"] for each in project.run("verify", "--json").json["differences"]] == [None, "a.txt"]
    assert project.run("verify", "s-20200101-000000-abcd").status == 2


def test_a_receipt_of_before_its_program_was_noted_still_holds(project: Project, ran: Ran) -> None:
    with sqlite3.connect(project.state / "state.db") as journal:
        assert journal.execute("DELETE FROM facts WHERE name = 'program'").rowcount == 1
    journal.close()
    assert project.run("verify").status == 0


def test_a_commit_that_no_history_holds_any_more_is_named(project: Project, ran: Ran) -> None:
    project.git("branch", "kept")
    project.git("reset", "--soft", "HEAD~1")
    assert project.run("verify").status == 0
    project.git("branch", "-D", "kept")
    checked = project.run("verify", "--json")
    (difference,) = checked.json["differences"]
    assert (checked.status, difference["subject"]) == (1, "commit")
    assert ran.json["commit"]["sha"][:10] in difference["message"] and "amended" in difference["message"]


@pytest.mark.parametrize("kind", ["before", "after"])
def test_a_hash_in_the_journal_that_is_not_that_of_the_content_is_noticed(
    project: Project, ran: Ran, kind: str
) -> None:
    with sqlite3.connect(project.state / "state.db") as journal:
        journal.execute("UPDATE file_versions SET hash = '00' WHERE path = 'a.txt' AND kind = ?", (kind,))
    journal.close()
    checked = project.run("verify", "--json")
    (difference,) = checked.json["differences"]
    assert (checked.status, difference["subject"], difference["path"]) == (1, "journal", "a.txt")


def test_a_plan_that_was_changed_in_the_journal_is_noticed(project: Project, ran: Ran) -> None:
    with sqlite3.connect(project.state / "state.db") as journal:
        journal.execute("UPDATE plans SET content = replace(content, 'old.txt', 'new.txt')")
    journal.close()
    assert [each["subject"] for each in project.run("verify", "--json").json["differences"]] == ["plan"]


def test_tests_that_ran_before_the_last_write_prove_nothing(project: Project, ran: Ran) -> None:
    rewrite(project, lambda said: said["tests"].update(ran_after_last_write=False))
    messages = [each["message"] for each in project.run("verify", "--json").json["differences"]]
    assert "a file was written after they ran" in messages


def test_a_receipt_that_is_gone_or_is_none_is_said(project: Project, ran: Ran) -> None:
    (path,) = project.state.glob("runs/*/receipt.json")
    path.write_text("not JSON")
    damaged = project.run("verify", "--json")
    assert damaged.status == 6 and "`orchestra sessions`" in damaged.json["error"]["hint"]
    path.unlink()
    checked = project.run("verify", "--json")
    assert (checked.status, checked.json["differences"][0]["subject"]) == (1, "receipt")


def test_a_session_that_was_killed_has_no_receipt_yet(project: Project, ran: Ran) -> None:
    (path,) = project.state.glob("runs/*/receipt.json")
    path.unlink()
    with sqlite3.connect(project.state / "state.db") as journal:
        journal.execute("UPDATE sessions SET exit_status = NULL, phase = 'executing'")
    journal.close()
    checked = project.run("verify", "--json")
    assert (checked.status, checked.json["error"]["code"]) == (2, "usage")
    assert "has not ended" in checked.json["error"]["message"]


def test_after_undo_it_says_so(project: Project, ran: Ran) -> None:
    project.run("undo")
    messages = [each["message"] for each in project.run("verify", "--json").json["differences"]]
    assert len(messages) == 3 and all("undo" in message for message in messages)


def test_sessions_without_a_receipt_are_an_error_of_usage(project: Project) -> None:
    assert project.run("verify", "--json").json["error"]["code"] == "unknown-session"
    rejected = project.run("run", "task", "--json", script=team(plan_of(planned("a.txt"))))
    assert project.run("verify", rejected.json["session_id"]).status == 2
    dry = project.run("run", "task", "--yes", "--dry-run", "--json", script=one_file())
    assert project.run("verify", dry.json["session_id"]).status == 2
    assert not list(project.state.glob("runs/*"))


def test_a_session_that_was_resumed_has_one_receipt_of_all_of_it(project: Project) -> None:
    plan = plan_of(planned("a.txt"), planned("b.txt"))
    wrong_key = Fault(401, {"error": {"message": "wrong key"}})
    project.run("run", "task", "--yes", script=team(plan, {"a.txt": whole("a\n"), "b.txt": lambda call: wrong_key}))
    first = receipt(project)
    ran = project.run("verify")
    assert ran.status == 0 and f"`orchestra resume {first['session_id']}` goes on" in ran.err
    resumed = project.run("resume", "--yes", script=team("", {"b.txt": whole("b\n")}))
    assert "goes on" not in project.run("verify").err
    assert (first["exit_status"], resumed.status, receipt(project)["exit_status"]) == (9, 0, 0)
    assert [file["status"] for file in receipt(project)["files"]] == ["approved", "approved"]
    assert project.run("verify").status == 0


def test_no_secret_and_no_text_of_a_file_is_in_it(project: Project, ran: Ran) -> None:
    (path,) = project.state.glob("runs/*/receipt.json")
    assert "assertTrue" not in path.read_text() and path.stat().st_mode & 0o077 == 0


def test_a_fix_that_was_put_back_leaves_the_tests_as_good_as_they_were(project: Project) -> None:
    project.commit("a.txt", "old\n")
    script = team(
        plan_of(planned("a.txt", "modify")), {"a.txt": whole("one\n")}, [APPROVED, finding("worse")],
        {"a.txt": whole("two\n")}, fixes(("a.txt", "it must say old")),
    )
    ran = project.run("run", "task", "--yes", "--json", "--test-command", "grep -q old a.txt", script=script)

    assert (ran.status, project.read("a.txt")) == (8, "one\n")
    assert receipt(project)["tests"]["ran_after_last_write"] is True
    assert project.run("verify", "--json").json["differences"] == []

"""The queries that README tells anyone to ask the journal, and that their answers are true."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from orchestra.demo.script import Fault
from orchestra.records import AGENT_ROLES
from tests.flows.project import Project
from tests.flows.team import plan_of, planned, team, whole

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
QUERIES = [
    (words[1], words[2])
    for line in re.findall(r"^sqlite3 .*$", README, re.MULTILINE) for words in [shlex.split(line)]
]
PRICED = {"models": {f"{role}-model": {"price_input": 1, "price_output": 2} for role in AGENT_ROLES}}


@pytest.fixture
def worked(project: Project) -> Project:
    """A repository in which a file was made, with a fault on the way, and changed by a second session."""
    for text, task in (("one\n", "make it"), ("two\n", "change it")):
        action = "modify" if project.has("src/a.py") else "create"
        drafts = [lambda call: Fault(500), whole(f"text = {text!r}\n")]
        ran = project.run(
            "run", task, "--yes", "--json", script=team(plan_of(planned("src/a.py", action)), {"src/a.py": drafts}),
            provider_settings=PRICED,
        )
        assert ran.status == 0, ran.err
    return project


def query(*words: str) -> str:
    """The one that has these words."""
    (found,) = [sql for _, sql in QUERIES if all(word in sql for word in words)]
    return found


def test_every_query_is_for_the_journal_and_has_an_answer(worked: Project) -> None:
    assert len(QUERIES) >= 4
    for path, sql in QUERIES:
        assert path == ".orchestra/state.db"
        assert worked.rows(sql), sql


def test_what_did_this_cost(worked: Project) -> None:
    told = {row["session_id"]: list(row.values())[-1] for row in worked.rows(query("JOIN steps", "task"))}
    lines = worked.run("report", "--all", "--json").json["report"]["sessions"]
    assert told == {line["session_id"]: pytest.approx(line["cost"], abs=1e-4) for line in lines}
    by_model = [row for row in worked.rows(query("GROUP BY model_id")) if row["model_id"] == "executor-model"]
    assert [list(row.values())[1] for row in by_model] == [4]


def test_which_model_fails_most(worked: Project) -> None:
    first, second, *_ = [tuple(row.values()) for row in worked.rows(query("NOT success"))]
    assert first == ("scripted/executor-model", 4, 2, "API_ERROR")
    assert second[2:] == (0, None)


def test_what_changed_this_file(worked: Project) -> None:
    rows = worked.rows(query("file_versions", "src/a.py"))
    assert [(row["kind"], row["task"]) for row in rows] == [
        ("before", "make it"), ("after", "make it"), ("before", "change it"), ("after", "change it"),
    ]
    hashes = [row["hash"] for row in rows]
    assert hashes[0] is None and hashes[1] == hashes[2] != hashes[3]

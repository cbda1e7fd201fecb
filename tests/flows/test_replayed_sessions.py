"""Three whole sessions, replayed from cassettes on a fresh repository: no server, no key, no network.

After a change of prompts `ORCHESTRA_CASSETTES=write python3 -m pytest tests/flows/test_replayed_sessions.py` records
them anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.flows.project import Project, Ran
from tests.flows.sessions import BUG_FIX, FEATURE, REFACTORING, SESSIONS, Session

MOST_USD = 0.10
MOST_BYTES = 60_000


@pytest.fixture(scope="session", autouse=True)
def recorded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Cassettes written anew, where that is wanted."""
    if os.environ.get("ORCHESTRA_CASSETTES") == "write":
        for session in SESSIONS:
            project = Project.create(tmp_path_factory.mktemp(session.name))
            session.begin(project)
            ran = session.record(project)
            assert ran.status == 0, ran.err


def replayed(session: Session, project: Project) -> Ran:
    """The session, with what is true of all of them held against it."""
    session.begin(project)
    before, head = project.tree(), project.head()
    ran = session.replay(project)

    assert ran.status == 0, ran.err
    kept = {path: content for path, content in before.items() if path not in session.after}
    left = {path: text.encode("utf-8") for path, text in session.after.items() if text is not None}
    assert project.tree() == {**kept, **left}
    assert (ran.json["tests"]["passed"], ran.json["tests"]["framework"]) == (True, "unittest")
    _check_commit(session, project, ran, head)
    _check_receipt(session, project, ran)
    return ran


def _check_commit(session: Session, project: Project, ran: Ran, head: str) -> None:
    """One commit on top, of the change and nothing else."""
    assert ran.json["commit"]["sha"] == project.head()
    assert project.git("rev-parse", "HEAD^").strip() == head
    assert set(project.git("diff", "--name-only", "--no-renames", "HEAD^").split()) == set(session.after)
    assert project.git("status", "--porcelain") == ""
    commit = session.plan["commit"]
    scope = f"({commit['scope']})" if commit["scope"] else ""
    assert project.git("log", "-1", "--format=%s").strip() == f"{commit['type']}{scope}: {commit['subject']}"


def _check_receipt(session: Session, project: Project, ran: Ran) -> None:
    """It holds, and says who answered, what that cost, and that the tests passed after the last write."""
    verified = project.run("verify", "--json")
    assert (verified.status, verified.json["differences"]) == (0, []), verified.err
    path = project.state / "runs" / ran.json["session_id"] / "receipt.json"
    receipt = json.loads(path.read_text(encoding="utf-8"))
    assert {file["path"] for file in receipt["files"]} == set(session.after)
    assert receipt["tests"]["passed"] and receipt["tests"]["ran_after_last_write"]
    costs = [float(model["cost"]) for model in receipt["models"]]
    assert 0 < sum(costs) < MOST_USD and min(costs) > 0
    assert ran.json["metrics"]["total_cost_estimate"] == pytest.approx(sum(costs))
    assert ran.json["metrics"]["unpriced_attempts"] == 0


def said(project: Project, name: str) -> list[dict[str, object]]:
    """What the events of a name say."""
    return [json.loads(row["data"]) for row in project.rows("SELECT data FROM events WHERE name = ? ORDER BY id", name)]


def test_a_new_feature_in_several_files(project: Project) -> None:
    ran = replayed(FEATURE, project)

    assert ran.files["stockroom/export.py"]["iterations"] == 2, "the auditor's finding was mended"
    assert [file["action"] for file in ran.json["files"]].count("create") == 3
    assert [review["approved"] for review in said(project, "change.reviewed")] == [True]


def test_a_bug_found_and_mended_by_failing_tests(project: Project) -> None:
    replayed(BUG_FIX, project)

    runs = said(project, "tests.ended")
    assert [(run["passed"], run["failures"], run["new"]) for run in runs] == [(False, 2, 2), (True, 0, 0)]
    asked = project.rows("SELECT agent_role, file_path FROM steps ORDER BY id")
    assert [(row["agent_role"], row["file_path"]) for row in asked][-3:] == [
        ("consultant", None), ("consultant", "billing/invoice.py"), ("auditor", "billing/invoice.py"),
    ]


def test_a_refactoring_across_files(project: Project) -> None:
    ran = replayed(REFACTORING, project)

    assert [review["approved"] for review in said(project, "change.reviewed")] == [False, True]
    assert ran.files["app/server.py"]["iterations"] == 2
    assert (ran.files["app/config.py"]["action"], project.has("app/config.py")) == ("delete", False)
    found = project.git("grep", "--fixed-strings", "--name-only", "app.config", "--", "*.py", check=False)
    assert found == "", "no caller is left"


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.name)
def test_a_cassette_is_small_and_holds_no_place_and_no_key(session: Session, tmp_path: Path) -> None:
    content = session.cassette.read_text(encoding="utf-8")
    assert len(content.encode()) < MOST_BYTES
    for word in ("no-key-at-all", "/tmp/", str(tmp_path.parent.parent), "127.0.0.1"):
        assert word not in content

"""The whole story, streamed in each wire format: files, result, statuses, tests, commit."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from orchestra.demo.wire.formats import PROTOCOLS
from tests.flows.project import Project
from tests.flows.team import APPROVED, edit, finding, plan_of, planned, team, whole

TEST = """import unittest

from app.sums import add


class AddTest(unittest.TestCase):
    def test_add(self):
        self.assertEqual(add(2, 3), 5)
"""
SUMS = "def add(a, b):\n    return a - b\n"
COMMIT = {"type": "fix", "scope": "app", "subject": "add what is to be added", "body": "It took away."}
PLAN = plan_of(
    planned("app/sums.py", "modify", criteria=["2 and 3 make 5"]),
    planned("tests/test_sums.py", depends_on=["app/sums.py"]),
    planned("old.txt", "delete"),
    commit=COMMIT,
)
SCRIPT = {
    "drafts": {
        "app/sums.py": edit("    return a - b\n", "    return b + a + 0\n"),
        "tests/test_sums.py": whole(TEST),
    },
    "reviews": {
        "app/sums.py": [finding("the zero is of no use"), APPROVED],
        "tests/test_sums.py": APPROVED,
        "old.txt": APPROVED,
    },
    "mends": {"app/sums.py": edit("    return b + a + 0\n", "    return a + b\n")},
}
KEYS = [
    "schema", "session_id", "status", "exit_status", "error", "task", "summary", "mode", "files", "tests", "commit",
    "metrics",
]
METRICS = {
    "total_cost_estimate": float, "start_time": str, "end_time": str, "total_tokens": int, "input_tokens": int,
    "output_tokens": int, "cached_tokens": int, "total_attempts": int, "successful_attempts": int,
    "failed_attempts": int, "unpriced_attempts": int, "fallback_rotations": int, "avg_latency_ms": float,
}


@pytest.fixture
def sums(project: Project) -> Project:
    project.write("tests/__init__.py", "")
    project.write("app/__init__.py", "")
    project.write("app/sums.py", SUMS)
    project.write("old.txt", "old\n")
    project.git("add", ".")
    project.git("commit", "--quiet", "--message=start")
    project.write("staged.txt", "the user's own\n")
    project.git("add", "staged.txt")
    project.write("untracked.txt", "the user's own, too\n")
    return project


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_whole_story_is_told_in_every_wire_format(sums: Project, protocol: str) -> None:
    before = sums.head()
    ran = sums.run("run", "Mend", "add", "--yes", "--commit", "--json", script=team(PLAN, **SCRIPT), protocol=protocol)

    assert ran.status == 0, ran.err
    assert all(call.is_streamed and call.protocol == protocol for call in ran.calls)
    assert ran.asked == [
        ("architect", None),
        ("executor", "app/sums.py"), ("auditor", "app/sums.py"),
        ("consultant", "app/sums.py"), ("auditor", "app/sums.py"),
        ("executor", "tests/test_sums.py"), ("auditor", "tests/test_sums.py"),
        ("auditor", "old.txt"), ("auditor", None),
    ]
    assert sums.read("app/sums.py") == "def add(a, b):\n    return a + b\n"
    assert sums.read("tests/test_sums.py") == TEST
    assert not sums.has("old.txt")

    result = ran.json
    assert [key for key in result if key in KEYS] == KEYS
    assert re.fullmatch(r"s-\d{8}-\d{6}-[0-9a-f]{4}", result["session_id"])
    assert result == {
        **result, "schema": 1, "status": "completed", "exit_status": 0, "error": None, "task": "Mend add",
        "summary": "Do what was asked.", "mode": "sequential",
    }
    common = {"status": "approved", "recovered": False, "error": None}
    assert result["files"] == [
        {"path": "app/sums.py", "action": "modify", "iterations": 2, **common},
        {"path": "tests/test_sums.py", "action": "create", "iterations": 1, **common},
        {"path": "old.txt", "action": "delete", "iterations": 1, **common},
    ]

    tests = result["tests"]
    assert (tests["framework"], tests["passed"], tests["exit_status"]) == ("unittest", True, 0)
    assert "unittest" in tests["command"] and isinstance(tests["duration_ms"], int)

    metrics = result["metrics"]
    assert {name: type(value) for name, value in metrics.items()} == METRICS
    assert datetime.fromisoformat(metrics["start_time"].replace("Z", "+00:00")).tzinfo is not None
    assert metrics["total_attempts"] == metrics["successful_attempts"] == len(ran.calls)
    assert metrics["total_tokens"] == metrics["input_tokens"] + metrics["output_tokens"] > 0
    assert (metrics["failed_attempts"], metrics["unpriced_attempts"], metrics["fallback_rotations"]) == (0, 0, 0)
    price = (metrics["input_tokens"] + 2 * metrics["output_tokens"]) / 1e6
    assert metrics["total_cost_estimate"] == pytest.approx(price)

    assert sums.git("rev-parse", "HEAD^").strip() == before
    assert result["commit"]["sha"] == sums.head()
    message = "fix(app): add what is to be added\n\nIt took away.\n"
    assert result["commit"]["message"] == sums.git("log", "-1", "--format=%B").rstrip("\n") + "\n" == message
    assert sums.git("diff-tree", "-r", "--no-commit-id", "--name-only", "HEAD").splitlines() == [
        "app/sums.py", "old.txt", "tests/test_sums.py",
    ]
    assert sums.git("status", "--porcelain").splitlines() == ["A  staged.txt", "?? untracked.txt"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_journal_knows_every_step_and_attempt(sums: Project, protocol: str) -> None:
    ran = sums.run("run", "Mend", "add", "--yes", "--json", script=team(PLAN, **SCRIPT), protocol=protocol)

    session = ran.json["session_id"]
    steps = sums.rows("SELECT * FROM steps ORDER BY id")
    assert [(row["agent_role"], row["file_path"]) for row in steps] == ran.asked
    assert all(row["session_id"] == session and row["status"] == "completed" for row in steps)
    assert all(re.fullmatch("[0-9a-f]{64}", row["output_hash"]) and row["duration"] >= 0 for row in steps)
    attempts = sums.rows("SELECT * FROM attempts ORDER BY id")
    assert [row["step_id"] for row in attempts] == [row["id"] for row in steps]
    assert all(row["tokens_used"] == row["input_tokens"] + row["output_tokens"] for row in attempts)
    assert all(row["success"] == 1 and row["error_code"] is None for row in attempts)
    assert {row["provider"] for row in attempts} == {"scripted"}
    assert sum(row["estimated_cost"] for row in attempts) == pytest.approx(ran.json["metrics"]["total_cost_estimate"])
    images = sums.rows("SELECT path, kind, content FROM file_versions WHERE path = 'app/sums.py' ORDER BY id")
    assert [(row["kind"], bytes(row["content"])) for row in images] == [
        ("before", SUMS.encode()),
        ("after", b"def add(a, b):\n    return b + a + 0\n"),
        ("after", b"def add(a, b):\n    return a + b\n"),
    ]
    (row,) = sums.rows("SELECT * FROM sessions")
    assert (row["task"], row["phase"], row["exit_status"], row["can_resume"]) == ("Mend add", "completed", 0, 0)
    assert {row["role"] for row in sums.rows("SELECT * FROM agents")} == {
        "architect", "executor", "auditor", "consultant",
    }

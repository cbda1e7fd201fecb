"""A whole run of the program, whose every provider is LLMock and fails in another way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.project import Project
from tests.flows.team import APPROVED, plan_of, planned, whole
from tests.peers.environment import ROOT
from tests.peers.llmock import PATHS, LLMock, breaks, fails, says
from tests.peers.rig import KEY

AGENTS = {
    "architect": ["moonshot/kimi-k2.6"],
    "executor": ["anthropic/claude-opus-4-5", "zai/glm-4.7"],
    "auditor": ["gemini/gemini-3.1-pro-preview"],
    "consultant": ["openai/gpt-5.3-codex"],
}
KEYS = ("MOONSHOT_API_KEY", "ANTHROPIC_API_KEY", "ZAI_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY")
PROTOCOLS = {
    "moonshot": "openai-chat", "zai": "openai-chat", "anthropic": "anthropic-messages", "gemini": "gemini",
    "openai": "openai-responses",
}
NEVER = 10_000
"""No stream has so many chunks: the request that takes such a fault from the queue is answered well."""
TROUBLE = (
    fails(429, retry_after=0.7, model="kimi-*"),
    fails(401, times=None, model="claude-*"),
    breaks("truncate", after_chunks=2, model="glm-*"),
    breaks("truncate", after_chunks=NEVER, model="glm-*"),
    breaks("disconnect", after_chunks=2, model="glm-*"),
    breaks("malformed", after_chunks=1, model="gemini-*"),
    breaks("truncate", after_chunks=NEVER, model="gemini-*"),
    breaks("stall", after_chunks=1, model="gemini-*"),
)
ATTEMPTS = [
    ("kimi-k2.6", "RATE_LIMIT_429"), ("kimi-k2.6", None),
    ("claude-opus-4-5", "AUTH"), ("glm-4.7", "INVALID_RESPONSE"), ("glm-4.7", None),
    ("gemini-3.1-pro-preview", "INVALID_RESPONSE"), ("gemini-3.1-pro-preview", None),
    ("glm-4.7", "CONNECTION"), ("glm-4.7", None),
    ("gemini-3.1-pro-preview", "TIMEOUT"), ("gemini-3.1-pro-preview", None),
    # The change as a whole.
    ("gemini-3.1-pro-preview", None),
]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path)


def test_a_run_through_every_kind_of_trouble_ends_well_and_without_a_complaint(
    llmock: LLMock, project: Project
) -> None:
    llmock.script(
        *TROUBLE,
        says(plan_of(planned("a.txt"), planned("b.txt")), times=None, model="kimi-*"),
        says(whole("one\ntwo\n"), times=None, model="glm-*"),
        says(APPROVED + "It is as good as it gets. " * 5, times=None, model="gemini-*"),
    )
    ran = _orchestra(project, llmock, "run", "Write two files", "--yes", "--json")

    assert ran.returncode == 0, ran.stderr
    assert (project.read("a.txt"), project.read("b.txt")) == ("one\ntwo\n", "one\ntwo\n")
    rows = project.rows("SELECT model_id, error_code FROM attempts ORDER BY id")
    assert [(row["model_id"], row["error_code"]) for row in rows] == ATTEMPTS
    metrics = json.loads(ran.stdout)["metrics"]
    assert (metrics["successful_attempts"], metrics["failed_attempts"]) == (6, 6)
    assert len(llmock.requests()) == len(ATTEMPTS)
    assert llmock.complaints() == []
    assert project.traces(KEY) == [] and KEY not in ran.stdout + ran.stderr


def _orchestra(project: Project, llmock: LLMock, *argv: str) -> subprocess.CompletedProcess[str]:
    config = {
        "providers": {
            name: {"base_url": llmock.address + PATHS[protocol], "timeout": {"first_byte": 10, "idle": 2}}
            for name, protocol in PROTOCOLS.items()
        },
        "agents": AGENTS,
        "budget": {"max_cost": 100},
    }
    file = project.folder / "config.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(ROOT / "orchestra.py"), *argv, "--config", str(file)], cwd=project.root,
        env={**project.variables, **dict.fromkeys(KEYS, KEY)}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, universal_newlines=True,
    )

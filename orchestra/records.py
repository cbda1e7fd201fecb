"""The nouns of the story, as frozen data. What crosses a module boundary is one of these."""

from __future__ import annotations

import json
from dataclasses import field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Mapping

from orchestra.dataclass import dataclass

_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
"""Made once: `json.dumps` makes an encoder for every event."""
AGENT_ROLES = ("architect", "executor", "auditor", "consultant")
ACTIONS = ("create", "modify", "delete")
SEVERITIES = ("error", "warning", "info")
DRAFT_FORMS = ("whole", "edits", "diff")
MATCHES = ("exact", "line endings", "trailing blanks", "indentation")
"""How an edit's search can fit the file: exactly, or but for these."""


@dataclass(frozen=True)
class Task:
    """What the user wants, in the user's words."""

    text: str
    source: str
    """`words`, `stdin`, or the path of the file it came from."""


@dataclass(frozen=True)
class PlannedFile:
    """One file of a plan."""

    path: str
    """Relative to the root, with forward slashes."""
    action: str
    """One of ACTIONS."""
    description: str
    depends_on: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()


@dataclass(frozen=True)
class CommitIntent:
    """The parts of a conventional commit message; empty strings where the plan names none."""

    type: str = ""
    scope: str = ""
    subject: str = ""
    body: str = ""


@dataclass(frozen=True)
class Plan:
    """What the architect proposes and the user approves."""

    summary: str
    files: tuple[PlannedFile, ...]
    tests: tuple[str, ...] = ()
    commit: CommitIntent = CommitIntent()

    def file(self, path: str) -> PlannedFile | None:
        return self._by_path.get(path)

    @cached_property
    def _by_path(self) -> Mapping[str, PlannedFile]:
        """The first of each path: a long plan is asked for every dependency of every prompt."""
        return {planned.path: planned for planned in reversed(self.files)}


@dataclass(frozen=True)
class Usage:
    """What one attempt consumed, as the provider reported it; None where it reported nothing."""

    input_tokens: int | None = None
    """The whole prompt, with what was read from the provider's cache."""
    output_tokens: int | None = None
    """The whole answer, with thinking where it is billed."""
    cached_tokens: int | None = None
    cost_usd: Decimal | None = None
    """None when the price or the usage is unknown; unknown is not free."""
    written_tokens: int | None = None
    """Of the prompt, what was written to the provider's cache, where that has a price of its own."""


@dataclass(frozen=True)
class Reply:
    """A whole answer of a model, without its thinking."""

    text: str
    usage: Usage
    provider: str
    model_id: str
    """The model that was asked."""
    latency_ms: int
    from_cache: bool = False
    """Whether an earlier session was given it, so that it cost nothing now."""
    saved: Usage = Usage()
    """What it consumed when it was given first, where it is from the cache."""


@dataclass(frozen=True)
class Attempt:
    """One call to one model, as the table `attempts` keeps it (there: model usage)."""

    model_id: str
    provider: str
    success: bool
    latency_ms: int
    timestamp: datetime
    usage: Usage = Usage()
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True)
class ProviderHealth:
    """Something learned about a provider that later runs should know: one of the last two fields."""

    provider: str
    base_url: str
    model: str | None = None
    """The model that `cooldown_until` is about."""
    cooldown_until: datetime | None = None
    """It wants no call before."""
    max_concurrency: int | None = None
    """How many calls at once it bears."""


@dataclass(frozen=True)
class Step:
    """One question to an agent, as the table `steps` keeps it (there: task step)."""

    id: int
    session_id: str
    key: str
    """What makes the step the same one after a restart, such as `executor/1/src/a.py`."""
    agent_role: str
    status: str
    """pending, running, completed or failed."""
    file_path: str | None
    reply: Reply | None
    """None until it is completed."""


@dataclass(frozen=True)
class Draft:
    """The whole new text of a file, not yet on disk."""

    path: str
    text: str
    form: str = "whole"
    """One of DRAFT_FORMS: how the model gave it."""
    matches: tuple[str, ...] = ()
    """How each edit fits the file, of MATCHES; for one that was in place already, how that was found."""


@dataclass(frozen=True)
class Issue:
    """One finding of an auditor."""

    severity: str
    """One of SEVERITIES."""
    message: str
    line: int | None = None
    suggestion: str = ""
    path: str | None = None


@dataclass(frozen=True)
class Review:
    """An auditor's judgement."""

    approved: bool
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class FileImage:
    """What lay at a path at one moment; `content` None where nothing did."""

    content: bytes | None
    mode: int | None = None
    """Permission bits; None for an absent file."""


@dataclass(frozen=True)
class FileOutcome:
    """How one planned file ended."""

    path: str
    action: str
    status: str
    """approved, failed, reverted, skipped or unchanged."""
    iterations: int = 0
    """How often it was audited."""
    recovered: bool = False
    error_code: str | None = None
    """The code of the error class, such as `refused-path`; None where all went well."""
    error: str | None = None
    exit_status: int = 0
    """What this file's outcome alone would make of the run: 0 done, 1 judged bad, 4 a provider's fault, 5 workspace."""


@dataclass(frozen=True)
class TestFailure:
    """One failing test."""

    __test__ = False

    id: str
    """As its framework names it, such as `tests/test_a.py::test_b`."""
    message: str = ""


@dataclass(frozen=True)
class TestRun:
    """One run of the project's tests."""

    __test__ = False

    framework: str
    command: tuple[str, ...]
    exit_status: int | None
    """None when it ran out of time."""
    duration_ms: int
    collected: bool
    """False when there was no test to run."""
    failures: tuple[TestFailure, ...] = ()
    output: str = ""
    """The end of what it printed, cut."""
    sandbox: tuple[str, ...] = ()
    """What was enforced, in the words of `workspace.sandbox.layers`."""
    lacks: str = ""
    """What is not there that it would need to start; empty where it did start."""
    is_whole: bool = True
    """False where a linter said more than was looked through, so that findings may be missing."""

    @property
    def passed(self) -> bool:
        return self.exit_status == 0


@dataclass(frozen=True)
class Commit:
    """A commit that the program made."""

    sha: str
    message: str


@dataclass(frozen=True)
class Metrics:
    """What a session consumed (GlobalMetrics)."""

    start_time: datetime
    end_time: datetime
    total_cost_usd: Decimal | None
    """None when nothing had a price."""
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    total_attempts: int
    successful_attempts: int
    failed_attempts: int
    unpriced_attempts: int
    fallback_rotations: int
    avg_latency_ms: float


@dataclass(frozen=True)
class Outcome:
    """How a session ended."""

    session_id: str
    task: str
    summary: str
    mode: str
    files: tuple[FileOutcome, ...]
    test_run: TestRun | None
    commit: Commit | None
    metrics: Metrics


@dataclass(frozen=True)
class Event:
    """Something worth a line in a view, a log or the table `events`."""

    name: str
    """Dotted and lower-case: `session.started`, `step.completed`."""
    time: datetime
    level: str = "info"
    session_id: str | None = None
    step_id: int | None = None
    data: Mapping[str, object] = field(default_factory=dict)
    """Plain JSON values."""

    @cached_property
    def data_as_json(self) -> str:
        """As the journal keeps them; written once, since who looks for secrets reads it too."""
        return _ENCODE(self.data if isinstance(self.data, dict) else dict(self.data))

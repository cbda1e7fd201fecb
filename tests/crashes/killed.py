"""A run of ten files in a process of its own, and the ways to stop it in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Sequence

from orchestra.demo.provider import ScriptedProvider
from orchestra.demo.routes import config_by_role
from orchestra.demo.script import Answer, Call, Hang, Script, Text
from tests.flows.project import Project
from tests.flows.team import APPROVED, block, edit, finding, plan_of, planned, whole

IS_LONG = os.environ.get("ORCHESTRA_CRASH_EVERY") == "1"
"""Whether everything is tried that these tests know, and not a part that takes three minutes."""
CHECKOUT = Path(__file__).resolve().parents[2]
CREATED = [f"new{number}.txt" for number in range(1, 6)]
PLAN = plan_of(
    *(planned(path) for path in CREATED),
    planned("program.py"),
    planned("modified1.txt", "modify"), planned("modified2.txt", "modify", depends_on=["program.py"]),
    planned("deleted.txt", "delete"), planned("last.txt", depends_on=["deleted.txt"]),
    commit={"type": "feat", "scope": "", "subject": "ten files at once", "body": ""},
)
DRAFTS = {
    **{path: whole(f"what {path} says\n") for path in CREATED},
    "new2.txt": whole("a FLAW\n"),
    "program.py": whole("def broken(:\n"),
    "modified1.txt": edit("before\n", "after\n"),
    "modified2.txt": edit("before\n", "a FLAW\n"),
    "last.txt": whole("the end\n"),
}
MENDS = {
    "new2.txt": edit("a FLAW\n", "mended\n"),
    "program.py": whole("def sound():\n    return 1\n"),
    "modified2.txt": edit("a FLAW\n", "after\n"),
}
CURIOUS = ("new3.txt", ["modified1.txt", "deleted.txt", "new1.txt"])
"""Whose executor first wants to see these, which others may be writing by then."""
CALLS = 1 + 9 + 10 + 3 + 2 + 1 + 1
"""Plan, drafts, reviews of every file, mends, second reviews of the two flawed files, and one look at others."""


def answer(call: Call) -> Answer:
    """A function of the call alone, so that it does not matter who asks when."""
    role, path = call.model.partition("-")[0], call.file or ""
    if role == "auditor":
        return Text(finding("a flaw") if "a FLAW\n" in call.text else APPROVED)
    if role == "architect":
        return Text(PLAN)
    if role == "executor" and path == CURIOUS[0] and "=== modified1.txt" not in call.text:
        return Text(block({"need_files": CURIOUS[1]}))
    return Text((DRAFTS if role == "executor" else MENDS)[path])


def new_project(folder: Path) -> Project:
    """The same repository each time, to the very ids of its commits."""
    project = Project.create(folder, is_repository=False)
    moment = "2026-11-22T07:15:00+0000"
    project.variables.update(
        GIT_AUTHOR_DATE=moment, GIT_COMMITTER_DATE=moment, GIT_AUTHOR_NAME="A Person",
        GIT_AUTHOR_EMAIL="person@example.org", GIT_COMMITTER_NAME="A Person",
        GIT_COMMITTER_EMAIL="person@example.org", PYTHONPATH=str(CHECKOUT),
    )
    project.git("init", "--quiet", "--initial-branch=main")
    for path in ("modified1.txt", "modified2.txt", "deleted.txt"):
        project.commit(path, "first\nbefore\nlast\n")
    project.write("the-users.txt", "not ours\n")
    return project


@dataclass(frozen=True)
class Ended:
    """How a process ended and what it had asked until then."""

    returncode: int
    out: str
    err: str
    calls: tuple[Call, ...]

    @property
    def json(self) -> dict[str, Any]:
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document

    @property
    def asked(self) -> list[tuple[str, str | None]]:
        return [(call.model.partition("-")[0], call.file) for call in self.calls]


def config_of(project: Project, provider: ScriptedProvider) -> str:
    """The path of a configuration in which this provider answers for everybody."""
    config = project.folder / "config.json"
    settings = config_by_role(provider.base_url("openai-chat"), "openai-chat")
    config.write_text(json.dumps({**settings, "cache": {"enabled": False}}))
    return str(config)


class Running:
    """The program as a process."""

    def __init__(
        self, project: Project, argv: list[str], provider: ScriptedProvider, program: Sequence[str] = ("orchestra",)
    ) -> None:
        self._provider = provider
        self.process = subprocess.Popen(
            [sys.executable, "-m", *program, "--config", config_of(project, provider), *argv],
            cwd=project.root, env=project.variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, encoding="utf-8",
        )
        (project.folder / "pid").write_text(str(self.process.pid))

    def end(self) -> Ended:
        """Wait for the end of the process, however it comes."""
        out, err = self.process.communicate(timeout=120)
        return Ended(self.process.returncode, out, err, self._provider.calls)


@contextmanager
def started(
    project: Project, *argv: str, script: Script = answer, program: Sequence[str] = ("orchestra",)
) -> Iterator[Running]:
    """The program, ended with the block at the latest."""
    with ScriptedProvider(script) as provider:
        running = Running(project, list(argv), provider, program)
        try:
            yield running
        finally:
            if running.process.poll() is None:
                running.process.kill()
                running.process.communicate()


def run(project: Project, *argv: str, script: Script = answer) -> Ended:
    """The program, left to itself."""
    with started(project, *argv, script=script) as running:
        return running.end()


def killed_at_commit(project: Project, number: int, when: str, *argv: str, script: Script = answer) -> Ended:
    """The program, killed `before` or `after` its n-th commit to the journal; with 0 it is left to itself."""
    program = ("tests.crashes.killing", str(number), when, str(project.folder / "commits"))
    with started(project, *argv, script=script, program=program) as running:
        return running.end()


def commits_of(project: Project) -> int:
    """How many commits the last of these processes made."""
    return (project.folder / "commits").stat().st_size


def killed_after(project: Project, seconds: float, *argv: str, script: Script = answer) -> Ended:
    """The program, killed at an instant that has nothing to do with what it does."""
    with started(project, *argv, script=script) as running:
        with suppress(subprocess.TimeoutExpired):
            running.process.wait(seconds)
        running.process.kill()
        return running.end()


def stopped_at_call(
    project: Project, number: int, *argv: str, by: int = signal.SIGKILL, script: Script = answer
) -> Ended:
    """The program, sent a signal when its n-th call arrives; that one gets no answer."""
    processes: list[subprocess.Popen[str]] = []

    def until_then(call: Call) -> Answer:
        if call.number < number:
            return script(call)
        if call.number == number:
            os.kill(processes[0].pid, by)
        return Hang()

    with started(project, *argv, script=until_then) as running:
        processes.append(running.process)
        return running.end()


def killed_after_event(project: Project, number: int, *argv: str) -> Ended:
    """The program, killed as soon as it has told its n-th event."""
    with started(project, *argv, "--json-stream") as running:
        assert running.process.stdout is not None
        for told, _ in enumerate(running.process.stdout, start=1):
            if told == number:
                running.process.kill()
        return running.end()


def answered(project: Project) -> list[tuple[str, str | None]]:
    """Role and file of every reply that the journal holds."""
    rows = project.rows(
        "SELECT agent_role, file_path FROM steps JOIN replies ON replies.step_id = steps.id ORDER BY steps.id"
    )
    return [(row["agent_role"], row["file_path"]) for row in rows]

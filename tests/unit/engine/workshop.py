"""Everything that a file's job works with: a real journal and a real tree, and agents that say what a test has
them say."""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Callable, Mapping, Sequence, Union

from orchestra.adapters.adapter import AdapterInfo, CallObserver, Request
from orchestra.agents.quoting import ShownFile
from orchestra.agents.templates import load
from orchestra.clock import CancelToken, Deadline
from orchestra.engine.activity import Activity
from orchestra.engine.asking import Asker
from orchestra.engine.discretion import Discretion
from orchestra.engine.file_job import FileJob, JobContext
from orchestra.engine.file_prompts import FilePrompts
from orchestra.engine.journalled_tree import JournalledTree
from orchestra.engine.panel import Panel
from orchestra.engine.recovery import RecoveryLimits
from orchestra.observe.events import Events
from orchestra.observe.placeholders import Placeholders
from orchestra.observe.redaction import Redactor
from orchestra.records import AGENT_ROLES, Attempt, Event, FileOutcome, Plan, PlannedFile, Reply, Task, Usage
from orchestra.state.database import make_folder
from orchestra.state.manager import StateManager
from orchestra.turns import Turns
from orchestra.workspace.tree import Tree
from tests.unit.fake_clock import START, FakeClock

SESSION = "s-20261122-071500-4f2a"
PATH = "a.txt"
APPROVED = '```json\n{"verdict": "approved", "issues": []}\n```'
PROSE = "I would rather talk about the weather."
Answer = Union[str, BaseException, Callable[[], str]]


def whole(text: str) -> str:
    """An executor's or a consultant's answer."""
    return f"````\n{text}````"


def needs_work(message: str) -> str:
    """An auditor's answer."""
    return "```json\n%s\n```" % json.dumps(
        {"verdict": "needs_work", "issues": [{"severity": "error", "line": 1, "message": message, "suggestion": ""}]}
    )


def files_needed(*paths: str) -> str:
    return "```json\n%s\n```" % json.dumps({"need_files": list(paths)})


def planned(path: str = PATH, action: str = "create", *depends_on: str) -> PlannedFile:
    return PlannedFile(path, action, f"What {path} is for.", depends_on)


class Agent:
    """An adapter that gives its answers in turn; errors are raised, callables are asked."""

    def __init__(self, role: str, answers: Sequence[Answer]) -> None:
        self.info = AdapterInfo(f"local/{role}-model", f"{role}-model", "local")
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.usage = Usage(100, 10, None, Decimal("0.01"))
        self._lock = threading.Lock()

    def is_available(self) -> bool:
        return True

    def get_info(self) -> AdapterInfo:
        return self.info

    def execute(
        self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> Reply:
        with self._lock:
            self.requests.append(request)
            answer = self.answers.pop(0)
        observer.attempt_started(self.info)
        error = answer if isinstance(answer, BaseException) else None
        code = getattr(error, "error_code", None)
        observer.attempt_ended(
            Attempt(self.info.model, "local", error is None, 7, START, self.usage, code, None if error is None else
                    str(error))
        )
        if error is not None:
            raise error
        text = answer() if callable(answer) else answer
        return Reply(str(text), self.usage, "local", self.info.model, 7)

    @property
    def heard(self) -> list[str]:
        """The last turn of every request."""
        return [request.messages[-1].text for request in self.requests]


class Workshop:
    """One session's rooms around a file job. `restart` is what a kill and a resume make of it."""

    def __init__(self, root: Path, **answers: Sequence[Answer]) -> None:
        self.root = root
        self.folder = make_folder(root)
        self.clock = FakeClock()
        self.agents: Mapping[str, Agent] = {role: Agent(role, answers.get(role, ())) for role in AGENT_ROLES}
        self.events: list[Event] = []
        self.cancel = CancelToken()
        self.deadline = Deadline(self.clock, None)
        self.max_iterations = 3
        self.auto_revert = True
        self.max_recovery_attempts = 0
        self.dry_run = False
        self.tree = Tree(root)
        self.activity = Activity(
            lambda phase: self.journal.sessions.follow_activity(SESSION, phase, self.activity.current, set())
        )
        self.shown: list[Sequence[str]] = []
        self.discretion = Discretion(b"a key", Placeholders(b"a key"))
        self.journal = StateManager.open(self.folder, self.clock)
        self.journal.sessions.create(SESSION, Task("a task", "words"), mode="sequential", options={}, config={})

    def close(self) -> None:
        self.journal.close()

    def restart(self) -> None:
        """A new process: nothing is known but what the journal and the disk hold."""
        self.journal.close()
        self.journal = StateManager.open(self.folder, self.clock)

    def resume(self) -> None:
        """A new process that takes the session up."""
        self.restart()
        self.journal.sessions.reopen(SESSION, {})

    def asked(self) -> dict[str, int]:
        """How often each role was asked, without those that never were."""
        return {role: len(agent.requests) for role, agent in self.agents.items() if agent.requests}

    def steps(self) -> dict[str, str]:
        """Key to status of every step."""
        return {
            row["step_key"]: row["status"] for row in self.journal._store.rows("SELECT * FROM steps ORDER BY id")
        }

    def told(self, name: str) -> list[Event]:
        return [event for event in self.events if event.name == name]

    # The rooms

    def emitter(self) -> Events:
        events = Events(self.clock, Redactor(["hunter22"]))
        events.of_session(SESSION)
        events.listen(self.events.append)
        return events

    def asker(self, panel: Panel = Panel({}), turns: Turns | None = None) -> Asker:
        return Asker(
            session_id=SESSION, journal=self.journal, chains=self.agents, events=self.emitter(),
            redactor=Redactor(["hunter22"]), discretion=self.discretion, deadline=self.deadline,
            cancel=self.cancel, show=self._show, panel=panel, turns=turns,
        )

    def files(self) -> JournalledTree:
        return JournalledTree(self.tree, self.journal.images, session_id=SESSION, dry_run=self.dry_run)

    def context(self, plan: Plan) -> JobContext:
        files = self.files()
        prompts = FilePrompts(
            task="a task", plan=plan, files=files, show=self._show, custom_prompts={}, load_template=load
        )
        limits = RecoveryLimits(
            self.max_recovery_attempts, self.deadline, keep=partial(self.journal.keep, SESSION),
            recall=partial(self.journal.recall, SESSION),
        )
        return JobContext(
            self.asker(), files, prompts, self.emitter(), self.max_iterations, self.auto_revert, limits,
            self.discretion, activity=self.activity,
        )

    def job(self, file: PlannedFile, *, start: int = 0) -> FileJob:
        return FileJob(self.context(Plan("a plan", (file,))), file, start=start)

    def run(self, file: PlannedFile, *, start: int = 0) -> FileOutcome:
        job = self.job(file, start=start)
        job.run()
        assert job.outcome is not None
        return job.outcome

    # The disk

    def put(self, text: str, path: str = PATH) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(text.encode("utf-8"))

    def text(self, path: str = PATH) -> str | None:
        file = self.root / path
        return file.read_bytes().decode("utf-8") if file.exists() else None

    def images(self, path: str = PATH) -> list[str | None]:
        """The journal's images of a file, from the one before the session, those that wait to be written included."""
        self.journal.keep(SESSION, "looked at", True)
        return self.images_on_disk(path)

    def images_on_disk(self, path: str = PATH) -> list[str | None]:
        """The same as another process would find them."""
        found = []
        for position in range(self.journal.images.count_writes(SESSION, path) + 1):
            image = self.journal.images.at(SESSION, path, position)
            if image is not None:
                found.append(None if image.content is None else image.content.decode("utf-8"))
        return found

    def _show(self, paths: Sequence[str]) -> tuple[list[ShownFile], list[tuple[str, str]]]:
        if paths:
            self.shown.append(list(paths))
        shown = [ShownFile(path, self.text(path) or "") for path in paths if self.text(path) is not None]
        return shown, [(path, "there is no such file") for path in paths if self.text(path) is None]

"""A file's job that is killed and resumed, however often, ends as one that was left alone."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import pytest

from orchestra.adapters.adapter import AdapterInfo, CallObserver, Request
from orchestra.agents.templates import load
from orchestra.clock import CancelToken, Deadline
from orchestra.engine.after_file import AfterFile
from orchestra.engine.asking import Asker
from orchestra.engine.command_runs import LINT, TESTS, CommandRuns
from orchestra.engine.discretion import Discretion
from orchestra.engine.file_job import FileJob, JobContext
from orchestra.engine.file_prompts import FilePrompts
from orchestra.engine.journalled_tree import JournalledTree
from orchestra.engine.mending import Mending
from orchestra.engine.recovery import RecoveryLimits
from orchestra.engine.verification import Verification
from orchestra.errors import ApiError
from orchestra.observe.events import Events
from orchestra.observe.placeholders import Placeholders
from orchestra.observe.redaction import Redactor
from orchestra.records import AGENT_ROLES, FileOutcome, Plan, PlannedFile, Reply, Task, TestFailure, TestRun, Usage
from orchestra.state.manager import StateManager
from orchestra.workspace.tree import Tree
from tests.properties.mortality import Fate, Killed, MortalStore, MortalTree, journal_in_memory
from tests.unit.engine.workshop import APPROVED, PROSE, needs_work, whole
from tests.unit.fake_clock import FakeClock

pytest.importorskip("hypothesis")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

SESSION, PATH = "s-1", "a.txt"
FAULT = "FAULT"
Answers = Mapping[str, Sequence[str]]

MISS = "<<<<<<< SEARCH\nnowhere\n=======\ntwo\n>>>>>>> REPLACE\n"
EDIT = "<<<<<<< SEARCH\nmine\n=======\ntwo\n>>>>>>> REPLACE\n"
texts = [whole("one\n"), whole("two\n"), whole("mine\n"), PROSE, FAULT, MISS, EDIT]
drafts = st.lists(st.sampled_from(texts), max_size=6)
reviews = st.lists(st.sampled_from([APPROVED, needs_work("bad"), PROSE, FAULT]), max_size=6)
scripts = st.fixed_dictionaries({"executor": drafts, "auditor": reviews, "consultant": drafts})
fates = st.lists(st.integers(0, 30), max_size=5)
_MOST_STEPS = 500


class Agent:
    """Says its n-th answer until that is in the journal, whichever process asks; then nothing but faults."""

    def __init__(self, role: str, answers: Sequence[str], connection: sqlite3.Connection) -> None:
        self._info = AdapterInfo(f"local/{role}", role, "local")
        self._answers = answers
        self._connection = connection
        self.asked: list[int] = []

    def is_available(self) -> bool:
        return True

    def get_info(self) -> AdapterInfo:
        return self._info

    def execute(
        self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> Reply:
        sql = "SELECT count(*) FROM steps WHERE agent_role = ? AND status = 'completed'"
        number = self._connection.execute(sql, (self._info.model,)).fetchone()[0]
        self.asked.append(number)
        answer = self._answers[number] if number < len(self._answers) else FAULT
        if answer == FAULT:
            raise ApiError("down")
        return Reply(answer, Usage(), "local", self._info.model, 1)


class Session:
    """One file's session, and the processes that carry it on one after another."""

    def __init__(self, root: Path, connection: sqlite3.Connection, script: Answers, planned: PlannedFile) -> None:
        self.root = root
        self.connection = connection
        self.planned = planned
        self.agents = {role: Agent(role, script.get(role, ()), connection) for role in AGENT_ROLES}
        StateManager(MortalStore(connection, Fate(None)), FakeClock()).sessions.create(
            SESSION, Task("t", "words"), mode="sequential", options={}, config={}
        )

    def process(
        self, fate: Fate, *, auto_revert: bool, attempts: int = 0, tested: bool = False
    ) -> FileOutcome | None:
        """The file's outcome; None for a process that was killed. With `tested` tests run once it is approved."""
        context, plan, journal = self._rooms(fate, auto_revert=auto_revert, attempts=attempts)
        if tested:
            context = replace(context, after=AfterFile(
                [self._runs(journal, context, TESTS)], Mending(SESSION, plan, journal, context), 3, threading.Lock(),
                threading.Lock(),
            ))
        try:
            job = FileJob(context, self.planned)
            job.run()
        except Killed:
            return None
        return job.outcome

    def verified(self, fate: Fate) -> FileOutcome | None:
        """The same where linter and tests run at the end, one after the other, and have the file mended."""
        context, plan, journal = self._rooms(fate, auto_revert=True, attempts=0)
        try:
            outcomes = journal.images.outcomes(SESSION)
            if PATH not in outcomes:
                job = FileJob(context, self.planned)
                job.run()
                assert job.outcome is not None
                outcomes[PATH] = job.outcome
                journal.images.set_outcome(SESSION, job.outcome)
            for kind in (LINT, TESTS):
                verification = Verification(
                    SESSION, plan, journal, context.asker, context, self._runs(journal, context, kind), most_fixes=3,
                    generation=0, custom_prompts={}, load_template=load,
                )
                verification.settle()
                verification.verify(outcomes)
                journal.images.set_outcome(SESSION, outcomes[PATH])
            context.files.settle_rest()
        except Killed:
            return None
        return outcomes[PATH]

    def _runs(self, journal: StateManager, context: JobContext, kind: str) -> CommandRuns:
        return CommandRuns(SESSION, journal, context.events, self._tests, kind)

    def _rooms(self, fate: Fate, *, auto_revert: bool, attempts: int) -> tuple[JobContext, Plan, StateManager]:
        clock = FakeClock()
        journal = StateManager(MortalStore(self.connection, fate), clock)
        files = JournalledTree(MortalTree(self.root, fate), journal.images, session_id=SESSION, dry_run=False)
        events = Events(clock, Redactor())
        discretion = Discretion(b"a key", Placeholders(b"a key"))
        asker = Asker(
            session_id=SESSION, journal=journal, chains=self.agents, events=events, redactor=Redactor(),
            discretion=discretion, deadline=Deadline(clock, None), cancel=CancelToken(),
            show=lambda paths: ([], []),
        )
        plan = Plan("a plan", (self.planned,))
        prompts = FilePrompts(
            task="t", plan=plan, files=files, show=lambda paths: ([], []), custom_prompts={}, load_template=load
        )
        limits = RecoveryLimits(
            attempts, Deadline(clock, None), keep=partial(journal.keep, SESSION),
            recall=partial(journal.recall, SESSION),
        )
        return JobContext(asker, files, prompts, events, 3, auto_revert, limits, discretion), plan, journal

    def _tests(self, on_start: Callable[[], None]) -> TestRun:
        """One failure for each kind of letter that the file must not hold."""
        content = Tree(self.root).read(PATH).content or b""
        failures = tuple(TestFailure(letter) for letter in "mnw" if letter.encode() in content)
        return TestRun("command", ("sh",), int(bool(failures)), 1, True, failures)

    def notes(self) -> list[tuple[Any, ...]]:
        """What the journal holds of the file: its images, and every step with its answer."""
        images = self.connection.execute("SELECT kind, content, mode FROM file_versions ORDER BY id").fetchall()
        steps = self.connection.execute(
            "SELECT step_key, steps.status, text FROM steps LEFT JOIN replies ON step_id = steps.id ORDER BY step_key"
        ).fetchall()
        return [tuple(row) for row in (*images, *steps)]


def play(
    script: Answers, action: str, before: bytes | None, kills: Sequence[int], *, auto_revert: bool, attempts: int
) -> tuple[object, ...]:
    with tempfile.TemporaryDirectory() as folder, journal_in_memory() as connection:
        root = Path(folder)
        if before is not None:
            (root / PATH).write_bytes(before)
        session = Session(root, connection, script, PlannedFile(PATH, action, "d"))
        for steps in kills:
            session.process(Fate(steps), auto_revert=auto_revert, attempts=attempts)
        outcome = session.process(Fate(None), auto_revert=auto_revert, attempts=attempts)
        for agent in session.agents.values():
            # Once an answer is in the journal, its question is not put again.
            assert agent.asked == sorted(agent.asked)
        return outcome, Tree(root).read(PATH).content, session.notes()


@settings(max_examples=80)
@given(
    scripts, st.sampled_from(["create", "modify", "delete"]), st.sampled_from([None, b"mine\n"]), fates, st.booleans(),
    st.integers(0, 3),
)
def test_a_job_that_was_killed_ends_as_one_that_was_left_alone(
    script: Answers, action: str, before: bytes | None, kills: Sequence[int], auto_revert: bool, attempts: int
) -> None:
    killed = play(script, action, before, kills, auto_revert=auto_revert, attempts=attempts)
    assert killed == play(script, action, before, [], auto_revert=auto_revert, attempts=attempts)


@settings(max_examples=80)
@given(scripts, st.sampled_from(["create", "modify", "delete"]), st.sampled_from([None, b"mine\n"]), fates)
def test_a_job_that_was_killed_among_its_tests_ends_as_one_that_was_left_alone(
    script: Answers, action: str, before: bytes | None, kills: Sequence[int]
) -> None:
    """But for the images: what lies there is put back to what an earlier test ran on, and written again."""
    ends = []
    for moments in (kills, []):
        with tempfile.TemporaryDirectory() as folder, journal_in_memory() as connection:
            root = Path(folder)
            if before is not None:
                (root / PATH).write_bytes(before)
            session = Session(root, connection, script, PlannedFile(PATH, action, "d"))
            for steps in moments:
                session.process(Fate(steps), auto_revert=True, tested=True)
            outcome = session.process(Fate(None), auto_revert=True, tested=True)
            asked = [tuple(row) for row in connection.execute("SELECT step_key, status FROM steps ORDER BY step_key")]
            ran = [tuple(row) for row in connection.execute(
                "SELECT name, content FROM facts WHERE name LIKE 'tests/%' ORDER BY name"
            )]
            ends.append((outcome, Tree(root).read(PATH).content, asked, ran))
            for agent in session.agents.values():
                assert agent.asked == sorted(agent.asked)
    assert ends[0] == ends[1]


BLAMES = '```json\n{"fixes": [{"path": "a.txt", "message": "mend it"}]}\n```'
MENDED_OFTEN: list[tuple[str, Answers]] = [
    ("process", {
        "executor": [whole("one\n")], "auditor": [APPROVED] * 3, "consultant": [whole("two\n"), whole("three\n")],
    }),
    ("process", {
        "executor": [whole("one\n")], "auditor": [APPROVED, needs_work("bad"), APPROVED],
        "consultant": [whole("two\n")],
    }),
    ("verified", {
        "executor": [whole("one\n")], "auditor": [APPROVED] * 5, "consultant": [
            BLAMES, whole("two\n"), BLAMES, whole("ten\n"), BLAMES, whole("moon\n"), BLAMES, whole("three\n"),
        ],
    }),
    ("verified", {
        "executor": [whole("one\n")], "auditor": [APPROVED, APPROVED, needs_work("bad"), APPROVED],
        "consultant": [BLAMES, whole("two\n"), BLAMES, whole("ten\n"), BLAMES, whole("three\n")],
    }),
    *(
        ("verified", {
            "executor": [whole("one\n")], "auditor": [APPROVED] * 9,
            "consultant": [answer for word in words.split() for answer in (BLAMES, whole(word + "\n"))],
        })
        for words in ("moon moon sea", "two mown sea", "moon women moon women sea")
    ),
]
"""Mended more than once, the last of them well or not, some taken back before one helps; how the file's processes run,
and what the agents say."""


@pytest.mark.parametrize(("ways", "script"), MENDED_OFTEN)
def test_a_file_that_is_mended_again_and_again_may_be_killed_at_any_step(ways: str, script: Answers) -> None:
    """A kill may leave a draft on the disk that the journal does not know yet, while what was before is done again."""
    settled = None
    for steps in (None, *range(_MOST_STEPS)):
        with tempfile.TemporaryDirectory() as folder, journal_in_memory() as connection:
            root = Path(folder)
            (root / PATH).write_bytes(b"mine\n")
            session = Session(root, connection, script, PlannedFile(PATH, "modify", "d"))
            go_on = (
                session.verified if ways == "verified"
                else partial(session.process, auto_revert=True, tested=True)
            )
            is_killed = steps is not None and go_on(Fate(steps)) is None
            outcome = go_on(Fate(None))
            asked = [tuple(row) for row in connection.execute("SELECT step_key, status FROM steps ORDER BY step_key")]
            end = (outcome, Tree(root).read(PATH).content, asked)
            settled = settled or end
            assert end == settled, f"killed after {steps} steps"
            for agent in session.agents.values():
                assert agent.asked == sorted(agent.asked)
        if steps is not None and not is_killed:
            break
    else:
        raise AssertionError(f"it takes more than {_MOST_STEPS} steps")


@settings(max_examples=80)
@given(scripts, scripts, st.sampled_from(["create", "modify", "delete"]), st.sampled_from([None, b"mine\n"]), fates)
def test_the_disk_holds_what_the_outcome_says_even_if_the_agents_change_their_minds(
    script: Answers, other: Answers, action: str, before: bytes | None, kills: Sequence[int]
) -> None:
    """Faults are not remembered: after a kill another answer may come where there was none."""
    with tempfile.TemporaryDirectory() as folder, journal_in_memory() as connection:
        root = Path(folder)
        if before is not None:
            (root / PATH).write_bytes(before)
        session = Session(root, connection, script, PlannedFile(PATH, action, "d"))
        session.process(Fate(None), auto_revert=True)
        session.agents = {role: Agent(role, other.get(role, ()), connection) for role in AGENT_ROLES}
        for steps in kills:
            session.process(Fate(steps), auto_revert=True)
        outcome = session.process(Fate(None), auto_revert=True)
        content = Tree(root).read(PATH).content
        last = connection.execute("SELECT content FROM file_versions ORDER BY id DESC LIMIT 1").fetchone()[0]
    assert outcome is not None
    assert content == last
    if outcome.status in ("reverted", "failed", "unchanged"):
        assert content == before
    elif action == "delete":
        assert content is None
    else:
        assert content in (b"one\n", b"two\n", b"mine\n")

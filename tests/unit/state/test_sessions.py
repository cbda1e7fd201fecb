from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from orchestra.errors import ExitStatus, StateError
from orchestra.records import AGENT_ROLES, Reply, Task, Usage
from orchestra.state.manager import StateManager
from orchestra.state.phases import IllegalMove
from orchestra.state.sessions import Sessions
from orchestra.state.store import Store
from tests.unit.fake_clock import FakeClock
from tests.unit.state.conftest import OPTIONS, SESSION

OTHER = "s-20261122-080000-0001"


def add(journal: StateManager, session_id: str) -> None:
    journal.sessions.create(session_id, Task("another", "words"), mode="parallel", options={}, config={})


def phases(journal: StateManager) -> list[str]:
    return [row["phase"] for row in journal.sessions.checkpoints(SESSION)]


def test_a_new_session_can_be_resumed_from_its_first_moment(journal: StateManager) -> None:
    row = journal.sessions.get(SESSION)
    assert row is not None
    assert (row.task, row.mode, row.phase, row.iteration) == (Task("add a flag", "words"), "sequential", "init", 0)
    assert (row.can_resume, row.exit_status, row.last_error) == (True, None, None)
    assert (row.options, row.config) == (OPTIONS, {"b": []})
    assert row.started_at == row.last_activity == "2026-11-22T07:15:00.000Z"
    assert phases(journal) == ["init"]


def test_a_session_that_the_disk_does_not_take_is_none_to_resume(folder: Path, clock: FakeClock) -> None:
    store = Store.open(folder)
    store.write(lambda connection: connection.execute("PRAGMA max_page_count = 1").fetchone())
    with pytest.raises(StateError, match="database or disk is full") as caught:
        Sessions(store, clock).create(
            SESSION, Task("a task " * 9000, "words"), mode="parallel", options={}, config={}
        )
    store.close()
    assert caught.value.hint == "make room, then run again"


def test_a_new_sessions_agents_are_idle(journal: StateManager) -> None:
    agents = journal.sessions.agents(SESSION)
    assert set(agents) == set(AGENT_ROLES)
    assert {(agent["status"], agent["model_id"]) for agent in agents.values()} == {("idle", None)}


def test_an_unknown_session_is_none(journal: StateManager) -> None:
    assert journal.sessions.get(OTHER) is None
    assert journal.sessions.plan(OTHER) is None
    assert (journal.sessions.agents(OTHER), journal.sessions.checkpoints(OTHER)) == ({}, [])


def test_the_newest_comes_first_even_of_two_in_one_second(journal: StateManager, clock: FakeClock) -> None:
    add(journal, OTHER)
    clock.seconds = 5
    add(journal, "s-later")
    assert [row.session_id for row in journal.sessions.all()] == ["s-later", OTHER, SESSION]
    newest = journal.sessions.newest()
    assert newest is not None and newest.session_id == "s-later"


def test_what_was_made_last_is_the_newest_though_the_clock_ran_ahead_before(
    journal: StateManager, clock: FakeClock
) -> None:
    clock.seconds = 10**8
    add(journal, OTHER)
    clock.seconds = 5
    add(journal, "s-later")
    assert [row.session_id for row in journal.sessions.all()] == ["s-later", OTHER, SESSION]
    newest = journal.sessions.newest()
    assert newest is not None and newest.session_id == "s-later"


@pytest.mark.parametrize("phase", ["auditing", "committing", "completed", "rejected", "elsewhere"])
def test_a_phase_that_cannot_follow_is_a_defect_and_leaves_the_session_where_it_was(
    journal: StateManager, phase: str
) -> None:
    with pytest.raises(IllegalMove, match=f"from init to {phase}") as caught:
        journal.sessions.enter_phase(SESSION, phase)
    row = journal.sessions.get(SESSION)
    assert row is not None and row.phase == "init"
    assert (phases(journal), caught.value.exit_status) == (["init"], ExitStatus.DEFECT)


def test_an_end_that_cannot_follow_is_a_defect(journal: StateManager) -> None:
    with pytest.raises(IllegalMove):
        journal.sessions.finish(SESSION, "partial", ExitStatus.PARTIAL, can_resume=False, last_error=None)
    row = journal.sessions.get(SESSION)
    assert row is not None and (row.phase, row.exit_status) == ("init", None)


def test_a_phase_entered_again_is_one_checkpoint_and_an_end_met_again_another(journal: StateManager) -> None:
    for _ in range(2):
        journal.sessions.enter_phase(SESSION, "planning")
        journal.sessions.finish(SESSION, "limited", ExitStatus.LIMIT, can_resume=True, last_error=None)
        journal.sessions.reopen(SESSION, {})
    names = [row["name"] for row in journal.sessions.checkpoints(SESSION)]
    assert names == ["init", "planning", "limited", "limited-2"]


def test_what_is_done_with_files_is_noted_as_it_stands_when_it_is_written(journal: StateManager) -> None:
    current = ["auditing"]
    journal.sessions.enter_phase(SESSION, "executing")
    current[0] = "consulting"
    journal.sessions.follow_activity(SESSION, "auditing", lambda: current[0], set())
    journal.keep(SESSION, "fact", 1)  # waits for the disk
    row = journal.sessions.get(SESSION)
    assert row is not None and row.phase == "consulting"
    assert phases(journal) == ["init", "executing", "auditing"]


def test_news_of_a_file_that_come_after_the_end_change_nothing(journal: StateManager) -> None:
    journal.sessions.enter_phase(SESSION, "executing")
    journal.sessions.finish(SESSION, "interrupted", ExitStatus.INTERRUPTED, can_resume=True, last_error=None)
    journal.sessions.follow_activity(SESSION, "auditing", lambda: "auditing", set())
    journal.keep(SESSION, "fact", 1)  # waits for the disk
    row = journal.sessions.get(SESSION)
    assert row is not None and row.phase == "interrupted"
    assert phases(journal) == ["init", "executing", "interrupted"]


def test_a_checkpoint_is_made_though_the_batch_that_it_is_written_in_is_done_again(journal: StateManager) -> None:
    started, may_go_on, noted = threading.Event(), threading.Event(), set[str]()

    def hold_up(connection: sqlite3.Connection) -> None:
        started.set()
        assert may_go_on.wait(30)

    journal.sessions.enter_phase(SESSION, "executing")
    journal._store.write_later(hold_up)
    assert started.wait(30)
    journal.sessions.follow_activity(SESSION, "auditing", lambda: "auditing", noted)
    wrong = journal._store.write_later(lambda connection: connection.execute("SELECT * FROM nowhere"))
    may_go_on.set()
    with pytest.raises(StateError):
        wrong.result()
    journal.sessions.follow_activity(SESSION, "auditing", lambda: "auditing", noted)
    journal.keep(SESSION, "fact", 1)  # waits for the disk
    assert phases(journal) == ["init", "executing", "auditing"]
    assert noted == {"auditing"}


def test_entering_a_phase_is_a_checkpoint(journal: StateManager, clock: FakeClock) -> None:
    clock.seconds = 61.5
    journal.sessions.enter_phase(SESSION, "executing")
    row = journal.sessions.get(SESSION)
    assert row is not None
    assert (row.phase, row.last_activity) == ("executing", "2026-11-22T07:16:01.500Z")
    assert phases(journal) == ["init", "executing"]


def test_a_finished_session_says_how_it_ended_and_keeps_no_agent_busy(journal: StateManager) -> None:
    journal.steps.asked(
        journal.steps.begin(SESSION, "a", role="executor", path=None, input_text=""), "zai/glm-4.7"
    )
    journal.sessions.finish(SESSION, "limited", ExitStatus.LIMIT, can_resume=True, last_error="the budget is used up")
    row = journal.sessions.get(SESSION)
    assert row is not None
    assert (row.phase, row.exit_status, row.can_resume, row.last_error) == ("limited", 7, True, "the budget is used up")
    executor = journal.sessions.agents(SESSION)["executor"]
    assert (executor["status"], executor["model_id"]) == ("idle", "zai/glm-4.7")


def test_a_finished_session_leaves_no_step_running_and_every_answer_in_place(
    journal: StateManager, clock: FakeClock
) -> None:
    answered = journal.steps.begin(SESSION, "a", role="executor", path=None, input_text="")
    journal.steps.complete(answered, Reply("an answer", Usage(), "local", "m", 1))
    journal.steps.begin(SESSION, "b", role="auditor", path=None, input_text="")
    clock.seconds = 9
    journal.sessions.finish(SESSION, "limited", ExitStatus.LIMIT, can_resume=True, last_error=None)
    rows = journal._store.rows("SELECT status, end_time FROM steps ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("completed", "2026-11-22T07:15:00.000Z"), ("failed", "2026-11-22T07:15:09.000Z")
    ]
    assert journal.steps.begin(SESSION, "a", role="executor", path=None, input_text="").reply is not None


def test_a_reopened_session_has_not_ended_and_has_the_new_configuration(journal: StateManager) -> None:
    journal.sessions.finish(SESSION, "limited", ExitStatus.LIMIT, can_resume=True, last_error="no money")
    journal.sessions.reopen(SESSION, {"budget": {"max_cost": "2"}})
    row = journal.sessions.get(SESSION)
    assert row is not None
    assert (row.exit_status, row.last_error, row.config) == (None, None, {"budget": {"max_cost": "2"}})
    assert row.options == OPTIONS


def test_an_agent_that_works_says_with_which_model_and_keeps_it_when_idle(journal: StateManager) -> None:
    step = journal.steps.begin(SESSION, "a", role="auditor", path=None, input_text="")
    journal.steps.asked(step, "gemini/f")
    journal.steps.asked(step, "gemini/g")
    journal.sessions.enter_phase(SESSION, "executing")  # waits for the disk, and so for what was queued before
    working = journal.sessions.agents(SESSION)["auditor"]
    journal.steps.fail(step)
    idle = journal.sessions.agents(SESSION)["auditor"]
    assert [(each["status"], each["model_id"]) for each in (working, idle)] == [
        ("working", "gemini/g"), ("idle", "gemini/g"),
    ]


def test_an_agent_that_was_idle_and_works_again_says_so(journal: StateManager) -> None:
    for key in ("a", "b"):
        step = journal.steps.begin(SESSION, key, role="auditor", path=None, input_text="")
        journal.steps.asked(step, "gemini/g")
        journal.keep(SESSION, key, 1)  # waits for the disk, and so for what was queued before
        assert journal.sessions.agents(SESSION)["auditor"]["status"] == "working"
        journal.steps.fail(step)


def test_the_newest_version_of_a_plan_counts_and_awaits_approval(journal: StateManager) -> None:
    journal.sessions.save_plan(SESSION, "h1", {"summary": "first", "files": []})
    journal.sessions.approve_plan(SESSION, "h1", "user")
    journal.sessions.save_plan(SESSION, "h2", {"summary": "second", "files": []})
    plan = journal.sessions.plan(SESSION)
    assert plan is not None
    assert (plan.hash, plan.content, plan.approved_by) == ("h2", {"summary": "second", "files": []}, None)


def test_the_same_version_kept_again_stays_approved(journal: StateManager) -> None:
    journal.sessions.save_plan(SESSION, "h1", {"summary": "first", "files": []})
    journal.sessions.approve_plan(SESSION, "h1", "--yes")
    journal.sessions.save_plan(SESSION, "h1", {"summary": "first", "files": []})
    plan = journal.sessions.plan(SESSION)
    assert plan is not None and plan.approved_by == "--yes"


def test_approval_holds_for_the_plan_that_was_shown_alone(journal: StateManager) -> None:
    journal.sessions.save_plan(SESSION, "h1", {})
    journal.sessions.approve_plan(SESSION, "another hash", "user")
    plan = journal.sessions.plan(SESSION)
    assert plan is not None and plan.approved_by is None


@pytest.mark.parametrize("text", ["umlaut \u00e4 \u20ac \U0001f600", "quote ' \" \\", "line\nline", "nul \0 nul"])
def test_any_task_comes_back_as_it_was(journal: StateManager, text: str) -> None:
    journal.sessions.create(OTHER, Task(text, "stdin"), mode="sequential", options={"x": text}, config={})
    row = journal.sessions.get(OTHER)
    assert row is not None
    assert (row.task.text, row.options["x"]) == (text, text)


def test_a_session_is_testing_between_two_things_done_with_files(journal: StateManager) -> None:
    for phase in ("planning", "awaiting_approval", "executing"):
        journal.sessions.enter_phase(SESSION, phase)
    made = phases(journal)
    with journal.sessions.testing_meanwhile(SESSION, lambda: "auditing"):
        assert _phase(journal) == "testing"
        # News of other files is not heard meanwhile.
        journal.sessions.follow_activity(SESSION, "consulting", lambda: "consulting", set())
        assert _phase(journal) == "testing"
    assert (_phase(journal), phases(journal)) == ("auditing", made)


def test_a_run_that_outlives_its_session_leaves_it_ended(journal: StateManager) -> None:
    for phase in ("planning", "awaiting_approval", "executing"):
        journal.sessions.enter_phase(SESSION, phase)
    with journal.sessions.testing_meanwhile(SESSION, lambda: "auditing"):
        journal.sessions.finish(SESSION, "interrupted", ExitStatus.INTERRUPTED, can_resume=True, last_error=None)
    assert _phase(journal) == "interrupted"


def _phase(journal: StateManager) -> str:
    journal.keep(SESSION, "looked at", True)  # waits for the disk, and so for what was queued before
    row = journal.sessions.get(SESSION)
    assert row is not None
    return row.phase

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from orchestra.errors import StateDamaged, StateError
from orchestra.records import Attempt, Reply, Step, Task, Usage
from orchestra.state.manager import StateManager
from orchestra.state.steps import moment
from tests.unit.fake_clock import START, FakeClock
from tests.unit.state.conftest import SESSION

REPLY = Reply("the whole file", Usage(1200, 340, 100, Decimal("0.00123456789")), "zai", "glm-4.7", 812)
UNKNOWN = Reply("an answer", Usage(), "local", "m", 5)


def begin(journal: StateManager, key: str = "executor/1", input_text: str = "a question") -> Step:
    return journal.steps.begin(SESSION, key, role="executor", path="src/a.py", input_text=input_text)


def row_of(journal: StateManager, step: Step) -> dict[str, object]:
    found = journal.steps._store.row("SELECT * FROM steps WHERE id = ?", (step.id,))
    assert found is not None
    return dict(found)


def attempt(success: bool = True, usage: Usage = Usage(), model_id: str = "m") -> Attempt:
    return Attempt(model_id, "local", success, 10, START, usage, None if success else "TIMEOUT", None)


def test_a_step_that_is_begun_is_running_before_anything_that_is_written_later(journal: StateManager) -> None:
    step = begin(journal)
    assert (step.status, step.reply, step.agent_role, step.file_path) == ("running", None, "executor", "src/a.py")
    journal.keep(SESSION, "what comes later", True)
    row = row_of(journal, step)
    assert (row["status"], row["start_time"], row["end_time"]) == ("running", "2026-11-22T07:15:00.000Z", None)


def test_what_another_process_begins_has_other_ids(journal: StateManager, tmp_path: Path) -> None:
    with closing(StateManager.open(tmp_path / ".orchestra", FakeClock())) as other:
        begun = [begin(of, f"executor/{number}/{of is other}") for number in range(40) for of in (journal, other)]
        ids = [step.id for step in begun]
        assert len(set(ids)) == 80
        assert ids[::2] == sorted(ids[::2]) and ids[1::2] == sorted(ids[1::2])


def test_an_answer_is_not_kept_for_a_step_that_could_not_be(journal: StateManager, tmp_path: Path) -> None:
    begin(journal, "executor/another")
    journal.keep(SESSION, "what comes later", True)
    with closing(sqlite3.connect(tmp_path / ".orchestra" / "state.db")) as connection, connection:
        connection.execute(
            "INSERT INTO steps (session_id, step_key, agent_role, status, file_path, input_hash, start_time)"
            " SELECT session_id, 'executor/1', agent_role, status, file_path, input_hash, start_time FROM steps"
        )
    step = begin(journal)
    with pytest.raises(StateError):
        journal.steps.complete(step, REPLY)
    again = begin(journal)
    assert (again.reply, again.status) == (None, "running")
    journal.steps.complete(again, REPLY)
    assert begin(journal).reply == REPLY


def test_an_answer_is_kept_where_the_intent_found_no_room_but_it_does(journal: StateManager, tmp_path: Path) -> None:
    begin(journal, "executor/another")
    with closing(sqlite3.connect(tmp_path / ".orchestra" / "state.db")) as connection, connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON steps BEGIN SELECT raise(ABORT, 'no space is left'); END"
        )
    step = begin(journal)
    journal.keep(SESSION, "what comes later", True)
    with closing(sqlite3.connect(tmp_path / ".orchestra" / "state.db")) as connection, connection:
        connection.execute("DROP TRIGGER full")
    journal.steps.add_attempt(step, attempt())
    journal.steps.complete(step, REPLY)
    assert begin(journal).reply == REPLY
    assert [row.step_id for row in journal.steps.attempts(SESSION)] == [step.id]


@pytest.mark.parametrize("next_id", ["x", 1.5, b"x", 2 ** 63 - 1, -1, None])
def test_ids_go_on_where_what_is_free_cannot_be_read(journal: StateManager, tmp_path: Path, next_id: object) -> None:
    begin(journal, "executor/another")
    journal.keep(SESSION, "what comes later", True)
    with closing(sqlite3.connect(tmp_path / ".orchestra" / "state.db")) as connection, connection:
        connection.execute("DROP TABLE step_ids")
        connection.execute("CREATE TABLE step_ids (id INTEGER PRIMARY KEY, next)")
        connection.execute("INSERT INTO step_ids VALUES (1, ?)", (next_id,))
    with pytest.raises(StateDamaged, match="step_ids"):
        journal.check()
    with closing(StateManager.open(tmp_path / ".orchestra", FakeClock())) as other:
        assert begin(other).id == 2


def test_a_step_that_could_not_be_written_is_begun_anew(journal: StateManager, tmp_path: Path) -> None:
    begin(journal, "executor/another")
    with closing(sqlite3.connect(tmp_path / ".orchestra" / "state.db")) as connection, connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON steps BEGIN SELECT raise(ABORT, 'no space is left'); END"
        )
    with pytest.raises(StateError, match="no space is left"):
        journal.steps.complete(begin(journal), REPLY)
    with closing(sqlite3.connect(tmp_path / ".orchestra" / "state.db")) as connection, connection:
        connection.execute("DROP TRIGGER full")
    again = begin(journal)
    journal.steps.complete(again, REPLY)
    assert begin(journal).reply == REPLY
    assert row_of(journal, again)["status"] == "completed"


def test_a_completed_step_begun_again_comes_with_its_reply(journal: StateManager) -> None:
    step = begin(journal)
    journal.steps.complete(step, REPLY)
    again = begin(journal)
    assert (again.id, again.status, again.reply) == (step.id, "completed", REPLY)
    assert row_of(journal, step)["status"] == "completed"


def test_unknown_usage_comes_back_unknown_and_not_as_zero(journal: StateManager) -> None:
    journal.steps.complete(begin(journal), UNKNOWN)
    assert begin(journal).reply == UNKNOWN


def test_a_completed_step_says_what_came_out_and_how_long_it_took(journal: StateManager, clock: FakeClock) -> None:
    step = begin(journal)
    clock.seconds = 2.5
    journal.steps.complete(step, REPLY)
    row = row_of(journal, step)
    assert (row["duration"], row["end_time"]) == (2500, "2026-11-22T07:15:02.500Z")
    assert row["output_hash"] == "820480309f460664c2771eedec77663260b7da322f7d11f8b2fff2691e778242"


def test_a_step_that_a_kill_left_running_is_begun_anew_under_its_id(journal: StateManager, clock: FakeClock) -> None:
    step = begin(journal)
    clock.seconds = 60
    again = begin(journal)
    assert (again.id, again.status, again.reply) == (step.id, "running", None)
    assert row_of(journal, step)["start_time"] == "2026-11-22T07:16:00.000Z"


def test_a_failed_step_is_asked_again(journal: StateManager) -> None:
    step = begin(journal)
    journal.steps.fail(step)
    assert row_of(journal, step)["status"] == "failed"
    again = begin(journal)
    assert (again.id, again.status, again.reply) == (step.id, "running", None)
    assert row_of(journal, step)["end_time"] is None


def test_steps_are_told_apart_by_session_and_key(journal: StateManager) -> None:
    journal.steps.complete(begin(journal, "executor/1"), REPLY)
    assert begin(journal, "executor/2").reply is None


def test_an_answer_of_no_use_is_asked_for_anew(journal: StateManager) -> None:
    step = begin(journal)
    journal.steps.complete(step, REPLY)
    journal.steps.ask_again(SESSION, "src/a.py")
    assert begin(journal).reply is None
    journal.steps.complete(step, UNKNOWN)
    assert begin(journal).reply == UNKNOWN


def test_a_last_conversation_of_no_use_is_held_anew_as_a_whole_and_those_before_count(journal: StateManager) -> None:
    for key in ("executor/1", "executor/10", "executor/2", "executor/2#2"):
        journal.steps.complete(begin(journal, key), REPLY)
    journal.steps.ask_last_again(SESSION, role="executor")
    replies = [begin(journal, key).reply for key in ("executor/1", "executor/10", "executor/2", "executor/2#2")]
    assert replies == [REPLY, REPLY, None, None]


def test_where_the_last_call_failed_every_answer_counts(journal: StateManager) -> None:
    journal.steps.complete(begin(journal), REPLY)
    journal.steps.fail(begin(journal, "executor/1#2"))
    journal.steps.ask_last_again(SESSION, role="executor")
    assert begin(journal).reply == REPLY


def test_asking_again_leaves_other_files_and_roles_alone(journal: StateManager) -> None:
    journal.steps.complete(begin(journal), REPLY)
    journal.steps.ask_last_again(SESSION, role="auditor")
    journal.steps.ask_again(SESSION, "src/b.py")
    journal.steps.ask_last_again("another session", role="executor")
    assert begin(journal).reply == REPLY


def test_attempts_come_back_whole_and_in_the_order_in_which_they_ended(journal: StateManager) -> None:
    step = begin(journal)
    first = Attempt(
        "a", "p", False, 12, START + timedelta(milliseconds=7), Usage(), "RATE_LIMIT_429", "too many: \u00fcber"
    )
    second = Attempt("b", "q", True, 900, START, Usage(10, 20, 3, Decimal("0.0001")))
    journal.steps.add_attempt(step, first)
    journal.steps.add_attempt(step, second)
    journal.steps.complete(step, REPLY)
    rows = journal.steps.attempts(SESSION)
    assert [row.attempt for row in rows] == [first, second]
    assert {(row.step_id, row.agent_role, row.file_path) for row in rows} == {(step.id, "executor", "src/a.py")}
    assert journal.steps.attempts(SESSION, but_first=1) == rows[1:]


@pytest.mark.parametrize(
    ("usage", "tokens_used"), [(Usage(), None), (Usage(10, 20), 30), (Usage(10, None), 10), (Usage(0, 0), 0)]
)
def test_tokens_used_are_the_known_ones(journal: StateManager, usage: Usage, tokens_used: int | None) -> None:
    step = begin(journal)
    journal.steps.add_attempt(step, attempt(usage=usage))
    journal.steps.fail(step)
    row = journal.steps._store.row("SELECT tokens_used FROM attempts")
    assert row is not None and row["tokens_used"] == tokens_used


def test_a_reply_that_was_kept_covers_the_attempts_before_it(folder: Path, clock: FakeClock) -> None:
    journal = StateManager.open(folder, clock)
    journal.sessions.create(SESSION, Task("t", "words"), mode="sequential", options={}, config={})
    step = begin(journal)
    journal.steps.add_attempt(step, attempt())
    journal.steps.complete(step, REPLY)
    reader = StateManager.open_for_reading(folder, clock)
    assert reader is not None
    assert len(reader.steps.attempts(SESSION)) == 1
    reader.close()
    journal.close()


def test_looking_for_running_steps_does_not_read_those_that_have_ended(journal: StateManager) -> None:
    plan = journal._store.rows(
        "EXPLAIN QUERY PLAN SELECT 1 FROM steps WHERE status = 'running' AND session_id = 's' AND agent_role = 'r'"
    )
    assert "steps_running" in plan[0]["detail"]


@pytest.mark.parametrize("last", [0, 1])
def test_an_agent_is_idle_once_both_of_its_steps_have_ended_in_whatever_order(journal: StateManager, last: int) -> None:
    steps = [begin(journal, "executor/1"), begin(journal, "executor/2")]
    for step in steps:
        journal.steps.asked(step, "m")
    # Each made up its mind before the other was written.
    ends = [journal.steps._end(step, "completed", None) for step in steps]
    for end in (ends[1 - last], ends[last]):
        journal.steps._store.write(end)
    rows = journal.steps._store.rows("SELECT status FROM agents WHERE role = 'executor'")
    assert [row["status"] for row in rows] == ["idle"]


def test_a_moment_is_read_as_it_was_written() -> None:
    assert moment("2026-11-22T07:15:00.007Z") == START + timedelta(milliseconds=7)


KEYS = ("executor/src/a.py/2", "consultant/src/a.py/2")


@pytest.mark.parametrize("last", ["consultant/src/a.py/2", "executor/src/a.py/2#3", "executor/src/a.py/2#2/other"])
def test_a_draft_is_by_whoever_had_the_last_word_in_its_conversation(journal: StateManager, last: str) -> None:
    others = ("src/a.py/1", "src/a.py/2/3", "src/a.py/20", "src/a.py/1#9", "src/a.py/3")
    early = [KEYS[0], KEYS[0] + "#2"] if last.startswith("executor") else []
    # Those of another generation came in another order.
    strange = [f"{role}/{end}" for role in ("executor", "consultant") for end in others]
    for key in (last, *early, *strange, "fix/" + last):
        journal.steps.complete(begin(journal, key), REPLY if key == last else UNKNOWN)
    begin(journal, "executor/src/a.py/2#4")
    assert journal.steps.answered_by(SESSION, "src/a.py", KEYS) == "zai/glm-4.7"
    assert journal.steps.answered_by(SESSION, "b.py", KEYS) is None
    assert journal.steps.answered_by(SESSION, "src/a.py", ["executor/src/a.py/4"]) is None


def test_a_draft_that_is_asked_for_anew_is_by_whoever_answers_then(journal: StateManager) -> None:
    for key in (KEYS[0], KEYS[0] + "#2"):
        journal.steps.complete(begin(journal, key), UNKNOWN)
    journal.steps.ask_again(SESSION, "src/a.py")
    assert journal.steps.answered_by(SESSION, "src/a.py", KEYS) is None
    journal.steps.complete(begin(journal, KEYS[0]), REPLY)
    assert journal.steps.answered_by(SESSION, "src/a.py", KEYS) == "zai/glm-4.7"


def test_who_wrote_most_of_a_change_is_named_first(journal: StateManager) -> None:
    answers = {"executor/a.py/1": UNKNOWN, "executor/b.py/1": REPLY, "executor/c.py/1": REPLY}
    for key, reply in answers.items():
        journal.steps.complete(begin(journal, key), reply)
    writers = journal.steps.writers(SESSION)
    assert writers[0] == "zai/glm-4.7" and len(writers) == 2 and journal.steps.writers("s-20261122-000000-0000") == []

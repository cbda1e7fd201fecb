from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orchestra.errors import StateError
from orchestra.records import Event, Task
from orchestra.state.database import FILE, make_folder
from orchestra.state.manager import StateManager
from tests.unit.fake_clock import START, FakeClock
from tests.unit.state.conftest import SESSION

PUBLIC = {
    "sessions": "session_id task phase iteration started_at last_activity can_resume last_error mode exit_status",
    "agents": "session_id role status model_id updated_at",
    "steps": "id session_id agent_role status file_path output_hash start_time end_time duration",
    "attempts": "id step_id model_id provider tokens_used input_tokens output_tokens cached_tokens latency_ms success"
                " error_code error_message timestamp estimated_cost",
    "checkpoints": "id session_id name phase created_at",
    "file_versions": "id session_id path kind content mode hash created_at",
    "events": "id session_id time level name step_id data",
}
"""What users' own queries hold on to."""


@pytest.mark.parametrize("table", sorted(PUBLIC))
def test_the_public_columns_are_there(journal: StateManager, folder: Path, table: str) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
    assert set(PUBLIC[table].split()) <= columns


@pytest.mark.parametrize("value", [{"a": [1, None, "\u20ac"]}, [], "", 0, False, {}, [["a.py", 12]]])
def test_a_fact_is_recalled_as_it_was_kept(journal: StateManager, value: object) -> None:
    journal.keep(SESSION, "fact", value)
    assert journal.recall(SESSION, "fact") == value


def test_facts_are_recalled_by_how_their_names_begin(journal: StateManager) -> None:
    for name in ("start/a", "start/%", "starts", "other/start/a"):
        journal.keep(SESSION, name, [name])
    assert journal.recall_all(SESSION, "start/") == {"a": ["start/a"], "%": ["start/%"]}
    assert journal.recall_all("another session", "start/") == {}


def test_an_unknown_fact_is_none(journal: StateManager) -> None:
    assert journal.recall(SESSION, "fact") is None


def test_a_fact_is_found_out_once(journal: StateManager) -> None:
    answers = iter([{"run": 1}, {"run": 2}])
    assert journal.remember(SESSION, "fact", lambda: next(answers)) == {"run": 1}
    assert journal.remember(SESSION, "fact", lambda: next(answers)) == {"run": 1}


@pytest.mark.parametrize("value", [{}, [], False, 0, ""])
def test_a_fact_that_is_empty_is_known_all_the_same(journal: StateManager, value: object) -> None:
    journal.keep(SESSION, "fact", value)
    assert journal.remember(SESSION, "fact", lambda: "found out again") == value


def test_what_could_not_be_found_out_is_not_kept(journal: StateManager) -> None:
    def fail() -> object:
        raise KeyError("nothing to be found")

    with pytest.raises(KeyError):
        journal.remember(SESSION, "fact", fail)
    assert journal.remember(SESSION, "fact", lambda: 1) == 1


def test_a_fact_kept_again_is_another_one_and_belongs_to_its_session(journal: StateManager) -> None:
    journal.keep(SESSION, "fact", 1)
    journal.keep(SESSION, "fact", 2)
    assert journal.recall(SESSION, "fact") == 2
    assert journal.recall("another session", "fact") is None


def test_events_are_kept_in_their_order(journal: StateManager) -> None:
    journal.add_event(Event("step.started", START, "info", SESSION, None, {"role": "auditor"}))
    journal.add_event(Event("step.completed", START, "debug", SESSION, 7, {"text": "\u00fc"}))
    journal.keep(SESSION, "fact", 1)  # waits for the disk
    rows = journal._store.rows("SELECT * FROM events ORDER BY id")
    assert [(row["name"], row["level"], row["step_id"], json.loads(row["data"])) for row in rows] == [
        ("step.started", "info", None, {"role": "auditor"}), ("step.completed", "debug", 7, {"text": "\u00fc"}),
    ]
    assert {(row["session_id"], row["time"]) for row in rows} == {(SESSION, "2026-11-22T07:15:00.000Z")}


def names(journal: StateManager) -> list[str]:
    return [row["name"] for row in journal._store.rows("SELECT name FROM events ORDER BY id")]


def test_events_beside_a_work_that_fails_are_kept_once(journal: StateManager) -> None:
    for name in ("one", "two"):
        journal.add_event(Event(name, START))
    with pytest.raises(StateError):
        journal._store.change("INSERT INTO no_such_table VALUES (1)")
    journal.add_event(Event("three", START))
    journal.keep(SESSION, "fact", 1)
    assert names(journal) == ["one", "two", "three"]


def test_events_after_those_that_could_not_be_written_are_kept(journal: StateManager, folder: Path) -> None:
    (folder / FILE).rename(folder / "elsewhere")
    journal.add_event(Event("lost", START))
    with pytest.raises(StateError):
        journal.keep(SESSION, "fact", 1)
    (folder / "elsewhere").rename(folder / FILE)
    journal.add_event(Event("kept", START))
    journal.keep(SESSION, "fact", 1)
    assert names(journal) == ["kept"]


def test_an_event_before_any_session_is_kept_too(journal: StateManager) -> None:
    journal.add_event(Event("something", START))
    journal.close()


def test_what_was_queued_is_on_disk_after_the_close(folder: Path, clock: FakeClock) -> None:
    journal = StateManager.open(folder, clock)
    for number in range(500):
        journal.add_event(Event(f"event {number}", START))
    journal.close()
    with closing(sqlite3.connect(folder / FILE)) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone()[0] == 500


def test_a_journal_survives_its_process_as_it_was(folder: Path, clock: FakeClock) -> None:
    journal = StateManager.open(folder, clock)
    journal.sessions.create(SESSION, Task("a task", "words"), mode="sequential", options={}, config={})
    journal.close()
    again = StateManager.open(folder, clock)
    row = again.sessions.get(SESSION)
    again.close()
    assert row is not None and row.task.text == "a task"


def test_a_journal_has_one_secret_that_is_its_own(folder: Path, clock: FakeClock, tmp_path: Path) -> None:
    journal = StateManager.open(folder, clock)
    secret = journal.secret()
    assert journal.secret() == secret
    journal.close()
    again = StateManager.open(folder, clock)
    (tmp_path / "other").mkdir()
    other = StateManager.open(make_folder(tmp_path / "other"), clock)
    assert again.secret() == secret != other.secret()
    assert len(secret) == len(other.secret()) == 32
    again.close()
    other.close()


def test_there_is_nothing_to_read_where_nothing_was_journalled(tmp_path: Path, clock: FakeClock) -> None:
    assert StateManager.open_for_reading(tmp_path / ".orchestra", clock) is None


def test_who_reads_sees_everything_that_a_running_session_committed(
    journal: StateManager, folder: Path, clock: FakeClock
) -> None:
    reader = StateManager.open_for_reading(folder, clock)
    assert reader is not None
    journal.sessions.enter_phase(SESSION, "executing")
    row = reader.sessions.get(SESSION)
    reader.close()
    assert row is not None and row.phase == "executing"


def test_who_reads_cannot_write(journal: StateManager, folder: Path, clock: FakeClock) -> None:
    reader = StateManager.open_for_reading(folder, clock)
    assert reader is not None
    with pytest.raises(StateError, match="reading only"):
        reader.sessions.enter_phase(SESSION, "executing")
    reader.close()


def test_after_the_close_reading_and_writing_are_errors_of_the_journal(journal: StateManager) -> None:
    journal.close()
    with pytest.raises(StateError):
        journal.keep(SESSION, "fact", 1)
    with pytest.raises(StateError):
        journal.recall(SESSION, "fact")

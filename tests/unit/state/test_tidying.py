from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from orchestra.errors import UnknownSession
from orchestra.records import Attempt, Event, FileImage, FileOutcome, Reply, Task, Usage
from orchestra.state.database import make_folder
from orchestra.state.manager import StateManager
from orchestra.state.migrations import MIGRATIONS
from tests.unit.fake_clock import START, FakeClock

OF_ALL = {"reply_cache", "provider_health", "repo_map", "step_ids"}
"""Tables that belong to no session."""


def journal_of(folder: Path) -> StateManager:
    return StateManager.open(make_folder(folder), FakeClock())


def fill(journal: StateManager, session_id: str, *, undone_by: str) -> None:
    """A row in every table that knows of sessions."""
    journal.sessions.create(session_id, Task("t", "words"), mode="parallel", options={}, config={})
    journal.sessions.save_plan(session_id, "hash", {})
    step = journal.steps.begin(session_id, "k", role="executor", path="a", input_text="x")
    journal.steps.add_attempt(step, Attempt("m", "p", True, 1, START))
    journal.steps.complete(step, Reply("text", Usage(), "p", "m", 1))
    journal.images.save(session_id, "a", "before", FileImage(b"x" * 100_000))
    journal.images.set_outcome(session_id, FileOutcome("a", "modify", "approved"))
    journal.images.note_folders(session_id, ["d"])
    journal.images.mark_undone(session_id, "a", undone_by, redone_in=None)
    journal.keep(session_id, "fact", 1)
    journal.add_event(Event("e", START, "info", session_id))


def remove(journal: StateManager, *session_ids: str) -> None:
    journal.tidying.remove(lambda rows: [row for row in rows if row.session_id in session_ids])


def counts(folder: Path) -> dict[str, int]:
    with sqlite3.connect(folder / ".orchestra" / "state.db") as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
    connection.close()
    return {table: count for table, count in found.items() if table not in OF_ALL}


def test_no_table_keeps_a_row_of_a_session_that_was_removed(tmp_path: Path) -> None:
    journal = journal_of(tmp_path)
    journal.secret()
    fill(journal, "s-1", undone_by="s-1")
    journal.close()
    one = counts(tmp_path)
    assert min(one.values()) > 0, "a table that this test does not fill"
    journal = journal_of(tmp_path)
    fill(journal, "s-2", undone_by="s-2")
    remove(journal, "s-1")
    assert [row.session_id for row in journal.sessions.all()] == ["s-2"]
    journal.close()
    assert counts(tmp_path) == one


def test_the_file_is_smaller_afterwards_and_a_reader_goes_on(tmp_path: Path) -> None:
    journal = journal_of(tmp_path)
    for number in range(20):
        fill(journal, f"s-{number}", undone_by=f"s-{number}")
    journal.tidying.shrink(lambda: False)
    file = tmp_path / ".orchestra" / "state.db"
    before = file.stat().st_size
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM sessions").fetchone() == (20,)
    remove(journal, *(f"s-{number}" for number in range(15)))
    assert journal.tidying.free_bytes() >= 15 * 100_000
    journal.tidying.shrink(lambda: False)
    assert reader.execute("SELECT count(*) FROM sessions").fetchone() == (20,), "it sees what it began with"
    reader.close()
    assert (journal.tidying.free_bytes(), len(journal.sessions.all())) == (0, 5)
    journal.close()
    assert file.stat().st_size < before / 2


@pytest.mark.parametrize("looks", [[True] * 9, [True]], ids=["it lasts", "over before SQLite heeds it"])
def test_a_stop_leaves_the_file_as_it_is_and_whole(tmp_path: Path, looks: list[bool]) -> None:
    journal, ordered = journal_of(tmp_path), iter(looks)
    for number in range(20):
        fill(journal, f"s-{number}", undone_by=f"s-{number}")
    remove(journal, *(f"s-{number}" for number in range(5)))
    free = journal.tidying.free_bytes()
    for number in range(200):
        journal.keep("s-19", f"fact/{number}", "x" * 200)
    journal.tidying.shrink(lambda: next(ordered, False))
    assert 0 < journal.tidying.free_bytes() <= free
    journal.close()
    with sqlite3.connect(tmp_path / ".orchestra" / "state.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    connection.close()


def test_a_little_that_is_free_is_not_worth_the_writing(tmp_path: Path) -> None:
    journal = journal_of(tmp_path)
    for number in range(30):
        fill(journal, f"s-{number}", undone_by=f"s-{number}")
    remove(journal, "s-0")
    assert not journal.tidying.is_worth_shrinking()
    remove(journal, *(f"s-{number}" for number in range(1, 15)))
    assert journal.tidying.is_worth_shrinking()
    journal.close()


def test_what_was_removed_meanwhile_is_not_taken_up(tmp_path: Path) -> None:
    journal = journal_of(tmp_path)
    fill(journal, "s-1", undone_by="s-1")
    remove(journal, "s-1")
    with pytest.raises(UnknownSession, match="removed meanwhile"):
        journal.sessions.reopen("s-1", {})
    with pytest.raises(UnknownSession, match="removed meanwhile"):
        journal.forgetting.announce("s-1", "executing")
    with pytest.raises(UnknownSession, match="removed meanwhile"):
        journal.sessions.create("s-2", Task("t", "words"), mode="undo", options={}, config={}, after="s-1")
    assert journal.sessions.all() == []
    journal.close()
    assert sum(counts(tmp_path).values()) == 0

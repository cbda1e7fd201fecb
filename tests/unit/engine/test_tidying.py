from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestra.clock import iso
from orchestra.engine.tidying import Keeping, removable, to_prune, worked_at
from orchestra.errors import ExitStatus, StateError
from orchestra.observe.events import Events
from orchestra.observe.redaction import Redactor
from orchestra.records import Event, FileImage, Task
from orchestra.state.database import make_folder
from orchestra.state.lock import RepositoryLock
from orchestra.state.manager import StateManager
from orchestra.state.sessions import SessionRow
from tests.unit.fake_clock import START, FakeClock

DAY = timedelta(days=1)


def row(number: int, **more: Any) -> SessionRow:
    """The higher its number, the newer."""
    time = iso(START + number * DAY)
    values: dict[str, Any] = {
        "session_id": f"s-{number}", "task": Task("t", "words"), "phase": "completed", "iteration": 0,
        "started_at": time, "last_activity": time, "can_resume": False, "last_error": None, "mode": "parallel",
        "exit_status": 0, "options": {}, "config": {}, **more,
    }
    return SessionRow(**values)


def undo(number: int, of: int, **more: Any) -> SessionRow:
    return row(number, mode="undo", options={"undoes": f"s-{of}"}, **more)


def newest_first(*rows: SessionRow) -> list[SessionRow]:
    return sorted(rows, key=lambda one: one.started_at, reverse=True)


def pruned(*rows: SessionRow, keep: int | None = None, older_than: timedelta | None = None) -> set[str]:
    found = to_prune(newest_first(*rows), keep=keep, older_than=older_than, now=START + 10 * DAY)
    return {one.session_id for one in found}


def test_the_newest_are_spared() -> None:
    assert pruned(row(1), row(2), row(3), keep=2) == {"s-1"}
    assert pruned(row(1), row(2), row(3), keep=3) == set()


def test_what_is_younger_is_spared() -> None:
    assert pruned(row(1), row(2), row(9), row(10), older_than=8 * DAY) == {"s-1", "s-2"}


def test_both_bounds_have_to_be_passed() -> None:
    assert pruned(row(1), row(8), row(9), row(10), keep=1, older_than=5 * DAY) == {"s-1"}


def test_never_the_newest_never_one_that_can_go_on() -> None:
    assert pruned(row(1, can_resume=True), row(2), row(3), older_than=timedelta(0)) == {"s-2"}
    assert removable([]) == []


def test_of_two_the_one_made_first_is_the_older_though_the_clock_ran_ahead_then() -> None:
    rows = [row(3), row(2), row(9), row(1)]
    gone = to_prune(rows, keep=1, older_than=None, now=START)
    assert [one.session_id for one in gone] == ["s-1", "s-9", "s-2"]


def test_what_is_worked_at_is_not_what_was_when_the_clock_ran_ahead(tmp_path: Path) -> None:
    lock = RepositoryLock(tmp_path, now=START)
    assert worked_at([row(3), row(2), row(9)], tmp_path, START + 5 * DAY) == "s-3"
    assert worked_at([row(9)], tmp_path, START) == "s-9"
    assert worked_at([], tmp_path, START) is None
    lock.release()
    assert worked_at([row(1)], tmp_path, START) is None


def test_what_runs_is_not_removed_by_itself() -> None:
    rows = newest_first(row(1), row(2), row(3))
    found = to_prune(rows, keep=1, older_than=None, now=START, running="s-1")
    assert [one.session_id for one in found] == ["s-2"]


def test_sessions_that_undo_each_other_go_together_or_not_at_all() -> None:
    rows = [row(1), undo(3, of=1), undo(4, of=3), row(2), row(5)]
    assert pruned(*rows, keep=2) == {"s-2"}
    assert pruned(*rows, keep=1) == {"s-1", "s-2", "s-3", "s-4"}
    assert pruned(row(1), undo(2, of=1, can_resume=True), row(3), keep=1) == set()


class House:
    """A state folder with sessions in it, and a keeper of its limits."""

    def __init__(self, folder: Path, sessions: int, *, bytes_each: int = 0) -> None:
        self.clock = FakeClock()
        self.folder = make_folder(folder)
        self.journal = StateManager.open(self.folder, self.clock)
        self.told: list[Event] = []
        for number in range(sessions):
            self.clock.seconds += 60
            self.add(f"s-{number}", bytes_each)

    def add(self, session_id: str, size_bytes: int) -> None:
        sessions = self.journal.sessions
        sessions.create(session_id, Task("t", "words"), mode="parallel", options={}, config={})
        self.journal.images.save(session_id, "a", "after", FileImage(bytes(range(256)) * (size_bytes // 256)))
        (self.folder / "logs" / f"{session_id}.jsonl").write_text("{}\n")
        (self.folder / "logs" / f"{session_id}.jsonl.1").write_text("{}\n")
        (self.folder / "runs" / session_id).mkdir()
        (self.folder / "runs" / session_id / "receipt.json").write_text("{}")
        sessions.enter_phase(session_id, "planning")
        sessions.finish(session_id, "completed", ExitStatus.DONE, can_resume=False, last_error=None)

    def apply(self, *, keep: int = 100, max_bytes: int = 2**40) -> None:
        events = Events(self.clock, Redactor())
        events.listen(self.told.append)
        running = self.journal.sessions.all()[0].session_id
        Keeping(
            self.journal, self.folder, running, keep, max_bytes, now=self.clock.now, is_stopped=lambda: False,
            events=events,
        ).apply()

    def left(self) -> list[str]:
        return [one.session_id for one in self.journal.sessions.all()]

    def file_bytes(self) -> int:
        return (self.folder / "state.db").stat().st_size


def test_a_session_goes_with_its_log_and_its_receipt(tmp_path: Path) -> None:
    house = House(tmp_path, 3)
    house.apply(keep=2)
    assert house.left() == ["s-2", "s-1"]
    names = {path.name for folder in ("logs", "runs") for path in (house.folder / folder).iterdir()}
    assert names == {"s-1", "s-2", "s-1.jsonl", "s-1.jsonl.1", "s-2.jsonl", "s-2.jsonl.1"}
    (event,) = house.told
    assert (event.name, event.data["sessions"]) == ("state.pruned", ["s-0"])


def test_what_fits_is_left_alone_and_nothing_is_said(tmp_path: Path) -> None:
    house = House(tmp_path, 3)
    house.apply(keep=3)
    assert (len(house.left()), house.told) == (3, [])


def test_the_oldest_go_until_the_rest_fits_and_the_file_really_shrinks(tmp_path: Path) -> None:
    house = House(tmp_path, 6, bytes_each=2**20)
    house.apply(max_bytes=4 * 2**20)
    assert house.left() == ["s-5", "s-4", "s-3"]
    assert house.file_bytes() < 4 * 2**20
    (event,) = house.told
    assert int(str(event.data["freed_bytes"])) >= 3 * 2**20
    assert int(str(event.data["size_bytes"])) < 4 * 2**20


def test_the_cache_of_the_map_goes_before_any_session_does(tmp_path: Path) -> None:
    house = House(tmp_path, 4, bytes_each=2**20)
    house.journal.map_cache.keep("facts", {str(number): bytes(range(256)) * 40 for number in range(400)})
    house.journal.keep("s-3", "a fact", 1)  # waits for what was written before
    house.apply(max_bytes=5 * 2**20)
    assert (len(house.left()), house.told, house.journal.map_cache.read("facts")) == (4, [], {})
    assert house.file_bytes() < 5 * 2**20


def test_the_cache_of_the_map_stays_where_all_fits(tmp_path: Path) -> None:
    house = House(tmp_path, 2)
    house.journal.map_cache.keep("facts", {"a": b"1"})
    house.apply(keep=1)
    assert (house.left(), house.journal.map_cache.read("facts")) == (["s-1"], {"a": b"1"})


def test_it_is_said_where_nothing_more_may_go(tmp_path: Path) -> None:
    house = House(tmp_path, 2, bytes_each=2**20)
    house.apply(max_bytes=1000)
    assert house.left() == ["s-1"]
    told = [(event.name, event.level) for event in house.told]
    assert told == [("state.pruned", "info"), ("state.too_large", "warning")]


def test_a_journal_that_cannot_be_written_fails_no_run(tmp_path: Path) -> None:
    house = House(tmp_path, 3)
    reading = StateManager.open_for_reading(house.folder, house.clock)
    assert reading is not None
    house.journal = reading
    house.apply(keep=1)
    assert [event.name for event in house.told] == ["state.not_pruned"]
    with pytest.raises(StateError):
        reading.tidying.remove(lambda rows: rows)

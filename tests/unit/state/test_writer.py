from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from orchestra.clock import CancelToken
from orchestra.errors import StateError
from orchestra.state.database import BUSY_S, connect
from orchestra.state.writer import Writer, Written
from orchestra.turns import Turns
from tests.unit.fake_clock import FakeClock

LONG_S = 30
Work = Callable[[sqlite3.Connection], Any]


class Desk:
    """A writer over a small table, with what it tells SQLite."""

    def __init__(self, path: Path) -> None:
        self.path = path
        connection = connect(path)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE owed (n REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
        self.statements: list[str] = []
        connection.set_trace_callback(self.statements.append)
        self.turns = Turns(patience_s=LONG_S)
        self.writer = Writer(connection, turns=self.turns)

    def in_one_batch(self, *works: Work) -> list[Written[Any]]:
        """Have the writer find all of these at once, behind one that holds it up."""
        started, may_go_on = threading.Event(), threading.Event()

        def hold_up(connection: sqlite3.Connection) -> None:
            started.set()
            assert may_go_on.wait(LONG_S)

        first = self.writer.write_later(hold_up)
        assert started.wait(LONG_S)
        futures = [self.writer.write_later(work) for work in works]
        may_go_on.set()
        first.result()
        return futures

    def rows(self) -> list[int]:
        """What another connection sees."""
        other = sqlite3.connect(self.path)
        try:
            return [row[0] for row in other.execute("SELECT n FROM t ORDER BY n")]
        finally:
            other.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "t.db")
    yield desk
    desk.writer.close()


def insert(number: int) -> Work:
    return lambda connection: connection.execute("INSERT INTO t VALUES (?)", (number,)).lastrowid


def error_of(future: Written[Any]) -> BaseException | None:
    try:
        future.result()
    except Exception as error:
        return error
    return None


def test_who_waits_for_a_write_lets_others_compute(desk: Desk) -> None:
    with desk.turns.taken():
        assert desk.turns._has_it is not None
        assert desk.writer.write(lambda connection: desk.turns._has_it) is None
        assert desk.turns._has_it is not None


def test_what_was_written_is_committed_when_the_call_returns(desk: Desk) -> None:
    assert desk.writer.write(insert(7)) == 7
    assert desk.rows() == [7]


def test_works_are_done_in_the_order_of_calls(desk: Desk) -> None:
    seen: list[int] = []
    futures = [desk.writer.write_later(lambda _, number=number: seen.append(number)) for number in range(200)]
    futures[-1].result()
    assert seen == list(range(200))


def test_what_waits_is_committed_together(desk: Desk) -> None:
    futures = desk.in_one_batch(*(insert(number) for number in range(10)))
    assert [future.result() for future in futures] == list(range(10))
    assert desk.statements.count("COMMIT") == 2
    assert not [statement for statement in desk.statements if "SAVEPOINT" in statement]
    assert desk.rows() == list(range(10))


def test_what_nobody_waits_for_goes_along_with_what_somebody_does(desk: Desk) -> None:
    futures = [desk.writer.write_later(insert(number)) for number in range(3)]
    desk.writer.write(insert(3))
    assert all(future.is_done for future in futures)
    assert desk.rows() == [0, 1, 2, 3]


def test_what_nobody_waits_for_is_written_soon_all_the_same(desk: Desk) -> None:
    desk.writer.write(insert(0))
    for number in (1, 2):
        assert desk.writer.write_later(insert(number)).result() == number
    assert desk.rows() == [0, 1, 2]


def test_one_callers_error_is_that_callers_alone(desk: Desk) -> None:
    before, wrong, after = desk.in_one_batch(insert(1), insert(1), insert(2))
    assert (before.result(), after.result()) == (1, 2)
    assert isinstance(error_of(wrong), StateError)
    assert desk.rows() == [1, 2]


def test_of_a_work_that_fails_half_way_nothing_is_kept(desk: Desk) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (5)")
        raise KeyError("a defect of the caller's")

    failed, good = desk.in_one_batch(half, insert(6))
    assert isinstance(error_of(failed), KeyError)
    assert good.result() == 6
    assert desk.rows() == [6]


def test_a_failing_commit_reaches_all_of_its_callers(desk: Desk) -> None:
    owe = desk.in_one_batch(insert(1), lambda connection: connection.execute("INSERT INTO owed VALUES (99)"), insert(2))
    assert [type(error_of(future)) for future in owe] == [StateError] * 3
    assert desk.rows() == []
    desk.writer.write(insert(3))
    assert desk.rows() == [3]


def test_nobody_is_told_success_whose_rows_sqlite_took_back(desk: Desk) -> None:
    desk.writer.write(insert(1))
    # As a full disk does: the error ends the whole transaction, not the statement alone.
    futures = desk.in_one_batch(
        insert(2), lambda connection: connection.execute("INSERT OR ROLLBACK INTO t VALUES (1)"), insert(3)
    )
    assert [type(error_of(future)) for future in futures] == [StateError] * 3
    assert desk.rows() == [1]
    desk.writer.write(insert(4))
    assert desk.rows() == [1, 4]


def test_a_journal_that_somebody_else_holds_is_an_error_and_no_end(desk: Desk) -> None:
    other = sqlite3.connect(desk.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StateError, match="locked"):
        desk.writer.write(insert(1))
    other.execute("ROLLBACK")
    other.close()
    desk.writer.write(insert(2))
    assert desk.rows() == [2]


def test_closing_writes_what_is_queued(desk: Desk) -> None:
    futures = [desk.writer.write_later(insert(number)) for number in range(100)]
    desk.writer.close()
    assert all(future.is_done for future in futures)
    assert desk.rows() == list(range(100))


def test_writing_after_the_close_is_an_error_and_does_not_wait_for_ever(desk: Desk) -> None:
    desk.writer.close()
    assert isinstance(error_of(desk.writer.write_later(insert(1))), StateError)


def test_closing_twice_is_harmless(desk: Desk) -> None:
    desk.writer.close()
    desk.writer.close()


def test_many_threads_write_what_they_were_told_was_written(desk: Desk) -> None:
    told: list[int] = []

    def write(start: int) -> None:
        told.extend(desk.writer.write(insert(start * 100 + number)) for number in range(20))

    threads = [threading.Thread(target=write, args=(start,)) for start in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)
    assert sorted(told) == desk.rows()
    assert len(told) == 320


def test_what_the_disk_refuses_is_told_to_all_who_wait_and_written_once_there_is_room(tmp_path: Path) -> None:
    connection = connect(tmp_path / "t.db")
    connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    problems: list[Exception] = [StateError("gone"), sqlite3.OperationalError("disk I/O error")]

    def check() -> None:
        if problems:
            raise problems.pop(0)

    writer = Writer(connection, check=check)
    for words in ("gone", "disk I/O error"):
        with pytest.raises(StateError, match=words):
            writer.write(insert(1))
    assert writer.write(insert(1)) == 1
    writer.close()


def flushes(path: Path, *, journal_mode: str) -> list[str]:
    """What SQLite is told about the disk before each commit of four: a relaxed one, a flushed one, two of a batch."""
    connection = connect(path)
    connection.execute(f"PRAGMA journal_mode = {journal_mode}")
    connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    found: list[str] = []

    def look(statement: str) -> None:
        if statement.startswith("PRAGMA synchronous"):
            found.append(statement.split()[-1])

    connection.set_trace_callback(look)
    writer = Writer(connection)
    for number, is_flushed in enumerate((False, False, True, True)):
        writer.write(insert(number), is_flushed=is_flushed)
    writer.write_later(insert(4), is_flushed=False)
    writer.write(insert(5))
    writer.write(insert(6), is_flushed=False)
    writer.close()
    return found


def test_only_what_something_acts_on_waits_for_the_disk(tmp_path: Path) -> None:
    assert flushes(tmp_path / "t.db", journal_mode="WAL") == ["NORMAL", "FULL", "NORMAL"]


def test_without_a_write_ahead_log_every_commit_waits_for_the_disk(tmp_path: Path) -> None:
    assert flushes(tmp_path / "t.db", journal_mode="DELETE") == ["FULL"]


class LeapingClock(FakeClock):
    """Ten seconds later at every look."""

    def monotonic(self) -> float:
        self.seconds += 10
        return super().monotonic()


@pytest.fixture
def held(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection to a journal in WAL mode, with a transaction open."""
    other = connect(tmp_path / "held.db")
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def test_another_programs_transaction_is_waited_for(held: sqlite3.Connection, tmp_path: Path) -> None:
    writer = Writer(connect(tmp_path / "held.db"))
    written = writer.write_later(insert(1))
    held.execute("ROLLBACK")
    written.result()
    writer.close()


def test_it_is_not_waited_for_for_ever_and_not_again_while_it_is_the_same(
    held: sqlite3.Connection, tmp_path: Path
) -> None:
    clock = LeapingClock()
    writer = Writer(connect(tmp_path / "held.db"), clock=clock)
    for least_s, most_s in ((BUSY_S, 200), (0, 30)):
        before_s = clock.seconds
        with pytest.raises(StateError, match="locked") as caught:
            writer.write(insert(1))
        assert caught.value.hint == "close the program that holds it, then `orchestra resume`"
        assert least_s <= clock.seconds - before_s <= most_s
    held.execute("ROLLBACK")
    writer.write(insert(1))
    writer.close()


def test_after_a_halt_it_is_waited_for_only_for_a_moment(held: sqlite3.Connection, tmp_path: Path) -> None:
    cancel = CancelToken()
    writer = Writer(connect(tmp_path / "held.db"), halt=cancel)
    written = writer.write_later(insert(1))
    cancel.cancel()
    with pytest.raises(StateError, match="locked"):
        written.result()
    held.execute("ROLLBACK")
    writer.write(insert(1))
    writer.close()

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orchestra.errors import ExitStatus, StateDamaged, StateError
from orchestra.records import Attempt, Event, FileImage, FileOutcome, Reply, Task, Usage
from orchestra.state.database import FILE, make_folder, open_database
from orchestra.state.manager import StateManager
from orchestra.state.migrations import MIGRATIONS
from orchestra.state.salvage import salvage
from tests.unit.fake_clock import START, FakeClock

ID = "s-20261122-071500-%04x"
MANY = 40
PAGE = 4096
OPTIONS = {"dry_run": False, "allow_dirty": False, "must_show": []}


def fill(folder: Path, clock: FakeClock) -> None:
    """Forty sessions, each with a plan, an answer, an attempt, two images and an outcome."""
    journal = StateManager.open(folder, clock)
    for number in range(MANY):
        session = ID % number
        journal.sessions.create(session, Task("a task", "words"), mode="sequential", options=OPTIONS, config={})
        journal.sessions.save_plan(session, "h", {"summary": "x" * 300, "files": []})
        step = journal.steps.begin(session, "executor/a/1", role="executor", path="a", input_text="")
        journal.steps.add_attempt(step, Attempt("m", "local", True, 7, START, Usage(1, 2)))
        journal.steps.complete(step, Reply("an answer " * 50, Usage(1, 2), "local", "m", 7))
        journal.images.save(session, "a", "before", FileImage(b"before " * 50, 0o644))
        journal.images.save(session, "a", "after", FileImage(b"after " * 50, 0o644))
        journal.images.set_outcome(session, FileOutcome("a", "modify", "approved", 1))
    journal.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_folder(tmp_path_factory.mktemp("filled"))
    fill(folder, FakeClock())
    return folder


@pytest.fixture
def state(filled: Path, tmp_path: Path) -> Path:
    """A folder with a whole journal of many sessions."""
    return Path(shutil.copytree(filled, tmp_path / "copy"))


def write(state: Path, offset: int, content: bytes) -> None:
    with open(state / FILE, "r+b") as file:
        file.seek(offset)
        file.write(content)


def roots(state: Path, *names: str) -> list[int]:
    """The first page of each table or index."""
    with closing(sqlite3.connect(state / FILE)) as connection:
        return [
            connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
            for name in names
        ]


def resumable(journal: StateManager) -> int:
    return sum(row.can_resume for row in journal.sessions.all())


def test_the_journals_own_secret_is_carried_over(state: Path, clock: FakeClock) -> None:
    secrets = []
    for work in (lambda: None, lambda: salvage(state, START)):
        work()
        journal = StateManager.open(state, clock)
        secrets.append(journal.secret())
        journal.close()
    assert secrets[0] == secrets[1]


def test_garbage_is_put_aside_and_a_new_journal_begun(state: Path, clock: FakeClock) -> None:
    (state / FILE).write_bytes(b"no database " * 500)
    done = salvage(state, START)
    assert (done.sessions, done.attempts, done.images, done.is_whole) == (0, 0, 0, False)
    assert done.moved_to == state / "state.db.damaged-20261122-071500"
    assert done.moved_to.read_bytes() == b"no database " * 500
    assert list((state / "tmp").iterdir()) == []
    StateManager.open(state, clock).close()


@pytest.mark.parametrize("size", [1, 99, 100, PAGE - 1, PAGE, 10 * PAGE])
def test_of_a_truncated_file_what_reads_back_is_kept_and_no_session_goes_on(
    state: Path, clock: FakeClock, size: int
) -> None:
    os.truncate(state / FILE, size)
    with pytest.raises(StateDamaged):
        open_database(state)
    done = salvage(state, START)
    journal = StateManager.open(state, clock)
    assert len(journal.sessions.all()) == done.sessions
    assert (resumable(journal), done.is_whole) == (0, False)
    journal.close()


@pytest.mark.parametrize("cut", [1, PAGE, 2 * PAGE])
def test_of_a_file_without_its_end_what_the_other_pages_hold_is_kept(state: Path, clock: FakeClock, cut: int) -> None:
    size = (state / FILE).stat().st_size
    os.truncate(state / FILE, size - cut)
    with pytest.raises(StateDamaged):
        open_database(state)
    done = salvage(state, START)
    pages = 1 + cut // PAGE
    assert done.sessions >= MANY - pages * 8, "a page holds a few of them"
    assert done.attempts >= MANY // 2 and done.images >= MANY
    journal = StateManager.open(state, clock)
    assert len(journal.sessions.all()) == done.sessions
    journal.close()


def test_what_no_session_rests_on_may_be_missing_and_that_is_said(state: Path, clock: FakeClock) -> None:
    (page,) = roots(state, "checkpoints")
    write(state, (page - 1) * PAGE, os.urandom(PAGE))
    done = salvage(state, START)
    assert (done.is_whole, done.lost) == (True, ("checkpoints",))
    assert "missing are rows of checkpoints" in str(done)
    journal = StateManager.open(state, clock)
    assert resumable(journal) == MANY
    journal.close()


def test_the_rows_between_two_damaged_pages_are_kept(state: Path) -> None:
    content = (state / FILE).read_bytes()
    pages = sorted({
        index // PAGE for index in range(0, len(content), 50) if content[index:index + 50].count(b"before") > 6
    })
    assert len(pages) > 4
    for page in (pages[1], pages[-1]):
        write(state, page * PAGE, bytes(PAGE))
    done = salvage(state, START)
    assert done.images > 2 * MANY - 2 * (2 * MANY // (len(pages) - 1) + 2)
    assert not done.is_whole


@pytest.mark.parametrize(("table", "column", "value"), [
    ("sessions", "options", "{\x07"), ("sessions", "config", "[]"), ("sessions", "started_at", "never"),
    ("sessions", "phase", "nowhere"), ("sessions", "task", b"\xff\xfe"), ("plans", "content", "{"),
    ("agents", "role", "gardener"), ("attempts", "timestamp", "2026-11-22"), ("replies", "cost", "0.\x07"),
])
def test_a_row_that_says_nothing_is_damage_and_is_left_out(
    state: Path, clock: FakeClock, table: str, column: str, value: str | bytes
) -> None:
    cell = "CAST(? AS TEXT)" if isinstance(value, bytes) else "?"
    with closing(sqlite3.connect(state / FILE)) as connection:
        before = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        connection.execute(f"UPDATE {table} SET {column} = {cell} WHERE rowid = 3", (value,))
        connection.commit()
    journal = StateManager.open(state, clock)
    with pytest.raises(StateDamaged) as caught:
        journal.check()
    journal.close()
    assert "doctor --repair" in str(caught.value)
    done = salvage(state, START)
    journal = StateManager.open(state, clock)
    journal.check()
    # Only the one that lacks something cannot go on; of one whose own row is lost there are the others.
    assert len(journal.sessions.all()) == done.sessions == MANY
    assert resumable(journal) == MANY - (table not in ("agents", "attempts"))
    assert (done.rebuilt, done.hindered) == (int(table == "sessions"), int(table in ("plans", "replies")))
    journal.close()
    with closing(sqlite3.connect(state / FILE)) as connection:
        left = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    assert left == before - (table != "sessions")


@pytest.mark.parametrize(("table", "column", "value"), [
    ("sessions", "options", "{}"), ("sessions", "iteration", "{}"), ("sessions", "session_id", None),
    ("plans", "content", "{}"), ("plans", "content", '{"files": "a"}'), ("plans", "hash", b"a"),
    ("steps", "agent_role", "gardener"), ("replies", "latency_ms", "{}"), ("replies", "cost", "NaN"),
    ("attempts", "output_tokens", "{}"), ("attempts", "provider", b"a"), ("attempts", "estimated_cost", b"\xff"),
    ("attempts", "estimated_cost", float("inf")),
    ("file_versions", "content", "text"), ("file_versions", "mode", "text"), ("file_outcomes", "exit_status", 71),
    ("facts", "content", "7"), ("facts", "content", '{"skills": []}'), ("facts", "name", b"a"),
    ("events", "step_id", "{}"), ("journal_secret", "secret", "text"),
])
def test_a_row_with_a_cell_of_a_wrong_kind_is_damage_and_is_left_out(
    state: Path, clock: FakeClock, table: str, column: str, value: object
) -> None:
    journal = StateManager.open(state, clock)
    assert journal.secret()
    journal.keep(ID % 0, "guidance", {"instructions": [], "skills": []})
    journal.add_event(Event("step.started", START, session_id=ID % 0))
    journal.check()
    journal.close()
    with closing(sqlite3.connect(state / FILE)) as connection:
        first = f"rowid = (SELECT min(rowid) FROM {table})"
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {first}", (value,))
        connection.commit()
    journal = StateManager.open(state, clock)
    with pytest.raises(StateDamaged, match=table):
        journal.check()
    journal.close()
    assert table in salvage(state, START).lost
    journal = StateManager.open(state, clock)
    journal.check()
    journal.close()


def test_the_rows_on_both_sides_of_a_damaged_page_are_kept(state: Path, clock: FakeClock) -> None:
    with closing(sqlite3.connect(state / FILE)) as connection:
        # dbstat is not in every build: the page of some image in the middle is found by what it holds.
        marks = connection.execute("SELECT count(*) FROM file_versions").fetchone()[0]
    content = (state / FILE).read_bytes()
    page = content.index(b"before before", len(content) // 2) // PAGE
    write(state, page * PAGE, os.urandom(PAGE))
    done = salvage(state, START)
    assert done.sessions == MANY
    assert 0 < done.images < marks
    assert not done.is_whole
    journal = StateManager.open(state, clock)
    assert resumable(journal) == 0
    for row in journal.sessions.all():
        if journal.images.at(row.session_id, "a", 0) is not None:
            assert journal.images.ends(row.session_id, "a")[0].content == b"before " * 50
    journal.close()


def test_a_damaged_index_costs_nothing(state: Path, clock: FakeClock) -> None:
    (page,) = roots(state, "versions_by_path")
    write(state, (page - 1) * PAGE, os.urandom(PAGE))
    with pytest.raises(StateDamaged):
        open_database(state)
    done = salvage(state, START)
    journal = StateManager.open(state, clock)
    assert (done.sessions, done.attempts, done.images, done.is_whole) == (MANY, MANY, 2 * MANY, True)
    assert resumable(journal) == MANY
    step = journal.steps.begin(ID % 3, "executor/a/1", role="executor", path="a", input_text="")
    assert step.reply is not None and step.reply.text == "an answer " * 50
    assert journal.images.changed_paths(ID % 7) == ["a"]
    journal.close()


def test_an_image_and_an_answer_that_are_not_what_they_were_are_left_out(state: Path, clock: FakeClock) -> None:
    with closing(sqlite3.connect(state / FILE)) as connection:
        connection.execute("UPDATE file_versions SET content = 'other' WHERE kind = 'before' AND session_id = ?", (
            ID % 1,))
        connection.execute("UPDATE replies SET text = 'other' WHERE step_id = 3")
        connection.commit()
    done = salvage(state, START)
    assert (done.images, done.is_whole) == (2 * MANY - 2, False)
    journal = StateManager.open(state, clock)
    assert journal.images.paths(ID % 1) == []
    assert [row.session_id for row in journal.sessions.all() if not row.can_resume] == [ID % 2, ID % 1]
    assert journal.steps.begin(ID % 2, "executor/a/1", role="executor", path="a", input_text="").reply is None
    journal.close()


def rows(state: Path, session: str) -> list[object]:
    """All that a session rests on."""
    by_step = "step_id IN (SELECT id FROM steps WHERE session_id = ?)"
    where = {"replies": by_step, "undone_files": "session_id = ?", "made_folders": "session_id = ?"}
    tables = ("plans", "steps", "replies", "file_versions", "file_outcomes", "facts", *where)
    with closing(sqlite3.connect(state / FILE)) as connection:
        select = [f"SELECT * FROM {table} WHERE {where.get(table, 'session_id = ?')}" for table in tables]
        return [connection.execute(each, (session,)).fetchall() for each in select]


def take_turns(folder: Path) -> list[str]:
    """Sessions one after the other, some taken up again after others; large answers, so that pages are many."""
    clock = FakeClock()
    journal = StateManager.open(folder, clock)
    ids = []
    for number in range(12):
        clock.seconds = number * 100.0
        ids.append(ID % number)
        journal.sessions.create(ids[-1], Task("a task " * 9, "words"), mode="sequential", options=OPTIONS, config={})
        journal.sessions.save_plan(ids[-1], "h", {"summary": "x" * 900, "files": []})
        taken_up = [ids[-1], *([ids[number - 3]] if number % 4 == 3 else [])]
        for place, session in enumerate(taken_up):
            clock.seconds += 10
            journal.sessions.reopen(session, {})
            for turn in range(3):
                clock.seconds += 1
                step = journal.steps.begin(session, f"{number}/{turn}", role="executor", path="a", input_text="")
                journal.keep(session, f"{number}/{turn}", "a fact " * 40)
                journal.steps.complete(step, Reply(f"{number} {turn} " * 300, Usage(1, 2), "local", "m", 7))
                path = f"{number}/{place}/{turn}"
                journal.images.save(session, path, "before", FileImage(b"before " * 200, 0o644))
                journal.images.set_outcome(session, FileOutcome(path, "modify", "approved", 1))
    journal.close()
    return ids


def test_whatever_page_is_lost_only_whole_sessions_go_on_and_mostly_many_do(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    ids = take_turns(folder)
    known = {session: rows(folder, session) for session in ids}
    pages = (folder / FILE).stat().st_size // PAGE
    go_on = []
    for page in range(2 + pages % 2, pages + 1, 2):
        state = Path(shutil.copytree(folder, tmp_path / str(page)))
        write(state, (page - 1) * PAGE, b"\xa5" * PAGE)
        done = salvage(state, START)
        with closing(sqlite3.connect(state / FILE)) as connection:
            left = [row[0] for row in connection.execute("SELECT session_id FROM sessions WHERE can_resume = 1")]
        assert {session: rows(state, session) for session in left} == {session: known[session] for session in left}
        assert done.hindered <= len(ids) - len(left)
        go_on.append(len(left))
        shutil.rmtree(state)
    assert sum(0 < count < len(ids) for count in go_on) > len(go_on) // 2
    assert sum(go_on) > len(ids) * len(go_on) // 2


@pytest.mark.parametrize("lost", ["sessions", "schema"])
def test_without_the_sessions_or_the_list_of_tables_what_was_written_can_be_undone(
    state: Path, clock: FakeClock, lost: str
) -> None:
    with closing(sqlite3.connect(state / FILE)) as connection:
        tree = [
            int(row[0]) for row in connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sessions'")
        ]
    if lost == "schema":
        content = (state / FILE).read_bytes()
        tree = [1 + content.index(b"CREATE TABLE " + name) // PAGE for name in (b"sessions", b"facts")]
    for page in tree:
        offset = 100 if page == 1 else 0
        write(state, (page - 1) * PAGE + offset, os.urandom(PAGE - offset))
    with pytest.raises((StateDamaged, sqlite3.DatabaseError)):
        StateManager.open(state, clock)
    done = salvage(state, START)
    assert (done.sessions, done.attempts, done.images, done.is_whole) == (MANY, MANY, 2 * MANY, False)
    journal = StateManager.open(state, clock)
    journal.check()
    assert resumable(journal) == 0
    for row in journal.sessions.all():
        assert (row.exit_status, row.mode) == (6, "sequential")
        before, after = journal.images.ends(row.session_id, "a")
        assert (before.content, after.content) == (b"before " * 50, b"after " * 50)
        assert journal.images.outcomes(row.session_id)["a"].status == "approved"
        assert "x" * 300 in str(journal.sessions.plan(row.session_id))
    journal.close()


def test_sessions_that_only_their_other_rows_speak_of_are_put_together(state: Path, clock: FakeClock) -> None:
    with closing(sqlite3.connect(state / FILE)) as connection:
        connection.execute("UPDATE sessions SET options = 'x' WHERE rowid > 30")
        connection.execute("INSERT INTO undone_files VALUES (?, 'a', ?)", (ID % 1, ID % 39))
        connection.commit()
    done = salvage(state, START)
    assert (done.rebuilt, done.hindered, done.sessions) == (MANY - 30, 0, MANY)
    assert "10 sessions put together from other rows" in str(done)
    journal = StateManager.open(state, clock)
    rebuilt = journal.sessions.get(ID % 35)
    assert rebuilt is not None and (rebuilt.phase, rebuilt.can_resume, rebuilt.exit_status) == ("failed", False, 6)
    assert (rebuilt.started_at, rebuilt.last_activity) == ("2026-11-22T07:15:00.000Z",) * 2
    assert rebuilt.task.text == "(lost; its plan: %s)" % ("x" * 300)
    modes = {row.session_id: row.mode for row in journal.sessions.all()}
    assert (modes[ID % 39], modes[ID % 38]) == ("undo", "sequential")
    assert resumable(journal) == 30
    journal.close()


@pytest.mark.parametrize("lost", ["3", "1, 2", "4, 5", "2, 4, 5", "1, 2, 3, 4, 5"])
def test_sessions_that_are_put_together_are_as_new_as_they_were(folder: Path, clock: FakeClock, lost: str) -> None:
    journal = StateManager.open(folder, clock)
    ids = [f"s-20261122-07150{number}-0000" for number in range(5)]
    for session_id in ids:
        journal.sessions.create(session_id, Task("a task", "words"), mode="sequential", options=OPTIONS, config={})
        journal.sessions.save_plan(session_id, "h", {"summary": "x", "files": []})
        clock.seconds += 1
    journal.close()
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute(f"UPDATE sessions SET options = 'x' WHERE rowid IN ({lost})")
        connection.commit()
    assert salvage(folder, START).rebuilt == len(lost.split(","))
    journal = StateManager.open(folder, clock)
    assert [row.session_id for row in journal.sessions.all()] == ids[::-1]
    journal.close()


def test_a_log_that_was_not_written_back_yet_counts(folder: Path, clock: FakeClock) -> None:
    # As after a kill: the newest rows stand in the log alone.
    journal = StateManager.open(folder, clock)
    journal.sessions.create(ID % 0, Task("a task", "words"), mode="sequential", options=OPTIONS, config={})
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy)
    journal.close()
    assert (copy / "state.db-wal").stat().st_size > 0
    done = salvage(copy, START)
    assert (done.sessions, done.is_whole) == (1, True)
    assert done.moved_to.with_name(done.moved_to.name + "-wal").exists()
    assert not (copy / "state.db-wal").exists()


def test_two_in_one_second_get_names_of_their_own(state: Path) -> None:
    names = []
    for _ in range(2):
        (state / FILE).write_bytes(b"no database " * 500)
        names.append(salvage(state, START).moved_to.name)
    assert names == ["state.db.damaged-20261122-071500", "state.db.damaged-20261122-071500-2"]


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_journal_of_an_earlier_schema_is_salvaged_into_the_newest(
    tmp_path: Path, clock: FakeClock, version: int
) -> None:
    folder = make_folder(tmp_path)
    with closing(open_database(folder, MIGRATIONS[:version])) as connection:
        connection.execute(
            "INSERT INTO sessions VALUES (?, 't', 'executing', 0, ?, ?, 1, NULL, 'sequential', NULL, 'words', ?,"
            " '{}')", (ID % 0, "2026-11-22T07:15:00.000Z", "2026-11-22T07:15:00.000Z", json.dumps(OPTIONS)),
        )
    done = salvage(folder, START)
    assert (done.sessions, done.is_whole) == (1, True)


@pytest.mark.parametrize(("damage", "lost"), [
    ("PRAGMA user_version = 0", ()), ("PRAGMA user_version = -5", ()),
    ("ALTER TABLE plans RENAME COLUMN approved_by TO approved", ("plans",)),
])
def test_a_journal_of_another_schema_than_its_version_says_is_saved_but_for_what_it_lacks(
    state: Path, clock: FakeClock, damage: str, lost: tuple[str, ...]
) -> None:
    journal = StateManager.open(state, clock)
    before = len(journal.sessions.all())
    journal.close()
    with closing(sqlite3.connect(state / FILE)) as connection:
        connection.execute(damage)
        connection.commit()
    done = salvage(state, START)
    assert (done.sessions, done.lost, done.is_whole) == (before, lost, not lost)
    journal = StateManager.open(state, clock)
    assert bool(resumable(journal)) == (not lost)
    journal.close()


def test_without_a_place_to_put_it_nothing_is_touched(state: Path) -> None:
    (state / FILE).write_bytes(b"no database " * 500)
    shutil.rmtree(state / "tmp")
    before = sorted(path.name for path in state.iterdir())
    with pytest.raises(StateError, match="cannot be put aside") as caught:
        salvage(state, START)
    assert caught.value.exit_status is ExitStatus.STATE
    assert sorted(path.name for path in state.iterdir()) == before


def test_the_id_of_a_step_that_was_lost_is_not_given_again(state: Path) -> None:
    with closing(sqlite3.connect(state / FILE)) as connection, connection:
        (next_id,) = connection.execute("SELECT next FROM step_ids").fetchone()
        connection.execute("DELETE FROM steps WHERE id > 3")
    salvage(state, START)
    with closing(StateManager.open(state, FakeClock())) as journal:
        journal.sessions.create("s-new", Task("a task", "words"), mode="sequential", options=OPTIONS, config={})
        assert journal.steps.begin("s-new", "k", role="executor", path="a", input_text="").id == next_id > 40

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import tempfile
import threading
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Callable, Iterator

import pytest

from orchestra.errors import ExitStatus, StateDamaged, StateError, WorkspaceError
from orchestra.state.database import FILE, FOLDER, check_folder, make_folder, open_database, open_for_reading
from orchestra.state.lock import RepositoryLock
from orchestra.state.migrations import MIGRATIONS
from tests.unit.fake_clock import START
from tests.unit.state.old_journals import EARLIER, old_journal, rows_of

NOBODY = 65534
ONE = ("CREATE TABLE one (n)",)
TWO = ("CREATE TABLE two (n)", "INSERT INTO two SELECT n + 1 FROM one")
THREE = ("CREATE TABLE three (n)",)


@contextmanager
def without_privileges() -> Iterator[Path]:
    """A folder that belongs to whoever runs the block: not root, to whom no folder is read-only."""
    folder = Path(tempfile.mkdtemp())
    was_root = os.geteuid() == 0
    if was_root:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        for found in (folder, *folder.rglob("*")):
            found.chmod(0o700)
        if was_root:
            os.seteuid(0)
        for found in sorted(folder.rglob("*"), reverse=True):
            found.rmdir() if found.is_dir() else found.unlink()
        folder.rmdir()


def tables(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


# The folder


def test_the_folder_is_the_users_alone_and_ignored_by_git(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    assert folder == tmp_path / ".orchestra"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / ".gitignore").read_text() == "*\n"
    assert {path.name for path in folder.iterdir()} == {".gitignore", "logs", "runs", "tmp"}


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    (folder / "plan.md").write_text("a plan")
    assert make_folder(tmp_path) == folder
    assert (folder / "plan.md").read_text() == "a plan"


@pytest.mark.parametrize("mode", [0o777, 0o755, 0o701, 0o770])
def test_a_folder_that_others_may_enter_is_closed_to_them(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    folder.chmod(mode)
    make_folder(tmp_path)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(("mode", "number", "is_refused"), [
    (0o777, errno.EPERM, True), (0o702, errno.EPERM, True), (0o755, errno.EPERM, False), (0o777, errno.EROFS, False),
])
def test_a_folder_that_cannot_be_closed_is_refused_where_others_may_write(
    tmp_path: Path, mode: int, number: int, is_refused: bool
) -> None:
    def fails(folder: Path, mode: int) -> None:
        raise OSError(number, os.strerror(number))

    make_folder(tmp_path).chmod(mode)
    with pytest.raises(StateError, match="others may write") if is_refused else nullcontext():
        make_folder(tmp_path, chmod=fails)


def test_an_ignore_file_that_a_kill_left_empty_is_written_again(tmp_path: Path) -> None:
    (make_folder(tmp_path) / ".gitignore").write_text("")
    assert (make_folder(tmp_path) / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_folder_that_is_none_is_refused(tmp_path: Path, kind: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if kind == "link":
        (tmp_path / FOLDER).symlink_to(elsewhere)
    else:
        (tmp_path / FOLDER).write_text("")
    with pytest.raises(StateError, match="not a folder"):
        make_folder(tmp_path)
    assert list(elsewhere.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_folder_is_refused(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    os.chown(folder, NOBODY, NOBODY)
    with pytest.raises(StateError, match="belongs to another user"):
        make_folder(tmp_path)


@pytest.mark.parametrize("name", ["logs", "runs", "tmp", "state.db", "state.db-wal", "lock", "plan.md", ".gitignore"])
@pytest.mark.parametrize("kind", ["folder", "file", "nothing", "pipe"])
def test_what_leads_out_of_the_folder_is_refused_and_its_target_left_alone(
    tmp_path: Path, name: str, kind: str
) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    (root / FOLDER).mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(root / FOLDER / name)
    else:
        (root / FOLDER / name).symlink_to(elsewhere)
    if kind == "folder":
        elsewhere.mkdir()
    elif kind == "file":
        elsewhere.write_bytes(b"")
    for look in (make_folder, check_folder):
        with pytest.raises(StateError, match="no (folder|file) of the program's") as caught:
            look(root)
        assert name in str(caught.value)
    assert os.path.lexists(elsewhere) == (kind in ("folder", "file"))
    assert kind != "folder" or not list(elsewhere.iterdir())
    assert kind != "file" or elsewhere.read_bytes() == b""


@pytest.mark.parametrize("name", ["state.db", "state.db-wal", "lock", "plan.md", ".gitignore"])
def test_a_folder_where_a_file_should_be_is_named_and_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / FOLDER / name).mkdir(parents=True)
    with pytest.raises(StateError, match="no file of the program's") as caught:
        check_folder(tmp_path)
    assert name in str(caught.value)


def test_a_folder_of_another_name_hinders_nobody(tmp_path: Path) -> None:
    (make_folder(tmp_path) / "notes").mkdir()
    check_folder(tmp_path)


def test_no_write_access_is_the_workspaces_fault_and_not_the_journals() -> None:
    with without_privileges() as root:
        root.chmod(0o500)
        with pytest.raises(WorkspaceError, match="no write access") as caught:
            make_folder(root)
    assert caught.value.exit_status is ExitStatus.WORKSPACE


def test_a_state_that_was_made_before_the_write_access_went_is_the_workspaces_fault_too() -> None:
    with without_privileges() as root:
        folder = make_folder(root)
        open_database(folder).close()
        RepositoryLock(folder, now=START).release()
        for place in (folder / "lock", folder / FILE, folder):
            place.chmod(0o500)
        for work in (lambda: open_database(folder), lambda: RepositoryLock(folder, now=START)):
            with pytest.raises(WorkspaceError, match="no write access") as caught:
                work()
            assert caught.value.exit_status is ExitStatus.WORKSPACE


# Opening


def test_every_commit_is_flushed_and_readers_are_not_held_up(folder: Path) -> None:
    with closing(open_database(folder)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_the_file_is_the_users_alone(folder: Path) -> None:
    open_database(folder).close()
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600


def test_a_new_journal_has_the_newest_schema(folder: Path) -> None:
    with closing(open_database(folder)) as connection:
        assert version_of(connection) == len(MIGRATIONS)
        assert "sessions" in tables(connection)


@pytest.mark.parametrize("open_", [open_database, open_for_reading])
def test_a_file_that_is_no_journal_is_refused_and_left_alone(folder: Path, open_) -> None:
    (folder / FILE).write_bytes(b"not a database, but somebody's notes" * 100)
    with pytest.raises(StateError) as caught:
        open_(folder)
    assert caught.value.exit_status is ExitStatus.STATE
    assert str(folder / FILE) in str(caught.value)
    assert (folder / FILE).read_bytes().startswith(b"not a database, but somebody's notes")


@pytest.mark.parametrize("open_", [open_database, open_for_reading])
@pytest.mark.parametrize(("damage", "why"), [
    ("ALTER TABLE sessions RENAME COLUMN phase TO phas", "no column phase in table sessions"),
    ("DROP TABLE attempts", "no table attempts"),
    ("PRAGMA user_version = 0", "no version"),
    ("PRAGMA user_version = -5", "no version"),
])
def test_a_journal_with_another_schema_than_its_version_says_is_damaged_and_left_alone(
    folder: Path, open_: Callable[[Path], object], damage: str, why: str
) -> None:
    open_database(folder).close()
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(damage)
        connection.commit()
    before = (folder / FILE).read_bytes()
    with pytest.raises(StateDamaged, match=why):
        open_(folder)
    assert (folder / FILE).read_bytes() == before


def test_a_journal_with_a_column_of_the_users_own_is_whole(folder: Path) -> None:
    open_database(folder).close()
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute("ALTER TABLE sessions ADD COLUMN note")
        connection.execute("CREATE TABLE mine (n)")
        connection.commit()
    open_database(folder).close()


def test_a_journal_with_damage_in_the_middle_is_refused(folder: Path) -> None:
    with closing(open_database(folder)) as connection:
        for number in range(200):
            connection.execute("INSERT INTO events (time, level, name, data) VALUES ('', '', ?, ?)",
                               (str(number), "x" * 200))
    content = bytearray((folder / FILE).read_bytes())
    content[8192:-4096] = os.urandom(len(content) - 8192 - 4096)
    (folder / FILE).write_bytes(content)
    with pytest.raises(StateError, match="damaged|cannot be opened"):
        open_database(folder)


def test_a_reader_beside_a_first_run_takes_nothing_for_damage(tmp_path: Path) -> None:
    found: list[Exception] = []

    def read(folder: Path, is_made: threading.Event) -> None:
        while not is_made.is_set():
            try:
                reader = open_for_reading(folder)
                if reader is not None:
                    reader.close()
            except StateError as error:
                found.append(error)

    for number in range(30):
        root = tmp_path / str(number)
        root.mkdir()
        folder, is_made = make_folder(root), threading.Event()
        readers = [threading.Thread(target=read, args=(folder, is_made)) for _ in range(2)]
        for reader in readers:
            reader.start()
        open_database(folder).close()
        is_made.set()
        for reader in readers:
            reader.join()
    assert found == []


@pytest.mark.parametrize("open_", [open_database, open_for_reading])
def test_a_journal_of_a_newer_version_is_refused_and_not_touched(folder: Path, open_) -> None:
    with closing(open_database(folder)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StateError, match="newer version"):
        open_(folder)
    with closing(sqlite3.connect(folder / FILE)) as connection:
        assert version_of(connection) == 99


# Migrations


def test_an_old_journal_is_brought_forward_with_its_rows(folder: Path) -> None:
    with closing(open_database(folder, (ONE,))) as connection:
        connection.execute("INSERT INTO one VALUES (1)")
    with closing(open_database(folder, (ONE, TWO, THREE))) as connection:
        assert version_of(connection) == 3
        assert connection.execute("SELECT n FROM two").fetchone()[0] == 2


@pytest.mark.parametrize("version", EARLIER)
def test_every_earlier_schema_is_brought_forward_with_every_row_of_every_table(folder: Path, version: int) -> None:
    before = old_journal(folder, version)
    open_database(folder).close()
    after = rows_of(folder)
    assert {table: after[table] for table in before} == before
    with closing(open_database(folder)) as connection:
        assert version_of(connection) == len(MIGRATIONS)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_an_old_journal_is_brought_forward_even_to_be_read(folder: Path) -> None:
    open_database(folder, (ONE,)).close()
    connection = open_for_reading(folder, (ONE, TWO))
    assert connection is not None
    with closing(connection):
        assert version_of(connection) == 2


def test_a_step_that_fails_leaves_nothing_of_itself(folder: Path) -> None:
    open_database(folder, (ONE,)).close()
    with pytest.raises(StateError, match="no such table"):
        open_database(folder, (ONE, TWO, ("CREATE TABLE half (n)", "INSERT INTO missing VALUES (1)")))
    with closing(sqlite3.connect(folder / FILE)) as connection:
        assert version_of(connection) == 2
        assert tables(connection) == {"one", "two"}


def test_a_step_that_finds_the_disk_full_says_so(folder: Path) -> None:
    open_database(folder, (ONE,)).close()
    full = ("PRAGMA max_page_count = 4", "CREATE TABLE half (content)", "INSERT INTO half VALUES (zeroblob(1000000))")
    with pytest.raises(StateError, match="database or disk is full"):
        open_database(folder, (ONE, full))
    with pytest.raises(StateError, match="of an earlier version") as caught:
        open_for_reading(folder, (ONE, full))
    assert "database or disk is full" in caught.value.message


def test_of_a_journal_that_was_never_used_a_reader_finds_none_and_makes_nothing(folder: Path) -> None:
    open_database(folder, MIGRATIONS[:2]).close()
    assert open_for_reading(folder) is None
    with closing(sqlite3.connect(folder / FILE)) as connection:
        assert version_of(connection) == 2


def test_a_log_that_is_not_written_back_yet_may_hold_what_the_file_lacks(folder: Path) -> None:
    with closing(open_database(folder, (ONE,))) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO one VALUES (?)", [("x" * 3000,)] * 20)
        connection.execute("COMMIT")
        log = Path(f"{folder / FILE}-wal").read_bytes()
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        first = (folder / FILE).read_bytes()[:4096]
    # As after a kill that came when the first page was written back and nothing else.
    with open(folder / FILE, "r+b") as file:
        file.write(first)
        file.truncate(2 * 4096)
    Path(f"{folder / FILE}-wal").write_bytes(log)
    with closing(open_database(folder, (ONE,))) as connection:
        assert connection.execute("SELECT count(*) FROM one").fetchone()[0] == 20


def test_two_that_open_at_once_migrate_once(folder: Path) -> None:
    with closing(open_database(folder, (ONE,))) as connection:
        connection.execute("INSERT INTO one VALUES (1)")
    versions: list[int] = []

    def open_it() -> None:
        with closing(open_database(folder, (ONE, TWO))) as connection:
            versions.append(version_of(connection))

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert versions == [2] * 8
    with closing(sqlite3.connect(folder / FILE)) as connection:
        assert connection.execute("SELECT count(*) FROM two").fetchone()[0] == 1


# Reading


def test_there_is_nothing_to_read_where_nothing_was_journalled(folder: Path) -> None:
    assert open_for_reading(folder) is None
    assert not (folder / FILE).exists()


def test_a_journal_that_was_never_finished_is_none(folder: Path) -> None:
    (folder / FILE).write_bytes(b"")
    assert open_for_reading(folder) is None


def test_who_reads_cannot_write(folder: Path) -> None:
    open_database(folder).close()
    connection = open_for_reading(folder)
    assert connection is not None
    with closing(connection), pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM sessions")


def test_who_reads_sees_what_a_running_writer_committed(folder: Path) -> None:
    with closing(open_database(folder)) as writer:
        writer.execute("INSERT INTO events (time, level, name, data) VALUES ('', '', 'said', '')")
        reader = open_for_reading(folder)
        assert reader is not None
        with closing(reader):
            assert reader.execute("SELECT name FROM events").fetchone()["name"] == "said"


def test_a_journal_in_a_read_only_folder_is_read_and_nothing_is_left_there() -> None:
    with without_privileges() as root:
        folder = make_folder(root)
        with closing(open_database(folder)) as connection:
            connection.execute("INSERT INTO events (time, level, name, data) VALUES ('', '', 'said', '')")
        before = {path.name for path in folder.iterdir()}
        (folder / FILE).chmod(0o400)
        folder.chmod(0o500)
        reader = open_for_reading(folder)
        assert reader is not None
        with closing(reader):
            assert reader.execute("SELECT name FROM events").fetchone()["name"] == "said"
            assert {path.name for path in folder.iterdir()} == before

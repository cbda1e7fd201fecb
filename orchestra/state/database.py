"""Opening the journal's SQLite file: whose it is, whether it is whole, which schema it has."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
from contextlib import ExitStack, closing, suppress
from functools import lru_cache
from pathlib import Path
from typing import AbstractSet, Callable, Mapping, Sequence

from orchestra.errors import StateDamaged, StateError, WorkspaceError
from orchestra.state.file_systems import network_file_system
from orchestra.state.migrations import MIGRATIONS

FOLDER = ".orchestra"
FILE = "state.db"
BUSY_S = 30.0
"""How long another program may hold the journal, such as one in which its user looks into it."""
_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_LARGEST_PAGE = 65536
"""Said as 1, for want of room."""
_ROOM_BYTES = 2**16
"""With less a journal cannot even begin."""
DAMAGED_HINT = "`orchestra doctor --repair` puts it aside and saves what can be read of it"

_OTHERS, _OTHERS_WRITE = 0o077, 0o022
_FOLDERS = ("logs", "runs", "tmp")
_FILES = (FILE, f"{FILE}-wal", f"{FILE}-shm", f"{FILE}-journal", "lock", "plan.md", ".gitignore")

Migrations = Sequence[Sequence[str]]


def make_folder(root: Path, *, chmod: Callable[[Path, int], None] = os.chmod) -> Path:
    """The folder `.orchestra` below `root`, made if it is not there: nobody else's to enter, ignored by git.

    Raises StateError where it is not the user's own folder, WorkspaceError where it cannot be made.
    """
    folder = root / FOLDER
    try:
        check_folder(root)
        for made in (folder, *(folder / name for name in _FOLDERS)):
            made.mkdir(mode=0o700, exist_ok=True)
        _close_to_others(folder, chmod)
        ignore = folder / ".gitignore"
        # A kill may have come between making it and filling it.
        if not ignore.exists() or ignore.stat().st_size == 0:
            ignore.write_text("*\n", encoding="ascii")
    except OSError as error:
        raise cannot_write(folder, error) from None
    return folder


def _close_to_others(folder: Path, chmod: Callable[[Path, int], None]) -> None:
    """Take their rights from others. Raises StateError where they may write there, and that cannot be changed.

    A file system without modes does as if, and shows the old ones again: there is nothing to change then.
    """
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not mode & _OTHERS:
        return
    try:
        chmod(folder, mode & ~_OTHERS)
    except OSError as error:
        if mode & _OTHERS_WRITE and error.errno != errno.EROFS:
            raise StateError(
                "others may write to the state folder", where=f"{folder}: {error.strerror}", hint="move it away"
            ) from None


def check_folder(root: Path) -> None:
    """Raises StateError where `.orchestra` is a link, a file or another user's, or what lies in it leads elsewhere."""
    folder = root / FOLDER
    try:
        found = folder.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return
    if not stat.S_ISDIR(found.st_mode):
        raise StateError("the state folder is not a folder", where=str(folder), hint="move it out of the way")
    if found.st_uid != os.geteuid():
        raise StateError(
            "the state folder belongs to another user", where=str(folder), hint="run as its owner, or move it away"
        )
    if FOLDER not in os.listdir(root):
        # A file system that folds names: git may have brought it, under the other name.
        raise StateError("the state folder has another name on the disk", where=str(folder), hint="move it away")
    _check_kinds(folder)


def _check_kinds(folder: Path) -> None:
    """Raises StateError for a link or anything else that somebody put where a folder or a file of ours should be."""
    for entry in os.scandir(folder):
        is_well = entry.is_dir(follow_symlinks=False) if entry.name in _FOLDERS else _is_plain(entry)
        if not is_well:
            kind = "folder" if entry.name in _FOLDERS else "file"
            raise StateError(f"what lies there is no {kind} of the program's", where=entry.path, hint="move it away")


def _is_plain(entry: os.DirEntry[str]) -> bool:
    if entry.is_dir(follow_symlinks=False):
        return entry.name not in _FILES
    return entry.is_file(follow_symlinks=False)


def cannot_write(folder: Path, error: OSError) -> WorkspaceError | StateError:
    """The error for what of the state cannot be made; without a right to write it is the workspace's."""
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return WorkspaceError(
            "no write access", where=f"{folder}: {error.strerror}", hint="make the folder writable, or use -C"
        )
    return StateError(
        "the state folder cannot be made", where=f"{folder}: {error.strerror}", hint="make room, then run again"
    )


def open_database(folder: Path, migrations: Migrations = MIGRATIONS) -> sqlite3.Connection:
    """A connection for writing, with the newest schema; one thread at a time may use it.

    Raises StateDamaged for a damaged file, StateError for one of a newer version of the program.
    """
    path = folder / FILE
    try:
        if path.exists():
            _check_known(path, migrations)
        else:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        with ExitStack() as stack:
            connection = stack.enter_context(closing(connect(path)))
            _check_whole(connection, path)
            _check_tables(connection, path, migrations)
            # Only now: it stands in the file, and a damaged one stays as it is.
            _set_journal_mode(connection, folder)
            connection.execute("PRAGMA synchronous = FULL")
            _migrate(connection, path, migrations)
            stack.pop_all()
    except sqlite3.OperationalError as error:
        for place in (folder, path):
            if place.exists() and not os.access(place, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
                raise cannot_write(place, PermissionError(errno.EACCES, str(error))) from None
        raise StateError(
            "the journal cannot be opened for writing", where=f"{path}: {_reason(error, folder)}",
            hint="make room, or see whether the disk is well, then run again",
        ) from None
    except sqlite3.DatabaseError as error:
        raise StateDamaged("the journal is damaged", where=f"{path}: {error}", hint=DAMAGED_HINT) from None
    except OSError as error:
        raise cannot_write(path, error) from None
    return connection


def reading_error(error: sqlite3.Error, path: Path | None = None) -> StateError:
    """The error for what could not be read."""
    where = str(error) if path is None else f"{path}: {error}"
    if where.startswith(_NO_TEXT):
        return StateDamaged("the journal is damaged", where="what should be text is none", hint=DAMAGED_HINT)
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, _NO_DAMAGE):
        return StateDamaged("the journal is damaged", where=where, hint=DAMAGED_HINT)
    return StateError("the journal cannot be read", where=where, hint="see whether the disk is well, then try again")


_NO_TEXT = "Could not decode to UTF-8"
"""An error of Python's, which gives it the class of SQLite's own that are no damage."""
_NO_DAMAGE = (sqlite3.OperationalError, sqlite3.ProgrammingError, sqlite3.IntegrityError)


def open_for_reading(folder: Path, migrations: Migrations = MIGRATIONS) -> sqlite3.Connection | None:
    """A connection that writes nothing; None where there is no journal. Raises StateError as `open_database` does."""
    path = folder / FILE
    if not path.exists():
        return None
    with ExitStack() as stack:
        try:
            with suppress(sqlite3.OperationalError):
                _check_known(path, migrations)
            connection = stack.enter_context(closing(_connect_reader(path)))
            version = _version_of(connection)
            _check_version(version, path, migrations)
            _check_tables(connection, path, migrations)
            if version == len(migrations):
                stack.pop_all()
                return connection
            if version == 0 or _is_unused(connection):
                return None  # what its first run did not come to, for want of room
        except sqlite3.DatabaseError as error:
            raise reading_error(error, path) from None
    try:
        return open_database(folder, migrations)
    except StateDamaged:
        raise
    except StateError as error:
        raise StateError(
            "the journal is of an earlier version and cannot be brought up to this one's", where=error.where,
            hint="make room, then try again",
        ) from None


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode whose transactions are begun by hand."""
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


def _connect_reader(path: Path) -> sqlite3.Connection:
    """WAL needs its side files even to read; where they cannot be made, the file is read as it lies."""
    for options in ("mode=rw", "mode=ro", "immutable=1"):
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?{options}", uri=True, timeout=BUSY_S, isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError as error:
            connection.close()
            if not isinstance(error, sqlite3.OperationalError):
                raise
            continue
        connection.row_factory = sqlite3.Row
        return connection
    raise sqlite3.OperationalError("unable to open the file")


def _check_known(path: Path, migrations: Migrations) -> None:
    """Raises StateError for a newer version. Looks at it without a right to write: the file must stay as it is.

    What is shorter than SQLite's header would be taken for an empty journal: StateDamaged. A kill before the first page
    leaves nothing of it, but then no session has left anything beside it.
    """
    size_bytes = path.stat().st_size
    if size_bytes < _HEADER_BYTES and (size_bytes or _has_traces(path.parent)) or _is_cut_off(path):
        raise StateDamaged("the journal is damaged", where=f"{path}: it is cut off", hint=DAMAGED_HINT)
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)) as connection:
        _check_version(_version_of(connection), path, migrations)


def missing_bytes(path: Path) -> int:
    """What a file lacks of the length that its header tells. Raises OSError.

    See sqlite.org/fileformat.html#the_database_header.
    """
    with open(path, "rb") as file:
        header = file.read(_HEADER_BYTES)
        size_bytes = os.fstat(file.fileno()).st_size
    # The count of pages holds where the change that it was written with is the last one.
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC) or header[24:28] != header[92:96]:
        return 0
    page_bytes = int.from_bytes(header[16:18], "big")
    length = (_LARGEST_PAGE if page_bytes == 1 else page_bytes) * int.from_bytes(header[28:32], "big")
    return max(0, length - size_bytes)


def _is_cut_off(path: Path) -> bool:
    """Whether a part is missing that does not stand in a log either: SQLite itself takes half a page for a whole one.

    A log that is being written back goes away when it is, so that the file may be whole by then.
    """
    with suppress(OSError):  # what it is that cannot be read, SQLite will say
        return missing_bytes(path) > 0 and not _has_log(path) and missing_bytes(path) > 0
    return False


def _has_log(path: Path) -> bool:
    logs = [Path(f"{path}{suffix}") for suffix in ("-wal", "-journal")]
    return any(log.exists() and log.stat().st_size > 0 for log in logs)


def _has_traces(folder: Path) -> bool:
    """Whether some session has left a log or a receipt."""
    for name in ("runs", "logs"):
        with suppress(OSError):
            if os.listdir(folder / name):
                return True
    return False


def _reason(error: sqlite3.Error, folder: Path) -> str:
    """What SQLite says, which takes a full disk for a failing one where it maps memory or makes a file."""
    with suppress(OSError):
        if shutil.disk_usage(folder).free < _ROOM_BYTES:
            return f"the disk is full ({error})"
    return str(error)


def _set_journal_mode(connection: sqlite3.Connection, folder: Path) -> None:
    """WAL needs memory that all processes share, which a network file system does not give them."""
    if network_file_system(folder) is None:
        if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal":
            return
    connection.execute("PRAGMA journal_mode = DELETE")


def _check_whole(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StateDamaged("the journal is damaged", where=f"{path}: {found}", hint=DAMAGED_HINT)


def _check_tables(connection: sqlite3.Connection, path: Path, migrations: Migrations) -> None:
    # At one moment: a run beside may be making them.
    connection.execute("BEGIN")
    try:
        version, there = _version_of(connection), columns_of(connection)
    finally:
        connection.execute("ROLLBACK")
    if there and version < 1:
        # The first step of ours makes tables and version in one transaction.
        raise StateDamaged("the journal is damaged", where=f"{path}: it has no version", hint=DAMAGED_HINT)
    for name, columns in expected_columns(migrations[:version]).items():
        lacking = "" if name not in there else ", ".join(sorted(columns - there[name]))
        if name not in there or lacking:
            what = f"column {lacking} in table {name}" if lacking else f"table {name}"
            raise StateDamaged("the journal is damaged", where=f"{path}: there is no {what}", hint=DAMAGED_HINT)


def _is_unused(connection: sqlite3.Connection) -> bool:
    return "sessions" in columns_of(connection) and connection.execute("SELECT 1 FROM sessions").fetchone() is None


def columns_of(connection: sqlite3.Connection) -> dict[str, set[str]]:
    """By table, what its columns are called."""
    found: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
    ):
        found.setdefault(table, set()).add(column)
    return found


def expected_columns(migrations: Migrations) -> Mapping[str, AbstractSet[str]]:
    """The same of a journal that has gone through these."""
    return _made_by(tuple(map(tuple, migrations)))


@lru_cache(maxsize=None)
def _made_by(migrations: tuple[tuple[str, ...], ...]) -> Mapping[str, AbstractSet[str]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in (statement for step in migrations for statement in step):
            connection.execute(statement)
        return columns_of(connection)


def _version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check_version(version: int, path: Path, migrations: Migrations) -> None:
    if version > len(migrations):
        raise StateError(
            f"the journal is from a newer version of orchestra (schema {version}, this one knows {len(migrations)})",
            where=str(path),
            hint="use the newer version",
        )


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Migrations) -> None:
    """Bring the schema to the newest version, one transaction for each step."""
    while True:
        version = _version_of(connection)
        _check_version(version, path, migrations)
        if version == len(migrations):
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _version_of(connection) == version:
                for statement in migrations[version]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk has taken it back already
                connection.execute("ROLLBACK")
            raise

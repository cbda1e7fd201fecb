"""Which rows of a journal cannot be what they should: SQLite keeps anything in any column."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import islice
from typing import Callable, Iterator, Mapping

from orchestra.errors import ExitStatus, StateDamaged
from orchestra.records import AGENT_ROLES
from orchestra.state.cells import amount_of, damaged, json_of, moment, object_of, object_with
from orchestra.state.database import expected_columns
from orchestra.state.migrations import MIGRATIONS
from orchestra.state.phases import MOVES
from orchestra.state.sessions import PLAN, UNDO_MODE
from orchestra.state.step_ids import OUT_OF_SIGHT


def unreadable_rows(connection: sqlite3.Connection) -> Iterator[tuple[str, list[int]]]:
    """Each table of this version's schema in which some rows cannot become records, with their rowids."""
    for table, wrong in _wrong_kinds().items():
        found = {row[0] for row in connection.execute(f"SELECT rowid FROM {table} NOT INDEXED WHERE {wrong}")}
        if table in _CELLS:
            found.update(_senseless(connection, table, _CELLS[table]))
        if found:
            yield table, sorted(found)


def _wrong_kinds() -> dict[str, str]:
    """By table the condition that a cell is of another kind than its column's, or is missing where there must be one.

    As this version makes the tables: what a user has added to them is no matter.
    """
    with closing(sqlite3.connect(":memory:")) as schema:
        for statement in (statement for step in MIGRATIONS for statement in step):
            schema.execute(statement)
        return {
            table: " OR ".join(
                f"typeof({name}) NOT IN ('{kind.lower()}'{'' if must_be or key else _NULL})"
                for _, name, kind, must_be, _, key in schema.execute(f"PRAGMA table_info({table})")
            )
            for table in expected_columns(MIGRATIONS)
        }


def _senseless(
    connection: sqlite3.Connection, table: str, checks: Mapping[str, Callable[..., object]]
) -> Iterator[int]:
    """Those with cells that say nothing."""
    for rowid, *cells in connection.execute(f"SELECT rowid, {', '.join(checks)} FROM {table} NOT INDEXED"):
        left = iter(cells)
        try:
            for columns, check in checks.items():
                check(*islice(left, columns.count(",") + 1))
        except StateDamaged:
            yield rowid


def check_rows(connection: sqlite3.Connection) -> None:
    """Raises StateDamaged where a row cannot become a record, sqlite3.Error where it cannot even be read."""
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise damaged(" ".join(found.split()))
    for table in expected_columns(MIGRATIONS):
        for _ in connection.execute(f"SELECT * FROM {table} NOT INDEXED"):
            pass
    for table, rowids in unreadable_rows(connection):
        raise damaged(f"{len(rowids)} of the rows of {table} say nothing")


def _phase(cell: object) -> None:
    if cell not in MOVES:
        raise damaged("what should be a phase is none")


def _step_id(cell: object) -> None:
    if not (isinstance(cell, int) and 0 < cell < OUT_OF_SIGHT):
        raise damaged("what should be the id of a step is none")


def _role(cell: object) -> None:
    if cell not in AGENT_ROLES:
        raise damaged("what should be a role is none")


def _exit_status(cell: object) -> None:
    if cell is not None and cell not in {*ExitStatus}:
        raise damaged("what should be an exit status is none")


def _cost(cell: object) -> None:
    if isinstance(cell, float):
        amount_of(repr(cell))


def _options(can_resume: object, mode: object, cell: object) -> None:
    """Only one that goes on needs them: of a session that was put together anew nobody knows any."""
    object_with(cell, _UNDOES if can_resume and mode == UNDO_MODE else _OPTIONS if can_resume else {})


def _fact(name: object, cell: object) -> None:
    """Of a kind by what its name begins with; null is as good as no fact."""
    value, begins = json_of(cell), str(name).partition("/")[0]
    kind = list if name in _LISTS else _KINDS.get(begins, object)
    if value is not None and not isinstance(value, kind):
        raise damaged("a fact is of another kind than its name says")
    if value is not None and begins in _MEMBERS:
        object_with(cell, _MEMBERS[begins])


def _plan(cell: object) -> None:
    object_with(cell, PLAN)


def _moment_or_none(cell: object) -> None:
    if cell is not None:
        moment(cell)


_NULL = ", 'null'"
_OPTIONS = {"dry_run": bool, "allow_dirty": bool, "must_show": list}
_UNDOES = {"undoes": str, "paths": list}
_LISTS = ("tests/latest", "lint/latest")
_KINDS: Mapping[str, type] = {
    **dict.fromkeys(("listing", "remarks", "left-behind", "tried", "syntax"), list),
    **dict.fromkeys(("interfaces", "commit", "commit-parent", "profile", "begun", "tests", "lint"), dict),
    **dict.fromkeys(("generation", "remarks-heard", "start", "mend", "audits"), int),
}
_MEMBERS: Mapping[str, Mapping[str, type]] = {
    "guidance": {"instructions": list, "skills": list}, "map": {"map": str, "chosen": list},
}
_CELLS: Mapping[str, Mapping[str, Callable[..., object]]] = {
    "sessions": {
        "started_at": moment, "last_activity": moment, "phase": _phase, "config": object_of,
        "exit_status": _exit_status, "can_resume, mode, options": _options,
    },
    "plans": {"created_at": moment, "approved_at": _moment_or_none, "content": _plan},
    "agents": {"role": _role},
    "steps": {"agent_role": _role, "start_time": _moment_or_none, "end_time": _moment_or_none},
    "replies": {"cost": amount_of},
    "attempts": {"timestamp": moment, "estimated_cost": _cost},
    "checkpoints": {"created_at": moment},
    "file_versions": {"created_at": moment},
    "file_outcomes": {"exit_status": _exit_status},
    "facts": {"created_at": moment, "name, content": _fact},
    "events": {"time": moment, "data": object_of},
    "step_ids": {"next": _step_id},
    "provider_health": {"cooldown_until": _moment_or_none, "updated_at": moment},
}
"""What must be readable for a row to become a record, by columns."""

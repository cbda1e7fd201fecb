"""Recheck a session's receipt offline: the files it wrote, the plan, the tests, and who answered."""

from __future__ import annotations

import argparse
from typing import Any

from orchestra.cli.context import Context
from orchestra.cli.session_argument import find_session
from orchestra.engine.checking import Checked, Difference, check_receipt
from orchestra.engine.receipt import has_receipt
from orchestra.errors import ExitStatus, NotVerified
from orchestra.state.database import FOLDER
from orchestra.state.manager import StateManager
from orchestra.state.sessions import SessionRow


def failure_json(status: ExitStatus) -> dict[str, Any]:
    """What the result says where no receipt was checked."""
    return {"session_id": None, "verified": False, "differences": []}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="SESSION", nargs="?", help="by default the newest with a receipt")


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Say what no longer holds."""
    with context.journal_for_reading() as journal:
        row = _find(journal, arguments.session)
        assert journal is not None  # _find raises otherwise
        checked = check_receipt(journal, row, root=context.root, folder=context.root / FOLDER)
    error = None
    if checked.differences:
        count = len(checked.differences)
        error = NotVerified(
            f"{count} thing{'' if count == 1 else 's'} in the receipt no longer hold{'s' if count == 1 else ''}: "
            + _line(checked.differences[0]),
            hint=f"`orchestra diff {row.session_id}` shows what the session changed",
        )
        context.output.error(error)
    status = ExitStatus.DONE if error is None else error.exit_status
    document = {
        **context.output.head(status, error), "session_id": row.session_id, "verified": error is None,
        "files": checked.files, "tests_passed": checked.tests_passed,
        "differences": [
            {"subject": each.subject, "path": each.path, "message": each.message} for each in checked.differences
        ],
    }
    context.output.result(_text(row, checked), document)
    return status


def _find(journal: StateManager | None, session_id: str | None) -> SessionRow:
    if session_id is None and journal is not None:
        for row in journal.sessions.all():
            if has_receipt(journal, row):
                return row
    return find_session(journal, session_id)


def _text(row: SessionRow, checked: Checked) -> str:
    tests = {None: "no tests were run", True: "the tests passed", False: "tests failed"}[checked.tests_passed]
    head = "holds" if not checked.differences else "does not hold any more"
    files = f"{checked.files} file{'' if checked.files == 1 else 's'}"
    lines = [f"the receipt of {row.session_id} {head}: {files}, {tests}"]
    return "\n".join(lines + [f"  {_line(difference)}" for difference in checked.differences])


def _line(difference: Difference) -> str:
    return f"{difference.path or difference.subject}: {difference.message}"

"""Recheck a session's receipt offline: the files it wrote, the plan, the tests, and who answered."""

from __future__ import annotations

import argparse
from typing import Any

from orchestra.cli.context import Context
from orchestra.engine.checking import Checked, Difference, check_alone, check_receipt
from orchestra.engine.receipt import has_receipt, sessions_with_receipt
from orchestra.errors import ExitStatus, NotVerified, UnknownSession
from orchestra.state.database import FOLDER
from orchestra.state.manager import StateManager
from orchestra.state.session_lookup import find_session
from orchestra.state.sessions import SessionRow

_BRING_BACK = "put its journal back beside it to have all of it checked"


def failure_json(status: ExitStatus) -> dict[str, Any]:
    """What the result says where no receipt was checked."""
    return {
        "session_id": None, "verified": False, "has_journal": None, "files": 0, "tests_passed": None, "differences": [],
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="SESSION", nargs="?", help="by default the newest with a receipt")


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Say what no longer holds."""
    with context.journal_for_reading() as journal:
        session_id, checked = _check(journal, arguments.session, context)
    error = _error(session_id, checked)
    if error is not None:
        context.output.error(error)
    status = ExitStatus.DONE if error is None else error.exit_status
    document = {
        **context.output.head(status, error), "session_id": session_id, "verified": error is None,
        "has_journal": checked.has_journal, "files": checked.files, "tests_passed": checked.tests_passed,
        "differences": [
            {"subject": each.subject, "path": each.path, "message": each.message} for each in checked.differences
        ],
    }
    context.output.result(_text(session_id, checked), document)
    return status


def _check(journal: StateManager | None, named: str | None, context: Context) -> tuple[str, Checked]:
    """The session and what came of checking it, by the receipt alone where the journal does not know it."""
    folder = context.root / FOLDER

    def fits(row: SessionRow) -> bool:
        assert journal is not None  # it gave the row
        return has_receipt(journal, row)

    try:
        row = find_session(journal, named, fits=fits, none="no session here has a receipt")
    except UnknownSession:
        for session_id in sessions_with_receipt(folder):
            alone = check_alone(session_id, root=context.root, folder=folder) if named in (None, session_id) else None
            if alone is not None:
                return session_id, alone
        raise
    assert journal is not None  # it gave the row
    if row.can_resume:
        hint = f"`orchestra resume {row.session_id}` goes on"
        context.output.warn(f"the session can go on: its receipt leaves out what is not judged yet; {hint}")
    return row.session_id, check_receipt(journal, row, root=context.root, folder=folder, git=context.git)


def _error(session_id: str, checked: Checked) -> NotVerified | None:
    if not checked.differences:
        return None
    count, first = len(checked.differences), _line(checked.differences[0])
    hint = f"`orchestra diff {session_id}` shows what the session changed" if checked.has_journal else _BRING_BACK
    if count == 1 and not checked.has_journal:
        return NotVerified(f"the receipt is confirmed only in part: {first}", hint=hint)
    return NotVerified(
        f"{count} thing{'' if count == 1 else 's'} in the receipt no longer hold{'s' if count == 1 else ''}: {first}",
        hint=hint,
    )


def _text(session_id: str, checked: Checked) -> str:
    tests = {None: "no tests were run", True: "the tests passed", False: "tests failed"}[checked.tests_passed]
    head = "holds" if not checked.differences else "does not hold any more"
    if not checked.has_journal and len(checked.differences) == 1:
        head = "is confirmed only in part"
    files = f"{checked.files} file{'' if checked.files == 1 else 's'}"
    lines = [f"the receipt of {session_id} {head}: {files}, {tests}"]
    return "\n".join(lines + [f"  {_line(difference)}" for difference in checked.differences])


def _line(difference: Difference) -> str:
    return f"{difference.path or difference.subject}: {difference.message}"

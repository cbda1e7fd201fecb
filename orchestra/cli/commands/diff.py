"""A session's change as a patch that git can apply: by default the newest that changed files."""

from __future__ import annotations

import argparse
from typing import Any

from orchestra.cli.context import Context
from orchestra.errors import ExitStatus
from orchestra.state.manager import StateManager
from orchestra.state.session_lookup import find_session
from orchestra.state.sessions import SessionRow
from orchestra.workspace.patch import FileChange, unified_patch


def failure_json(status: ExitStatus) -> dict[str, Any]:
    """What the result says where there is no change to show."""
    return {"session_id": None, "diff": None}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="SESSION", nargs="?", help="by default the newest that changed files")


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Print it; a dry run's is what it would have changed."""
    with context.journal_for_reading() as journal:
        row = _find(journal, arguments.session)
        assert journal is not None  # _find raises otherwise
        images = journal.images.changed(row.session_id)
    patch = unified_patch(FileChange(path, before, after) for path, (before, after) in images.items())
    document = {**context.output.head(ExitStatus.DONE), "session_id": row.session_id, "diff": patch}
    context.output.patch(patch, document)
    return ExitStatus.DONE


def _find(journal: StateManager | None, session_id: str | None) -> SessionRow:
    def has_changed(row: SessionRow) -> bool:
        assert journal is not None  # it gave the row
        return bool(journal.images.changed_paths(row.session_id))

    return find_session(journal, session_id, fits=has_changed, none="no session has changed a file")

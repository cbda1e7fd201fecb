"""All sessions of this repository, newest first."""

from __future__ import annotations

import argparse

from orchestra.cli.context import Context
from orchestra.cli.session_rows import session_json
from orchestra.errors import ExitStatus


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none of its own."""


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """List them."""
    with context.journal_for_reading() as journal:
        rows = [] if journal is None else journal.sessions.all()
    lines = [
        f"{row.session_id}  {row.phase:<17} {'resumable' if row.can_resume else '':<9}  "
        f"{' '.join(row.task.text.split())[:60]}"
        for row in rows
    ]
    document = {**context.output.head(ExitStatus.DONE), "sessions": [session_json(row) for row in rows]}
    context.output.result("\n".join(lines) or "no sessions yet", document)
    return ExitStatus.DONE

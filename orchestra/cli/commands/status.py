"""Where a session stands: by default the newest."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from orchestra.cli.context import Context
from orchestra.cli.output import one_line
from orchestra.cli.session_rows import left_lines, session_json
from orchestra.clock import iso
from orchestra.errors import ExitStatus
from orchestra.metrics.totals import metrics_of
from orchestra.state.cells import moment
from orchestra.state.database import FOLDER
from orchestra.state.manager import StateManager
from orchestra.state.session_lookup import find_session
from orchestra.state.sessions import UNDO_MODE, SessionRow
from orchestra.views.figures import consumed


def failure_json(status: ExitStatus) -> dict[str, Any]:
    """What the result says where no session is told of."""
    return {"session": None}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="SESSION", nargs="?", help="by default the newest")


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Print the session's row, its agents, files and cost."""
    with context.journal_for_reading() as journal:
        row = find_session(journal, arguments.session)
        assert journal is not None  # find_session raises otherwise
        agents = journal.sessions.agents(row.session_id)
        checkpoints = journal.sessions.checkpoints(row.session_id)
        text = "\n".join([*_lines(journal, row, agents), *_goes_on(row, context.root / FOLDER)])
    document = {
        **context.output.head(ExitStatus.DONE),
        "session": {**session_json(row), "agents": agents, "checkpoints": checkpoints},
    }
    context.output.result(text, document)
    return ExitStatus.DONE


def _lines(journal: StateManager, row: SessionRow, agents: dict[str, dict[str, Any]]) -> list[str]:
    metrics = metrics_of(
        journal.steps.attempts(row.session_id), start_time=moment(row.started_at), end_time=moment(row.last_activity)
    )
    status = "" if row.exit_status is None else f", exit status {row.exit_status}"
    status += ", a dry run: nothing was written" if row.options.get("dry_run") else ""
    lines = [
        f"session   {row.session_id}",
        f"task      {' '.join(row.task.text.split())[:160]}",
        f"phase     {row.phase}{status}",
        f"started   {iso(moment(row.started_at))}, last activity {row.last_activity}",
        f"cost      {consumed(metrics)}",
    ]
    for role, agent in agents.items():
        lines.append(f"{role:<10}  {agent['status']:<8} {agent['model_id'] or ''}".rstrip())
    for outcome in journal.in_plan_order(row.session_id, journal.images.outcomes(row.session_id).values()):
        lines.append(f"  {outcome.status:<9} {outcome.action:<6}  {outcome.path}")
    if row.last_error:
        lines.append(f"error     {one_line(row.last_error)}")
    names = [f"{point['name']} {point['created_at']}" for point in journal.sessions.points(row)]
    if row.mode != UNDO_MODE:
        lines.append("from      " + "\n          ".join(names))
    return lines


def _goes_on(row: SessionRow, folder: Path) -> list[str]:
    left = left_lines([row], folder)
    return left if left or not row.can_resume else [f"`orchestra resume {row.session_id}` goes on"]

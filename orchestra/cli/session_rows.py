"""A row of the table `sessions` for scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

from orchestra.state.lock import may_be_held
from orchestra.state.sessions import SessionRow


def session_json(row: SessionRow) -> dict[str, Any]:
    return {
        "session_id": row.session_id, "task": row.task.text, "phase": row.phase, "iteration": row.iteration,
        "started_at": row.started_at, "last_activity": row.last_activity, "can_resume": row.can_resume,
        "last_error": row.last_error, "mode": row.mode, "exit_status": row.exit_status,
    }


def left_lines(rows: Sequence[SessionRow], folder: Path) -> list[str]:
    """For people, of each session that was killed: that nobody runs it."""
    left = [row for row in rows if row.exit_status is None]
    if not left or may_be_held(folder):
        return []
    return [
        f"nobody runs it: `orchestra resume {row.session_id}` goes on" if row.can_resume
        else f"nobody runs {row.session_id}, and it cannot go on"
        for row in left
    ]

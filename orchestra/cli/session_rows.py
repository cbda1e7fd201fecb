"""A row of the table `sessions` for scripts."""

from __future__ import annotations

from typing import Any

from orchestra.state.sessions import SessionRow


def session_json(row: SessionRow) -> dict[str, Any]:
    return {
        "session_id": row.session_id, "task": row.task.text, "phase": row.phase, "iteration": row.iteration,
        "started_at": row.started_at, "last_activity": row.last_activity, "can_resume": row.can_resume,
        "last_error": row.last_error, "mode": row.mode, "exit_status": row.exit_status,
    }

"""What a journal says of a session, without what differs between any two runs: ids, times, durations."""

from __future__ import annotations

import re
from typing import Any

from tests.flows.project import Project

QUERIES = {
    "sessions": "SELECT task, task_source, phase, iteration, can_resume, last_error, mode, exit_status, options"
                " FROM sessions",
    "plans": "SELECT hash, content, approved_by FROM plans ORDER BY id",
    "agents": "SELECT role, status, model_id FROM agents ORDER BY role",
    "steps": "SELECT step_key, agent_role, status, file_path, input_hash, output_hash FROM steps ORDER BY step_key",
    "replies": "SELECT step_key, text, provider, model_id, input_tokens, output_tokens, cached_tokens, cost"
               " FROM replies JOIN steps ON steps.id = step_id ORDER BY step_key",
    # Of a call that was in flight at the kill the attempt may be there, and then is there twice.
    "attempts": "SELECT DISTINCT step_key, attempts.model_id, provider, tokens_used, input_tokens, output_tokens,"
                " cached_tokens, success, error_code, error_message, estimated_cost FROM attempts"
                " JOIN steps ON steps.id = step_id ORDER BY step_key, success",
    # In what order files come into a phase is the schedule's.
    "checkpoints": "SELECT name, phase FROM checkpoints ORDER BY name",
    "file_versions": "SELECT path, kind, content, mode, hash FROM file_versions ORDER BY path, id",
    "file_outcomes": "SELECT path, action, status, iterations, recovered, error_code, error, exit_status"
                     " FROM file_outcomes ORDER BY path",
    "facts": "SELECT name, content FROM facts ORDER BY name",
    "made_folders": "SELECT path FROM made_folders ORDER BY path",
    "undone_files": "SELECT path FROM undone_files ORDER BY path",
}
"""Not the events, which tell of every process by itself, nor what is learned about providers."""
_DURATION = re.compile(r'"duration_ms": \d+')


def journal_of(project: Project) -> dict[str, list[dict[str, Any]]]:
    """Table to its rows, of a journal with one session."""
    found = {table: project.rows(query) for table, query in QUERIES.items()}
    for fact in found["facts"]:
        fact["content"] = _DURATION.sub('"duration_ms": 0', fact["content"])
    return found

"""What every prompt about one planned file says of the plan."""

from __future__ import annotations

from typing import Sequence

from orchestra.agents.quoting import ShownFile, bullets, one_line, quote, show_files
from orchestra.records import Plan, PlannedFile


def about_file(task: str, plan: Plan, planned: PlannedFile, dependencies: Sequence[ShownFile]) -> dict[str, str]:
    """The template values that the executor, the auditor and the consultant have in common."""
    return {
        "path": one_line(planned.path),
        "task": quote(task),
        "plan": plan_outline(plan),
        "dependencies": show_files(dependencies),
        "order": file_order(planned),
    }


def plan_outline(plan: Plan) -> str:
    """The summary and one line per planned file, quoted."""
    lines = [_file_line(planned) for planned in plan.files]
    return quote("\n\n".join(part for part in (plan.summary.strip(), "\n".join(lines)) if part))


def file_order(planned: PlannedFile) -> str:
    """What the plan says about one file: what is done to it, its description and what must hold, quoted."""
    criteria = "It must hold:\n" + bullets(planned.criteria) if planned.criteria else ""
    parts = [planned.action.capitalize() + " this file.", planned.description.strip(), criteria]
    return quote("\n\n".join(part for part in parts if part))


def _file_line(planned: PlannedFile) -> str:
    first_line = (planned.description.strip().splitlines() or [""])[0]
    return "- %s %s%s" % (planned.action, one_line(planned.path), ": " + first_line if first_line else "")

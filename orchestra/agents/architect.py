"""What the architect is asked: a plan for a task."""

from __future__ import annotations

import json
from typing import Sequence

from orchestra.adapters.adapter import Request
from orchestra.agents.file_list import MOST_TOKENS, list_files
from orchestra.agents.outline import Words
from orchestra.agents.plan_json import plan_to_json
from orchestra.agents.quoting import ShownFile, bullets, fenced, one_line, quote, show_files
from orchestra.agents.templates import Loader, load, request_of, rules_of, segments
from orchestra.records import Plan


def architect_request(
    *,
    task: str,
    listing: Sequence[tuple[str, int]],
    most_listed_tokens: int = MOST_TOKENS,
    folder: str = "",
    repo_map: str = "",
    shown: Sequence[ShownFile] = (),
    custom_prompt: str = "",
    words: Words = Words(),
    previous_plan: Plan | None = None,
    remarks: Sequence[str] = (),
    dividing_by: int | None = None,
    area: str = "",
    plans: str = "",
    load_template: Loader = load,
) -> Request:
    """A request for a plan.

    `listing` is the repository's files as path and size in bytes, `folder` where the user stands among them, `repo_map`
    what they declare. `previous_plan` and
    `remarks` are the plan that the user wants revised and what the user said about it, oldest first.

    Of several architects the first is asked to divide the task among so many (`dividing_by`), each then for the plan
    of its `area` (quoted), and the last to merge their `plans`.
    """
    if dividing_by is None:
        system, moved = rules_of(load_template("architect_system"), {"custom_prompt": custom_prompt})
    else:
        values = {"count": str(dividing_by), "custom_prompt": custom_prompt}
        system, moved = rules_of(load_template("areas_system"), values)
    values = {
        "instructions": words.instructions,
        "skills": words.skills,
        "listing": _listed(listing, most_listed_tokens) + _standing(folder),
        "map": quote(repo_map),
        "files": show_files(shown),
        "task": quote(task),
        "previous_plan": _plan_as_asked_for(previous_plan) if previous_plan else "",
        "remarks": quote(bullets(remarks)),
        "area": area,
        "plans": quote(plans),
    }
    user = segments(load_template("architect_user"), values, shortenable=(
        "instructions", "skills", "listing", "map", "files",
    ))
    return request_of(system, user, moved=moved)


def _listed(listing: Sequence[tuple[str, int]], most_tokens: int) -> str:
    return fenced(list_files(listing, most_tokens)) if listing else "(no files yet)"


def _standing(folder: str) -> str:
    if not folder:
        return ""
    said = "The user stands in the folder %s: what the task leaves open is meant there. Paths count from the root."
    return "\n\n" + said % one_line(folder + "/")


def _plan_as_asked_for(plan: Plan) -> str:
    return fenced(json.dumps(plan_to_json(plan), ensure_ascii=False, indent=1))

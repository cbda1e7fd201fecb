"""What the auditor is asked: a judgement of one changed or deleted file, or of a whole change."""

from __future__ import annotations

from typing import Mapping, Sequence

from orchestra.adapters.adapter import Request
from orchestra.agents.outline import Outline, Words, about_file
from orchestra.agents.quoting import ShownFile, fenced, quote
from orchestra.agents.templates import Loader, load, render, request_of, segments
from orchestra.records import Plan, PlannedFile

MOST_PATCH_CHARACTERS = 150_000
"""Of a longer change the beginning is shown."""
_CUT = "\n[the rest of the change is left out]\n"


def auditor_request(
    *,
    task: str,
    plan: Plan,
    planned: PlannedFile,
    new_text: str,
    diff: str,
    dependencies: Sequence[ShownFile] = (),
    custom_prompt: str = "",
    outline: Outline | None = None,
    words: Words | None = None,
    load_template: Loader = load,
) -> Request:
    """A request to judge a file as it would be; `diff` is the change, empty where there is none."""
    about = about_file(task, plan, planned, dependencies, outline, words)
    values = {**about, "diff": quote(diff), "new_text": fenced(new_text)}
    return _request("auditor_user", values, custom_prompt, load_template)


def deletion_request(
    *,
    task: str,
    plan: Plan,
    planned: PlannedFile,
    old_text: str,
    dependencies: Sequence[ShownFile] = (),
    custom_prompt: str = "",
    outline: Outline | None = None,
    words: Words | None = None,
    load_template: Loader = load,
) -> Request:
    """A request to judge whether a file may be deleted."""
    values = {**about_file(task, plan, planned, dependencies, outline, words), "old_text": fenced(old_text)}
    return _request("auditor_delete", values, custom_prompt, load_template)


def change_request(
    *, task: str, plan: Plan, patch: str, custom_prompt: str = "", words: Words = Words(), load_template: Loader = load
) -> Request:
    """A request to judge all files together; `patch` is the change of all of them."""
    shown = patch if len(patch) <= MOST_PATCH_CHARACTERS else patch[:MOST_PATCH_CHARACTERS] + _CUT
    values = {**words.values, "task": quote(task), "plan": Outline(plan).around(None), "diff": quote(shown)}
    return _request("change_user", values, custom_prompt, load_template, system="change_system")


def _request(
    template: str, values: Mapping[str, str], custom_prompt: str, load_template: Loader, *,
    system: str = "auditor_system",
) -> Request:
    rules = render(load_template(system), {"custom_prompt": custom_prompt})
    shortenable = ("instructions", "skills", "dependencies", "diff")
    return request_of(rules, segments(load_template(template), values, shortenable=shortenable))

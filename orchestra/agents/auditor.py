"""What the auditor is asked: a judgement of one changed or deleted file, or of a whole change."""

from __future__ import annotations

import re
from typing import Mapping, Sequence

from orchestra.adapters.adapter import Request
from orchestra.agents.outline import About
from orchestra.agents.quoting import ShownFile, bullets, fenced, quote
from orchestra.agents.templates import Loader, load, request_of, rules_of, segments

MOST_PATCH_CHARACTERS = 150_000
"""Of a longer change the beginning is shown."""
MOST_DELETED_CHARACTERS = 100_000
"""Of a longer file that is to be deleted the beginning is shown: a file of any size may go."""
_BLOB_IDS = re.compile(r"^index [0-9a-f]{40}\.\.[0-9a-f]{40}(?: [0-7]{6})?\n", re.M)
"""They tell a model nothing; a line of a file has another sign before it."""
_CUT = "\n[the rest of the change is left out]\n"


def auditor_request(
    about: About,
    *,
    new_text: str,
    diff: str,
    checks: Sequence[str] = (),
    dependencies: Sequence[ShownFile] = (),
    custom_prompt: str = "",
    load_template: Loader = load,
) -> Request:
    """A request to judge a file as it would be; `diff` is the change, empty where the text alone shows it.

    `checks` say what was found of the draft without a model.
    """
    values = {
        **about.values(dependencies),
        "diff": quote(_BLOB_IDS.sub("", diff)),
        "new_text": fenced(new_text),
        "checks": quote(bullets(checks)),
    }
    return _request("auditor_user", about, values, custom_prompt, load_template)


def deletion_request(
    about: About,
    *,
    old_text: str,
    dependencies: Sequence[ShownFile] = (),
    custom_prompt: str = "",
    load_template: Loader = load,
) -> Request:
    """A request to judge whether a file may be deleted."""
    if len(old_text) > MOST_DELETED_CHARACTERS:
        left_out = len(old_text) - MOST_DELETED_CHARACTERS
        old_text = f"{old_text[:MOST_DELETED_CHARACTERS]}\n[the other {left_out} characters of the file are left out]\n"
    values = {**about.values(dependencies), "old_text": fenced(old_text)}
    return _request("auditor_delete", about, values, custom_prompt, load_template)


def change_request(
    about: About, *, patch: str, custom_prompt: str = "", load_template: Loader = load
) -> Request:
    """A request to judge all files together; `patch` is the change of all of them."""
    patch = _BLOB_IDS.sub("", patch)
    shown = patch if len(patch) <= MOST_PATCH_CHARACTERS else patch[:MOST_PATCH_CHARACTERS] + _CUT
    values = {"skills": about.words.skills, "diff": quote(shown)}
    return _request("change_user", about, values, custom_prompt, load_template, system="change_system")


def _request(
    template: str, about: About, values: Mapping[str, str], custom_prompt: str, load_template: Loader, *,
    system: str = "auditor_system",
) -> Request:
    rules, moved = rules_of(load_template(system), {"custom_prompt": custom_prompt})
    shortenable = ("instructions", "skills", "dependencies", "diff")
    user = segments(load_template(template), values, shortenable=shortenable)
    return request_of(rules, user, about.shared(load_template), moved)

"""What the auditor is asked: a judgement of one changed or deleted file, or of a whole change."""

from __future__ import annotations

import re
from typing import Mapping, Sequence

from orchestra.adapters.adapter import Request
from orchestra.agents.outline import About
from orchestra.agents.quoting import ShownFile, bullets, fenced, quote
from orchestra.agents.templates import Loader, load, request_of, rules_of, segments
from orchestra.regex import regex

MOST_PATCH_CHARACTERS = 150_000
"""Of a longer change not all is shown: of its longest files the beginning."""
_LEAST_SHARE = 2_000
"""Less of a file's change says nothing: rather some files are left out."""
MOST_DELETED_CHARACTERS = 100_000
"""Of a longer file that is to be deleted the beginning is shown: a file of any size may go."""
_BLOB_IDS = regex(r"^index [0-9a-f]{40}\.\.[0-9a-f]{40}(?: [0-7]{6})?\n", re.M)
"""They tell a model nothing; a line of a file has another sign before it."""
_CUT = "\n[the rest of the change of this file is left out]\n"


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
        kept = _whole_lines(old_text, MOST_DELETED_CHARACTERS)
        left_out = len(old_text) - len(kept)
        old_text = f"{kept}\n[the other {left_out} characters of the file are left out]\n"
    values = {**about.values(dependencies), "old_text": fenced(old_text)}
    return _request("auditor_delete", about, values, custom_prompt, load_template)


def change_request(
    about: About, *, patches: Sequence[str], left_behind: Sequence[str] = (), custom_prompt: str = "",
    load_template: Loader = load,
) -> Request:
    """A request to judge all files together; `patches` are the changes of each.

    `left_behind` are lines of other files that name what is gone.
    """
    shown = _shared_out([_BLOB_IDS.sub("", patch) for patch in patches])
    values = {"skills": about.words.skills, "diff": quote(shown), "left_behind": quote("\n".join(left_behind))}
    return _request("change_user", about, values, custom_prompt, load_template, system="change_system")


def _whole_lines(text: str, most: int) -> str:
    """Its first characters, to the end of a line where there is one: of half a secret nothing tells that it is one."""
    return text[:most].rpartition("\n")[0] or text[:most]


def _shared_out(patches: Sequence[str]) -> str:
    """All of the small changes, and of the others as much as there is room for: a long one hides no other."""
    left, shown = MOST_PATCH_CHARACTERS, [""] * len(patches)
    for nth, index in enumerate(sorted(range(len(patches)), key=lambda index: len(patches[index]))):
        patch, share = patches[index], min(left, max(left // (len(patches) - nth), _LEAST_SHARE))
        if share:
            shown[index] = patch if len(patch) <= share else _whole_lines(patch, share) + _CUT
        left -= min(len(patch), share)
    hidden = shown.count("")
    return "".join(shown) + (f"[the changes of {hidden} more files are left out]\n" if hidden else "")


def _request(
    template: str, about: About, values: Mapping[str, str], custom_prompt: str, load_template: Loader, *,
    system: str = "auditor_system",
) -> Request:
    rules, moved = rules_of(load_template(system), {"custom_prompt": custom_prompt})
    shortenable = ("instructions", "skills", "dependencies", "diff", "left_behind")
    user = segments(load_template(template), values, shortenable=shortenable)
    return request_of(rules, user, about.shared(load_template), moved)

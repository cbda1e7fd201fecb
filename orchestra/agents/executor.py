"""What the executor is asked: the new text of one planned file."""

from __future__ import annotations

from typing import Sequence

from orchestra.adapters.adapter import Request
from orchestra.agents.draft_form import form_wanted
from orchestra.agents.outline import About
from orchestra.agents.quoting import ShownFile, fenced, quote
from orchestra.agents.templates import Loader, load, request_of, rules_of, segments


def executor_request(
    about: About,
    *,
    original: str | None,
    dependencies: Sequence[ShownFile] = (),
    interfaces: str = "",
    custom_prompt: str = "",
    load_template: Loader = load,
) -> Request:
    """A request for one file; `original` is its present text, None where it does not exist.

    `interfaces` are the signatures of files near it.
    """
    form = load_template("draft_form").text
    system, moved = rules_of(load_template("executor_system"), {"form": form, "custom_prompt": custom_prompt})
    values = {
        **about.values(dependencies),
        "interfaces": quote(interfaces),
        "original": "" if original is None else fenced(original),
        "new": form_wanted(original),
    }
    user = segments(load_template("executor_user"), values, shortenable=(
        "instructions", "skills", "dependencies", "interfaces",
    ))
    return request_of(system, user, about.shared(load_template), moved)

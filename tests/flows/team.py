"""What the four roles say in a flow, in the forms that they are asked for."""

from __future__ import annotations

import json
from typing import Any, Mapping

from orchestra.demo.routes import Lines, by_file, by_role
from orchestra.demo.script import Script

APPROVED = '```json\n{"verdict": "approved", "issues": []}\n```\n'


def planned(path: str, action: str = "create", **more: Any) -> dict[str, Any]:
    """One file of a plan; `more` are further keys such as depends_on."""
    return {"path": path, "action": action, "description": f"What {path} is for.", **more}


def plan_of(*files: Mapping[str, Any], **more: Any) -> str:
    """The architect's answer; `more` are further keys such as tests and commit."""
    return block({"summary": "Do what was asked.", "files": list(files), **more})


def block(document: Mapping[str, Any]) -> str:
    """A JSON document in a fence, with prose around it."""
    return f"Here it is.\n\n```json\n{json.dumps(document, indent=1)}\n```\n"


def whole(text: str) -> str:
    """An executor's answer: the whole file."""
    return f"The file:\n\n````\n{text}````\n"


def edit(old: str, new: str) -> str:
    """An executor's or a consultant's answer: one edit of whole lines."""
    return f"<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


def finding(message: str, severity: str = "error", verdict: str = "needs_work") -> str:
    """An auditor's answer with one issue."""
    issue = {"severity": severity, "line": 1, "message": message, "suggestion": "mend it"}
    return block({"verdict": verdict, "issues": [issue]})


def fixes(*pairs: tuple[str, str]) -> str:
    """The consultant's answer about failing tests: path and message."""
    return block({"fixes": [{"path": path, "message": message} for path, message in pairs]})


def team(
    plan: Lines = "",
    drafts: Mapping[str, Lines] | None = None,
    reviews: Lines | Mapping[str, Lines] = APPROVED,
    mends: Mapping[str, Lines] | None = None,
    blames: Lines | None = None,
) -> Script:
    """A script for all four roles; what they are asked beyond it is an error of the flow.

    `drafts`, `reviews` and `mends` go by the file that is asked about, `blames` answers for failing tests. Where
    `reviews` go by the file, the change as a whole is approved.
    """
    return by_role(
        architect=plan,
        executor=by_file(drafts or {}),
        auditor=by_file({None: APPROVED, **reviews}) if isinstance(reviews, Mapping) else reviews,
        consultant=by_file(mends or {}, otherwise=blames),
    )


def one_file(path: str = "a.txt", text: str = "one\n") -> Script:
    """A team that creates one file, approved at once."""
    return team(plan_of(planned(path)), {path: whole(text)})

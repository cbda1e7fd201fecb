"""Plans as JSON objects, in the form the architect is asked for, and back."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Mapping

from orchestra.agents.shapes import as_list, as_object, as_text, one_of, path_of, required, text_or_empty, texts
from orchestra.records import ACTIONS, CommitIntent, Plan, PlannedFile
from orchestra.regex import regex

_CONVENTIONAL = regex(r"(?i)^([a-z]+)(?:\(([^()]*)\))?!?: +(\S.*)$")
_ALSO_CALLED = {
    "create": ("add", "new"), "modify": ("update", "edit", "change"), "delete": ("remove",)
}


def plan_to_json(plan: Plan) -> dict[str, object]:
    """The plan as an object of plain JSON values; `plan_from_json` gives back an equal plan."""
    return {
        "summary": plan.summary,
        "files": [_file_to_json(planned) for planned in plan.files],
        "tests": list(plan.tests),
        "commit": {
            "type": plan.commit.type,
            "scope": plan.commit.scope,
            "subject": plan.commit.subject,
            "body": plan.commit.body,
        },
    }


def plan_from_json(members: Mapping[str, object]) -> Plan:
    """The plan that an object describes. Only `files`, `path` and `action` must be there; unknown keys are ignored.

    Raises UnreadableReply that names the key and what was expected.
    """
    files = as_list(required(members, "files"), "files")
    return Plan(
        summary=text_or_empty(members, "summary"),
        files=tuple(_file_from_json(value, "files[%d]" % index) for index, value in enumerate(files)),
        tests=texts(members.get("tests"), "tests"),
        commit=_commit_from_json(members.get("commit")),
    )


def plan_hash(plan: Plan) -> str:
    """SHA-256 of the plan's content in hexadecimal; equal plans have equal hashes."""
    canonical = json.dumps(plan_to_json(plan), ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def words_of(plan: Plan) -> tuple[str, ...]:
    """What a plan says in words."""
    files = (text for planned in plan.files for text in (planned.description, *planned.criteria))
    return (plan.summary, *files, *plan.tests, plan.commit.subject, plan.commit.body)


def _file_to_json(planned: PlannedFile) -> dict[str, object]:
    return {
        "path": planned.path,
        "action": planned.action,
        "description": planned.description,
        "depends_on": list(planned.depends_on),
        "criteria": list(planned.criteria),
    }


def _file_from_json(value: object, where: str) -> PlannedFile:
    members = as_object(value, where)
    return PlannedFile(
        path=as_text(required(members, "path", where), path_of(where, "path")),
        action=one_of(_action(required(members, "action", where)), path_of(where, "action"), ACTIONS),
        description=text_or_empty(members, "description", where),
        depends_on=texts(_listed(members.get("depends_on")), path_of(where, "depends_on")),
        criteria=texts(members.get("criteria"), path_of(where, "criteria")),
    )


def _listed(paths: object) -> object:
    """Several paths in one text as the list that was meant."""
    return [path.strip() for path in re.split(r"[,\n]", paths) if path.strip()] if isinstance(paths, str) else paths


def _action(value: object) -> object:
    word = value.strip().lower() if isinstance(value, str) else value
    return next((action for action, others in _ALSO_CALLED.items() if word == action or word in others), value)


def _commit_from_json(value: object) -> CommitIntent:
    if value is None:
        return CommitIntent()
    if isinstance(value, str):
        first, _, body = value.strip().partition("\n")
        match = _CONVENTIONAL.match(first)
        kind, scope, subject = match.groups() if match else ("", "", first)
        return CommitIntent(kind.lower(), scope or "", subject, body.strip())
    members = as_object(value, "commit")
    return CommitIntent(
        type=text_or_empty(members, "type", "commit"),
        scope=text_or_empty(members, "scope", "commit"),
        subject=text_or_empty(members, "subject", "commit"),
        body=text_or_empty(members, "body", "commit"),
    )

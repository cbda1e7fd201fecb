"""What the answers in JSON mean: a plan, a review, fixes. Drafts are read by `draft_reply`.

Every function takes an answer as the model wrote it and raises UnreadableReply, whose `what` can be shown to the model.
"""

from __future__ import annotations

import re
from typing import Mapping, Sequence

from orchestra.agents.approval_form import check_approval
from orchestra.agents.json_reply import read_objects
from orchestra.agents.plan_json import plan_from_json
from orchestra.agents.shapes import as_list, as_object, as_text, one_of, path_of, required, text_or_empty, texts, wrong
from orchestra.dataclass import dataclass
from orchestra.errors import UnreadableReply
from orchestra.records import SEVERITIES, Issue, Plan, Review
from orchestra.regex import regex

VERDICTS = ("approved", "needs_work")
_OBJECTIONS = ("needs_work", "needswork", "needs_changes", "changes_requested", "request_changes", "rejected", "reject")
_ALSO_CALLED = {
    "warning": ("warning", "warn", "medium", "moderate", "minor"),
    "info": ("info", "information", "note", "nit", "nitpick", "suggestion", "low", "trivial"),
}
_NUMBER = regex(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Questions:
    """What the architect wants to know from the user before it plans."""

    questions: tuple[str, ...]


@dataclass(frozen=True)
class NeedFiles:
    """Files that a model wants to see before it answers."""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class Fix:
    """What must change in one planned file for failing tests to pass."""

    path: str
    message: str


def read_plan(text: str) -> Plan | Questions | NeedFiles:
    """The architect's answer; of several readable ones the last."""
    return read_objects(text, _plan_or_request)[-1]


def read_review(text: str) -> Review | NeedFiles:
    """The auditor's judgement of a file, of several the last; what it asks to see comes before any.

    It is read generously where it objects; an approval has one form only.
    """
    return _read_review(text, of_whole_change=False)


def read_change_review(text: str) -> Review | NeedFiles:
    """As `read_review`, of the whole change: every issue names its path."""
    return _read_review(text, of_whole_change=True)


def _read_review(text: str, *, of_whole_change: bool) -> Review | NeedFiles:
    answers = read_objects(text, lambda members: _review(members, of_whole_change))
    asked = _asked_for(answers)
    if asked is not None:
        return asked
    reviews = [answer for answer in answers if isinstance(answer, Review)]
    if reviews[-1].approved:
        check_approval(text)
    return reviews[-1]


def read_fixes(text: str) -> tuple[Fix, ...] | NeedFiles:
    """The files that must change for failing tests to pass, none where no planned file is to blame; or files to see."""
    answers = read_objects(text, _fixes)
    return _asked_for(answers) or answers[-1]


def need_files(members: Mapping[str, object]) -> NeedFiles:
    """What an object with the key `need_files` asks for."""
    asked = members["need_files"]
    if isinstance(asked, list):
        asked = [each.get("path", each) if isinstance(each, dict) else each for each in asked]
    return NeedFiles(_some_texts({"need_files": asked}, "need_files"))


def _asked_for(answers: Sequence[object]) -> NeedFiles | None:
    """What an answer wants to see, whatever else it says: nobody has judged what they have yet to see."""
    return next((answer for answer in reversed(answers) if isinstance(answer, NeedFiles)), None)


def _asks(members: Mapping[str, object]) -> bool:
    return bool(members.get("need_files")) or tuple(members) == ("need_files",)


def _plan_or_request(members: Mapping[str, object]) -> Plan | Questions | NeedFiles:
    if members.get("need_files") and (members.get("files") or members.get("questions")):
        raise UnreadableReply("`need_files` must be the only key: either ask for files, or answer.")
    if members.get("questions") and "files" in members:
        raise UnreadableReply("`questions` and `files` cannot go together: either ask, or give the plan.")
    if "files" in members and not members.get("need_files"):
        return plan_from_json(members)
    if members.get("questions") or "questions" in members and "need_files" not in members:
        return Questions(_some_texts(members, "questions"))
    if "need_files" in members:
        return need_files(members)
    raise UnreadableReply("The object has none of the keys `files`, `questions` and `need_files`.")


def _some_texts(members: Mapping[str, object], key: str) -> tuple[str, ...]:
    found = tuple(text for text in texts(members[key], key) if text.strip())
    if not found:
        raise UnreadableReply("`%s` must be a list with at least one text." % key)
    return found


def _review(members: Mapping[str, object], of_whole_change: bool) -> Review | NeedFiles:
    if _asks(members):
        return need_files(members)
    verdict = _verdict(required(members, "verdict"))
    values = as_list(required(members, "issues"), "issues")
    is_objection = verdict == "needs_work"
    issues = tuple(
        _issue(value, "issues[%d]" % index, of_whole_change, is_objection) for index, value in enumerate(values)
    )
    if verdict == "needs_work" and not issues:
        raise UnreadableReply("The verdict is `needs_work`, but `issues` is empty; say what is wrong.")
    has_error = any(issue.severity == "error" for issue in issues)
    return Review(approved=verdict == "approved" and not has_error, issues=issues)


def _verdict(value: object) -> str:
    word = re.sub(r"[\W_]+", "_", value.strip().lower()) if isinstance(value, str) else ""
    return "needs_work" if word in _OBJECTIONS else one_of(value, "verdict", VERDICTS)


def _severity(value: object, where: str, is_objection: bool) -> str:
    """In an objection also by other words; of one that nobody knows the worst is taken."""
    if not is_objection:
        return one_of(value, where, SEVERITIES)
    word = value.strip().lower() if isinstance(value, str) else ""
    return next((severity for severity, words in _ALSO_CALLED.items() if word in words), "error")


def _issue(value: object, where: str, of_whole_change: bool, is_objection: bool) -> Issue:
    members = as_object(value, where)
    path = text_or_empty(members, "path", where) or None
    if of_whole_change and path is None:
        raise UnreadableReply("The key `path` is missing in `%s`." % where)
    return Issue(
        severity=_severity(
            members.get("severity") if is_objection else required(members, "severity", where),
            path_of(where, "severity"), is_objection,
        ),
        message=as_text(required(members, "message", where), path_of(where, "message")),
        line=_line(members.get("line"), path_of(where, "line"), is_objection),
        suggestion=text_or_empty(members, "suggestion", where),
        path=path,
    )


def _line(value: object, where: str, is_objection: bool) -> int | None:
    """A line number, of several the first; None for null and for what no line can be, such as 0."""
    if isinstance(value, list) and value and is_objection:
        value = value[0]
    if isinstance(value, str):
        stripped = value.strip()
        number = _NUMBER.search(stripped) if is_objection else _NUMBER.fullmatch(stripped)
        value = int(number[0]) if number else (None if is_objection or not stripped else value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        if is_objection:
            return None
        raise wrong(where, "a line number or null", value)
    return value if value > 0 else None


def _fixes(members: Mapping[str, object]) -> tuple[Fix, ...] | NeedFiles:
    if _asks(members):
        return need_files(members)
    values = as_list(required(members, "fixes"), "fixes")
    fixes = []
    for index, value in enumerate(values):
        where = "fixes[%d]" % index
        fix = as_object(value, where)
        fixes.append(Fix(
            as_text(required(fix, "path", where), path_of(where, "path")),
            as_text(required(fix, "message", where), path_of(where, "message")),
        ))
    return tuple(fixes)

"""A conventional commit message from a plan (conventionalcommits.org 1.0.0)."""

from __future__ import annotations

import re

from orchestra.records import Plan
from orchestra.regex import regex

MOST_SUBJECT_CHARACTERS = 72
MOST_BODY_CHARACTERS = 8000
"""The message has to fit one argument of a command."""
_SEQUENCE = regex(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\n\x07\x1b\x90\x98\x9b-\x9f]*(?:\x07|\x1b\\|\x9c)"
)
"""What a terminal takes for one order as a whole (ECMA-48, 5.4 and 5.6); a bell, too, ends a string."""
# Control characters, and those that turn the order of a line's characters around (UAX #9) or break it.
_CONTROL = regex(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def commit_message(plan: Plan, *, template: str | None, session_id: str) -> str:
    """The message; `template` may hold {type} {scope} {subject} {body} {session}, other braces stay."""
    intent = plan.commit
    type_ = re.sub(r"[^a-z]", "", intent.type.lower())[:20] or "feat"
    scope = _one_line(intent.scope).strip("()")[:MOST_SUBJECT_CHARACTERS]
    subject = (_one_line(intent.subject) or _one_line(plan.summary))[:MOST_BODY_CHARACTERS] or "carry out the plan"
    body = _CONTROL.sub("", _SEQUENCE.sub("", intent.body)).strip()[:MOST_BODY_CHARACTERS]
    if template is not None:
        values = {"type": type_, "scope": scope, "subject": subject, "body": body, "session": session_id}
        filled = re.sub(r"\{(type|scope|subject|body|session)\}", lambda match: values[match.group(1)], template)
        return filled.strip() + "\n"
    head = f"{type_}({scope}): " if scope else f"{type_}: "
    first = head + _shortened(subject, max(20, MOST_SUBJECT_CHARACTERS - len(head)))
    return "\n\n".join(part for part in (first, body) if part) + "\n"


def _shortened(subject: str, characters: int) -> str:
    """Cut between two words, or within one where that would leave less than half: not every language has blanks."""
    if len(subject) <= characters:
        return subject
    cut = subject[: characters - 3]
    words = cut.rpartition(" ")[0]
    return (words if 2 * len(words) > characters else cut) + "..."


def _one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", _SEQUENCE.sub("", text)).split())

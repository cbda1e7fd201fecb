"""What the consultant is asked: to mend one file, or to say which files make tests, or the linter, fail."""

from __future__ import annotations

from typing import Sequence

from orchestra.adapters.adapter import Request
from orchestra.agents.draft_form import form_wanted
from orchestra.agents.outline import About
from orchestra.agents.quoting import ShownFile, bullets, fenced, one_line, quote, show_files
from orchestra.agents.templates import Loader, load, request_of, rules_of, segments
from orchestra.records import Issue, TestFailure

MAX_TEST_FAILURES = 50
MAX_FAILURE_CHARACTERS = 2000
MAX_OUTPUT_CHARACTERS = 12000
_LEAST_SAID = 200


def consultant_request(
    about: About,
    *,
    findings: Sequence[Issue],
    current: str | None,
    refused_reply: str = "",
    tried: Sequence[str] = (),
    wants_whole: bool = False,
    dependencies: Sequence[ShownFile] = (),
    custom_prompt: str = "",
    load_template: Loader = load,
) -> Request:
    """A request to mend one file; it is answered like the executor's.

    `current` is the text that edits would be applied to: the draft, or the file as it was where no draft stands.
    `refused_reply` is an answer that could not become a draft; `findings` then say why. `tried` says what came of
    earlier drafts. `wants_whole` asks for the
    whole file where edits have failed before.
    """
    form = load_template("draft_form").text
    system, moved = rules_of(load_template("consultant_system"), {"form": form, "custom_prompt": custom_prompt})
    values = {
        **about.values(dependencies),
        "current": "" if current is None else fenced(current),
        "new": form_wanted(current, wants_whole=wants_whole),
        "refused_reply": quote(refused_reply),
        "tried": quote(bullets(tried)) if tried else "",
        "findings": quote(bullets([_finding_line(issue) for issue in findings])),
    }
    user = segments(load_template("consultant_user"), values, shortenable=(
        "instructions", "skills", "dependencies", "refused_reply", "tried",
    ))
    return request_of(system, user, about.shared(load_template), moved)


def failing_tests_request(
    about: About,
    *,
    happened: str = "tests fail that passed before",
    failures: Sequence[TestFailure],
    output: str,
    files: Sequence[ShownFile],
    tried: Sequence[str] = (),
    custom_prompt: str = "",
    load_template: Loader = load,
) -> Request:
    """A request to name the planned files that must change for failing tests to pass; `files` are the plan's.

    `tried` says what came of earlier fixes.
    """
    shown = failures[:MAX_TEST_FAILURES]
    system, moved = rules_of(load_template("tests_system"), {"happened": happened, "custom_prompt": custom_prompt})
    values = {
        "skills": about.words.skills,
        "files": show_files(files),
        "tried": quote(bullets(tried)) if tried else "",
        "failures": quote(_list_failures(shown, len(failures) - len(shown))),
        "output": quote(_without_said(_end_of(output, MAX_OUTPUT_CHARACTERS), shown)),
    }
    user = segments(load_template("tests_user"), values, shortenable=("skills", "files", "tried", "output"))
    return request_of(system, user, about.shared(load_template), moved)


def _finding_line(issue: Issue) -> str:
    where = "" if issue.line is None else " (line %d)" % issue.line
    suggestion = "\nSuggestion: " + issue.suggestion if issue.suggestion else ""
    return "%s%s: %s%s" % (issue.severity, where, issue.message, suggestion)


def _list_failures(failures: Sequence[TestFailure], left_out: int) -> str:
    items = [
        failure.id + ("\n" + _end_of(failure.message, MAX_FAILURE_CHARACTERS) if failure.message else "")
        for failure in failures
    ]
    return bullets(items) + ("\n... and %d more" % left_out if left_out else "")


def _without_said(output: str, failures: Sequence[TestFailure]) -> str:
    """The output without what stands word for word beside a failure's name already."""
    for failure in failures:
        said = failure.message[-MAX_FAILURE_CHARACTERS:].lstrip(".").strip()
        if len(said) >= _LEAST_SAID:
            output = output.replace(said, "[see %s above]" % one_line(failure.id), 1)
    return output


def _end_of(text: str, characters: int) -> str:
    """The end of a long text, since that is where test tools say what went wrong."""
    return text if len(text) <= characters else "[the beginning is left out]\n" + text[-characters:]

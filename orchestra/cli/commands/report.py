"""What a session took, or all of them: cost, tokens, latency, faults, files, caches."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any, Callable, Mapping

from orchestra.cli.context import Context
from orchestra.cli.output_file import write_output
from orchestra.cli.session_rows import left_lines
from orchestra.errors import ExitStatus, UsageError
from orchestra.metrics.overall_figures import OverallFigures, overall_figures
from orchestra.metrics.session_figures import SessionFigures, session_figures
from orchestra.observe.secret_shapes import without_secrets
from orchestra.state.database import FOLDER
from orchestra.state.lock import may_be_held
from orchestra.state.manager import StateManager
from orchestra.state.session_lookup import find_session

FORMATS = ("text", "json", "html", "prometheus")


def failure_json(status: ExitStatus) -> dict[str, Any]:
    """What the result says where there is nothing to report."""
    return {"report": None}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="SESSION", nargs="?", help="by default the newest")
    parser.add_argument("--all", action="store_true", help="across all sessions")
    parser.add_argument("--format", choices=FORMATS, metavar="FORMAT", help=", ".join(FORMATS))
    parser.add_argument(
        "--output", metavar="FILE", help="write it there, in place of what the file holds; - is standard output"
    )


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Add it up from the journal alone, and print it or write it."""
    if arguments.all and arguments.session:
        raise UsageError("--all is about every session", hint="leave out the session, or --all")
    with context.journal_for_reading() as journal:
        figures = _overall(journal) if arguments.all else _of_session(journal, arguments.session, context)
        left = _left(journal, figures, context)
    output = None if arguments.output == "-" else arguments.output
    form = arguments.format or ("json" if context.output.as_json else "text")
    report = _as_json(figures)
    document = {**context.output.head(ExitStatus.DONE), "report": report}
    if form == "json" and output is None:
        context.output.as_json = True
        context.output.result("", document)
        return ExitStatus.DONE
    text = context.output.json_text(document) if form == "json" else _as_text(figures, form)
    if form == "text":
        text = "\n".join([text, *left])
    if output is None:
        context.output.result(text, {**document, "format": form, "text": text})
        return ExitStatus.DONE
    path = write_output(context, output, text)
    context.output.result(f"written to {output}", {**document, "format": form, "output": str(path)})
    return ExitStatus.DONE


def _of_session(journal: StateManager | None, session_id: str | None, context: Context) -> SessionFigures:
    row = find_session(journal, session_id)
    assert journal is not None  # find_session raises otherwise
    history = journal.histories([row])[0]
    history = replace(history, outcomes=journal.in_plan_order(row.session_id, history.outcomes))
    profile: Mapping[str, Any] | None = journal.recall(row.session_id, "profile")
    now = context.env.clock.now() if may_be_held(context.root / FOLDER) else None
    figures = session_figures(history, now=now, profile=profile)
    return replace(figures, task=without_secrets(figures.task))


def _left(journal: StateManager | None, figures: SessionFigures | OverallFigures, context: Context) -> list[str]:
    if journal is None or not isinstance(figures, SessionFigures):
        return []
    return left_lines([find_session(journal, figures.session_id)], context.root / FOLDER)


def _overall(journal: StateManager | None) -> OverallFigures:
    figures = overall_figures([] if journal is None else journal.histories(journal.sessions.all()))
    lines = (replace(line, task=without_secrets(line.task)) for line in figures.sessions)
    return replace(figures, sessions=tuple(lines))


def _as_json(figures: SessionFigures | OverallFigures) -> dict[str, Any]:
    from orchestra.views.report_json import overall_report_json, session_report_json

    if isinstance(figures, SessionFigures):
        return session_report_json(figures)
    return overall_report_json(figures)


def _as_text(figures: SessionFigures | OverallFigures, form: str) -> str:
    if isinstance(figures, SessionFigures):
        return _session_writer(form)(figures)
    return _overall_writer(form)(figures)


def _session_writer(form: str) -> Callable[[SessionFigures], str]:
    # Only what is asked for is loaded.
    if form == "html":
        from orchestra.views.report_page import session_page as write
    elif form == "prometheus":
        from orchestra.views.prometheus import session_prometheus as write
    else:
        from orchestra.views.report_text import session_report_text as write
    return write


def _overall_writer(form: str) -> Callable[[OverallFigures], str]:
    if form == "html":
        from orchestra.views.overall_page import overall_page as write
    elif form == "prometheus":
        from orchestra.views.prometheus import overall_prometheus as write
    else:
        from orchestra.views.report_text import overall_report_text as write
    return write

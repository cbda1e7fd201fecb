"""Put back what a session changed: by default the newest that wrote files and is not wholly undone."""

from __future__ import annotations

import argparse
from contextlib import suppress
from typing import Any, Sequence

from orchestra.cli import outcome as run_outcome
from orchestra.cli import running
from orchestra.cli.context import Context
from orchestra.cli.session_argument import session_and_paths
from orchestra.engine.undoing import (
    Undoing,
    carry_out,
    changed_paths,
    end_of,
    new_undo,
    selected,
    session_to_undo,
)
from orchestra.engine.workplace import Workplace, check_place, open_workplace
from orchestra.errors import Cancelled, ExitStatus, OrchestraError, UnknownSession
from orchestra.records import FileOutcome
from orchestra.state.sessions import SessionRow
from orchestra.workspace.patch import unified_patch
from orchestra.workspace.tree import Tree

_DONE_WITH = {"create": "made again", "modify": "put back", "delete": "removed"}
"""What was done to a file, by what the undo had to do."""


def failure_json(status: ExitStatus) -> dict[str, Any]:
    """What the result says where nothing could be undone."""
    return {"session_id": None, "status": status.word, "undone_session": None, "files": []}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", metavar="SESSION|PATH", nargs="*", help="the session, and which of its files")
    parser.add_argument("--dry-run", action="store_true", help="change nothing, and show what would be changed")


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Each file goes back to what it was before the session, unless somebody changed it since."""
    check_place(context.root, context.git)
    session_id, wanted = session_and_paths(arguments, context)
    with context.journal_for_reading() as journal:
        target = session_to_undo(journal, session_id)
        assert journal is not None  # session_to_undo raises otherwise
        paths = selected(target.session_id, changed_paths(journal, target), wanted)
        if arguments.dry_run or not paths:
            undoing = Undoing(journal, Tree(context.root), target)
            return _preview(context, undoing, paths, is_dry=arguments.dry_run)
    with open_workplace(context.root, context.git, context.env) as workplace:
        return go_on(context, workplace, new_undo(workplace.journal, target, paths, context.env), target)


def go_on(context: Context, workplace: Workplace, session_id: str, target: SessionRow | None = None) -> ExitStatus:
    """Carry an undo out that is in the journal, from wherever it stands."""
    row = workplace.journal.sessions.get(session_id)
    assert row is not None  # the caller has it from the journal
    target = target or workplace.journal.sessions.get(row.options["undoes"])
    if target is None:
        hint = "`orchestra sessions` lists those that are there"
        raise UnknownSession("the session that was being undone is gone", where=row.options["undoes"], hint=hint)
    undone = carry_out(workplace, session_id, context.env, running.listeners(context, "none"))
    text = _text(target, undone.outcomes, undone.status)
    has_changed = any(outcome.status == "reverted" for outcome in undone.outcomes)
    if undone.status is ExitStatus.DONE and not has_changed:
        text += "\neverything was as before that session already: nothing was changed"
    elif undone.status is ExitStatus.DONE:
        text += f"\n`orchestra undo {session_id}` brings the change back"
    commit = workplace.journal.recall(target.session_id, "commit")
    if commit and has_changed and _is_in_history(context, commit["sha"]):
        text += "\nthe commit stays in git's history: commit what was put back, too"
    if undone.error is not None:
        context.output.error(undone.error)
    row = workplace.journal.sessions.get(session_id) or row
    if row.can_resume:
        text += f"\n`orchestra resume {session_id}` goes on"
    document = _document(context, undone.status, undone.error, session_id, target, undone.outcomes)
    # Whoever resumes a session need not know what it was before the result can be read.
    whole = {**run_outcome.failure_json(undone.status), "task": row.task.text, "mode": row.mode, **document}
    context.output.result(text, {**whole, "can_resume": row.can_resume})
    return undone.status


def _is_in_history(context: Context, sha: str) -> bool:
    with suppress(Cancelled):  # what was put back is told all the same
        return context.git is not None and context.git.reaches(sha)
    return False


def _preview(context: Context, undoing: Undoing, paths: Sequence[str], *, is_dry: bool) -> ExitStatus:
    outcomes, changes = undoing.preview(paths)
    status, error = end_of(outcomes, undoing.target)
    patch = unified_patch(changes)
    document = {**_document(context, status, error, None, undoing.target, outcomes), "diff": patch}
    if error is not None:
        context.output.error(error)
    if not context.output.as_json:
        none = f"{undoing.target.session_id} changed no file: there is nothing to undo"
        context.output.say(_text(undoing.target, outcomes, status, is_dry=True) if is_dry else none)
    context.output.patch(patch, document)
    return status


def _document(
    context: Context, status: ExitStatus, error: OrchestraError | None, session_id: str | None, target: SessionRow,
    outcomes: Sequence[FileOutcome],
) -> dict[str, Any]:
    return {
        **context.output.head(status, error), "status": status.word, "session_id": session_id,
        "undone_session": target.session_id,
        "files": [
            {
                "path": outcome.path, "action": outcome.action, "status": outcome.status,
                "iterations": outcome.iterations, "recovered": outcome.recovered,
                "error": None if outcome.error is None else {"code": outcome.error_code, "message": outcome.error},
            }
            for outcome in outcomes
        ],
    }


def _text(
    target: SessionRow, outcomes: Sequence[FileOutcome], status: ExitStatus, *, is_dry: bool = False
) -> str:
    head = "nothing is changed: a dry run of the" if is_dry else f"{status.word}:"
    lines = [f"{head} undo of {target.session_id}, {' '.join(target.task.text.split())[:80]}"]
    lines += [f"  {_word(outcome):<10}  {outcome.path}" for outcome in outcomes]
    return "\n".join(lines)


def _word(outcome: FileOutcome) -> str:
    if outcome.status == "failed":
        return "left alone"
    return "as it was" if outcome.status == "unchanged" else _DONE_WITH[outcome.action]

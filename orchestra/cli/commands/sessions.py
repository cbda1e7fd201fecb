"""All sessions of this repository, newest first; or old ones removed (prune)."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Sequence

from orchestra.cli.arguments import count
from orchestra.cli.configuration import configuration
from orchestra.cli.context import Context
from orchestra.cli.session_rows import left_lines, session_json
from orchestra.errors import ExitStatus, UsageError
from orchestra.state.database import FOLDER
from orchestra.state.sessions import SessionRow
from orchestra.views.figures import size

if TYPE_CHECKING:
    from orchestra.engine.tidying import Tidied

_MOST_DAYS = 36525


def failure_json(status: ExitStatus) -> dict[str, Any]:
    """What the result says where none could be listed, or removed."""
    return {"sessions": [], "pruned": [], "dry_run": False, "freed_bytes": 0}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", metavar="prune", nargs="?", choices=("prune",), help="remove old sessions")
    parser.add_argument("--keep", metavar="N", type=count, help="of prune: spare the N newest (else state.keep)")
    parser.add_argument("--older-than", metavar="DAYS", type=_days, help="of prune: spare what is younger")
    parser.add_argument("--dry-run", action="store_true", help="of prune: only say what would go")


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """List them, or remove those that prune's options do not spare."""
    if arguments.action == "prune":
        return _prune(arguments, context)
    if arguments.keep is not None or arguments.older_than is not None or arguments.dry_run:
        raise UsageError("--keep, --older-than and --dry-run belong to prune", hint="type `orchestra sessions prune`")
    with context.journal_for_reading() as journal:
        rows = [] if journal is None else journal.sessions.all()
    document = {**context.output.head(ExitStatus.DONE), "sessions": [session_json(row) for row in rows]}
    lines = [*map(_line, rows), *left_lines(rows, context.root / FOLDER)]
    context.output.result("\n".join(lines) or "no sessions yet", document)
    return ExitStatus.DONE


def _prune(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    # Loading all that a session is built of takes longer than listing, which needs none of it.
    from orchestra.engine.tidying import prune, to_prune, worked_at
    from orchestra.engine.workplace import open_beside

    keep = arguments.keep
    if keep is None and arguments.older_than is None:
        keep = configuration(context, {}).settings.state.keep
    folder = context.root / FOLDER

    def choose(rows: Sequence[SessionRow]) -> Sequence[SessionRow]:
        now = context.env.clock.now()
        return to_prune(
            rows, keep=keep, older_than=arguments.older_than, now=now, running=worked_at(rows, folder, now)
        )

    with context.journal_for_reading() as journal:
        rows = [] if journal is None else journal.sessions.all()
    gone = choose(rows)
    if not gone or arguments.dry_run:
        return _tell(context, gone, None, is_dry=arguments.dry_run)
    with open_beside(context.root, context.git, context.env) as journal:
        tidied = prune(journal, folder, choose, lambda: context.env.stop.number is not None)
    return _tell(context, tidied.sessions, tidied)


def _tell(
    context: Context, gone: Sequence[SessionRow], tidied: Tidied | None, *, is_dry: bool = False
) -> ExitStatus:
    freed_bytes = None if tidied is None else tidied.freed_bytes
    document = {
        **context.output.head(ExitStatus.DONE), "pruned": [session_json(row) for row in gone],
        "dry_run": is_dry, "freed_bytes": freed_bytes or 0,
    }
    word = f"{len(gone)} session{'' if len(gone) == 1 else 's'}"
    head = f"would remove {word}" if freed_bytes is None else f"removed {word}, {size(freed_bytes)} freed"
    if tidied is not None and not tidied.is_given_back:
        head += " in the journal, for the run beside to fill"
    context.output.result("\n".join([head, *map(_line, gone)]) if gone else "nothing to remove", document)
    return ExitStatus.DONE


def _line(row: SessionRow) -> str:
    return (
        f"{row.session_id}  {row.phase:<17} {'resumable' if row.can_resume else '':<9}  "
        f"{'dry run: ' if row.options.get('dry_run') else ''}{' '.join(row.task.text.split())[:60]}"
    ).rstrip()


def _days(text: str) -> timedelta:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days") from None
    if not 0 <= value <= _MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days from 0 to {_MOST_DAYS}")
    return timedelta(days=value)

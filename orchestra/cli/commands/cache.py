"""What the reply cache holds, or an empty one."""

from __future__ import annotations

import argparse
from typing import Any

from orchestra.cli.configuration import configuration
from orchestra.cli.context import Context
from orchestra.errors import ExitStatus
from orchestra.state.database import FOLDER
from orchestra.state.reply_cache import CacheFigures
from orchestra.views.figures import money, size

NOTHING = CacheFigures(0, 0, 0, None, None, None)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", metavar="stats|clear", choices=("stats", "clear"))


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Do what the first word says. Without a journal there is no cache, and none is made."""
    with context.journal_for_reading() as journal:
        if journal is None:
            figures = NOTHING
        elif arguments.action == "stats":
            figures = journal.reply_cache.figures()
        else:
            figures = _cleared(context)
    if arguments.action == "stats":
        _tell_stats(figures, context)
    else:
        _tell_cleared(figures, context)
    return ExitStatus.DONE


def _cleared(context: Context) -> CacheFigures:
    # Loading all that a session is built of takes longer than telling the figures, which needs none of it.
    from orchestra.engine.tidying import shrink
    from orchestra.engine.workplace import open_beside

    with open_beside(context.root, context.git, context.env) as journal:
        figures = journal.reply_cache.clear()
        shrink(journal, context.root / FOLDER, lambda: context.env.stop.number is not None)
        return figures


def _tell_stats(figures: CacheFigures, context: Context) -> None:
    limits = configuration(context, {}).settings.cache
    document = {
        **context.output.head(ExitStatus.DONE),
        "cache": {
            **_json(figures), "enabled": limits.enabled, "ttl": limits.ttl, "max_bytes": limits.max_bytes,
        },
    }
    saved = "" if figures.saved_usd is None else f", {money(figures.saved_usd)} saved"
    switched_off = "" if limits.enabled else " (cache.enabled is false: it is not used)"
    lines = [
        f"answers   {figures.entries}{switched_off}",
        f"size      {size(figures.size_bytes)} of {size(limits.max_bytes)}",
        f"given     {figures.hits} time{'' if figures.hits == 1 else 's'}{saved}",
    ]
    if figures.oldest:
        lines.append(f"oldest    {figures.oldest}, newest {figures.newest}; each is good for {limits.ttl:g} s")
    context.output.result("\n".join(lines), document)


def _tell_cleared(figures: CacheFigures, context: Context) -> None:
    document = {**context.output.head(ExitStatus.DONE), "cleared": _json(figures)}
    answers = f"{figures.entries} answer{'' if figures.entries == 1 else 's'}"
    context.output.result(f"removed {answers}, {size(figures.size_bytes)}", document)


def _json(figures: CacheFigures) -> dict[str, Any]:
    return {
        "entries": figures.entries, "bytes": figures.size_bytes, "hits": figures.hits,
        "saved_cost_estimate": None if figures.saved_usd is None else float(figures.saved_usd),
        "oldest": figures.oldest, "newest": figures.newest,
    }

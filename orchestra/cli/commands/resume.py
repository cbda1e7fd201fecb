"""Go on where a session stopped; nothing that was answered is asked again."""

from __future__ import annotations

import argparse
from dataclasses import replace

from orchestra.cli import running
from orchestra.cli.commands import undo
from orchestra.cli.configuration import configuration
from orchestra.cli.context import Context
from orchestra.cli.front import front
from orchestra.cli.outcome import failure_json
from orchestra.config.kept import dump_values
from orchestra.engine import undoing
from orchestra.engine.resume import resumed_settings, session_to_resume, take_up_again
from orchestra.engine.wiring import Options, Order, check_order, open_workplace
from orchestra.errors import ExitStatus

__all__ = ["add_arguments", "failure_json", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="SESSION", nargs="?", help="by default the newest that can go on")
    running.add_approval(parser)
    running.add_limits(parser)
    running.add_concurrency(parser)


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Take the session up with the flags and the configuration it was started with."""
    flags = running.limit_flags(arguments)
    current = configuration(context, flags)
    with context.journal_for_reading() as journal:
        session_to_resume(journal, arguments.session)
    with open_workplace(context.root, context.git, context.env) as workplace:
        row = session_to_resume(workplace.journal, arguments.session)
        if row.mode == undoing.MODE:
            return undo.go_on(context, workplace, row.session_id)
        said_now = [key for key, origin in current.origins.items() if _is_said_now(origin, context)]
        settings, refused = resumed_settings(row.config, current, said_now=said_now)
        for key in refused:
            context.output.warn(f"{key} stays as it was when the session started; it cannot be changed on resume")
        options = Options.from_json(row.options)
        view = front(context, settings, arguments.view, yes=arguments.yes)
        order = Order(
            root=context.root, git=context.git, settings=settings,
            kept_config=dump_values(replace(current, settings=settings)), options=options,
            approver=view.approver, listeners=view.listeners, helm=view.helm,
            has_plan=workplace.journal.sessions.plan(row.session_id) is not None,
            offline=context.options.is_offline, timeout_s=arguments.timeout, origins=current.origins,
        )
        chains = check_order(order, context.env)
        take_up_again(workplace.journal, row)
        workplace.journal.sessions.reopen(row.session_id, order.kept_config)
        return running.carry_out(context, workplace, order, chains, row.session_id)


def _is_said_now(origin: str, context: Context) -> bool:
    """Whether a value comes from a flag of this command or from the file that --config names."""
    named = context.options.config
    return origin.startswith("flag ") or (named is not None and _names_file(origin, named, context))


def _names_file(origin: str, named: str, context: Context) -> bool:
    file = origin.rpartition(":")[0]
    return bool(file) and (context.env.cwd / file).resolve() == (context.env.cwd / named).resolve()

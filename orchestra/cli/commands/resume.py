"""Go on where a session stopped, or from one of its checkpoints; nothing is asked twice that need not be."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace

from orchestra.cli import running
from orchestra.cli.configuration import configuration
from orchestra.cli.context import Context
from orchestra.cli.front import front
from orchestra.cli.outcome import failure_json
from orchestra.config.kept import dump_values
from orchestra.config.loading import Config
from orchestra.engine.going_back import GoingBack, session_to_take_back
from orchestra.engine.resume import overlooked, resumed_settings, session_to_resume, take_up_again
from orchestra.engine.order import Options, Order, check_order
from orchestra.engine.workplace import check_place, open_workplace
from orchestra.errors import ExitStatus
from orchestra.state.forgetting import GOING_BACK
from orchestra.state.manager import StateManager
from orchestra.state.sessions import UNDO_MODE, SessionRow
from orchestra.workspace.tree import Tree

__all__ = ["add_arguments", "failure_json", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="SESSION", nargs="?", help="by default the newest that can go on")
    parser.add_argument(
        "--from", metavar="CHECKPOINT", dest="checkpoint",
        help="go back to this checkpoint first: `orchestra status` lists a session's",
    )
    running.add_approval(parser)
    running.add_limits(parser)
    running.add_concurrency(parser)


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Take the session up with the flags and the configuration it was started with."""
    check_place(context.root, context.git)
    flags = running.limit_flags(arguments)
    current = configuration(context, flags)
    with context.journal_for_reading() as journal:
        _find(journal, arguments)
    with open_workplace(context.root, context.git, context.env, halt=context.halt) as workplace:
        running.say_what_is_odd(context, workplace)
        row = _find(workplace.journal, arguments)
        if row.mode == UNDO_MODE:
            from orchestra.cli.commands import undo

            return undo.go_on(context, workplace, row.session_id)
        order = _order(arguments, context, row, current, options=_options(arguments, row, workplace.journal))
        back = GoingBack(
            workplace.journal, Tree(context.root), context.git, row, order.settings.max_iterations
        )
        back.finish()
        has_plan = workplace.journal.sessions.plan(row.session_id) is not None
        order = replace(order, has_plan=has_plan and not back.forgets_plan(arguments.checkpoint))
        chains = check_order(order, context.env)
        if arguments.checkpoint is not None:
            back.run(arguments.checkpoint)
        take_up_again(workplace.journal, row, Tree(workplace.root))
        workplace.journal.sessions.reopen(row.session_id, order.kept_config, asdict(order.options))
        return running.carry_out(context, workplace, order, chains, row.session_id)


def _find(journal: StateManager | None, arguments: argparse.Namespace) -> SessionRow:
    if arguments.checkpoint is not None:
        return session_to_take_back(journal, arguments.session)
    return session_to_resume(journal, arguments.session)


def _options(arguments: argparse.Namespace, row: SessionRow, journal: StateManager) -> Options:
    """The session's; its plan is a person's to approve from where that person went back, or was missed."""
    kept = Options.from_json(row.options)
    goes_back = arguments.checkpoint is not None or journal.recall(row.session_id, GOING_BACK) is not None
    is_asked = goes_back or row.exit_status == ExitStatus.NOT_APPROVED
    return replace(kept, yes=arguments.yes or (kept.yes and not is_asked))


def _order(
    arguments: argparse.Namespace, context: Context, row: SessionRow, current: Config, *, options: Options
) -> Order:
    said_now = [key for key, origin in current.origins.items() if _is_said_now(origin, context)]
    settings, refused = resumed_settings(row.config, current, said_now=said_now)
    for key in refused:
        context.output.warn(f"{key} stays as it was when the session started; it cannot be changed on resume")
    for key in overlooked(settings, current):
        why = f"the {current.origins[key]} does not change it on resume"
        context.output.warn(f"{key} stays as it was when the session started; {why}")
    view = front(context, settings, arguments.view, yes=options.yes)
    return Order(
        root=context.root, git=context.git, settings=settings,
        kept_config=dump_values(replace(current, settings=settings)), options=options,
        approver=view.approver, listeners=view.listeners, helm=view.helm, offline=context.options.is_offline,
        timeout_s=context.deadline.remaining_s(), origins=current.origins,
    )


def _is_said_now(origin: str, context: Context) -> bool:
    """Whether a value comes from a flag of this command or from the file that --config names."""
    named = context.options.config
    return origin.startswith("flag ") or (named is not None and _names_file(origin, named, context))


def _names_file(origin: str, named: str, context: Context) -> bool:
    file = origin.rpartition(":")[0]
    return bool(file) and (context.env.cwd / file).resolve() == (context.env.cwd / named).resolve()

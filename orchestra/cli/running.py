"""What run, plan and resume have in common: options, approval, view, and the telling of the outcome."""

from __future__ import annotations

import argparse
import os
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from orchestra.cli.arguments import count
from orchestra.cli.context import Context
from orchestra.cli.given_text import text_of_file
from orchestra.cli.outcome import outcome_json, outcome_text
from orchestra.cli.own_source import load_own_source
from orchestra.config.settings import Settings
from orchestra.engine.approval import Approver, approve_all, nobody_there
from orchestra.engine.chains import ChainPlan, key_variables
from orchestra.engine.session import Report
from orchestra.engine.order import Order, check_order
from orchestra.engine.showing import Showing
from orchestra.engine.wiring import wire
from orchestra.engine.workplace import Workplace, state_first
from orchestra.errors import ExitStatus, OrchestraError, UsageError
from orchestra.observe.events import Listener
from orchestra.observe.log import as_json
from orchestra.state.database import FOLDER
from orchestra.state.file_systems import network_file_system
from orchestra.state.manager import StateManager
from orchestra.views.lines import LineView
from orchestra.views.log_lines import LogView
from orchestra.views.plan_prompt import TerminalPrompt
from orchestra.workspace.children import child_variables
from orchestra.workspace.listing import ignored_paths, is_secret
from orchestra.workspace.patch import FileChange, unified_patch
from orchestra.workspace.tree import Tree

VIEWS = ("auto", "screen", "lines", "none")
NAMES_COUNT_FROM = "name a file that is there; names count from the current folder"
"""What to type in place of a file's name that is wrong."""
Flags = Mapping[str, "tuple[str, object]"]


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Options that also a resumed session takes."""
    parser.add_argument("--max-cost", metavar="USD", type=_money, help="stop when this much has been spent")
    parser.add_argument("--timeout", metavar="SECONDS", type=_seconds, help="stop after this time; resumable")
    parser.add_argument("--view", choices=VIEWS, default="auto", metavar="VIEW", help="auto, screen, lines or none")


def add_concurrency(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--max-concurrency", metavar="N", type=count, help="files worked on at once")


def add_approval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-y", "--yes", action="store_true", help="approve the plan without asking")


def limit_flags(arguments: argparse.Namespace) -> dict[str, tuple[str, object]]:
    """The settings that these options stand for."""
    flags: dict[str, tuple[str, object]] = {}
    if arguments.max_cost is not None:
        flags["budget.max_cost"] = ("--max-cost", arguments.max_cost)
    if getattr(arguments, "max_concurrency", None) is not None:
        flags["max_concurrency"] = ("--max-concurrency", arguments.max_concurrency)
    return flags


def approver(context: Context, settings: Settings, *, yes: bool, stdin_is_taken: bool = False) -> Approver:
    """Who decides about the plan: a flag, a person at the terminal, or nobody."""
    if yes:
        return approve_all("--yes")
    if settings.auto_approve:
        return approve_all("auto_approve")
    if stdin_is_taken:
        return nobody_there("the task came from standard input, so that nobody can be asked there")
    why = context.env.why_nobody_to_ask()
    if why is not None:
        return nobody_there(why)
    variables = child_variables(context.env.variables, key_variables(settings.providers))
    return TerminalPrompt(
        context.env, context.output.prompt, state_folder=context.root / FOLDER, variables=variables,
        halt=context.halt,
    )


def listeners(context: Context, view: str) -> list[Listener]:
    """Who is told of events besides the journal and the log, where there is no screen."""
    output = context.output
    told: list[Listener] = [] if context.profiler is None else [context.profiler]
    if output.as_json_stream:
        told.append(lambda event: output.event(as_json(event)))
    if view != "none" and not context.options.is_quiet:
        write: Callable[[str], None] = output.say
        if context.options.is_verbose:
            told.append(LogView(write, level=context.options.log_level or "debug"))
        else:
            told.append(LineView(write, started=context.env.clock.now()))
    return told


def say_what_is_odd(context: Context, workplace: Workplace) -> None:
    """Warn of a journal that was damaged, or that cannot be kept as it is elsewhere."""
    if workplace.salvaged is not None:
        context.output.warn(str(workplace.salvaged))
    kind = network_file_system(workplace.folder)
    if kind is not None:
        context.output.warn(on_network(kind))


def on_network(kind: str) -> str:
    """What it means that the state folder is on a file system of this type."""
    return f"the state folder is on a network file system ({kind}): the journal is kept there without WAL, slower"


def checked_chains(context: Context, order: Order) -> ChainPlan:
    """Who can be asked for a new session's work. Raises ConfigError, and first what is wrong with the state."""
    with state_first(context.root, context.env):
        return check_order(order, context.env)


def warn_of_chains(context: Context, order: Order, chains: ChainPlan) -> None:
    """Say what of the chains is not as configured, and have their keys told to nobody."""
    for name, variables in chains.left_out.items():
        context.output.warn(f"{name} is left out of the chains: there is no key in {' or '.join(variables)}")
    for named, sent in chains.replaced.items():
        context.output.warn(f"{named} is switched off by its vendor; {sent} is asked in its place")
    if chains.unpriced and order.settings.budget.max_cost is not None:
        context.output.warn(f"no price is known for {', '.join(chains.unpriced)}: what it costs is outside the budget")
    context.output.redactor.learn(key for key in chains.keys.values() if key)


def carry_out(
    context: Context, workplace: Workplace, order: Order, chains: ChainPlan, session_id: str,
    *, more: Callable[[Report], tuple[str, dict[str, Any]]] | None = None,
) -> ExitStatus:
    """Run a session and tell how it ended; `more` adds to the text and the JSON of the result."""
    context.output.session = {"session_id": session_id, "can_resume": True}
    warn_of_chains(context, order, chains)
    load_own_source(order.root)
    with wire(workplace, order, chains, session_id, context.env) as session:
        with order.helm.open(partial(diff_of, workplace.journal, session_id)):
            report = session.run()
    context.output.session = {"session_id": session_id, "can_resume": report.can_resume}
    if context.profiler is not None:
        workplace.journal.keep(session_id, "profile", context.profiler.document())
    changes = workplace.journal.images.changed(session_id) if order.options.dry_run else {}
    patch = unified_patch(FileChange(path, before, after) for path, (before, after) in changes.items())
    text, extra = more(report) if more else ("", {})
    document = {**outcome_json(report, context.output), **extra}
    if report.error is not None:
        context.output.error(report.error)
    if order.options.dry_run:
        if not context.output.as_json:
            context.output.say(outcome_text(report, is_dry=True))
        context.output.patch(patch, {**document, "diff": patch})
    else:
        context.output.result(text or outcome_text(report), document)
    return report.status


def diff_of(journal: StateManager, session_id: str, path: str) -> str:
    """What a session has made of a path, as a patch; empty where it has not written there."""
    if journal.images.count_writes(session_id, path) == 0:
        return ""
    return unified_patch([FileChange(path, *journal.images.ends(session_id, path))])


def relative_to_root(context: Context, path: str) -> str:
    """A path as typed, relative to the root. Raises UsageError for a file that is not there."""
    full = Path(os.path.normpath(context.env.cwd / path))
    if not os.path.isfile(full):
        what = "it is a folder, not a file" if os.path.isdir(full) else "there is no such file"
        raise UsageError(what, where=path if path.strip("./") else repr(path), hint=NAMES_COUNT_FROM)
    try:
        return full.resolve().relative_to(context.root.resolve()).as_posix()
    except ValueError:
        hint = f"name one below {context.root}"
        raise UsageError("the file lies outside the repository", where=path, hint=hint) from None


def folder_of(context: Context) -> str:
    """Where the user stands, relative to the root; empty for the root, and for what no text can name."""
    folder = os.path.relpath(os.path.realpath(context.env.cwd), os.path.realpath(context.root))
    is_below = folder != os.curdir and not folder.startswith(os.pardir) and folder.isprintable()
    return Path(folder).as_posix() if is_below else ""


def must_show(context: Context, paths: Sequence[str]) -> tuple[str, ...]:
    """The paths relative to the root; of each that no model gets to see whole it is said why. Raises UsageError."""
    given = tuple(relative_to_root(context, path) for path in paths)
    showing = Showing(context.root, context.git, Tree(context.root))
    # Only so many are shown at once.
    for path, why in (left_out for one in given for left_out in showing.show([one])[1]):
        if showing.show_long([path])[0]:
            context.output.warn(f"{path} is shown to the architect in part only: it is too long")
        else:
            context.output.warn(f"{path} is not shown to the architect: {_why_not_shown(context, path) or why}")
    return given


def _why_not_shown(context: Context, path: str) -> str | None:
    if is_secret(path):
        return "it may hold secrets"
    with suppress(OrchestraError):  # what of another repository's is ignored, git does not say
        if ignored_paths(context.root, context.git, [path]):
            return "it is ignored"
    return None


def read_text_file(context: Context, path: str) -> str:
    """The text of a file named on the command line, without the mark that editors may begin it with.

    Raises UsageError.
    """
    try:
        return text_of_file(context.env.cwd / path, context.halt)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        hint = "save it in UTF-8" if isinstance(error, UnicodeDecodeError) else NAMES_COUNT_FROM
        raise UsageError(f"the file cannot be read: {reason}", where=path, hint=hint) from None


def _money(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount in USD") from None
    if not value.is_finite() or value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount in USD")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value

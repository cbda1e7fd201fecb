"""Plan a change, have it approved, write it, review it, test it, commit it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Callable

from orchestra.agents.plan_file import PlanFile, parse_plan
from orchestra.cli import running
from orchestra.cli.arguments import count
from orchestra.cli.configuration import configuration
from orchestra.cli.context import Context
from orchestra.cli.front import front
from orchestra.cli.outcome import failure_json
from orchestra.cli.task import add_task, read_task
from orchestra.config.kept import dump_values
from orchestra.engine.modes import MODES
from orchestra.engine.session import Report
from orchestra.engine.order import Options, Order
from orchestra.engine.workplace import check_place, new_session, open_workplace
from orchestra.errors import ExitStatus, UsageError
from orchestra.records import Task

if TYPE_CHECKING:
    from orchestra.adapters.replaying import Cassette

__all__ = ["add_arguments", "failure_json", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_carrying_out(parser)
    parser.add_argument("--dry-run", action="store_true", help="everything but writing: ends with the diff")
    cassette = parser.add_mutually_exclusive_group()
    cassette.add_argument("--record", metavar="FILE", help="write the answers of this run to a new FILE, for --replay")
    cassette.add_argument(
        "--replay", metavar="FILE", help="have FILE answer in place of the models, without key or network"
    )


def add_carrying_out(parser: argparse.ArgumentParser) -> None:
    """What every command takes that carries out a task to its end."""
    add_task(parser)
    running.add_approval(parser)
    parser.add_argument("--mode", choices=MODES, metavar="MODE", help=", ".join(MODES))
    running.add_concurrency(parser)
    parser.add_argument("--plan", metavar="FILE", help="carry out the plan in FILE; the task comes from it too")
    running.add_limits(parser)
    parser.add_argument("--max-iterations", metavar="N", type=count, help="drafts of a file at most")
    parser.add_argument("--file", metavar="PATH", action="append", default=[], help="show this file to the architect")
    tests = parser.add_mutually_exclusive_group()
    tests.add_argument("--test", action="store_true", default=None, help="run the tests, and insist that there are any")
    tests.add_argument("--no-test", action="store_false", dest="test", help="run no tests")
    parser.add_argument("--test-command", metavar="CMD", help="what runs the tests, for sh -c")
    commit = parser.add_mutually_exclusive_group()
    commit.add_argument("--commit", action="store_true", default=None, help="commit the change when all went well")
    commit.add_argument("--no-commit", action="store_false", dest="commit", help="make no commit")
    parser.add_argument("--allow-dirty", action="store_true", help="commit also the user's own work in planned files")


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Start a session and carry it to its end."""
    check_place(context.root, context.git)
    given = given_plan(arguments, context)
    task = Task(given.task, arguments.plan) if given else read_task(arguments, context)
    config = configuration(context, flags_of(arguments))
    settings = config.settings
    options = Options(
        dry_run=arguments.dry_run,
        allow_dirty=arguments.allow_dirty,
        must_show=running.must_show(context, arguments.file), folder=running.folder_of(context),
        yes=arguments.yes,
    )
    view = front(context, settings, arguments.view, yes=arguments.yes, stdin_is_taken=task.source == "stdin")
    order = Order(
        root=context.root, git=context.git, settings=settings, kept_config=dump_values(config), options=options,
        approver=view.approver, listeners=view.listeners, helm=view.helm, given_plan=given,
        offline=context.options.is_offline, timeout_s=context.deadline.remaining_s(), origins=config.origins,
        record_to=None if arguments.record is None else context.env.cwd / arguments.record,
        cassette=_cassette(arguments, context),
    )
    chains = running.checked_chains(context, order)
    with open_workplace(context.root, context.git, context.env, salvages=True, halt=context.halt) as workplace:
        running.say_what_is_odd(context, workplace)
        session_id = new_session(workplace, order, task, context.env)
        return running.carry_out(context, workplace, order, chains, session_id, more=_replayed_from(order))


def _cassette(arguments: argparse.Namespace, context: Context) -> Cassette | None:
    if arguments.replay is None:
        return None
    from orchestra.adapters.replaying import Cassette

    return Cassette.load(context.env.cwd / arguments.replay, name=arguments.replay)


def _replayed_from(order: Order) -> Callable[[Report], tuple[str, dict[str, Any]]]:
    """What the result says more of a session that no model answered."""
    return lambda report: ("", {} if order.cassette is None else {"replayed_from": order.cassette.name})


def given_plan(arguments: argparse.Namespace, context: Context) -> PlanFile | None:
    """What --plan names. Raises UsageError."""
    if arguments.plan is None:
        return None
    if arguments.task or context.after_dashes or arguments.task_file:
        raise UsageError("with --plan the task comes from the plan's file", hint="leave the task out")
    given = parse_plan(running.read_text_file(context, arguments.plan), source=arguments.plan)
    if not given.task.strip():
        raise UsageError("the plan names no task", where=arguments.plan, hint="add a line `Task: ...` to its header")
    return given


def flags_of(arguments: argparse.Namespace) -> dict[str, tuple[str, Any]]:
    """The settings that the options stand for."""
    flags: dict[str, tuple[str, Any]] = dict(running.limit_flags(arguments))
    if arguments.mode is not None:
        flags["mode"] = ("--mode", arguments.mode)
    if arguments.max_iterations is not None:
        flags["max_iterations"] = ("--max-iterations", arguments.max_iterations)
    if arguments.test is not None:
        flags["tests.run"] = ("--test" if arguments.test else "--no-test", arguments.test)
    if arguments.test_command is not None:
        flags["tests.command"] = ("--test-command", arguments.test_command)
    if arguments.commit is not None:
        flags["commit.enabled"] = ("--commit" if arguments.commit else "--no-commit", arguments.commit)
    return flags

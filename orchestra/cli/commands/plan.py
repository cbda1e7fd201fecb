"""Only the plan: print it, and keep it in .orchestra/plan.md."""

from __future__ import annotations

import argparse
from typing import Any

from orchestra.agents.plan_json import plan_to_json
from orchestra.cli import running
from orchestra.cli.configuration import configuration
from orchestra.cli.context import Context
from orchestra.cli.front import front
from orchestra.cli.outcome import failure_json
from orchestra.cli.task import add_task, read_task
from orchestra.config.kept import dump_values
from orchestra.engine.session import Report
from orchestra.engine.order import Options, Order
from orchestra.engine.workplace import check_place, new_session, open_workplace
from orchestra.errors import ExitStatus
from orchestra.state.database import FOLDER
from orchestra.state.plan_text import FILE
from orchestra.views.plan_page import plan_page

__all__ = ["add_arguments", "failure_json", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_task(parser)
    running.add_limits(parser)
    parser.add_argument("--file", metavar="PATH", action="append", default=[], help="show this file to the architect")


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Start a session that stops before approval; `resume` goes on with it."""
    check_place(context.root, context.git)
    task = read_task(arguments, context)
    config = configuration(context, running.limit_flags(arguments))
    options = Options(must_show=running.must_show(context, arguments.file), folder=running.folder_of(context))
    # One call is no reason to take the whole screen unasked.
    chosen = "lines" if arguments.view == "auto" else arguments.view
    view = front(context, config.settings, chosen, yes=False, stdin_is_taken=task.source == "stdin")
    order = Order(
        root=context.root, git=context.git, settings=config.settings, kept_config=dump_values(config),
        options=options,
        approver=view.approver, listeners=view.listeners, helm=view.helm, only_plan=True,
        offline=context.options.is_offline, timeout_s=context.deadline.remaining_s(), origins=config.origins,
    )
    chains = running.checked_chains(context, order)
    with open_workplace(context.root, context.git, context.env, salvages=True, halt=context.halt) as workplace:
        running.say_what_is_odd(context, workplace)
        session_id = new_session(workplace, order, task, context.env)
        return running.carry_out(context, workplace, order, chains, session_id, more=_plan_of)


def _plan_of(report: Report) -> tuple[str, dict[str, Any]]:
    if report.plan is None:
        return "", {"plan": None, "plan_file": None}
    text = plan_page(report.plan, full=True)
    if report.plan.files:
        text += f"\n\nkept in {FOLDER}/{FILE}; `orchestra resume {report.outcome.session_id}` carries it out"
    return text, {"plan": plan_to_json(report.plan), "plan_file": f"{FOLDER}/{FILE}"}

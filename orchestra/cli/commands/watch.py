"""Carry out a task, and again whenever watched files change."""

from __future__ import annotations

import argparse
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, Callable, Mapping, Sequence

from orchestra.agents.plan_file import PlanFile
from orchestra.cli import running
from orchestra.cli.commands.run import add_carrying_out, flags_of, given_plan
from orchestra.cli.configuration import configuration
from orchestra.cli.context import Context
from orchestra.cli.front import front
from orchestra.cli.outcome import outcome_json, outcome_text
from orchestra.cli.own_source import load_own_source
from orchestra.cli.task import read_task
from orchestra.clock import CancelToken
from orchestra.config.kept import dump_values
from orchestra.engine.approval import Unattended, approve_all
from orchestra.engine.chains import ChainPlan
from orchestra.engine.watch import Carried, Surroundings, Watch, WatchReport, approved_in, seed
from orchestra.engine.watch_rounds import Round
from orchestra.engine.order import Options, Order
from orchestra.engine.wiring import wire
from orchestra.engine.workplace import check_place, new_session, open_workplace
from orchestra.errors import ExitStatus, OrchestraError
from orchestra.observe.events import Events
from orchestra.observe.log import as_json
from orchestra.records import Event, Task
from orchestra.state.manager import StateManager
from orchestra.workspace.tree import Tree
from orchestra.workspace.watch_scope import WatchScope, check_wanted
from orchestra.workspace.watcher import Watcher

__all__ = ["add_arguments", "failure_json", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_carrying_out(parser)
    parser.add_argument("--poll", action="store_true", help="look at the files in turns; rely on no notices of changes")


def failure_json(status: ExitStatus) -> dict[str, Any]:
    """What the result says where no watch came to be."""
    return {"status": status.word, "task": None, "mode": None, "rounds": []}


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Run rounds until a signal or a limit."""
    check_place(context.root, context.git)
    given = given_plan(arguments, context)
    task = Task(given.task, arguments.plan) if given else read_task(arguments, context)
    config = configuration(context, flags_of(arguments))
    check_wanted(config.settings.watch.paths)
    view = front(context, config.settings, arguments.view, yes=arguments.yes, stdin_is_taken=task.source == "stdin")
    order = Order(
        root=context.root, git=context.git, settings=config.settings, kept_config=dump_values(config),
        options=Options(
            allow_dirty=arguments.allow_dirty,
            must_show=running.must_show(context, arguments.file), folder=running.folder_of(context),
            yes=arguments.yes,
        ),
        approver=view.approver, listeners=view.listeners, helm=view.helm, given_plan=given,
        offline=context.options.is_offline, origins=config.origins,
    )
    chains = running.checked_chains(context, order)
    running.warn_of_chains(context, order, chains)
    load_own_source(context.root)
    # Held for a moment only: between the rounds others may work here.
    with open_workplace(context.root, context.git, context.env, salvages=True) as workplace:
        running.say_what_is_odd(context, workplace)
    return _Watching(context, order, chains, task).run(only_looks=arguments.poll)


class _Watching:
    """The watch of one command."""

    def __init__(self, context: Context, order: Order, chains: ChainPlan, task: Task) -> None:
        self._context = context
        self._order = order
        self._chains = chains
        self._task = task
        self._rounds: list[dict[str, Any]] = []
        self._events = Events(context.env.clock, context.output.redactor)
        if context.output.as_json_stream:
            self._events.listen(lambda event: context.output.event(as_json(event)))
        self._events.listen(self._say)

    def run(self, *, only_looks: bool) -> ExitStatus:
        context, order, cancel = self._context, self._order, CancelToken()
        scope = WatchScope(order.root, order.git, order.settings.watch.paths)
        self._deadline = context.deadline
        watcher = Watcher(order.root, scope, context.env.clock, cancel, only_looks=only_looks)
        try:
            self._events.emit("watch.started", files=watcher.files, looking_because=watcher.why_looking or None)
            around = Surroundings(
                watcher=watcher, clock=context.env.clock, stop=context.env.stop, cancel=cancel,
                deadline=self._deadline, debounce_s=order.settings.watch.debounce,
                max_cost_usd=order.settings.budget.max_cost, is_attended=self._is_attended(), read=self._read,
                is_of_user=lambda path: order.git is None or bool(order.git.dirty([path])), learn=self._learn,
                carry_out=self._carry_out, emit=self._events.emit,
            )
            report = Watch(self._task, around).run(Round("start", self._task))
        finally:
            watcher.close()
        return self._tell(report)

    def _is_attended(self) -> bool:
        approver = self._order.approver
        return not isinstance(approver, Unattended) or approver.approves

    def _read(self, path: str) -> bytes | None:
        with suppress(OrchestraError):
            return Tree(self._order.root).read(path).content
        return None

    def _learn(self, read: Callable[[StateManager], object]) -> None:
        with self._context.journal_for_reading() as journal:
            if journal is not None:
                read(journal)

    def _carry_out(self, coming: Round, left_usd: Decimal | None) -> Carried:
        env, output = self._context.env, self._context.output
        order = self._order_of(coming, left_usd)
        with open_workplace(order.root, order.git, env, salvages=True, halt=self._context.halt) as workplace:
            session_id = new_session(workplace, order, coming.task, env)
            output.session = {"session_id": session_id, "can_resume": True}
            if coming.plan_before is not None:
                seed(workplace.journal, session_id, coming.plan_before, coming.remark)
            with wire(workplace, order, self._chains, session_id, env) as session:
                with order.helm.open(partial(running.diff_of, workplace.journal, session_id)):
                    report = session.run()
            output.session = {}
            carried = Carried(coming, report, approved_in(workplace.journal, report))
        self._tell_round(carried)
        return carried

    def _order_of(self, coming: Round, left_usd: Decimal | None) -> Order:
        order = self._order
        shown = dict.fromkeys((*order.options.must_show, *coming.must_show))
        order = replace(
            order, timeout_s=self._deadline.remaining_s(),
            settings=replace(order.settings, budget=replace(order.settings.budget, max_cost=left_usd)),
            options=replace(order.options, must_show=tuple(path for path in shown if self._read(path) is not None)),
            given_plan=order.given_plan if coming.comment is None and coming.plan_before is None else None,
            narrow=coming.narrowed,
        )
        if coming.plan is None:
            return order
        plan = PlanFile(coming.plan, coming.task.text)
        return replace(order, given_plan=plan, approver=approve_all("watch, being of a plan that was approved"))

    def _tell_round(self, carried: Carried) -> None:
        output, coming, report = self._context.output, carried.round, carried.report
        document = outcome_json(report, output)
        del document["schema"]
        self._rounds.append({"cause": coming.cause, "changed": list(coming.changed), **document})
        if report.error is not None:
            output.error(report.error)
        if not output.as_json:
            output.result(outcome_text(report), {})

    def _tell(self, report: WatchReport) -> ExitStatus:
        output = self._context.output
        if report.error is not None and not any(report.error.message in _message(kept) for kept in self._rounds):
            output.error(report.error)
        head = output.head(report.status, report.error)
        output.result(
            f"{report.status.word}: the watch is over after {_count(report.rounds, 'round')}",
            {**head, "status": report.status.word, "task": self._task.text, "mode": self._order.settings.mode,
             "rounds": self._rounds},
        )
        return report.status

    def _say(self, event: Event) -> None:
        text = _TEXTS.get(event.name)
        if text is not None:
            self._context.output.warn(text(event.data))


def _message(kept: Mapping[str, Any]) -> str:
    return "" if kept["error"] is None else str(kept["error"]["message"])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _started(data: Mapping[str, Any]) -> str:
    how = f", looked at in turns ({data['looking_because']})" if data["looking_because"] else ""
    return f"watching {_count(data['files'], 'file')}{how}; Ctrl-C ends it"


def _asked(data: Mapping[str, Any]) -> str:
    return f"{_count(data['comments'], 'comment')} to be seen to after the task: {_listed(data['paths'])}"


def _changed(data: Mapping[str, Any]) -> str:
    return f"changed: {_listed(data['paths'])}" + ("" if data["starts_round"] else "; nothing is to be done about it")


def _listed(paths: Sequence[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")


def _round(data: Mapping[str, Any]) -> str:
    if data["cause"] == "comment":
        what = f"a comment in {data['changed'][0]}"
    else:
        what = "the task" if data["planned"] is None else f"{_count(len(data['planned']), 'file')} of the plan"
    return f"round {data['number']}: {what}"


_TEXTS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "watch.started": _started,
    "watch.changed": _changed,
    "watch.round": _round,
    "watch.comment_left": lambda data: f"the comment in {data['path']} is still there; remove it, or put it otherwise",
    "watch.held": lambda data: f"waiting: {data['why']}",
    "watch.asked": _asked,
    "watch.waiting": lambda data: "waiting for changes",
}

"""Where a person meets a run: who decides about its plan, who is told of events, what steers."""

from __future__ import annotations

from typing import Sequence

from orchestra.cli import running
from orchestra.cli.context import Context
from orchestra.config.settings import Settings
from orchestra.dataclass import dataclass
from orchestra.engine.approval import Approver
from orchestra.engine.helm import Helm, Unmanned
from orchestra.observe.events import Listener
from orchestra.views.plan_prompt import TerminalPrompt


@dataclass(frozen=True)
class Front:
    """What an order needs for the view that was chosen."""

    approver: Approver
    listeners: Sequence[Listener]
    helm: Helm


def front(
    context: Context, settings: Settings, view: str, *, yes: bool, stdin_is_taken: bool = False
) -> Front:
    """The screen where it is wanted and possible, else lines or nothing.

    `auto` takes the screen unless details (-v) or silence (-q) are asked for.
    """
    decides = running.approver(context, settings, yes=yes, stdin_is_taken=stdin_is_taken)
    options = context.options
    is_wanted = view == "screen" or (view == "auto" and not options.is_verbose and not options.is_quiet)
    problem = _why_no_screen(context, stdin_is_taken=stdin_is_taken) if is_wanted else None
    if not is_wanted or problem is not None:
        if view == "screen":
            context.output.warn(f"lines are shown instead of the screen: {problem}")
        return Front(decides, running.listeners(context, "lines" if view == "screen" else view), Unmanned())
    return _with_screen(context, decides)


def _why_no_screen(context: Context, *, stdin_is_taken: bool) -> str | None:
    env, term = context.env, context.env.variables.get("TERM", "")
    if context.output.as_json:
        return "the output is JSON"
    if not env.is_terminal(env.stderr):
        return "standard error is no terminal"
    if stdin_is_taken or not env.is_terminal(env.stdin):
        return "standard input is no terminal for keys"
    if env.variables.get("CI"):
        return "CI is set"
    if term in ("", "dumb"):
        return f"TERM is {term or 'not set'}"
    try:
        from orchestra.views.screen.terminal import why_not
    except ImportError:
        return "this Python has no curses"
    return why_not(term)


def _with_screen(context: Context, decides: Approver) -> Front:
    from orchestra.views.screen.prompt import ScreenPrompt
    from orchestra.views.screen.screen import Screen
    from orchestra.views.screen.terminal import Terminal

    env, output = context.env, context.output
    screen = Screen(env, Terminal(has_color=env.wants_color(env.stderr, output.color)), context.halt)
    if isinstance(decides, TerminalPrompt):
        decides = ScreenPrompt(screen, decides, output.redactor.text)
    told = [] if context.profiler is None else [context.profiler]
    return Front(decides, [*told, screen.board], screen)

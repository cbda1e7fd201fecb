"""Tables of what there is, taken from the code itself: for `help TOPIC` and for README."""

from __future__ import annotations

from typing import Callable, Mapping, Sequence

from orchestra.adapters.catalog import resolve
from orchestra.adapters.policy import policy_rows
from orchestra.adapters.rows import ProviderRow
from orchestra.agents.template_list import PLACEHOLDERS, TEMPLATES
from orchestra.agents.templates import load
from orchestra.cli.command_list import COMMANDS
from orchestra.config.tables import keys_table, variables_table
from orchestra.errors import ExitStatus
from orchestra.views.figures import exactly
from orchestra.views.prices import prices


def commands_table() -> str:
    """Every command with its summary."""
    return _table(("command", "does"), [(f"`{name}`", summary) for name, summary in COMMANDS.items()])


def exit_status_table() -> str:
    """Every exit status with its meaning and the word in JSON."""
    rows = [(str(int(status)), status.meaning, f"`{status.word}`") for status in ExitStatus]
    return _table(("status", "meaning", "`status` in JSON"), rows)


def providers_table() -> str:
    """The providers that need no configuration, and their models with list prices."""
    rows = tuple(resolve({}).values())
    providers = [(f"`{row.name}`", row.title, _key(row), f"`{row.base_url}`") for row in rows]
    models = [
        (f"`{row.name}/{model.id}`", exactly(model.context_window), prices(model.prices), model.best_at)
        for row in rows
        for model in row.models.values()
    ]
    return (
        _table(("provider", "what it is", "key", "address"), providers)
        + "\n"
        + _table(("model", "window, tokens", "USD per million tokens in / out / cached", "best at"), models)
    )


def policy_table() -> str:
    """What follows a provider's fault."""
    rows = [(f"`{code}`", happened, same, then) for code, happened, same, then in policy_rows()]
    return _table(("`error_code`", "what happened", "the same model is", "if that does not help"), rows)


def templates_table() -> str:
    """The prompt templates with their placeholders, and what these stand for."""
    rows = [
        (f"`{name}.txt`", use, ", ".join(f"`{each}`" for each in sorted(load(name).names)) or "none")
        for name, use in TEMPLATES.items()
    ]
    values = [(f"`{{{{{name}}}}}`", meaning) for name, meaning in PLACEHOLDERS.items()]
    return _table(("template", "what it is", "placeholders"), rows) + "\n" + _table(("placeholder", "value"), values)


TOPICS: Mapping[str, Callable[[], str]] = {
    "commands": commands_table,
    "exit-status": exit_status_table,
    "config": keys_table,
    "variables": variables_table,
    "providers": providers_table,
    "policy": policy_table,
    "templates": templates_table,
}
"""Name to table, in Markdown."""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _key(row: ProviderRow) -> str:
    return ", else ".join(f"`{name}`" for name in row.key_variables) or "none"

"""The merged configuration: show it, write a file to start from, or say which files are read."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Callable, Sequence

from orchestra.adapters.catalog import resolve
from orchestra.adapters.local_servers import UsualServer, listening
from orchestra.cli.configuration import configuration, user_file
from orchestra.cli.context import Context
from orchestra.config.init import InitChoices, LocalServer, commented_file
from orchestra.config.loading import REPOSITORY_FILE
from orchestra.config.show import render_show, show_as_json
from orchestra.errors import ExitStatus, NotApproved, UsageError, WorkspaceError
from orchestra.records import AGENT_ROLES

_LOCAL = "local"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", metavar="show|init|path", choices=("show", "init", "path"))
    parser.add_argument("--origin", action="store_true", help="show: where each value comes from")
    parser.add_argument("-y", "--yes", action="store_true", help="init: write the file without asking")


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Do what the first word says."""
    action: Callable[[argparse.Namespace, Context], ExitStatus] = {"show": _show, "init": _init, "path": _path}[
        arguments.action
    ]
    return action(arguments, context)


def _show(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    config = configuration(context, {})
    document = {**context.output.head(ExitStatus.DONE), **show_as_json(config)}
    context.output.result(render_show(config, with_origin=arguments.origin), document)
    return ExitStatus.DONE


def _path(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    named = context.options.config or context.env.variables.get("ORCHESTRA_CONFIG")
    files = [
        ("user", user_file(context)),
        ("repository", context.root / REPOSITORY_FILE),
        ("named", context.env.cwd / named if named else None),
    ]
    rows = [(kind, file, file.exists()) for kind, file in files if file is not None]
    lines = [f"{kind:<10}  {file}{'' if exists else '  (not there)'}" for kind, file, exists in rows]
    document = {
        **context.output.head(ExitStatus.DONE),
        "files": [{"kind": kind, "path": str(file), "exists": exists} for kind, file, exists in rows],
    }
    context.output.result("\n".join(lines), document)
    return ExitStatus.DONE


def _init(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    target = user_file(context)
    if target is None:
        raise UsageError("there is no place for the file", hint="set HOME or XDG_CONFIG_HOME")
    if target.exists():
        raise UsageError("the file is there already", where=str(target), hint="edit it, or move it away first")
    providers = _providers_with_key(context)
    choices = InitChoices(providers=providers)
    if not arguments.yes:
        choices = _ask(context, providers, listening())
    _write(target, commented_file(choices))
    document = {**context.output.head(ExitStatus.DONE), "path": str(target)}
    context.output.result(f"wrote {target}", document)
    return ExitStatus.DONE


def _providers_with_key(context: Context) -> tuple[str, ...]:
    variables = context.env.variables
    return tuple(
        row.name
        for row in resolve({}).values()
        if any(variables.get(name) or variables.get(f"{name}_FILE") for name in row.key_variables)
    )


def _ask(context: Context, providers: Sequence[str], servers: Sequence[UsualServer]) -> InitChoices:
    """What the user chooses. Raises NotApproved when nobody is there to ask."""
    if not context.env.is_terminal(context.env.stdin):
        raise NotApproved("there is no terminal to ask at", hint="`orchestra config init --yes` writes the file")
    found = ", ".join(providers) or "none"
    context.output.prompt(f"Keys were found for these providers: {found}.\n")
    chosen: list[LocalServer] = []
    for server in servers:
        question = f"Something answers at {server.base_url}, where {server.software} usually listens. Use it? [y/N] "
        if _answer(context, question).lower() in ("y", "yes"):
            model = _answer(context, "The id of its model: ")
            if model:
                chosen.append(LocalServer(_LOCAL, server.base_url, models=(model,)))
                break
    chains = {role: tuple(f"{_LOCAL}/{server.models[0]}" for server in chosen) for role in AGENT_ROLES if chosen}
    return InitChoices(providers=tuple(providers), servers=tuple(chosen), chains=chains)


def _answer(context: Context, question: str) -> str:
    context.output.prompt(question)
    line = context.env.read_line()
    if line is None:
        raise NotApproved("the input ended", hint="`orchestra config init --yes` writes the file without asking")
    return line.strip()


def _write(target: Path, text: str) -> None:
    """A new file, readable by the user alone since keys get written into such files all the same."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise WorkspaceError("the file cannot be written", where=f"{target}: {error.strerror}") from None

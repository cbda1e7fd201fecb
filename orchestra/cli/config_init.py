"""A configuration file to start from: what is found on this machine is offered."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Sequence

from orchestra.adapters.local_servers import usual_servers
from orchestra.cli.configuration import configuration, user_file
from orchestra.cli.context import Context
from orchestra.config.init import InitChoices, LocalServer, commented_file
from orchestra.engine.inquiry import Inquiry, inquire
from orchestra.engine.survey import Provider, survey
from orchestra.errors import NotApproved, UsageError, WorkspaceError
from orchestra.records import AGENT_ROLES

_MOST_OFFERED = 20


def write_user_file(context: Context, *, asks: bool) -> Path:
    """Where the new file lies. Raises UsageError where one lies already, NotApproved where nobody can be asked."""
    target = user_file(context)
    if target is None:
        raise UsageError("there is no place for the file", hint="set HOME or XDG_CONFIG_HOME")
    if os.path.exists(target):
        raise UsageError("the file is there already", where=str(target), hint="edit it, or move it away first")
    providers = survey(configuration(context, {}).settings, context.env.variables)
    with_key = tuple(provider.row.name for provider in providers if provider.key is not None)
    choices = _ask(context, with_key, providers) if asks else InitChoices(providers=with_key)
    _write(target, commented_file(choices))
    return target


def _ask(context: Context, with_key: tuple[str, ...], providers: Sequence[Provider]) -> InitChoices:
    """What the user chooses. Raises NotApproved when nobody is there to ask."""
    why = context.env.why_nobody_to_ask()
    if why is not None:
        raise NotApproved(why, hint="`orchestra config init --yes` writes the file")
    context.output.prompt(f"Keys were found for these providers: {', '.join(with_key) or 'none'}.\n")
    for server in _servers_here(context, providers):
        question = f"{server.row.title} seems to answer at {server.row.base_url}. Use it? [y/N] "
        if _answer(context, question).lower() in ("y", "yes"):
            model = _ask_model(context, server)
            if model:
                return _with_server(with_key, server, model)
    return InitChoices(providers=with_key)


def _servers_here(context: Context, providers: Sequence[Provider]) -> list[Inquiry]:
    """The model servers on this machine that answer; they are asked which models they serve."""
    rows = usual_servers({provider.row.name: provider.row for provider in providers})
    keys = {provider.row.name: provider.key.value for provider in providers if provider.key is not None}
    found = inquire(rows, keys, context.env, offline=True)
    return [inquiry for inquiry in found.values() if inquiry.is_reached]


def _ask_model(context: Context, server: Inquiry) -> str:
    """The id of one of the server's models; empty for none."""
    ids = [model.id for model in server.models or ()][:_MOST_OFFERED]
    if not ids:
        return _answer(context, "The id of its model: ")
    context.output.prompt("".join(f"  {number}  {model}\n" for number, model in enumerate(ids, 1)))
    while True:
        answer = _answer(context, f"Which model, by number or id? [{ids[0]}] ") or ids[0]
        if not answer.isdigit() or answer in ids:
            return answer
        if 1 <= int(answer) <= len(ids):
            return ids[int(answer) - 1]
        context.output.prompt(f"There is no number {answer}.\n")


def _with_server(with_key: tuple[str, ...], server: Inquiry, model: str) -> InitChoices:
    name = server.row.name
    served = server.model(model)
    window = None if served is None else served.context_window
    return InitChoices(
        providers=with_key,
        servers=(LocalServer(name, server.row.base_url, models=(model,), context_window=window),),
        chains={role: (f"{name}/{model}",) for role in AGENT_ROLES},
    )


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
        raise WorkspaceError(
            "the file cannot be written", where=f"{target}: {error.strerror}",
            hint="make its folder writable, or set XDG_CONFIG_HOME to another",
        ) from None

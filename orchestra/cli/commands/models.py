"""The models that are known, with windows, prices and what each is best at; with --check, what the servers serve."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from orchestra.views.columns import aligned
from orchestra.cli.configuration import configuration
from orchestra.cli.context import Context
from orchestra.cli.model_rows import ListedModel, list_models, model_json, provider_json
from orchestra.engine.survey import Provider, survey
from orchestra.errors import ExitStatus, NotReady
from orchestra.views.figures import exactly
from orchestra.views.prices import prices

if TYPE_CHECKING:
    from orchestra.engine.inquiry import Inquiry

_MOST_NAMED = 8


def failure_json(status: ExitStatus) -> dict[str, Any]:
    """What the result says where none could be listed."""
    return {"models": [], "providers": []}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--check", action="store_true",
        help="ask each configured server what it serves; status 1 when an agent's chain names what is not there",
    )


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """List them, and ask where that is wanted."""
    config = configuration(context, {})
    providers = survey(config.settings, context.env.variables)
    context.output.redactor.learn(provider.key.value for provider in providers if provider.key is not None)
    found = _ask(providers, context) if arguments.check else None
    today = context.env.clock.now().date()
    models = list_models(providers, found, today)
    error = _error(models) if arguments.check else None
    status = ExitStatus.DONE if error is None else error.exit_status
    document = {
        **context.output.head(status, error),
        "models": [model_json(model) for model in models],
        "providers": [provider_json(provider, (found or {}).get(provider.row.name)) for provider in providers],
    }
    context.output.result(_text(models, providers, found, is_verbose=context.options.is_verbose), document)
    if error is not None:
        context.output.error(error)
    return status


def _ask(providers: Sequence[Provider], context: Context) -> dict[str, Inquiry]:
    """What the servers say that the user means to use and that can be asked."""
    # Only here, as it loads requests.
    from orchestra.engine.inquiry import inquire

    asked = [provider for provider in providers if provider.is_wanted and provider.can_be_asked]
    keys = {provider.row.name: provider.key.value for provider in asked if provider.key is not None}
    return inquire([provider.row for provider in asked], keys, context.env, offline=context.options.is_offline)


def _error(models: Sequence[ListedModel]) -> NotReady | None:
    """An error when a chain names a model that its provider, which was asked, does not offer."""
    missing = [model for model in models if model.roles and model.is_missing]
    if not missing:
        return None
    named = "; ".join(f"{model.name} ({model.mark})" for model in missing)
    if not any(model.is_not_offered for model in missing):
        return NotReady(
            "servers of models in the chains could not be asked what they serve", where=named,
            hint="see the lines of the providers above, or `orchestra doctor --network`",
        )
    return NotReady(
        "chains name models that are not there", where=named,
        hint="name others under `agents`, or see what the server says: orchestra models --check --verbose",
    )


def _text(
    models: Sequence[ListedModel], providers: Sequence[Provider], found: Mapping[str, Inquiry] | None, *,
    is_verbose: bool,
) -> str:
    head = ["model", "window", "in / out / cached, USD per million", "agents", "best at"]
    rows = [
        [model.name, exactly(model.row.context_window), prices(model.row.prices), ", ".join(model.roles), model.remark]
        for model in models
    ]
    if found is not None:
        head.insert(1, "server")
        for row, model in zip(rows, models):
            row.insert(1, model.mark)
    lines = aligned([head, *rows], right={2} if found is not None else {1})
    open_ended = ", ".join(provider.row.name for provider in providers if not provider.row.models)
    if open_ended:
        lines += ["", f"Any model that they serve may be named of: {open_ended}"]
    if found is not None:
        wanted = [provider for provider in providers if provider.is_wanted]
        lines += ["", *aligned([_provider_line(provider, found, is_verbose) for provider in wanted])]
    return "\n".join(lines)


def _provider_line(provider: Provider, found: Mapping[str, Inquiry], is_verbose: bool) -> list[str]:
    inquiry = found.get(provider.row.name)
    if inquiry is None:
        return [provider.row.name, "not asked", provider.why_not_asked]
    if inquiry.models is None:
        answer = "no list" if inquiry.is_reached else "not reached"
        return [provider.row.name, answer, str(inquiry.error)]
    ids = [model.id for model in inquiry.models]
    named = ids if is_verbose else ids[:_MOST_NAMED]
    more = f" and {len(ids) - len(named)} more" if len(ids) > len(named) else ""
    return [provider.row.name, f"serves {len(ids)}", ", ".join(named) + more]

"""What works here: the program, git, the tests, the state, keys, servers, and who would answer for each agent.

Only servers on this machine are asked, unless --network says otherwise.
"""

from __future__ import annotations

import argparse
from typing import Any, Mapping, Sequence

from orchestra.adapters.local_servers import is_local, usual_servers
from orchestra.adapters.rows import ProviderRow
from orchestra.cli.checkup.agents import check_agents, plans_of
from orchestra.cli.checkup.finding import FAIL, OK, WARN, Finding, finding_json, lines_of
from orchestra.cli.checkup.place import check_git, check_sandbox, check_state, check_tests
from orchestra.cli.checkup.program import check_program, check_python, check_terminal
from orchestra.cli.checkup.providers import check_hosts, check_providers, check_servers
from orchestra.cli.checkup.repair import repair_state
from orchestra.cli.configuration import configuration
from orchestra.cli.context import Context
from orchestra.config.settings import Settings
from orchestra.engine.inquiry import Inquiry, inquire
from orchestra.engine.survey import Provider, survey
from orchestra.errors import ConfigError, ExitStatus, GitError, NotReady, StateError
from orchestra.records import ProviderHealth


def failure_json(status: ExitStatus) -> dict[str, Any]:
    """What the result says where nothing was checked."""
    return {"checks": []}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--network", action="store_true", help="ask every provider that a run could ask what it serves"
    )
    what.add_argument(
        "--repair", action="store_true", help="put a damaged journal aside, and save what can be read of it"
    )


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Check everything, print one line for each thing; status 1 when a run would fail for one of them."""
    findings = [repair_state(context)] if arguments.repair else _check(context, network=arguments.network)
    failed = [finding.name for finding in findings if finding.state == FAIL]
    error = None
    if failed:
        error = NotReady(f"a run would fail here: {', '.join(failed)}", hint="see the lines marked fail")
    status = ExitStatus.DONE if error is None else error.exit_status
    document = {**context.output.head(status, error), "checks": [finding_json(finding) for finding in findings]}
    context.output.result("\n".join(lines_of(findings)), document)
    if error is not None:
        context.output.error(error)
    return status


def _check(context: Context, *, network: bool) -> list[Finding]:
    findings = [check_program(), check_python(), check_terminal(context.env, context.options.color)]
    try:
        findings += [check_git(context), check_state(context)]
    except GitError as error:
        # Which repository this is, and so which configuration and which state, nobody can say.
        return [*findings, Finding.of_error("git", error)]
    try:
        settings, finding = _configuration(context)
        providers = survey(settings, context.env.variables)
    except ConfigError as error:
        return [*findings, Finding.of_error("configuration", error)]
    findings += [
        finding, check_tests(context.root, settings, context), check_sandbox(context.root, settings, context)
    ]
    return findings + _check_models(context, settings, providers, network=network)


def _configuration(context: Context) -> tuple[Settings, Finding]:
    config = configuration(context, {})
    files = sorted({origin.rpartition(":")[0] for origin in config.origins.values() if ":" in origin})
    details = {"files": files, "left_out": [str(left_out) for left_out in config.left_out]}
    text = ", ".join(files) or "defaults only"
    if config.left_out:
        text += "; of the repository's own file some keys are left out, as it is not trusted"
        return config.settings, Finding("configuration", WARN, text, "name a file of your own with --config", details)
    return config.settings, Finding("configuration", OK, text, details=details)


def _check_models(
    context: Context, settings: Settings, providers: Sequence[Provider], *, network: bool
) -> list[Finding]:
    variables, offline = context.env.variables, context.options.is_offline
    servers = usual_servers({provider.row.name: provider.row for provider in providers})
    asked = _ask(context, providers, servers, network=network)
    return [
        *check_providers(providers, asked),
        *check_servers(servers, asked),
        *check_agents(settings, variables, asked, context.env.clock, _known_health(context)),
        check_hosts(plans_of(settings, variables), variables, offline=offline),
    ]


def _known_health(context: Context) -> Sequence[ProviderHealth]:
    try:
        with context.journal_for_reading() as journal:
            return [] if journal is None else journal.provider_health.all()
    except StateError:
        return []  # said where the state is


def _ask(
    context: Context, providers: Sequence[Provider], servers: Sequence[ProviderRow], *, network: bool
) -> Mapping[str, Inquiry]:
    """What came of asking the usual servers, and those providers that may be asked now.

    Offline, also providers elsewhere are asked: each is refused before a connection is opened, and says so.
    """
    offline = context.options.is_offline
    keys = {provider.row.name: provider.key.value for provider in providers if provider.key is not None}
    context.output.redactor.learn(keys.values())
    wanted = [
        provider.row for provider in providers
        if provider.is_wanted and provider.can_be_asked and (network or offline or is_local(provider.row))
    ]
    rows = {row.name: row for row in (*servers, *wanted)}
    return inquire(rows.values(), keys, context.env, offline=offline)

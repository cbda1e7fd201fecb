"""Who would answer for each agent."""

from __future__ import annotations

from typing import Mapping, Sequence

from orchestra.adapters.adapter import AdapterInfo
from orchestra.adapters.gate import SHORT_WAIT_S
from orchestra.adapters.health import Health
from orchestra.cli.checkup.finding import FAIL, OK, WARN, Finding
from orchestra.cli.model_rows import NO_LIST, NOT_LISTED, SERVED, mark_of
from orchestra.clock import Clock
from orchestra.config.settings import Settings
from orchestra.engine.chains import ChainPlan, plan_chains
from orchestra.engine.inquiry import Inquiry
from orchestra.errors import ConfigError
from orchestra.records import AGENT_ROLES, ProviderHealth


def check_agents(
    settings: Settings, variables: Mapping[str, str], asked: Mapping[str, Inquiry], clock: Clock,
    known: Sequence[ProviderHealth],
) -> list[Finding]:
    """One finding for each agent.

    `asked` holds what came of asking providers, as far as they were asked, `known` what earlier runs learned.
    """
    return [_check_agent(role, settings, variables, asked, clock, known) for role in AGENT_ROLES]


def plans_of(settings: Settings, variables: Mapping[str, str]) -> list[ChainPlan]:
    """The chains that can be made, one plan for each agent."""
    plans = []
    for role in AGENT_ROLES:
        try:
            plans.append(plan_chains(settings.agents, settings.providers, roles=[role], variables=variables))
        except ConfigError:
            pass  # said by the agent's own finding
    return plans


def _check_agent(
    role: str, settings: Settings, variables: Mapping[str, str], asked: Mapping[str, Inquiry], clock: Clock,
    known: Sequence[ProviderHealth],
) -> Finding:
    try:
        plan = plan_chains(settings.agents, settings.providers, roles=[role], variables=variables)
    except ConfigError as error:
        return Finding.of_error(role, error)
    choices, today = plan.choices[role], clock.now().date()
    names = [f"{row.name}/{model}" for row, model in choices]
    marks = [mark_of(asked[row.name], model, today) if row.name in asked else "" for row, model in choices]
    details = {"models": names, "replaced": dict(plan.replaced)}
    if not any(map(_is_trouble, marks)):
        # As a run would find them.
        health = Health([row for row, _ in choices], clock=clock, workers=1, known=known)
        waits_s = [health.wait_s(AdapterInfo(name, model, row.name)) for name, (row, model) in zip(names, choices)]
        if min(waits_s) > SHORT_WAIT_S:
            text = ", then ".join(f"{name} (for {wait_s:.0f} s more)" for name, wait_s in zip(names, waits_s))
            hint = "run again then, or put a model of another provider into the chain"
            return Finding(role, WARN, f"refused calls, and wants to be left alone: {text}", hint, details)
        return Finding(role, OK, ", then ".join(names) + _replaced(plan), details=details)
    text = ", then ".join(f"{name} ({mark})" if _is_trouble(mark) else name for name, mark in zip(names, marks))
    # Some servers answer for models that they do not list.
    if all(_is_trouble(mark) and mark != NOT_LISTED for mark in marks):
        return Finding(role, FAIL, f"no model can answer: {text}", "see the lines of the providers", details)
    return Finding(role, WARN, text, "`orchestra models --check --verbose` shows what the servers serve", details)


def _is_trouble(mark: str) -> bool:
    return mark not in ("", SERVED, NO_LIST)


def _replaced(plan: ChainPlan) -> str:
    return "".join(f"; {named} is switched off" for named in plan.replaced)

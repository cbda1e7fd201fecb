"""The chains of models that answer for each agent, from configuration, catalog and keys."""

from __future__ import annotations

from dataclasses import field
from types import MappingProxyType
from typing import Callable, Mapping, Sequence

from orchestra.adapters.adapter import Adapter
from orchestra.adapters.budget import Budget
from orchestra.adapters.budgeted_adapter import BudgetedAdapter
from orchestra.adapters.candidate import Choice
from orchestra.adapters.catalog import find_key, is_priced, needs_key, resolve
from orchestra.adapters.fallback import FallbackAdapter
from orchestra.adapters.fitting import Fitting
from orchestra.adapters.gated_adapter import GatedAdapter
from orchestra.adapters.health import Health
from orchestra.adapters.http import HttpClient
from orchestra.adapters.model_adapter import ModelAdapter
from orchestra.adapters.rows import ModelRow, ProviderRow
from orchestra.clock import Clock
from orchestra.config.settings import AgentChains, ProviderSettings
from orchestra.dataclass import dataclass
from orchestra.errors import ConfigError, NoProviderError
from orchestra.found_files import key_text

Front = Callable[[str, ProviderRow, Adapter], Adapter]
"""From a role, a provider and the adapter of one of its models to what the role's chain asks in its place."""


NO_ORIGINS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class ChainPlan:
    """Who would answer for each agent; nothing is opened yet."""

    choices: Mapping[str, tuple[tuple[ProviderRow, str], ...]]
    """Role to (provider, model id), first choice first, without those that lack a key."""
    keys: Mapping[str, str | None]
    """Provider to key; None where none is sent."""
    left_out: Mapping[str, tuple[str, ...]]
    """Built-in providers without a key, to the variables that would hold it."""
    replaced: Mapping[str, str] = field(default_factory=dict)
    """PROVIDER/MODEL of a model that is switched off, to the one that is asked in its place."""

    def first_choice(self, role: str) -> ModelRow | None:
        """The model that is asked first; None where nobody is asked for that role."""
        chain = self.choices.get(role, ())
        return chain[0][0].model(chain[0][1]) if chain else None

    @property
    def unpriced(self) -> Mapping[str, ProviderRow]:
        """PROVIDER/MODEL of the models whose price is not known, to their providers."""
        return {
            f"{row.name}/{model}": row for chain in self.choices.values() for row, model in chain
            if not is_priced(row.model(model))
        }

    @property
    def providers(self) -> tuple[ProviderRow, ...]:
        """Every provider that may be asked, once."""
        rows = {row.name: row for chain in self.choices.values() for row, _ in chain}
        return tuple(rows.values())


def plan_chains(
    agents: AgentChains,
    providers: Mapping[str, ProviderSettings],
    *,
    roles: Sequence[str],
    variables: Mapping[str, str],
    origins: Mapping[str, str] = NO_ORIGINS,
) -> ChainPlan:
    """The chains of these roles. Raises ConfigError for an unknown provider or a missing key of the user's own
    provider, NoProviderError for a chain that nobody is left in.
    """
    rows = resolve(providers)
    choices: dict[str, tuple[tuple[ProviderRow, str], ...]] = {}
    keys: dict[str, str | None] = {}
    left_out: dict[str, tuple[str, ...]] = {}
    replaced: dict[str, str] = {}
    empty: dict[str, list[tuple[ProviderRow, str]]] = {}
    for role in roles:
        origin = origins.get(f"agents.{role}")
        wanted = [_split(entry, rows, role, origin) for entry in getattr(agents, role)]
        for row, _ in wanted:
            if row.name not in keys:
                keys[row.name] = find_key(row, variables, key_text)
                if keys[row.name] is None and needs_key(row):
                    _note_missing(row, left_out)
        usable = [(row, model) for row, model in wanted if row.name not in left_out]
        replaced.update(_replaced(usable))
        choices[role] = _as_sent(usable)
        if not choices[role]:
            empty[role] = wanted
    if empty:
        raise _empty_chains(empty)
    return ChainPlan(choices, keys, left_out, replaced)


def key_variables(providers: Mapping[str, ProviderSettings]) -> frozenset[str]:
    """The variables that hold keys of any provider, asked or not: no child process may have them."""
    return frozenset(name for row in resolve(providers).values() for name in row.key_variables)


def no_front(role: str, row: ProviderRow, adapter: Adapter) -> Adapter:
    """Nothing between the chain and the model."""
    return adapter


def build_chains(
    plan: ChainPlan, http: HttpClient, clock: Clock, *, health: Health, budget: Budget, front: Front = no_front
) -> dict[str, Adapter]:
    """An adapter for each role of the plan. `front` stands before the gate: what it answers itself takes no turn.

    The budget stands behind the gate, so that who waits in line keeps no money from others.
    """

    def choice(role: str, row: ProviderRow, model: str) -> Choice:
        limits = row.model(model)
        adapter = ModelAdapter(row, limits, http, key=plan.keys[row.name], clock=clock)
        return Choice(front(role, row, GatedAdapter(BudgetedAdapter(adapter, limits, budget), health)), limits)

    return {
        role: FallbackAdapter(
            [choice(role, row, model) for row, model in chain], health=health, clock=clock, fitting=Fitting()
        )
        for role, chain in plan.choices.items()
    }


def _split(entry: str, rows: Mapping[str, ProviderRow], role: str, origin: str | None) -> tuple[ProviderRow, str]:
    name, _, model = entry.partition("/")
    if name not in rows:
        known = ", ".join(sorted(rows))
        raise ConfigError(
            f"there is no provider {name!r}", where=f"{f'{origin}, ' if origin else ''}key agents.{role}: {entry}",
            hint=f"describe it under providers, or use one of {known}",
        )
    return rows[name], model


def _replaced(named: Sequence[tuple[ProviderRow, str]]) -> dict[str, str]:
    return {
        f"{row.name}/{model}": f"{row.name}/{row.sent_as(model)}" for row, model in named if row.sent_as(model) != model
    }


def _as_sent(named: Sequence[tuple[ProviderRow, str]]) -> tuple[tuple[ProviderRow, str], ...]:
    """The models under the ids that are sent; one whose successor stands in the chain too is not asked twice."""
    by_name = {f"{row.name}/{row.sent_as(model)}": (row, row.sent_as(model)) for row, model in named}
    return tuple(by_name.values())


def _note_missing(row: ProviderRow, left_out: dict[str, tuple[str, ...]]) -> None:
    if not row.is_built_in:
        variables = " or ".join(row.key_variables) or f"providers.{row.name}.api_key_file"
        raise ConfigError(
            f"the key of provider {row.name} is missing", where=variables,
            hint=f"set {variables}, or name another variable in providers.{row.name}.api_key_env",
        )
    left_out[row.name] = row.key_variables


def _empty_chains(empty: Mapping[str, Sequence[tuple[ProviderRow, str]]]) -> NoProviderError:
    named = dict.fromkeys(f"{row.name}/{model}" for wanted in empty.values() for row, model in wanted)
    lacking = [f"no key for {', '.join(named)}"] if named else []
    unnamed = [f"agents.{role} names nobody" for role, wanted in empty.items() if not wanted]
    keys = {
        role: list(dict.fromkeys(row.key_variables[0] for row, _ in wanted if row.key_variables))
        for role, wanted in empty.items()
    }
    each = ", ".join(f"{' or '.join(variables)} for the {role}" for role, variables in keys.items() if variables)
    few = " and ".join(_few_of([variables for variables in keys.values() if variables]))
    enough = f"set {few} ({each}); or " if len(keys) > 1 and few else f"set {each}; or " if each else ""
    if unnamed:
        named_in = " and ".join(f"agents.{role}" for role, wanted in empty.items() if not wanted)
        enough = f"name PROVIDER/MODEL in {named_in}; {enough or 'or '}"
    return NoProviderError(
        f"no model can answer for the {', '.join(empty)}", where="; ".join([*lacking, *unnamed]),
        hint=f"{enough}name a local server: `orchestra config init` writes a file to start from",
    )


def _few_of(choices: Sequence[Sequence[str]]) -> list[str]:
    """A few that leave none of the choices without one of its own."""
    few: list[str] = []
    open_ = list(choices)
    while open_:
        names = [name for choice in open_ for name in choice]
        few.append(max(dict.fromkeys(names), key=names.count))
        open_ = [choice for choice in open_ if few[-1] not in choice]
    return few

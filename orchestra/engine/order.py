"""What one command asks of the engine, and what speaks against it before anything is written or asked."""

from __future__ import annotations

import functools
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Mapping, Sequence
from urllib.parse import urlsplit

from orchestra.adapters.egress import is_loopback
from orchestra.adapters.http import check_sender
from orchestra.agents.plan_file import PlanFile
from orchestra.agents.templates import Loader, check_own, load
from orchestra.clock import Deadline, Halt
from orchestra.config.settings import Settings
from orchestra.dataclass import dataclass
from orchestra.engine.approval import Approver
from orchestra.engine.chains import ChainPlan, key_variables, plan_chains
from orchestra.engine.command_runs import LINT, TESTS
from orchestra.engine.committing import check_possible
from orchestra.engine.confinement import Confinement
from orchestra.engine.helm import Helm, Unmanned
from orchestra.engine.panel import Panel
from orchestra.engine.testing import Testing
from orchestra.environment import CommandHalt, Environment
from orchestra.errors import ConfigError
from orchestra.found_files import plain
from orchestra.observe.events import Listener
from orchestra.records import AGENT_ROLES, Plan
from orchestra.workspace.children import child_variables
from orchestra.workspace.git import Git
from orchestra.workspace.sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from orchestra.adapters.replaying import Cassette


@dataclass(frozen=True)
class Options:
    """What the command line says beyond the configuration, kept with the session."""

    dry_run: bool = False
    allow_dirty: bool = False
    must_show: tuple[str, ...] = ()
    """Paths relative to the root."""
    folder: str = ""
    """Where the user stands, relative to the root; empty for the root."""
    yes: bool = False
    """Whether a flag approves the plan, so that nobody is asked."""

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Options:
        """The options as a session keeps them (`asdict`)."""
        # Sessions of earlier versions had no folder, and no flag that approves.
        return cls(
            kept["dry_run"], kept["allow_dirty"], tuple(kept["must_show"]), kept.get("folder", ""),
            kept.get("yes", False),
        )


@dataclass(frozen=True)
class Order:
    """What one command asks of the engine."""

    root: Path
    git: Git | None
    settings: Settings
    kept_config: Mapping[str, Any]
    """The configuration as the session keeps it."""
    options: Options
    approver: Approver
    listeners: Sequence[Listener] = ()
    helm: Helm = Unmanned()
    only_plan: bool = False
    given_plan: PlanFile | None = None
    has_plan: bool = False
    """Whether the session has a plan already, so that nobody need make one."""
    offline: bool = False
    timeout_s: float | None = None
    origins: Mapping[str, str] = field(default_factory=dict)
    """Of the dotted keys of the configuration, for errors."""
    record_to: Path | None = None
    """A file to be made, for what is asked and answered."""
    narrow: Callable[[Plan], Plan] = lambda plan: plan
    """What of an architect's plan is to be carried out."""
    cassette: Cassette | None = None
    """What answers in place of all models."""

    @property
    def tests(self) -> bool:
        return self.settings.tests.run != "false" and self._writes

    @property
    def requires_tests(self) -> bool:
        """Whether it is an error that there are none."""
        return self.settings.tests.run == "true" and self._writes

    @property
    def lints(self) -> bool:
        return self.settings.lint.command is not None and self._writes

    @property
    def each(self) -> tuple[str, ...]:
        """What runs after each file, too."""
        lints = self.lints and self.settings.lint.when == "each"
        tests = self.tests and self.settings.tests.when == "each"
        return (LINT,) * lints + (TESTS,) * tests

    @property
    def commits(self) -> bool:
        return self.settings.commit.enabled and self._writes

    @property
    def cassette_file(self) -> Path | None:
        """The file that is recorded to, or replayed."""
        return self.record_to if self.cassette is None else self.cassette.path

    @property
    def _writes(self) -> bool:
        return not self.options.dry_run and not self.only_plan


def check_order(order: Order, env: Environment) -> ChainPlan:
    """Who will answer. Raises what speaks against the order before anything is written or asked."""
    check_sender()
    template_loader(order.settings)
    chains = _plan_chains(order, env)
    _check_prices(order, chains)
    if order.record_to is not None:
        from orchestra.adapters.recording import check_recordable

        check_recordable(order.record_to)
    if order.commits:
        check_possible(order.git)
    halt = CommandHalt(env.stop, Deadline.after(env.clock, order.timeout_s))
    testing = testing_of(order, env, halt, Deadline.after(env.clock, None))
    if not order.only_plan:
        panel_of(order, chains).check()
    if order.tests and order.settings.tests.sandbox == "required":
        testing.confinement.check()
    if order.requires_tests and order.given_plan is not None and order.given_plan.plan.files:
        testing.check(order.given_plan.plan)
    return chains


def _check_prices(order: Order, chains: ChainPlan) -> None:
    """Raises ConfigError where the user sets a cap that a model of a vendor's would not heed."""
    if order.origins.get("budget.max_cost") != "flag --max-cost":
        return
    unpriced = [name for name, row in chains.unpriced.items() if not is_loopback(urlsplit(row.base_url).hostname or "")]
    if unpriced:
        provider, _, model = unpriced[0].partition("/")
        raise ConfigError(
            f"--max-cost cannot hold for a model without a price: {', '.join(unpriced)}",
            hint=f"set price_input and price_output in providers.{provider}.models.{model}, or leave out --max-cost",
        )


def _plan_chains(order: Order, env: Environment) -> ChainPlan:
    """The chains of all who are needed; of the architect, too, where a plan is there, if a model can answer for it."""

    if order.cassette is not None:
        return ChainPlan({role: () for role in AGENT_ROLES}, {}, {})

    def chains_of(roles: Sequence[str]) -> ChainPlan:
        return plan_chains(
            order.settings.agents, order.settings.providers, roles=roles, variables=env.variables,
            origins=order.origins,
        )

    try:
        return chains_of(("architect",) if order.only_plan else AGENT_ROLES)
    except ConfigError:
        if order.given_plan is None and not order.has_plan:
            raise
        return chains_of([role for role in AGENT_ROLES if role != "architect"])


def panel_of(order: Order, chains: ChainPlan) -> Panel:
    if order.cassette is not None:
        # Nobody is asked; who could have been decides what the recorded run asked for.
        return Panel({role: getattr(order.settings.agents, role) for role in AGENT_ROLES})
    names = {role: [f"{row.name}/{model}" for row, model in chain] for role, chain in chains.choices.items()}
    return Panel(names, order.settings.audit.other_vendor)


def testing_of(
    order: Order, env: Environment, cancel: Halt, deadline: Deadline,
    tell: Callable[[Sandbox], None] = lambda sandbox: None,
) -> Testing:
    """What runs an order's tests; `tell` hears how they are confined."""
    secret_variables = key_variables(order.settings.providers)
    confinement = Confinement(
        order.root, order.settings.tests.sandbox, variables=child_variables(env.variables, secret_variables),
        cancel=cancel, clock=env.clock, tell=tell,
    )
    return Testing(order.root, order.settings.tests, env, cancel, secret_variables, deadline, confinement)


_TEMPLATES_HINT = "`orchestra help templates` lists them and what goes into them"


def template_loader(settings: Settings) -> Loader:
    """The package's prompt templates, or the user's own. Raises ConfigError for one that cannot be used."""
    if settings.prompts_dir is None:
        return load
    from orchestra.agents.template_list import TEMPLATES

    folder = Path(settings.prompts_dir)

    def own(name: str) -> str | None:
        path = folder / name
        try:
            with open(path, encoding="utf-8", opener=plain) as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                "the prompt template cannot be read", where=f"{path}: {_reason(error)}",
                hint="save it as UTF-8, where you may read it",
            ) from None

    loader = functools.partial(load, override=own)
    try:
        names = sorted(path.stem for path in folder.iterdir() if path.suffix == ".txt")
    except OSError as error:
        raise ConfigError(
            "the prompt templates cannot be read", where=f"prompts_dir {folder}: {_reason(error)}",
            hint="name a folder that is there; a relative one counts from the file that names it",
        ) from None
    for name in names:
        if name not in TEMPLATES:
            raise ConfigError("there is no such prompt template", where=f"{folder / name}.txt", hint=_TEMPLATES_HINT)
        check_own(name, loader(name))
    return loader


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error.strerror)

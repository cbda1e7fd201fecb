"""The one place that builds everything a session works with, and takes it down again."""

from __future__ import annotations

import functools
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from orchestra.adapters.adapter import Adapter
from orchestra.adapters.budget import Budget
from orchestra.adapters.egress import is_loopback
from orchestra.adapters.health import Health
from orchestra.adapters.http import HttpClient
from orchestra.agents.plan_file import PlanFile
from orchestra.agents.plan_json import plan_hash, words_of
from orchestra.agents.templates import Loader, load
from orchestra.clock import CancelToken, Clock, Deadline
from orchestra.config.secrets import looks_secret
from orchestra.config.settings import Settings
from orchestra.engine.activity import Activity
from orchestra.engine.answering import front_of, recorded, replayed
from orchestra.engine.approval import Approver
from orchestra.engine.asking import Asker
from orchestra.engine.briefing import Room, Scout
from orchestra.engine.chains import ChainPlan, build_chains, key_variables, plan_chains
from orchestra.engine.change_review import ChangeReview
from orchestra.engine.committing import Committing, check_possible
from orchestra.engine.confinement import Confinement
from orchestra.engine.crew import Crew
from orchestra.engine.discretion import Discretion
from orchestra.engine.estimate import CostRange, estimated_cost
from orchestra.engine.file_job import JobContext
from orchestra.engine.file_prompts import FilePrompts
from orchestra.engine.guidance import Guidance
from orchestra.engine.helm import Helm, Unmanned
from orchestra.engine.journalled_tree import JournalledTree
from orchestra.engine.linting import as_lint
from orchestra.engine.mending import Mending
from orchestra.engine.modes import schedule_for
from orchestra.engine.panel import Panel
from orchestra.engine.planning import Planning
from orchestra.engine.recovery import RecoveryLimits
from orchestra.engine.resume import generation
from orchestra.engine.sealed_tests import SealedTests
from orchestra.engine.session import Rooms, Session, Wanted
from orchestra.engine.showing import Showing
from orchestra.engine.testing import Testing
from orchestra.engine.tidying import Keeping
from orchestra.engine.verification import LINT, Verification
from orchestra.environment import Environment
from orchestra.errors import ConfigError, StateDamaged, StateError
from orchestra.found_files import plain
from orchestra.metrics.attempts import consumed
from orchestra.observe.events import Events, Listener
from orchestra.observe.log import LogFile, log_path
from orchestra.observe.placeholders import Placeholders
from orchestra.observe.redaction import Redactor
from orchestra.records import AGENT_ROLES, Plan, Task, TestRun
from orchestra.state.database import FOLDER, make_folder
from orchestra.state.lock import RepositoryLock
from orchestra.state.manager import StateManager
from orchestra.state.session_ids import new_session_id
from orchestra.workspace.children import child_variables
from orchestra.workspace.git import Git
from orchestra.workspace.instructions import own_skills
from orchestra.workspace.listing import ignored_paths
from orchestra.workspace.project_check import project_check
from orchestra.workspace.sandbox.sandbox import Sandbox
from orchestra.workspace.tree import Tree

if TYPE_CHECKING:
    from orchestra.adapters.replaying import Cassette
    from orchestra.state.salvage import Salvaged


@dataclass(frozen=True)
class Options:
    """What the command line says beyond the configuration, kept with the session."""

    dry_run: bool = False
    allow_dirty: bool = False
    must_show: tuple[str, ...] = ()
    """Paths relative to the root."""

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Options:
        """The options as a session keeps them (`asdict`)."""
        return cls(kept["dry_run"], kept["allow_dirty"], tuple(kept["must_show"]))


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
    def commits(self) -> bool:
        return self.settings.commit.enabled and self._writes

    @property
    def cassette_file(self) -> Path | None:
        """The file that is recorded to, or replayed."""
        return self.record_to if self.cassette is None else self.cassette.path

    @property
    def _writes(self) -> bool:
        return not self.options.dry_run and not self.only_plan


class Workplace:
    """A repository with its lock held and its journal open."""

    def __init__(self, root: Path, folder: Path, journal: StateManager, salvaged: Salvaged | None = None) -> None:
        self.root = root
        self.folder = folder
        self.journal = journal
        self.salvaged = salvaged
        """What became of a damaged journal that lay here."""


@contextmanager
def open_workplace(
    root: Path, git: Git | None, env: Environment, *, salvages: bool = False
) -> Iterator[Workplace]:
    """The one writer of this repository. Raises StateError, WorkspaceError.

    With `salvages` a damaged journal is put aside for a new one with what could be saved of it; without, it is an
    error: who works on an old session must not find half of it.
    """
    if git is not None and git.tracks(FOLDER):
        raise StateError(
            "git tracks the state folder, which holds what must not be shared", where=str(root / FOLDER),
            hint=f"take it out: git rm -r --cached {FOLDER}",
        )
    folder = make_folder(root)
    with ExitStack() as stack:
        lock = RepositoryLock(folder, now=env.clock.now())
        stack.callback(lock.release)
        salvaged: Salvaged | None = None
        try:
            journal = StateManager.open(folder, env.clock)
        except StateDamaged:
            if not salvages:
                raise
            from orchestra.state.salvage import salvage

            salvaged = salvage(folder, env.clock.now())
            journal = StateManager.open(folder, env.clock)
        stack.callback(journal.close)
        yield Workplace(root, folder, journal, salvaged)


def check_order(order: Order, env: Environment) -> ChainPlan:
    """Who will answer. Raises what speaks against the order before anything is written or asked."""
    chains = _plan_chains(order, env)
    _check_prices(order, chains)
    if order.record_to is not None:
        from orchestra.adapters.recording import check_recordable

        check_recordable(order.record_to)
    if order.commits:
        check_possible(order.git)
    testing = _testing(order, env, CancelToken(), Deadline.after(env.clock, None))
    if not order.only_plan:
        _panel(order, chains).check()
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


def _panel(order: Order, chains: ChainPlan) -> Panel:
    if order.cassette is not None:
        # Nobody is asked; who could have been decides what the recorded run asked for.
        return Panel({role: getattr(order.settings.agents, role) for role in AGENT_ROLES})
    names = {role: [f"{row.name}/{model}" for row, model in chain] for role, chain in chains.choices.items()}
    return Panel(names, order.settings.audit.other_vendor)


def new_session(workplace: Workplace, order: Order, task: Task, env: Environment) -> str:
    """A session in the journal, and its id."""
    session_id = new_session_id(env.clock.now())
    workplace.journal.sessions.create(
        session_id, task, mode=order.settings.mode, options=asdict(order.options), config=order.kept_config
    )
    return session_id


@contextmanager
def session_events(
    workplace: Workplace, session_id: str, env: Environment, listeners: Sequence[Listener], *,
    redactor: Redactor = Redactor(), level: str = "info",
) -> Iterator[Events]:
    """What happens in a session, told to its journal, its log and these listeners."""
    events = Events(env.clock, redactor)
    events.of_session(session_id)
    path = log_path(workplace.folder, session_id)

    def tell_failure(error: OSError) -> None:
        events.emit("log.failed", level="warning", file=str(path), why=error.strerror or str(error))

    with closing(LogFile(path, on_failure=tell_failure)) as log:
        # Reports are made of the journal's events, whatever the log leaves out.
        events.listen(workplace.journal.add_event, level="debug" if level == "debug" else "info")
        events.listen(log, level=level)
        for listener in listeners:
            events.listen(listener)
        yield events


@contextmanager
def wire(
    workplace: Workplace, order: Order, chains: ChainPlan, session_id: str, env: Environment
) -> Iterator[Session]:
    """A session ready to run; its threads and sockets end with the block."""
    journal, settings, options = workplace.journal, order.settings, order.options
    row = journal.sessions.get(session_id)
    assert row is not None  # created or found by the caller
    cancel = CancelToken()
    deadline = Deadline.after(env.clock, order.timeout_s)
    redactor = Redactor(_secrets(chains))
    schedule = schedule_for(settings.mode, settings.max_concurrency)
    before = consumed(journal.steps.attempts(session_id))
    spent = before.cost_usd or Decimal(0)
    workers = max(schedule.workers, settings.planning.swarm)
    with ExitStack() as stack:
        events = stack.enter_context(session_events(
            workplace, session_id, env, order.listeners, redactor=redactor, level=settings.log.level
        ))
        http = HttpClient(
            chains.providers, variables=env.variables, workers=workers, offline=order.offline
        )
        stack.callback(http.close)
        crew = Crew(workers, stop=env.stop, cancel=cancel, deadline=deadline, helm=order.helm)
        stack.callback(crew.close)
        health = Health(
            chains.providers, clock=env.clock, workers=workers, known=journal.provider_health.all(),
            keep=journal.provider_health.keep,
        )
        git = None if order.git is None else order.git.without(key_variables(settings.providers))
        files = JournalledTree(
            Tree(order.root), journal.images, session_id=session_id, dry_run=options.dry_run
        )
        showing = Showing(
            order.root, git, Tree(order.root), hidden=order.cassette_file,
            before=lambda path: journal.images.at(session_id, path, 0),
        )
        key = journal.secret()
        placeholders = Placeholders(key, _known_secrets(chains), tell=redactor.learn)
        discretion = Discretion(key, placeholders, survey=showing.survey)
        placeholders.learn(row.task.text)
        asker = Asker(
            session_id=session_id, journal=journal, events=events, redactor=redactor, discretion=discretion,
            chains=_answering(
                order, chains, journal, http, health, Budget(settings.budget.max_cost, spent_usd=spent), events,
                env.clock, stack,
            ),
            deadline=deadline, cancel=cancel, show=showing.show, panel=_panel(order, chains),
        )
        load_template = template_loader(settings)
        first = chains.first_choice("architect")
        scout = Scout(
            order.root, journal.map_cache, Room.in_window(None if first is None else first.context_window)
        )
        testing = _testing(order, env, cancel, deadline, tell=functools.partial(_tell_sandbox, order, events))
        linter = replace(testing, settings=replace(settings.tests, command=settings.lint.command))
        check = project_check(order.root, env.variables, clock=env.clock, cancel=cancel)

        def tell_activity(phase: str) -> None:
            journal.sessions.follow_activity(session_id, phase, activity.current)
            events.emit("phase.entered", level="debug", phase=phase)

        activity = Activity(tell_activity)

        def listed() -> list[list[Any]]:
            # The architect's, where it is there: a large repository is long to list.
            kept: list[list[Any]] | None = journal.recall(session_id, "listing")
            return [*map(list, showing.listing())] if kept is None else kept

        @functools.lru_cache(maxsize=None)
        def guidance() -> Guidance:
            return Guidance.from_json(journal.remember(session_id, "guidance", lambda: Guidance.found(
                [path for path, _ in listed()], showing.show, own_skills(env.variables)
            ).changed(placeholders.hide).to_json()))

        def job_context(plan: Plan) -> JobContext:
            prompts = FilePrompts(
                row.task.text, plan, files, showing.show, settings.custom_prompts, load_template,
                interfaces=crew.call(lambda: journal.remember(
                    session_id, f"interfaces/{plan_hash(plan)}", lambda: scout.interfaces(plan, showing.listing())
                )),
                guidance=crew.call(guidance),
            )
            words = [row.task.text, *(journal.recall(session_id, "remarks") or []), *words_of(plan)]
            return JobContext(
                asker, files, prompts, events, settings.max_iterations, settings.auto_revert,
                RecoveryLimits(
                    settings.max_recovery_attempts, deadline, keep=functools.partial(journal.keep, session_id),
                    recall=functools.partial(journal.recall, session_id),
                ),
                discretion, check, activity, words,
            )

        def verification(plan: Plan, jobs: JobContext) -> Verification:
            planned = [file.path for file in plan.files]
            sealed = SealedTests(session_id, journal, events, order.root, git, planned, testing.run)
            return Verification(
                session_id, row.task.text, plan, journal, asker, jobs, sealed.run, settings.max_iterations - 1,
                generation(journal, session_id), settings.custom_prompts, load_template,
                testing.insist if order.requires_tests else lambda run: None, discretion.test_run,
            )

        def linting(plan: Plan, jobs: JobContext) -> Verification:
            def run(on_start: Callable[[], None]) -> TestRun | None:
                found = linter.run(on_start)
                return None if found is None else as_lint(found)

            sealed = SealedTests(session_id, journal, events, order.root, git, [file.path for file in plan.files], run)
            return Verification(
                session_id, row.task.text, plan, journal, asker, jobs, sealed.run, settings.max_iterations - 1,
                generation(journal, session_id), settings.custom_prompts, load_template,
                without_secrets=discretion.test_run, kind=LINT,
            )

        def change_review(plan: Plan, jobs: JobContext) -> ChangeReview:
            return ChangeReview(
                row.task.text, asker, Mending(session_id, plan, journal, jobs),
                settings.max_iterations - 1, generation(journal, session_id), settings.custom_prompts, load_template,
            )

        planning = Planning(
            session_id=session_id, task=row.task.text, root=order.root, state_folder=workplace.folder,
            journal=journal, asker=asker, approver=order.approver, events=events, crew=crew,
            list_repository=showing.listing, scout=scout, guidance=guidance, show=showing.show,
            must_show=options.must_show,
            estimate=_estimate(order, chains), max_cost_usd=settings.budget.max_cost,
            custom_prompts=settings.custom_prompts, load_template=load_template,
            has_architect="architect" in chains.choices, swarm=settings.planning.swarm,
            ignored_among=functools.partial(ignored_paths, order.root, git),
        )
        committing = Committing(
            session_id, journal, git, events, settings.commit.template, options.allow_dirty, cancel,
            Tree(order.root),
        )
        rooms = Rooms(
            session_id=session_id, task=row.task, mode=settings.mode,
            state_folder=workplace.folder, schedule=schedule, clock=env.clock,
            stop=env.stop, journal=journal, events=events, crew=crew, planning=planning, committing=committing,
            tidy=Keeping(
                journal, workplace.folder, session_id, settings.state.keep, settings.state.max_bytes, now=env.clock.now,
                is_stopped=lambda: env.stop.number is not None or deadline.is_over, events=events,
            ).apply,
            check_tests=testing.check if order.requires_tests else lambda plan: None,
            job_context=job_context, change_review=change_review, verification=verification, linting=linting,
        )
        wanted = Wanted(
            only_plan=order.only_plan, tests=order.tests, baseline=order.tests and settings.tests.baseline,
            lint=order.lints, change_review=settings.audit.whole_change,
            commit=order.commits, given_plan=order.given_plan,
        )
        for name, missing in chains.left_out.items():
            events.emit("provider.left_out", level="warning", provider=name, variables=list(missing))
        for named, sent in chains.replaced.items():
            events.emit("model.replaced", level="warning", model=named, sent_as=sent)
        if chains.unpriced:
            events.emit("model.unpriced", level="warning", models=list(chains.unpriced))
        events.emit(
            "session.started", task=row.task.text, mode=settings.mode, root=str(order.root), phase=row.phase,
            spent=float(spent), input_tokens=before.input_tokens, output_tokens=before.output_tokens,
            unpriced=before.unpriced,
            budget=None if settings.budget.max_cost is None else float(settings.budget.max_cost),
            planned=_planned(journal, session_id), ended=len(journal.images.outcomes(session_id)),
            max_concurrency=settings.max_concurrency, caches=settings.cache.enabled,
        )
        if order.cassette is not None:
            events.emit("session.replayed", cassette=order.cassette.name, answers=len(order.cassette))
        yield Session(rooms, wanted)


def _answering(
    order: Order, chains: ChainPlan, journal: StateManager, http: HttpClient, health: Health, budget: Budget,
    events: Events, clock: Clock, stack: ExitStack,
) -> dict[str, Adapter]:
    """Who answers for each role."""
    if order.cassette is not None:
        return replayed(order.cassette, clock)
    front = front_of(journal.reply_cache, order.settings.cache)
    built = build_chains(chains, http, clock, health=health, budget=budget, front=front)
    if order.record_to is None:
        return built
    from orchestra.adapters.recording import Recorder

    recorder = Recorder(
        order.record_to, hide=Redactor(_known_secrets(chains)).known,
        on_break=lambda why: events.emit("recording.broken", level="warning", why=why),
    )
    stack.callback(recorder.close)
    return recorded(built, recorder)


def _testing(
    order: Order, env: Environment, cancel: CancelToken, deadline: Deadline,
    tell: Callable[[Sandbox], None] = lambda sandbox: None,
) -> Testing:
    secret_variables = key_variables(order.settings.providers)
    confinement = Confinement(
        order.root, order.settings.tests.sandbox, variables=child_variables(env.variables, secret_variables),
        cancel=cancel, clock=env.clock, tell=tell,
    )
    return Testing(order.root, order.settings.tests, env, cancel, secret_variables, deadline, confinement)


def _tell_sandbox(order: Order, events: Events, sandbox: Sandbox) -> None:
    choice, layers = order.settings.tests.sandbox, sandbox.layers
    events.emit(
        "tests.sandbox", level="info" if choice == "off" or not layers.missing else "warning", asked=choice,
        enforced=list(layers.enforced), missing=list(layers.missing),
    )


def _estimate(order: Order, chains: ChainPlan) -> Callable[[Plan], CostRange | None]:
    first = {role: chains.first_choice(role) for role in AGENT_ROLES}
    models = {role: model for role, model in first.items() if model is not None}

    def size_of(path: str) -> int | None:
        try:
            return (order.root / path).lstat().st_size
        except (OSError, ValueError):
            return None

    return lambda plan: estimated_cost(plan, models, size_of=size_of, max_iterations=order.settings.max_iterations)


def _planned(journal: StateManager, session_id: str) -> int | None:
    """How many files are planned; None where there is no plan yet."""
    kept = journal.sessions.plan(session_id)
    return None if kept is None else len(kept.content["files"])


def _secrets(chains: ChainPlan) -> list[str]:
    headers = [value for row in chains.providers for value in row.headers.values()]
    return [key for key in chains.keys.values() if key] + headers


def _known_secrets(chains: ChainPlan) -> list[str]:
    """Keys, and of the headers those that look like one: what others say must stay readable."""
    headers = [item for row in chains.providers for item in row.headers.items()]
    return [*filter(None, chains.keys.values()), *(value for name, value in headers if looks_secret(name, value))]


def template_loader(settings: Settings) -> Loader:
    """The package's prompt templates, or the user's own."""
    if settings.prompts_dir is None:
        return load
    folder = Path(settings.prompts_dir)

    def own(name: str) -> str | None:
        path = folder / name
        try:
            with open(path, encoding="utf-8", opener=plain) as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError("the prompt template cannot be read", where=f"{path}: {error}") from None

    return functools.partial(load, override=own)

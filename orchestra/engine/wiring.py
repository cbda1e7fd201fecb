"""The one place that builds everything a session works with, and takes it down again."""

from __future__ import annotations

import functools
import threading
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from decimal import Decimal
from typing import Any, Callable, Iterator, Mapping

from orchestra.adapters.adapter import Adapter
from orchestra.adapters.budget import Budget
from orchestra.adapters.health import Health
from orchestra.adapters.http import HttpClient
from orchestra.agents.plan_json import plan_hash, words_of
from orchestra.clock import CancelToken, Clock, Deadline
from orchestra.config.secrets import looks_secret
from orchestra.engine.activity import Activity
from orchestra.engine.answering import discreet, front_of, recorded, replayed
from orchestra.engine.asking import Asker
from orchestra.engine.briefing import Room, Scout
from orchestra.engine.chains import ChainPlan, build_chains, key_variables
from orchestra.engine.change_review import LEAST_FILES, ChangeReview
from orchestra.engine.command_runs import LINT, TESTS, CommandRuns
from orchestra.engine.committing import Committing
from orchestra.engine.crew import Crew
from orchestra.engine.discretion import Discretion
from orchestra.engine.draft_check import noted
from orchestra.engine.estimate import CostRange, estimated_cost
from orchestra.engine.file_job import JobContext
from orchestra.engine.file_prompts import FilePrompts
from orchestra.engine.guidance import Guidance
from orchestra.engine.journalled_tree import JournalledTree
from orchestra.engine.left_behind import LeftBehind
from orchestra.engine.mending import Mending
from orchestra.engine.modes import CrewHands, schedule_for
from orchestra.engine.order import Order, panel_of, template_loader, testing_of
from orchestra.engine.planning import Planning
from orchestra.engine.recovery import RecoveryLimits
from orchestra.engine.resume import generation
from orchestra.engine.sealed_tests import SealedTests
from orchestra.engine.session import Rooms, Session, Wanted
from orchestra.engine.showing import Showing
from orchestra.engine.tidying import Keeping
from orchestra.engine.uncommitted import Uncommitted
from orchestra.engine.verification import Verification
from orchestra.engine.workplace import Workplace, session_events
from orchestra.environment import Environment
from orchestra.metrics.attempts import consumed
from orchestra.observe.events import Events
from orchestra.observe.placeholders import Placeholders
from orchestra.observe.redaction import Redactor
from orchestra.records import AGENT_ROLES, Plan
from orchestra.state.manager import StateManager
from orchestra.workspace.instructions import own_skills
from orchestra.workspace.listing import ignored_paths
from orchestra.workspace.project_check import project_check
from orchestra.workspace.sandbox.sandbox import Sandbox
from orchestra.workspace.tree import Tree


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
    attempts = journal.steps.attempts(session_id)
    before = consumed(attempts)
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
        own = Uncommitted(order.root, workplace.folder / "runs" / session_id / "before-tests")
        stack.callback(own.close)
        crew = Crew(
            # One more: who has files mended waits for those who do it.
            schedule.per_place * workers + 1, stop=env.stop, cancel=cancel, deadline=deadline, helm=order.helm,
            turns=workplace.turns,
        )
        stack.callback(crew.close)
        health = Health(
            chains.providers, clock=env.clock, workers=workers, known=journal.provider_health.all(),
            keep=journal.provider_health.keep,
        )
        git = None if order.git is None else order.git.without(key_variables(settings.providers)).until(cancel)
        rest = threading.Lock() if order.each else nullcontext()
        files = JournalledTree(
            Tree(order.root), journal.images, session_id=session_id, dry_run=options.dry_run, writing=rest
        )
        showing = Showing(
            order.root, git, Tree(order.root), hidden=order.cassette_file,
            before=lambda path: journal.images.at(session_id, path, 0),
            noted=lambda: journal.images.paths(session_id),
        )
        key = journal.secret()
        placeholders = Placeholders(key, _known_secrets(chains), tell=redactor.learn)
        discretion = Discretion(key, placeholders, survey=showing.survey, variables=env.variables)
        placeholders.learn(row.task.text)
        asker = Asker(
            session_id=session_id, journal=journal, events=events, redactor=redactor, discretion=discretion,
            chains=_answering(
                order, chains, journal, http, health, Budget(settings.budget.max_cost, spent_usd=spent), events,
                env.clock, stack, placeholders.hide_known,
            ),
            deadline=deadline, cancel=cancel, show=lambda paths: guidance().showing(showing.asked)(paths),
            panel=panel_of(order, chains), turns=workplace.turns,
        )
        left_behind = LeftBehind(
            session_id, journal, files, placeholders.hide, texts=lambda but: showing.texts(but=but)
        )
        load_template = template_loader(settings)
        first = chains.first_choice("architect")
        scout = Scout(
            order.root, journal.map_cache, Room.in_window(None if first is None else first.context_window),
            placeholders.hide,
        )
        testing = testing_of(order, env, cancel, deadline, tell=functools.partial(_tell_sandbox, order, events))
        linter = replace(testing, settings=replace(settings.tests, command=settings.lint.command), kind=LINT)
        check = project_check(order.root, env.variables, clock=env.clock, cancel=cancel)

        with_checkpoint: set[str] = set()

        def tell_activity(phase: str) -> None:
            journal.sessions.follow_activity(session_id, phase, activity.current, with_checkpoint)
            events.emit("phase.entered", level="debug", phase=phase)

        activity = Activity(tell_activity)
        check = noted(
            check, recall=functools.partial(journal.recall, session_id), hide=placeholders.hide,
            keep=functools.partial(journal.keep_later, session_id),
        )

        def listed() -> list[list[Any]]:
            # The architect's, where it is there: a large repository is long to list.
            kept: list[list[Any]] | None = journal.recall(session_id, "listing")
            return [*map(list, showing.listing())] if kept is None else kept

        @functools.lru_cache(maxsize=None)
        def guidance() -> Guidance:
            def find_out() -> Mapping[str, Any]:
                paths = [path for path, _ in listed()]
                links = showing.instruction_links(paths)
                found = Guidance.found(paths, showing.show, own_skills(env.variables), links)
                if found.left_out:
                    events.emit("guidance.left_out", level="warning", files=[[*each] for each in found.left_out])
                return found.changed(placeholders.hide).to_json()

            return Guidance.from_json(journal.remember(session_id, "guidance", find_out))

        def job_context(plan: Plan) -> JobContext:
            prompts = FilePrompts(
                row.task.text, plan, files, showing.show, settings.custom_prompts, load_template,
                interfaces=crew.call(lambda: journal.remember(
                    session_id, f"interfaces/{plan_hash(plan)}",
                    lambda: scout.interfaces(plan, [(path, size) for path, size in listed()]),
                )),
                guidance=crew.call(guidance),
            )
            words = [row.task.text, *(journal.recall(session_id, "remarks") or []), *words_of(plan)]
            context = JobContext(
                asker, files, prompts, events, settings.max_iterations, settings.auto_revert,
                RecoveryLimits(
                    settings.max_recovery_attempts, deadline, keep=functools.partial(journal.keep, session_id),
                    recall=functools.partial(journal.recall, session_id),
                ),
                discretion, check, activity, words,
            )
            if len(plan.files) < LEAST_FILES or not settings.audit.whole_change:
                planned = [file.path for file in plan.files]
                context = replace(context, left_behind=functools.partial(left_behind, but=planned))
            if not order.each:
                return context
            from orchestra.engine.after_file import AfterFile

            return replace(context, after=AfterFile(
                [runs_of(kind, plan) for kind in order.each], Mending(session_id, plan, journal, context),
                settings.max_iterations, threading.Lock(), rest,
            ))

        def runs_of(kind: str, plan: Plan) -> CommandRuns:
            runner = linter if kind == LINT else testing
            planned = [file.path for file in plan.files]
            sealed = SealedTests(session_id, journal, events, order.root, git, planned, runner.run, own, kind)
            return CommandRuns(
                session_id, journal, events, sealed.run, kind,
                must_start=runner.settings.command is not None or order.requires_tests,
                insist=runner.insist if kind == TESTS and order.requires_tests else lambda run: None,
                refuse=runner.refuse, without_secrets=discretion.test_run,
                is_wanted=lambda failure_id: kind == TESTS and _is_wanted(failure_id, row.task.text, plan),
            )

        def verification(kind: str, plan: Plan, jobs: JobContext) -> Verification:
            return Verification(
                session_id, plan, journal, asker, jobs, runs_of(kind, plan),
                settings.max_iterations - 1, generation(journal, session_id), settings.custom_prompts, load_template,
                CrewHands(crew, schedule, plan),
            )

        def change_review(plan: Plan, jobs: JobContext) -> ChangeReview:
            return ChangeReview(
                asker, Mending(session_id, plan, journal, jobs, CrewHands(crew, schedule, plan)),
                settings.max_iterations - 1, generation(journal, session_id), settings.custom_prompts, load_template,
                left_behind,
            )

        planning = Planning(
            session_id=session_id, task=row.task.text, root=order.root, state_folder=workplace.folder,
            journal=journal, asker=asker, approver=order.approver, events=events, crew=crew,
            list_repository=showing.listing, scout=scout, guidance=guidance, show=showing.show_long,
            must_show=options.must_show, folder=options.folder,
            estimate=_estimate(order, chains), max_cost_usd=settings.budget.max_cost,
            custom_prompts=settings.custom_prompts, load_template=load_template,
            has_architect="architect" in chains.choices, swarm=settings.planning.swarm, narrow=order.narrow,
            ignored_among=functools.partial(ignored_paths, order.root, git),
            linked_among=git.linked if git is not None else lambda paths: (),
            unseen_among=git.unseen if git is not None else lambda paths: (),
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
            job_context=job_context, change_review=change_review,
            verification=functools.partial(verification, TESTS), linting=functools.partial(verification, LINT),
            attempts=attempts,
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
            planned=_planned(journal, session_id), ended=journal.images.count_outcomes(session_id),
            max_concurrency=settings.max_concurrency, caches=settings.cache.enabled,
            # Whoever began may have been killed before saying so; to take a session up again is to be active in it.
            resumed=row.last_activity != row.started_at,
        )
        if order.cassette is not None:
            events.emit("session.replayed", cassette=order.cassette.name, answers=len(order.cassette))
        yield Session(rooms, wanted)


def _answering(
    order: Order, chains: ChainPlan, journal: StateManager, http: HttpClient, health: Health, budget: Budget,
    events: Events, clock: Clock, stack: ExitStack, hide: Callable[[str], str],
) -> dict[str, Adapter]:
    """Who answers for each role."""
    if order.cassette is not None:
        return discreet(replayed(order.cassette, clock), hide)
    front = front_of(journal.reply_cache, order.settings.cache, hide)
    built = discreet(build_chains(chains, http, clock, health=health, budget=budget, front=front), hide)
    if order.record_to is None:
        return built
    from orchestra.adapters.recording import Recorder

    recorder = Recorder(
        order.record_to, hide=Redactor(_known_secrets(chains)).known,
        on_break=lambda why: events.emit("recording.broken", level="warning", why=why),
    )
    stack.callback(recorder.close)
    return recorded(built, recorder)


def _is_wanted(failure_id: str, task: str, plan: Plan) -> bool:
    # Loaded with the first test that fails.
    from orchestra.engine.wanted_tests import is_wanted

    return is_wanted(failure_id, task, plan)


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

"""From a task to a plan that somebody approved."""

from __future__ import annotations

import os
from dataclasses import field, replace
from decimal import Decimal
from pathlib import Path
from typing import Callable, Collection, Mapping, Sequence, cast

from orchestra.adapters.adapter import Request
from orchestra.agents.architect import architect_request
from orchestra.agents.plan_file import PlanFile, parse_plan, render_plan
from orchestra.agents.plan_json import plan_from_json, plan_hash, plan_to_json
from orchestra.agents.replies import NeedFiles, Questions, read_plan
from orchestra.agents.templates import Loader
from orchestra.dataclass import dataclass
from orchestra.engine.approval import Approver, Choice, Decision
from orchestra.engine.asking import Asker, Show
from orchestra.engine.briefing import Briefing, Scout, fitting_files
from orchestra.engine.crew import Crew
from orchestra.engine.estimate import CostRange
from orchestra.engine.guidance import Guidance
from orchestra.errors import NotApproved, OrchestraError, RefusedPath, UnreadableReply, UsageError
from orchestra.observe.events import Events
from orchestra.observe.placeholders import PLACEHOLDER
from orchestra.observe.secret_shapes import holds_secret
from orchestra.records import Plan
from orchestra.state.manager import StateManager
from orchestra.state.plan_text import read_plan_text, write_plan_text
from orchestra.workspace.collisions import check_new_names
from orchestra.workspace.listing import is_secret
from orchestra.workspace.path_names import normalise
from orchestra.workspace.paths import check_plan_paths

_MOST_TOLD = 20
"""Of unknown names; the others are counted."""


@dataclass(frozen=True)
class Planning:
    """Asks the architect, keeps the plan, and has it approved. Main thread, but for `_ask_architect`."""

    session_id: str
    task: str
    root: Path
    state_folder: Path
    journal: StateManager
    asker: Asker
    approver: Approver
    events: Events
    crew: Crew
    list_repository: Callable[[], Sequence[tuple[str, int]]]
    scout: Scout
    show: Show
    must_show: Sequence[str]
    custom_prompts: Mapping[str, str]
    load_template: Loader
    estimate: Callable[[Plan], CostRange | None]
    max_cost_usd: Decimal | None
    has_architect: bool
    """Whether a model can answer for the architect: a session that was given its plan needs none."""
    folder: str = ""
    """Where the user stands, relative to the root."""
    guidance: Callable[[], Guidance] = lambda: Guidance({})
    swarm: int = 1
    """How many architects plan at once; a plan is revised by one."""
    narrow: Callable[[Plan], Plan] = lambda plan: plan
    """What of an architect's plan is to be carried out."""
    ignored_among: Callable[[Sequence[str]], Collection[str]] = lambda paths: ()
    """Those of the paths that git or an `.orchestraignore` leaves out."""
    linked_among: Callable[[Sequence[str]], Collection[str]] = lambda paths: ()
    """Those of the paths that lie in another repository, as git's index says."""
    unseen_among: Callable[[Sequence[str]], Collection[str]] = lambda paths: ()
    """Those of the paths that are tracked but not checked out."""
    _no_paths: dict[str, list[str]] = field(default_factory=dict)
    """By planned path what it is said to depend on and cannot be a path."""

    def plan(self, given: PlanFile | None = None) -> Plan:
        """The newest plan, kept in the journal and in `plan.md`; the architect is asked where there is none.

        Raises NotApproved when the architect's questions stay without an answer, RefusedPath, ProviderFault,
        UnreadableReply.
        """
        row = self.journal.sessions.plan(self.session_id)
        if given is not None and row is None:
            plan = self._checked(given.plan)
        elif row is None or len(self._remarks()) > self._remarks_heard():
            plan = self._ask_until_planned()
        else:
            plan = self._edited() or plan_from_json(row.content)
        return self._keep(plan)

    def approved(self, plan: Plan) -> Plan:
        """The plan as it was approved in the end. Raises NotApproved."""
        in_vain: str | None = None
        estimated: Plan | None = None
        while True:
            if plan != estimated:
                self._tell_cost(plan)
                estimated = plan
            decision = self.approver.decide(plan)
            if decision.choice is Choice.APPROVE:
                self.journal.sessions.approve_plan(self.session_id, plan_hash(plan), decision.by)
                self.events.emit("plan.approved", by=decision.by)
                return plan
            if decision.choice is Choice.QUIT:
                raise self._not_approved(decision)
            try:
                if decision.choice is Choice.EDIT:
                    # An edit that cannot be used is where the next one begins.
                    in_vain = self.approver.edit(in_vain or self._rendered(plan))
                    plan = self._keep(self._checked(parse_plan(in_vain).plan))
                else:
                    plan = self._keep(self._revised(decision))
                in_vain = None
            except (UsageError, RefusedPath) as error:
                self.approver.explain(str(error))

    def _ask_until_planned(self) -> Plan:
        self._check_architect()
        while True:
            answer: Plan | Questions = self._answer()
            if isinstance(answer, Plan):
                return answer
            answers = self.approver.answer(answer.questions)
            if answers is None:
                raise NotApproved(
                    "the architect has questions: " + " ".join(answer.questions),
                    hint="answer them in the task and run again",
                )
            pairs = [f"{question} {reply}" for question, reply in zip(answer.questions, answers)]
            self.journal.keep(self.session_id, "remarks", [*self._remarks(), *pairs])

    def _answer(self) -> Plan | Questions:
        try:
            return self._architects_answer()
        except UnreadableReply as error:
            # For the user alone: of a file's draft the same error is shown to the next model.
            error.hint = "have another model asked (agents.architect), or put the task in other words; " + (
                f"`orchestra resume {self.session_id}` asks again"
            )
            raise

    def _architects_answer(self) -> Plan | Questions:
        answer: Plan | Questions | None = None
        if self.swarm > 1 and self.journal.sessions.plan(self.session_id) is None:
            from orchestra.engine.swarm import Swarm

            answer = Swarm(
                self.crew, self.asker, self.events, self._request, self._read, f"architect/{len(self._remarks())}"
            ).plan(self.swarm)
        return answer or self.crew.call(self._ask_architect, meanwhile=_load_reading_of_drafts)

    def _ask_architect(self) -> Plan | Questions:
        key = f"architect/{len(self._remarks())}"
        # mypy joins the union of what is read to `object`.
        return cast("Plan | Questions", self.asker.ask("architect", key, self._request(), path=None, read=self._read))

    def _request(self, *, dividing_by: int | None = None, area: str = "", plans: str = "") -> Request:
        remarks = self._remarks()
        row = self.journal.sessions.plan(self.session_id)
        listing = self.journal.remember(self.session_id, "listing", lambda: [*map(list, self.list_repository())])
        files = [(path, size) for path, size in listing]
        briefing = Briefing.from_json(self.journal.remember(
            self.session_id, "map", lambda: self.scout.brief(self.task, files, self.must_show, self.folder).to_json()
        ))
        guidance = self.guidance()
        return architect_request(
            task=self.task,
            listing=files,
            most_listed_tokens=self.scout.room.listing_tokens,
            folder=self.folder,
            repo_map=briefing.repo_map,
            shown=fitting_files(
                self.show, briefing.chosen, self.scout.room.files_tokens, known=guidance.whole_skills(self.task),
                excerpt=self.scout.excerpt(self.task),
            )[0],
            custom_prompt=self.custom_prompts.get("architect", ""),
            words=guidance.for_task(self.task),
            previous_plan=None if row is None else plan_from_json(row.content),
            remarks=remarks,
            dividing_by=dividing_by,
            area=area,
            plans=plans,
            load_template=self.load_template,
        )

    def _read(self, text: str) -> Plan | Questions | NeedFiles:
        answer = read_plan(text)
        return self.narrow(self._checked(answer)) if isinstance(answer, Plan) else answer

    def _checked(self, plan: Plan) -> Plan:
        """The plan with normalised paths. Raises RefusedPath."""
        paths = check_plan_paths(self.root, [planned.path for planned in plan.files])
        deleted = frozenset(path for file, path in zip(plan.files, paths) if file.action == "delete")
        check_new_names(self.root, [path for path in paths if path not in deleted], deleted)
        for path in paths:
            if _may_hold_secret(path):
                # Not said where: the message is logged.
                raise RefusedPath("a path of the plan holds what is, or stands for, a secret")
            if is_secret(path) and (self.root / path).exists():
                raise RefusedPath("the file holds secrets, which no model gets to see", where=path)
        for path in self.linked_among(paths):
            hint = "check the submodule out, and run there"
            raise RefusedPath("the file belongs to another repository, a submodule of this one", where=path, hint=hint)
        for path in self.ignored_among([path for path in paths if (self.root / path).exists()]):
            raise RefusedPath("the file is ignored, so no model gets to see it", where=path)
        for path in self.unseen_among([path for path in paths if not (self.root / path).exists()]):
            hint = "`git sparse-checkout add` brings its folder"
            raise RefusedPath("the file is tracked, but not checked out here", where=path, hint=hint)
        files = []
        for file, path in zip(plan.files, paths):
            depends_on, self._no_paths[path] = _normalised(file.depends_on)
            files.append(replace(file, path=path, depends_on=depends_on))
        return replace(plan, files=tuple(files))

    def _keep(self, plan: Plan) -> Plan:
        self.journal.sessions.save_plan(self.session_id, plan_hash(plan), plan_to_json(plan))
        self.journal.keep(self.session_id, "remarks-heard", len(self._remarks()))
        write_plan_text(self.state_folder, self._rendered(plan))
        files = [{"path": planned.path, "action": planned.action} for planned in plan.files]
        self.events.emit("plan.ready", summary=plan.summary, files=files)
        self._tell_unknown(plan)
        return plan

    def _tell_unknown(self, plan: Plan) -> None:
        """What files are said to depend on and is neither planned nor there: nobody waits for it or is shown it."""
        known = {file.path for file in plan.files}
        unknown = [
            [file.path, name] for file in plan.files for name in (
                *(name for name in file.depends_on if name not in known and not os.path.isfile(self.root / name)),
                *self._no_paths.pop(file.path, ()),
            ) if not _may_hold_secret(name)
        ]
        if unknown:
            self.events.emit("plan.unknown", level="warning", names=unknown[:_MOST_TOLD], count=len(unknown))

    def _tell_cost(self, plan: Plan) -> None:
        cost = self.estimate(plan)
        if cost is not None:
            self.events.emit(
                "plan.estimated", low=float(cost.low_usd), high=float(cost.high_usd), unpriced=list(cost.unpriced),
                files=len(plan.files), budget=None if self.max_cost_usd is None else float(self.max_cost_usd),
            )

    def _edited(self) -> Plan | None:
        """The plan in `plan.md`, where that is this session's and the user changed it."""
        text = read_plan_text(self.state_folder)
        if text is None:
            return None
        found = parse_plan(text)
        if found.session_id != self.session_id or not found.edited:
            return None
        return self._checked(found.plan)

    def _rendered(self, plan: Plan) -> str:
        return render_plan(plan, session_id=self.session_id, task=self.task)

    def _check_architect(self) -> None:
        if not self.has_architect:
            raise UsageError(
                "no model can answer for the architect", hint="edit the plan, or name a model in agents.architect"
            )

    def _revised(self, decision: Decision) -> Plan:
        self._check_architect()
        self.journal.keep(self.session_id, "remarks", [*self._remarks(), decision.remark])
        return self._ask_until_planned()

    def _remarks(self) -> list[str]:
        return list(self.journal.recall(self.session_id, "remarks") or [])

    def _remarks_heard(self) -> int:
        """How many remarks the newest plan takes into account."""
        return int(self.journal.recall(self.session_id, "remarks-heard") or 0)

    def _not_approved(self, decision: Decision) -> OrchestraError:
        return NotApproved(
            f"the plan was not approved: {decision.by}" if decision.by else "the plan was not approved",
            where="it is kept in .orchestra/plan.md", hint=decision.hint or "`orchestra resume` asks again",
        )


def _normalised(paths: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The paths in the spelling of planned ones, and what cannot be a path, so that it names no planned file."""
    found, others = [], []
    for path in paths:
        try:
            found.append(normalise(path))
        except RefusedPath:
            others.append(path)
    return tuple(dict.fromkeys(found)), others


def _may_hold_secret(name: str) -> bool:
    return PLACEHOLDER.search(name) is not None or holds_secret(name)


def _load_reading_of_drafts() -> None:
    """A tenth of a second that the first drafts need not wait for."""
    import orchestra.agents.draft_reply  # noqa: F401

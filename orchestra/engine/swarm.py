"""Several architects at once: one divides the task, each plans an area, one call merges the plans."""

from __future__ import annotations

import json
from concurrent.futures import Future
from functools import partial
from typing import Callable, Sequence, Union, cast

from orchestra.adapters.adapter import Request
from orchestra.agents.plan_json import plan_to_json
from orchestra.agents.replies import NeedFiles, Questions
from orchestra.agents.swarm import Area, Areas, about_area, read_division, shared_out
from orchestra.dataclass import dataclass
from orchestra.engine.asking import Asker
from orchestra.engine.crew import Crew
from orchestra.errors import OrchestraError, ProviderFault, RefusedPath, UnreadableReply
from orchestra.observe.events import Events
from orchestra.records import Plan

Answer = Union[Plan, Questions]


@dataclass(frozen=True)
class Swarm:
    """Main thread; what blocks is done by the crew, so many at once as it has workers."""

    crew: Crew
    asker: Asker
    events: Events
    request: Callable[..., Request]
    """An architect's, given `dividing_by`, `area` or `plans` (see `architect_request`)."""
    read: Callable[[str], "Plan | Questions | NeedFiles"]
    key: str
    """What the keys of all steps begin with."""

    def plan(self, most: int) -> Answer | None:
        """The merged plan of `most` architects at most; None for a task that is too small to be divided.

        An area whose architect failed is planned by the merging call. Raises what the last one failed with where all
        have failed.
        """
        division = self.crew.call(partial(self._divide, most))
        if not isinstance(division, Areas):
            return division
        areas = shared_out(division.areas, most)
        if len(areas) < 2:
            return None
        self.events.emit("swarm.divided", areas=[area.name for area in areas])
        answers = self._ask_all(areas)
        questions = [text for answer in answers.values() if isinstance(answer, Questions) for text in answer.questions]
        if questions:
            return Questions(tuple(dict.fromkeys(questions)))
        plans = {area: answer for area, answer in answers.items() if isinstance(answer, Plan)}
        return self.crew.call(partial(self._merge, areas, plans))

    def _divide(self, most: int) -> Areas | Answer:
        request = self.request(dividing_by=most)
        # mypy joins the union of what is read to `object`.
        return cast("Areas | Answer", self.asker.ask(
            "architect", f"{self.key}/areas", request, path=None, read=self._read_division
        ))

    def _read_division(self, text: str) -> Areas | Answer | NeedFiles:
        division = read_division(text)
        return self.read(text) if isinstance(division, Plan) else division

    def _ask_all(self, areas: Sequence[Area]) -> dict[Area, Answer]:
        """What each architect answered, in the order of their areas, without those that failed."""
        waiting: dict[Future[Answer], Area] = {
            self.crew.start(partial(self._ask_one, number, areas)): area for number, area in enumerate(areas)
        }
        answers: dict[Area, Answer] = {}
        failure: OrchestraError | None = None
        while waiting:
            for done in self.crew.next_done(waiting):
                area = waiting.pop(done)
                try:
                    answers[area] = done.result()
                except (ProviderFault, UnreadableReply, RefusedPath) as error:
                    failure = error
                    self.events.emit("swarm.area_failed", level="warning", area=area.name, why=error.message)
        if failure is not None and not answers:
            raise failure
        return {area: answers[area] for area in areas if area in answers}

    def _ask_one(self, number: int, areas: Sequence[Area]) -> Answer:
        request = self.request(area=about_area(areas, areas[number]))
        return cast("Answer", self.asker.ask(
            "architect", f"{self.key}/area{number + 1}", request, path=None, read=self.read
        ))

    def _merge(self, areas: Sequence[Area], plans: dict[Area, Plan]) -> Answer:
        told = [
            {
                "area": area.name, **({"covers": area.description} if area.description else {}),
                "plan": plan_to_json(plans[area]) if area in plans else None,
            } for area in areas
        ]
        request = self.request(plans=json.dumps(told, ensure_ascii=False, indent=1))
        return cast("Answer", self.asker.ask(
            "architect", f"{self.key}/merge", request, path=None, read=self.read
        ))

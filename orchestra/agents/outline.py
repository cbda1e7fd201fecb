"""What every prompt about one planned file says of the plan."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Sequence

from orchestra.agents.quoting import ShownFile, bullets, one_line, quote, show_files
from orchestra.records import Plan, PlannedFile


MOST_FILES = 200
"""Of a longer plan a prompt lists those next to its file."""


@dataclass(frozen=True)
class Words:
    """What a repository and its user say to agents, quoted; empty where they say nothing."""

    instructions: str = ""
    skills: str = ""

    @property
    def values(self) -> dict[str, str]:
        """For templates."""
        return {"instructions": self.instructions, "skills": self.skills}


def about_file(
    task: str, plan: Plan, planned: PlannedFile, dependencies: Sequence[ShownFile], outline: Outline | None = None,
    words: Words | None = None,
) -> dict[str, str]:
    """The template values that the executor, the auditor and the consultant have in common.

    `outline` is the plan's, where somebody has it already.
    """
    return {
        "path": one_line(planned.path),
        **(words or Words()).values,
        "task": quote(task),
        "plan": (outline or Outline(plan)).around(planned.path),
        "dependencies": show_files(dependencies),
        "order": file_order(planned),
    }


class Outline:
    """A plan's summary and one line per planned file, as prompts quote it."""

    def __init__(self, plan: Plan) -> None:
        self._summary = plan.summary.strip()
        self._lines = [_file_line(planned) for planned in plan.files]
        self._places = {planned.path: number for number, planned in enumerate(plan.files)}
        self._linked: dict[int, set[int]] = defaultdict(set)
        for planned in plan.files:
            for path in planned.depends_on:
                self._link(planned.path, path)
        self._whole = self._quoted(range(len(self._lines)))

    def around(self, path: str | None) -> str:
        """The whole; of a long plan the part around a file: what it depends on, what depends on it, what stands near.

        Without a path the beginning.
        """
        count = len(self._lines)
        if count <= MOST_FILES:
            return self._whole
        place = self._places.get(path or "", 0)
        start = max(0, min(place - MOST_FILES // 2, count - MOST_FILES))
        linked = sorted(self._linked.get(place, ()))[:MOST_FILES]
        return self._quoted(sorted({*linked, *range(start, start + MOST_FILES)}))

    def _link(self, one: str, other: str) -> None:
        places = self._places.get(one), self._places.get(other)
        if places[0] is not None and places[1] is not None:
            self._linked[places[0]].add(places[1])
            self._linked[places[1]].add(places[0])

    def _quoted(self, places: Sequence[int]) -> str:
        lines = [self._lines[place] for place in places]
        if len(lines) < len(self._lines):
            lines.append("- ... and %d more files" % (len(self._lines) - len(lines)))
        return quote("\n\n".join(part for part in (self._summary, "\n".join(lines)) if part))


def file_order(planned: PlannedFile) -> str:
    """What the plan says about one file: what is done to it, its description and what must hold, quoted."""
    criteria = "It must hold:\n" + bullets(planned.criteria) if planned.criteria else ""
    parts = [planned.action.capitalize() + " this file.", planned.description.strip(), criteria]
    return quote("\n\n".join(part for part in parts if part))


def _file_line(planned: PlannedFile) -> str:
    first_line = (planned.description.strip().splitlines() or [""])[0]
    return "- %s %s%s" % (planned.action, one_line(planned.path), ": " + first_line if first_line else "")

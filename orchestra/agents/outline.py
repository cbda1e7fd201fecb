"""What every prompt about a plan, or about one planned file, says of it."""

from __future__ import annotations

from collections import defaultdict
from typing import Sequence

from orchestra.adapters.adapter import Segment
from orchestra.agents.quoting import ShownFile, bullets, one_line, quote, show_files
from orchestra.agents.templates import Loader, segments
from orchestra.dataclass import dataclass
from orchestra.records import Plan, PlannedFile


MOST_FILES = 200
"""Of a longer plan a prompt lists those next to its file."""
_STEP = MOST_FILES // 2
"""From one such part of a plan to the next: so many prompts have the same, and each a quarter of it on both sides."""


@dataclass(frozen=True)
class Words:
    """What a repository and its user say to agents, quoted; empty where they say nothing."""

    instructions: str = ""
    """Of the repository as a whole."""
    skills: str = ""
    folders: str = ""
    """The instructions of the folders that one file lies in."""


@dataclass(frozen=True)
class About:
    """What the prompts of all roles say of a plan, and of one of its files where they are about one."""

    task: str
    outline: Outline
    words: Words = Words()
    planned: PlannedFile | None = None

    def shared(self, load_template: Loader) -> tuple[Segment, ...]:
        """What is the same for many files."""
        values = {
            "instructions": self.words.instructions,
            "task": quote(self.task),
            "plan": self.outline.around(None if self.planned is None else self.planned.path),
        }
        return segments(load_template("shared"), values, shortenable=("instructions",))

    def values(self, dependencies: Sequence[ShownFile]) -> dict[str, str]:
        """What the executor, the auditor and the consultant are told of the file."""
        assert self.planned is not None
        return {
            "path": one_line(self.planned.path),
            "instructions": self.words.folders,
            "skills": self.words.skills,
            "linked": self.outline.linked(self.planned.path),
            "dependencies": show_files(dependencies),
            "order": file_order(self.planned),
        }


class Outline:
    """A plan's summary, one line per planned file and what is to be tested, as prompts quote it."""

    def __init__(self, plan: Plan) -> None:
        self._summary = plan.summary.strip()
        self._tests = "To be tested:\n" + bullets(plan.tests) if plan.tests else ""
        self._lines = [_file_line(planned) for planned in plan.files]
        self._places = {planned.path: number for number, planned in enumerate(plan.files)}
        self._linked: dict[int, set[int]] = defaultdict(set)
        for planned in plan.files:
            for path in planned.depends_on:
                self._link(planned.path, path)
        self._parts: dict[int, str] = {}

    def around(self, path: str | None) -> str:
        """The whole; of a long plan a part that a file stands in, the same for its neighbours.

        Without a path the beginning.
        """
        start = self._start(path)
        if start not in self._parts:
            self._parts[start] = self._quoted(start)
        return self._parts[start]

    def linked(self, path: str) -> str:
        """What a file depends on and what depends on it, as far as it does not stand in that part; empty for none."""
        start = self._start(path)
        others = sorted(self._linked.get(self._places.get(path, -1), ()))
        far = [place for place in others if not start <= place < start + MOST_FILES]
        return quote("\n".join(self._lines[place] for place in far[:MOST_FILES]))

    def _start(self, path: str | None) -> int:
        place = self._places.get(path or "", 0)
        return max(0, min((place - _STEP // 2) // _STEP * _STEP, len(self._lines) - MOST_FILES))

    def _link(self, one: str, other: str) -> None:
        places = self._places.get(one), self._places.get(other)
        if places[0] is not None and places[1] is not None:
            self._linked[places[0]].add(places[1])
            self._linked[places[1]].add(places[0])

    def _quoted(self, start: int) -> str:
        lines = self._lines[start:start + MOST_FILES]
        if len(lines) < len(self._lines):
            lines.append("- ... and %d more files" % (len(self._lines) - len(lines)))
        return quote("\n\n".join(part for part in (self._summary, "\n".join(lines), self._tests) if part))


def file_order(planned: PlannedFile) -> str:
    """What the plan says about one file: what is done to it, its description and what must hold, quoted."""
    criteria = "It must hold:\n" + bullets(planned.criteria) if planned.criteria else ""
    parts = [planned.action.capitalize() + " this file.", planned.description.strip(), criteria]
    return quote("\n\n".join(part for part in parts if part))


def _file_line(planned: PlannedFile) -> str:
    first_line = (planned.description.strip().splitlines() or [""])[0]
    return "- %s %s%s" % (planned.action, one_line(planned.path), ": " + first_line if first_line else "")

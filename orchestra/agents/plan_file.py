"""The plan as a Markdown file that people read, edit and write: `.orchestra/plan.md` and `--plan FILE`.

    # Plan

    Session: s-20261122-071500-4f2a
    Hash: SHA-256 of the plan, by which an edit shows
    Task: what the user wants

    The summary.

    ## create src/a.py

    The description.

    Depends on:
    - src/b.py

    Criteria:
    - what must hold

    ## Tests

    - what should be tested

    ## Commit

    Type: feat
    Scope: a
    Subject: add it

    The body.

A title, a task and the files' headings are all that must be there.
"""

from __future__ import annotations

from typing import Iterable

from orchestra.agents.plan_json import plan_hash
from orchestra.agents.plan_text import write_block, write_fence, write_items, write_line
from orchestra.dataclass import dataclass
from orchestra.records import CommitIntent, Plan, PlannedFile


@dataclass(frozen=True)
class PlanFile:
    """What a plan file says."""

    plan: Plan
    task: str
    session_id: str | None = None
    """None in a file that no session wrote."""
    hash: str | None = None
    """What the header says; None where it says nothing."""

    @property
    def edited(self) -> bool:
        """Whether the plan is another one than the header's hash was taken of."""
        return self.hash is not None and self.hash != plan_hash(self.plan)


def parse_plan(text: str, *, source: str = "plan.md") -> PlanFile:
    """What a plan file says. Raises PlanError that names the line and what was expected; `source` names the file."""
    from orchestra.agents.plan_parser import PlanParser

    plan, header = PlanParser(source).parse(text)
    return PlanFile(plan, header["task"], header.get("session"), header.get("hash"))


def render_plan(plan: Plan, *, session_id: str | None, task: str) -> str:
    """The file's text; `parse_plan` gives back the same plan, session and task."""
    header = [
        "Session: " + write_line(session_id) if session_id is not None else "",
        "Hash: " + plan_hash(plan),
        "Task: " + write_line(task) if "\n" not in task else "Task:\n" + write_fence(task),
    ]
    sections = ["# Plan", "\n".join(line for line in header if line), write_block(plan.summary)]
    sections += [_file_section(planned) for planned in plan.files]
    if plan.tests:
        sections += ["## Tests", write_items(plan.tests)]
    if plan.commit != CommitIntent():
        sections.append(_commit_section(plan.commit))
    return _paragraphs(sections) + "\n"


def _file_section(planned: PlannedFile) -> str:
    return _paragraphs([
        "## %s %s" % (planned.action, write_line(planned.path)),
        write_block(planned.description),
        "Depends on:\n" + write_items(planned.depends_on) if planned.depends_on else "",
        "Criteria:\n" + write_items(planned.criteria) if planned.criteria else "",
    ])


def _commit_section(commit: CommitIntent) -> str:
    labels = (("Type", commit.type), ("Scope", commit.scope), ("Subject", commit.subject))
    lines = ["%s: %s" % (label, write_line(text)) for label, text in labels if text]
    return _paragraphs(["## Commit", "\n".join(lines), write_block(commit.body)])


def _paragraphs(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)

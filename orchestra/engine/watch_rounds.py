"""What a round of a watch has to do, judged by the plan that was approved and by what changed."""

from __future__ import annotations

from dataclasses import replace
from typing import AbstractSet, Callable, Iterable

from orchestra.dataclass import dataclass
from orchestra.records import Plan, PlannedFile, Task
from orchestra.workspace.ai_comments import AiComment

MOST_SHOWN = 20


@dataclass(frozen=True)
class Round:
    """One session of a watch."""

    cause: str
    """`start`, `change` or `comment`."""
    task: Task
    changed: tuple[str, ...] = ()
    plan: Plan | None = None
    """Approved already; None where the architect is asked."""
    plan_before: Plan | None = None
    """The plan that the architect shall revise."""
    remark: str = ""
    """What the architect is told of it."""
    retried: frozenset[str] = frozenset()
    """Of the files in `plan_before` those that are not done."""
    deleted: frozenset[str] = frozenset()
    """Of the files in `plan_before` those that somebody deleted."""
    comment: AiComment | None = None

    @property
    def must_show(self) -> tuple[str, ...]:
        return self.changed[:MOST_SHOWN] if self.plan is None else ()

    def narrowed(self, plan: Plan) -> Plan:
        """A revised plan without the files of which it says what was carried out already, and which nothing touches."""
        if self.plan_before is None:
            return plan
        wanted = (dependants(plan, set(self.changed)) | self.retried) - self.deleted
        done = {file.path: _order_of(file) for file in self.plan_before.files}
        files = [file for file in plan.files if file.path in wanted or done.get(file.path) != _order_of(file)]
        return replace(plan, files=tuple(files))

    @property
    def key(self) -> tuple[str, str]:
        """The same for all rounds about one thing."""
        return (self.changed[0], self.comment.text) if self.comment else ("", self.task.text)


def dependants(plan: Plan, paths: AbstractSet[str]) -> set[str]:
    """The planned files among the paths and those that depend on any of them, however indirectly."""
    reached = set(paths)
    while True:
        more = {file.path for file in plan.files if file.path not in reached and reached.intersection(file.depends_on)}
        if not more:
            return {file.path for file in plan.files if file.path in reached}
        reached |= more


def known_to(plan: Plan | None) -> set[str]:
    """The paths that a plan speaks of: its own files and those that they depend on."""
    files = () if plan is None else plan.files
    return {file.path for file in files} | {path for file in files for path in file.depends_on}


def round_for(
    task: Task, plan: Plan | None, changed: AbstractSet[str], *, retried: AbstractSet[str],
    exists: Callable[[str], bool], deleted: AbstractSet[str] = frozenset(),
) -> Round | None:
    """What to do about these changes; None for nothing.

    Without an approved plan the task is begun again. Files that the plan knows are carried out again as planned, with
    what depends on them and with `retried`; what it does not know is a matter for the architect. What somebody deleted,
    now or before a round that has been, is not made again for that.
    """
    listed = tuple(sorted(changed))
    if plan is None:
        return Round("change", task, listed)
    if changed - known_to(plan):
        return Round(
            "change", task, listed, plan_before=plan, remark=_remark(listed, deleted, exists),
            retried=frozenset(retried), deleted=frozenset(deleted),
        )
    gone = {file.path for file in plan.files if file.path in changed | deleted and not exists(file.path)}
    wanted = dependants(plan, changed) - gone
    files = [_as_it_lies(file, exists) for file in plan.files if file.path in wanted | (retried - gone)]
    return Round("change", task, listed, plan=replace(plan, files=tuple(files))) if wanted else None


def merged(plan: Plan | None, newer: Plan) -> Plan:
    """The plan with what a newer one says otherwise or adds."""
    if plan is None:
        return newer
    said = {file.path: file for file in newer.files}
    kept = [said.pop(file.path, file) for file in plan.files]
    return replace(plan, files=(*kept, *said.values()))


def comment_rounds(path: str, comments: Iterable[AiComment]) -> list[Round]:
    """A round for each comment."""
    return [Round("comment", comment_task(path, comment), (path,), comment=comment) for comment in comments]


def comment_task(path: str, comment: AiComment) -> Task:
    """What a comment asks for, as a task."""
    quoted = "\n".join("    " + line for line in comment.quoted.splitlines())
    text = (
        f"{comment.text}\n\nThis is asked for by a comment in {path}, which stands where it is meant:\n\n{quoted}\n\n"
        "The change must also remove that comment."
    )
    return Task(text, path)


def _remark(changed: tuple[str, ...], deleted: AbstractSet[str], exists: Callable[[str], bool]) -> str:
    listed = ", ".join(path if exists(path) else f"{path} (deleted)" for path in changed[:MOST_SHOWN])
    more = f" and {len(changed) - MOST_SHOWN} more" if len(changed) > MOST_SHOWN else ""
    gone = sorted(path for path in deleted if path not in changed and not exists(path))[:MOST_SHOWN]
    stay = f"Somebody had deleted {', '.join(gone)} before: that stays so. " if gone else ""
    return (
        f"The plan was carried out. Since then these files changed: {listed}{more}. {stay}Plan only what the task asks "
        "for because of that, and leave out files that need nothing; where none needs anything, `files` is empty."
    )


def _order_of(file: PlannedFile) -> PlannedFile:
    """What is wanted of a file, whether it is there already or not."""
    return file if file.action == "delete" else replace(file, action="modify")


def _as_it_lies(file: PlannedFile, exists: Callable[[str], bool]) -> PlannedFile:
    if file.action == "delete":
        return file
    return replace(file, action="modify" if exists(file.path) else "create")

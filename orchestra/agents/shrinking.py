"""Whether a draft has lost parts of the file that nobody asked to have removed."""

from __future__ import annotations

from functools import cached_property
from typing import Callable, Sequence

from orchestra.dataclass import dataclass
from orchestra.records import Plan, PlannedFile

FEWEST_LINES = 10
"""A file with fewer lines that are not blank is soon another one altogether."""
_MOST_NAMED = 5


@dataclass(frozen=True)
class Explanation:
    """What was said that a loss may be explained by."""

    order: str
    """About this file: its description, its criteria, what was found wrong with it."""
    of_rest: Callable[[], str]
    """About everything: the task, the summary, the orders for the other files. Few files are asked for it."""

    @cached_property
    def rest(self) -> str:
        return self.of_rest()


def explanation_of(task: str, plan: Plan, planned: PlannedFile, findings: Sequence[str] = ()) -> Explanation:
    """What task, plan and findings say, as far as they can explain that a part of this file is gone."""
    order = "\n".join((planned.description, *planned.criteria, *findings))

    def of_rest() -> str:
        others = [file for file in plan.files if file.path != planned.path]
        parts = [part for file in others for part in (file.description, *file.criteria)]
        return "\n".join((task, plan.summary, *parts))

    return Explanation(order, of_rest)


def find_loss(path: str, old: str, new: str, said: Explanation) -> str | None:
    """What the new text has lost of the old without a word about it, as a sentence; None where all is well.

    A name may go where a sentence says so: it is what the verb takes away, not where it is taken from or what takes
    its place, and nothing says no. With it goes its body. A sentence that takes away without a name explains the names
    and the lines that its words speak of, those in one place where it says in which, or all where it is about
    functions, modules or the file; but no name that is to be kept. So it is in an order for this file, and elsewhere
    in a sentence that names the file; other sentences explain what they name.
    """
    from orchestra.workspace.public_names import lost_names

    lost = lost_names(path, old, new)
    before, after = _count(old), _count(new)
    is_shorter = before >= FEWEST_LINES and 3 * after <= 2 * before
    if not lost and not is_shorter:
        return None
    # Loaded when there is a loss, which few drafts have.
    from orchestra.agents.explained import Explained

    explained = Explained(path, old, new, order=said.order, rest=said.rest)
    names = [name for name in lost if not explained.has_name(name)]
    if names:
        listed = ", ".join("`%s`" % name for name in names[:_MOST_NAMED])
        more = " and %d more" % (len(names) - _MOST_NAMED) if len(names) > _MOST_NAMED else ""
        return "The draft no longer has %s%s, which the plan does not say." % (listed, more)
    if is_shorter and 3 * (after + explained.count_lines()) <= 2 * before:
        return "The draft has %d lines that are not blank, the file had %d; the plan does not say so." % (after, before)
    return None


def _count(text: str) -> int:
    return sum(bool(line.strip()) for line in text.split("\n"))

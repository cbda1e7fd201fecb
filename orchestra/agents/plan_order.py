"""The order in which planned files are written: what others depend on first."""

from __future__ import annotations

import heapq

from orchestra.agents.circles import cuts
from orchestra.dataclass import dataclass
from orchestra.records import Plan, PlannedFile


@dataclass(frozen=True)
class PlanOrder:
    """The files in order, and what could not be honoured."""

    files: tuple[PlannedFile, ...]
    ignored: tuple[tuple[str, str], ...]
    """Dependencies that would close a circle, as (path, path that it depends on)."""

    def dependencies(self) -> dict[str, set[str]]:
        """By path, which files are waited for.

        In a circle also where some of its files are left out: who is shown another as it was goes before that one.
        """
        found = {planned.path: set(planned.depends_on) - {planned.path} for planned in self.files}
        for path, other in self.ignored:
            found[path].discard(other)
            found[other].add(path)
        return found


def in_order(plan: Plan) -> tuple[PlannedFile, ...]:
    """The planned files, each after those it depends on, otherwise as in the plan."""
    return order_of(plan).files


def order_of(plan: Plan) -> PlanOrder:
    """As `in_order`, with the dependencies that had to be ignored.

    A circle is entered at the file of it that stands first in the plan. Paths that are not planned do not count.
    """
    needs = _needs(plan)
    unmet = [set(needed) for needed in needs]
    needed_by: list[list[int]] = [[] for _ in needs]
    for index, needed in enumerate(needs):
        for other in needed:
            needed_by[other].append(index)
    ready = [index for index, needed in enumerate(unmet) if not needed]
    order: list[int] = []
    ignored: list[tuple[str, str]] = []
    groups = cuts(needs)
    while len(order) < len(needs):
        for index, other in () if ready else next(groups):
            ignored.append((plan.files[index].path, plan.files[other].path))
            _meet(unmet, index, other, ready)
        written = heapq.heappop(ready)
        order.append(written)
        for index in needed_by[written]:
            _meet(unmet, index, written, ready)
    return PlanOrder(tuple(plan.files[index] for index in order), tuple(ignored))


def _needs(plan: Plan) -> list[frozenset[int]]:
    numbers: dict[str, list[int]] = {}
    for index, planned in enumerate(plan.files):
        numbers.setdefault(planned.path, []).append(index)
    return [
        frozenset(other for path in {*planned.depends_on} - {planned.path} for other in numbers.get(path, ()))
        for planned in plan.files
    ]


def _meet(unmet: list[set[int]], index: int, other: int, ready: list[int]) -> None:
    """What `index` needs of `other` is done, or need not be."""
    if other in unmet[index]:
        unmet[index].remove(other)
        if not unmet[index]:
            heapq.heappush(ready, index)

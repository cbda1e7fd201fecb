"""The order in which planned files are written: what others depend on first."""

from __future__ import annotations

from dataclasses import dataclass

from orchestra.records import Plan, PlannedFile


@dataclass(frozen=True)
class PlanOrder:
    """The files in order, and what could not be honoured."""

    files: tuple[PlannedFile, ...]
    ignored: tuple[tuple[str, str], ...]
    """Dependencies that would close a circle, as (path, path that it depends on)."""


def in_order(plan: Plan) -> tuple[PlannedFile, ...]:
    """The planned files, each after those it depends on, otherwise as in the plan."""
    return order_of(plan).files


def order_of(plan: Plan) -> PlanOrder:
    """As `in_order`, with the dependencies that had to be ignored.

    A circle is entered at the file of it that stands first in the plan. Paths that are not planned do not count.
    """
    waiting = {index: _dependencies(plan, index) for index in range(len(plan.files))}
    order: list[int] = []
    ignored: list[tuple[str, str]] = []
    while waiting:
        ready = next((index for index, needed in waiting.items() if not needed & waiting.keys()), None)
        if ready is None:
            ready = next(index for index in waiting if _needs_only_its_circle(waiting, index))
            unmet = sorted(waiting[ready] & waiting.keys())
            ignored += [(plan.files[ready].path, plan.files[index].path) for index in unmet]
        del waiting[ready]
        order.append(ready)
    return PlanOrder(tuple(plan.files[index] for index in order), tuple(ignored))


def _dependencies(plan: Plan, index: int) -> set[int]:
    wanted = set(plan.files[index].depends_on) - {plan.files[index].path}
    return {other for other, planned in enumerate(plan.files) if planned.path in wanted}


def _needs_only_its_circle(waiting: dict[int, set[int]], index: int) -> bool:
    """Whether all that a file waits for waits for that file too, so that nothing outside has to be ignored."""
    return all(index in _reached(waiting, other) for other in _reached(waiting, index))


def _reached(waiting: dict[int, set[int]], start: int) -> set[int]:
    reached: set[int] = set()
    to_visit = [start]
    while to_visit:
        found = waiting[to_visit.pop()] & waiting.keys() - reached
        reached |= found
        to_visit += found
    return reached

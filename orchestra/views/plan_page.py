"""A plan as it is shown before it is approved."""

from __future__ import annotations

import textwrap

from orchestra.records import Plan

WIDTH = 96
_MARKS = {"create": "+", "modify": "~", "delete": "-"}


def plan_page(plan: Plan, *, full: bool) -> str:
    """Summary and files; `full` adds descriptions whole, criteria, tests and the commit."""
    lines = [*textwrap.wrap(plan.summary, WIDTH), ""]
    for planned in plan.files:
        first = _one_line(planned.description)
        lines.append(f"  {_MARKS[planned.action]} {planned.action:<6}  {planned.path}")
        lines += textwrap.wrap(first if full else textwrap.shorten(first, 2 * WIDTH, placeholder=" ..."), WIDTH,
                               initial_indent="      ", subsequent_indent="      ")
        if full:
            lines += [f"      - {_one_line(criterion)}" for criterion in planned.criteria]
        if planned.depends_on:
            lines.append(f"      after {', '.join(planned.depends_on)}")
    if full and plan.tests:
        lines += ["", "  tests", *(f"      - {_one_line(test)}" for test in plan.tests)]
    if full and plan.commit.subject:
        scope = f"({plan.commit.scope})" if plan.commit.scope else ""
        lines += ["", "  commit  " + _one_line(f"{plan.commit.type}{scope}: {plan.commit.subject}")]
    return "\n".join(lines)


def _one_line(text: str) -> str:
    """What a model wrote, without line breaks by which it could pass for another line of the page."""
    return " ".join(text.split())

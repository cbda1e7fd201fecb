"""What a thread is doing, by the modules on its stack."""

from __future__ import annotations

from typing import Iterable

from orchestra.metrics.profile import AGAIN, DISK, GIT, LOADING, MODEL, OWN, PERSON, TESTS, TURN, VALIDATION

_OURS = "orchestra."
_PAUSE = "orchestra.clock"
_AT_REST = ("orchestra.engine.crew", "orchestra.process", "orchestra.cli.main")
"""Where only others are waited for, or nothing is done yet."""
_ACTIVITIES = (
    ("importlib", LOADING),
    ("orchestra.state", DISK),
    ("orchestra.observe.log", DISK),
    ("orchestra.workspace.suite", TESTS),
    ("orchestra.workspace.sandbox", TESTS),
    ("orchestra.engine.testing", TESTS),
    ("orchestra.workspace.languages", VALIDATION),
    ("orchestra.workspace.syntax", VALIDATION),
    ("orchestra.workspace.git", GIT),
    ("orchestra.workspace.tree", DISK),
    ("orchestra.workspace.temp_files", DISK),
    ("orchestra.environment", PERSON),
    ("orchestra.views.plan_prompt", PERSON),
    ("orchestra.adapters.gate", TURN),
    ("orchestra.adapters.health", TURN),
    ("orchestra.adapters.shortening", OWN),
    ("orchestra.adapters.compaction", OWN),
    ("orchestra.adapters", MODEL),
)
"""The first whose beginning fits counts."""
_THROUGH = ("orchestra.workspace.children", "orchestra.observe.events", "orchestra.turns")
"""Who runs or tells things for others: whoever calls decides."""


def activity_of(modules: Iterable[str]) -> str | None:
    """What the stack says, innermost module first; None for a thread that is at rest or not ours."""
    pauses = False
    for module in modules:
        if module == _PAUSE:
            pauses = True
            continue
        if module in _AT_REST:
            return None
        if module in _THROUGH:
            continue
        found = next((activity for start, activity in _ACTIVITIES if module.startswith(start)), None)
        if found == MODEL and pauses:
            return AGAIN
        if found is None and module.startswith(_OURS):
            return OWN
        if found is not None:
            return found
    return None

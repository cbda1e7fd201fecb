"""A profile as text, from the form in which it is journalled."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from orchestra.views.columns import aligned
from orchestra.views.figures import percent, seconds, size


def profile_lines(profile: Mapping[str, Any]) -> list[str]:
    """The whole first, then where the time went, phases, agents, and what to change."""
    cpu = seconds(profile["cpu_ms"])
    lines = [
        f"{seconds(profile['wall_ms'])} in all, {cpu} of CPU, {seconds(profile['children_cpu_ms'])} more by children,"
        f" {_memory(profile['peak_memory_bytes'])} of memory at most;"
        f" the profiling took {profile['own_cpu_ms']} ms of CPU",
    ]
    spent = [
        (percent(activity["share"]), seconds(activity["wall_ms"]), activity["words"])
        for activity in profile["activities"] if activity["share"] >= 0.005
    ]
    lines += aligned(spent, right={0, 1})
    lines += _costs("phase", profile["phases"]) + _costs("agent", profile["agents"])
    if profile["bottleneck"]:
        lines.append(f"what takes longest: {profile['bottleneck']}")
    return lines + [f"to change that: {advice}" for advice in profile["advice"]]


def _costs(head: str, costs: Sequence[Mapping[str, Any]]) -> list[str]:
    return aligned([
        (
            head, cost["name"], f"{cost['count']}x", seconds(cost["wall_ms"]), f"{seconds(cost['cpu_ms'])} of CPU",
            _memory(cost["peak_memory_bytes"]),
        )
        for cost in costs
    ], right={2, 3, 4, 5})


def _memory(size_bytes: int | None) -> str:
    return "?" if size_bytes is None else size(size_bytes)

"""What a command's time went into, what held it up, and what would change that."""

from __future__ import annotations

from typing import Any, Sequence

MODEL = "model"
TURN = "turn"
AGAIN = "again"
TESTS = "tests"
VALIDATION = "validation"
DISK = "disk"
GIT = "git"
PERSON = "person"
LOADING = "loading"
OWN = "own work"
IDLE = "idle"
_NAMES = {
    MODEL: "waiting for the model", TURN: "waiting to be let in by a provider",
    AGAIN: "waiting before a model is asked again", TESTS: "running the tests",
    VALIDATION: "checking drafts", DISK: "waiting for the disk", GIT: "waiting for git",
    PERSON: "waiting for you", LOADING: "loading code", OWN: "the program's own work", IDLE: "nothing",
}
_MUCH = 0.25
"""From this share on an activity is worth a word,"""
_WORTH_MS = 500
"""if it takes so long at all."""


# Not dataclasses: to make them takes a good part of all that the profiler does for a short command.
class Activity:
    """What threads did; where several did something at once, each instant is divided among them."""

    def __init__(self, name: str, model: str | None, wall_ms: float, share: float) -> None:
        """`model` is PROVIDER/MODEL, where one was waited for; `share` is of the whole time."""
        self.name, self.model, self.wall_ms, self.share = name, model, wall_ms, share

    @property
    def words(self) -> str:
        if self.model is None:
            return _NAMES[self.name]
        return f"waiting before {self.model} is asked again" if self.name == AGAIN else f"waiting for {self.model}"


class Cost:
    """What one phase or one agent took."""

    def __init__(
        self, name: str, wall_ms: float, cpu_ms: float, peak_memory_bytes: int | None, count: int = 1
    ) -> None:
        """`wall_ms` of an agent is that of all its questions added up, which may be put at once.

        The memory is the process's largest meanwhile, None where no sample fell into it; `count` says how often a
        phase was entered, or how many questions an agent got.
        """
        self.name, self.wall_ms, self.cpu_ms = name, wall_ms, cpu_ms
        self.peak_memory_bytes, self.count = peak_memory_bytes, count


class Profile:
    """One command's time, CPU and memory."""

    def __init__(
        self,
        wall_ms: float,
        cpu_ms: float,
        children_cpu_ms: float,
        peak_memory_bytes: int | None,
        samples: int,
        own_cpu_ms: float,
        phases: tuple[Cost, ...],
        agents: tuple[Cost, ...],
        activities: tuple[Activity, ...],
        *,
        mode: str | None = None,
        max_concurrency: int | None = None,
        files: int | None = None,
        caches: bool | None = None,
    ) -> None:
        """`own_cpu_ms` is what the sampling itself took; the activities come the longest first.

        What follows is what a session was told, as far as advice depends on it; None outside of one.
        """
        self.wall_ms, self.cpu_ms, self.children_cpu_ms = wall_ms, cpu_ms, children_cpu_ms
        self.peak_memory_bytes, self.samples, self.own_cpu_ms = peak_memory_bytes, samples, own_cpu_ms
        self.phases, self.agents, self.activities = phases, agents, activities
        self.mode, self.max_concurrency, self.files, self.caches = mode, max_concurrency, files, caches

    @property
    def bottleneck(self) -> Activity | None:
        """What took longest, idling aside; None where nothing was seen."""
        return next((activity for activity in self.activities if activity.name != IDLE), None)


def advice(profile: Profile) -> list[str]:
    """What to change, the most promising first."""
    said = []
    models = [activity for activity in profile.activities if activity.name == MODEL]
    if sum(one.share for one in models) >= _MUCH and sum(one.wall_ms for one in models) >= _WORTH_MS:
        said += _on_models(profile)
    for activity in profile.activities:
        if activity.share >= _MUCH and activity.wall_ms >= _WORTH_MS and activity.name in _ADVICE:
            said.append(_ADVICE[activity.name])
    return said


_ADVICE = {
    TURN: "the provider lets no more calls in: name another one behind it in the chain, or lower max_concurrency",
    AGAIN: "a model fails, or sets limits (`orchestra report` counts its faults): put another one before it in its"
    " chain, or lower max_concurrency",
    TESTS: "run fewer tests: --test-command with those that concern the change, or tests.baseline: false",
    VALIDATION: "checking drafts takes long: plan smaller files, or fewer at once (max_concurrency)",
    DISK: "put the repository on a local, faster disk: every answer waits until it is written",
    GIT: "git is slow here: `git gc`, or a local disk",
    PERSON: "approve without being asked: --yes, or auto_approve: true",
    LOADING: "start-up is what takes time: a faster disk helps, or one command in place of many",
}


def _on_models(profile: Profile) -> list[str]:
    said = []
    several = (profile.files or 0) > 1
    if several and profile.mode == "sequential":
        said.append("work on several files at once: --mode parallel, or pipeline where reviews take as long as drafts")
    elif several and profile.max_concurrency is not None and profile.max_concurrency < (profile.files or 0):
        said.append(f"work on more files at once: --max-concurrency, now {profile.max_concurrency}")
    slowest = max(
        (activity for activity in profile.activities if activity.name == MODEL and activity.model),
        key=lambda activity: activity.wall_ms, default=None,
    )
    if slowest is not None and slowest.share >= _MUCH:
        roles = _slowest_role(profile.agents)
        said.append(f"put a faster model before {slowest.model} in its chain{roles}: `orchestra report` compares them")
    if profile.caches is False:
        said.append("answers are not kept: cache.enabled: true spares those that were given before")
    return said


def _slowest_role(agents: Sequence[Cost]) -> str:
    if not agents:
        return ""
    return f" (agents.{max(agents, key=lambda agent: agent.wall_ms).name})"


def profile_json(profile: Profile) -> dict[str, Any]:
    """As it is journalled and printed; milliseconds and bytes."""
    bottleneck = profile.bottleneck
    return {
        "wall_ms": round(profile.wall_ms), "cpu_ms": round(profile.cpu_ms),
        "children_cpu_ms": round(profile.children_cpu_ms), "peak_memory_bytes": profile.peak_memory_bytes,
        "samples": profile.samples, "own_cpu_ms": round(profile.own_cpu_ms, 1),
        "phases": [_cost_json(cost) for cost in profile.phases],
        "agents": [_cost_json(cost) for cost in profile.agents],
        "activities": [
            {
                "name": activity.name, "model": activity.model, "words": activity.words,
                "wall_ms": round(activity.wall_ms), "share": round(activity.share, 4),
            }
            for activity in profile.activities
        ],
        "bottleneck": None if bottleneck is None else bottleneck.words,
        "advice": advice(profile),
    }


def _cost_json(cost: Cost) -> dict[str, Any]:
    return {
        "name": cost.name, "count": cost.count, "wall_ms": round(cost.wall_ms), "cpu_ms": round(cost.cpu_ms),
        "peak_memory_bytes": cost.peak_memory_bytes,
    }

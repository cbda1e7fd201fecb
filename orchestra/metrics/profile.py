"""What a command's time went into, what held it up, and what would change that."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Activity:
    """What threads did; where several did something at once, each instant is divided among them."""

    name: str
    model: str | None
    """PROVIDER/MODEL, where a model was waited for, or for the time to ask it again."""
    wall_ms: float
    share: float
    """Of the whole time."""

    @property
    def words(self) -> str:
        if self.model is None:
            return _NAMES[self.name]
        return f"waiting before {self.model} is asked again" if self.name == AGAIN else f"waiting for {self.model}"


@dataclass(frozen=True)
class Cost:
    """What one phase or one agent took."""

    name: str
    wall_ms: float
    """Of an agent: all its questions added up, which may be put at once."""
    cpu_ms: float
    peak_memory_bytes: int | None
    """The process's largest size meanwhile; None where no sample fell into it."""
    count: int = 1
    """How often a phase was entered, or how many questions an agent got."""


@dataclass(frozen=True)
class Setting:
    """What the session was told, as far as advice depends on it; None outside of a session."""

    mode: str | None = None
    max_concurrency: int | None = None
    files: int | None = None
    caches: bool | None = None


@dataclass(frozen=True)
class Profile:
    """One command's time, CPU and memory."""

    wall_ms: float
    cpu_ms: float
    children_cpu_ms: float
    peak_memory_bytes: int | None
    samples: int
    own_cpu_ms: float
    """What the sampling itself took."""
    phases: tuple[Cost, ...]
    agents: tuple[Cost, ...]
    activities: tuple[Activity, ...]
    """The longest first."""
    setting: Setting

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
    setting = profile.setting
    said = []
    several = (setting.files or 0) > 1
    if several and setting.mode == "sequential":
        said.append("work on several files at once: --mode parallel, or pipeline where reviews take as long as drafts")
    elif several and setting.max_concurrency is not None and setting.max_concurrency < (setting.files or 0):
        said.append(f"work on more files at once: --max-concurrency, now {setting.max_concurrency}")
    slowest = max(
        (activity for activity in profile.activities if activity.name == MODEL and activity.model),
        key=lambda activity: activity.wall_ms, default=None,
    )
    if slowest is not None and slowest.share >= _MUCH:
        roles = _slowest_role(profile.agents)
        said.append(f"put a faster model before {slowest.model} in its chain{roles}: `orchestra report` compares them")
    if setting.caches is False:
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

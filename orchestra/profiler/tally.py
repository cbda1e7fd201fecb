"""What was seen so far, added up: of samples, and of the events between them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Mapping, Sequence

from orchestra.metrics.profile import AGAIN, IDLE, MODEL, Activity, Cost
from orchestra.records import Event

FIRST_PHASE = "start"
_OF_A_QUESTION = ("attempt.", "prompt.", "step.completed")
"""How the names of events begin that a question's own work tells of."""


class Instant:
    """Three clocks read at once, in seconds."""

    def __init__(self, wall_s: float, cpu_s: float, thread_cpu_s: float) -> None:
        """The CPU is that of the process, and of the thread that reads it."""
        self.wall_s, self.cpu_s, self.thread_cpu_s = wall_s, cpu_s, thread_cpu_s


class _Account:
    """What one phase or agent took."""

    def __init__(self) -> None:
        self.wall_s = 0.0
        self.cpu_s = 0.0
        self.peak_bytes: int | None = None
        self.count = 0

    def see(self, memory_bytes: int) -> None:
        self.peak_bytes = memory_bytes if self.peak_bytes is None else max(self.peak_bytes, memory_bytes)

    def cost(self, name: str) -> Cost:
        return Cost(name, 1000 * self.wall_s, 1000 * self.cpu_s, self.peak_bytes, self.count)


class _Question:
    """A step that a thread is at."""

    def __init__(self, role: str, begun: Instant) -> None:
        self.role = role
        self.begun = begun
        self.last = begun
        self.model: str | None = None


class Tally:
    """For one thread at a time."""

    def __init__(self, now: Instant) -> None:
        self._phase, self._phase_begun = FIRST_PHASE, now
        self._phases: dict[str, _Account] = defaultdict(_Account)
        self._phases[FIRST_PHASE].count = 1
        self._agents: dict[str, _Account] = defaultdict(_Account)
        self._questions: dict[int, _Question] = {}
        """By the thread that is at them."""
        self._seen_s: dict[tuple[str, str | None], float] = defaultdict(float)
        self._setting: dict[str, object] = {}
        self._peak_bytes: int | None = None
        self.samples = 0

    def add_sample(self, activities: Mapping[int, str], *, elapsed_s: float, memory_bytes: int) -> None:
        """What each thread that was not at rest did, for the time since the last sample."""
        self.samples += 1
        self._peak_bytes = max(self._peak_bytes or 0, memory_bytes)
        self._phases[self._phase].see(memory_bytes)
        for question in self._questions.values():
            self._agents[question.role].see(memory_bytes)
        if not activities:
            self._seen_s[(IDLE, None)] += elapsed_s
        for thread, activity in activities.items():
            asked = self._questions.get(thread)
            model = asked.model if asked is not None and activity in (MODEL, AGAIN) else None
            self._seen_s[(activity, model)] += elapsed_s / len(activities)

    def add_event(self, event: Event, thread: int, now: Instant) -> None:
        """An event that this thread has just told of."""
        data = event.data
        question = self._questions.get(thread)
        if question is not None and event.name.startswith(_OF_A_QUESTION):
            question.last = now
        if event.name == "phase.entered":
            self._enter(str(data["phase"]), now)
        elif event.name == "session.started":
            self._setting.update({key: data.get(key) for key in ("mode", "max_concurrency", "caches")})
        elif event.name == "session.ended":
            self._enter("end", now)
        elif event.name == "plan.ready":
            files = data["files"]
            self._setting["files"] = len(files) if isinstance(files, Sequence) else None
        elif event.name == "step.started":
            self._close(thread)
            self._questions[thread] = _Question(str(data["role"]), now)
        elif event.name == "attempt.started" and question is not None:
            question.model = str(data["model"])
        elif event.name == "step.completed":
            self._close(thread)

    def costs(self, now: Instant) -> tuple[tuple[Cost, ...], tuple[Cost, ...]]:
        """Of phases and of agents, until now."""
        self._enter(self._phase, now, counts=False)
        for thread in list(self._questions):
            self._close(thread)
        phases = tuple(account.cost(name) for name, account in self._phases.items() if account.count)
        return phases, tuple(account.cost(name) for name, account in self._agents.items())

    def activities(self) -> tuple[Activity, ...]:
        """The longest first."""
        total = sum(self._seen_s.values())
        found = [
            Activity(name, model, 1000 * seen, seen / total if total else 0.0)
            for (name, model), seen in self._seen_s.items()
        ]
        return tuple(sorted(found, key=lambda activity: -activity.wall_ms))

    @property
    def peak_bytes(self) -> int | None:
        return self._peak_bytes

    @property
    def setting(self) -> Mapping[str, Any]:
        """What the session was told."""
        return self._setting

    def _enter(self, phase: str, now: Instant, *, counts: bool = True) -> None:
        account = self._phases[self._phase]
        account.wall_s += now.wall_s - self._phase_begun.wall_s
        account.cpu_s += now.cpu_s - self._phase_begun.cpu_s
        self._phase, self._phase_begun = phase, now
        self._phases[phase].count += counts

    def _close(self, thread: int) -> None:
        """One that failed ended with the last that was heard of it."""
        question = self._questions.pop(thread, None)
        if question is None:
            return
        account = self._agents[question.role]
        account.count += 1
        account.wall_s += question.last.wall_s - question.begun.wall_s
        account.cpu_s += question.last.thread_cpu_s - question.begun.thread_cpu_s

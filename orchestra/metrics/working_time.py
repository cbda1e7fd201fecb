"""How long a session was worked on, the time between a stop or a kill and the resume left out."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime, timedelta

from orchestra.dataclass import dataclass
from orchestra.state.cells import moment
from orchestra.state.history import History

_SIGNS = ("session.started", "tests.started", "tests.ended")
"""Events that a process tells while it works on a session. Others come before it says that it goes on."""


@dataclass(frozen=True)
class WorkingTime:
    """A session's own clock, which stands still while nobody works on it."""

    start: datetime
    pauses: tuple[tuple[datetime, datetime], ...] = ()
    """The last sign of life before each resume, and the resume; in their order."""

    def ms(self, time: datetime) -> int:
        """Milliseconds of work until then; 0 where the clock was set back behind the start."""
        return max(0, _ms(time - self.start) - self.paused_ms(time))

    def paused_ms(self, time: datetime) -> int:
        """Milliseconds until then in which nobody worked."""
        return _ms(sum((min(back, time) - left for left, back in self.pauses if left < time), timedelta()))


def working_time(history: History) -> WorkingTime:
    """As the history tells of it."""
    signs = _signs(history)
    found = [(bisect_left(signs, back), back) for back in resumes(history)]
    pauses = tuple((signs[place - 1], back) for place, back in found if place)
    return WorkingTime(moment(history.session.started_at), pauses)


def resumes(history: History) -> list[datetime]:
    """When somebody went on with it; before it was noted which starts are such, all but the first were."""
    starts = enumerate(history.told("session.started"))
    return [event.time for number, event in starts if event.data.get("resumed", number > 0)]


def last_sign(history: History) -> datetime:
    """The last time that is known of it."""
    return max([moment(history.session.last_activity), *_signs(history)])


def _signs(history: History) -> list[datetime]:
    """In their order."""
    told = [event.time for name in _SIGNS for event in history.told(name)]
    steps = [time for step in history.steps for time in (step.start, step.end) if time is not None]
    # Of a step that was asked anew after a kill only its attempts say how long it was worked on before.
    attempts = [
        row.attempt.timestamp + timedelta(milliseconds=taken_ms)
        for row in history.attempts for taken_ms in (0, row.attempt.latency_ms)
    ]
    return sorted([*told, *steps, *attempts, *(entered for _, entered in history.phases)])


def _ms(difference: timedelta) -> int:
    return round(difference.total_seconds() * 1000)

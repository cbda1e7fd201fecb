"""How far the files of a session have come, and how long the rest may take."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from orchestra.dataclass import dataclass
from orchestra.records import Event
from orchestra.state.phases import ACTIVITIES
from orchestra.views.figures import elapsed


@dataclass(frozen=True)
class Progress:
    """Counts of files, by the events so far."""

    planned: int | None = None
    """None before there is a plan."""
    ended: int = 0
    failed: int = 0
    """Of those that ended here, how many did so otherwise than approved or unchanged."""
    began_at: datetime | None = None
    """When the first file could start; None while none can."""
    ended_before: int = 0
    """How many had ended then: in an earlier run."""
    are_done: bool = False
    """Whether the files have had their turn."""

    def after(self, event: Event) -> Progress:
        """What an event makes of it."""
        data = event.data
        if event.name == "session.started":
            planned, ended = data.get("planned"), data.get("ended")
            return Progress(
                planned if isinstance(planned, int) else None, ended if isinstance(ended, int) else 0
            )
        if event.name == "plan.ready":
            files = data["files"]
            return replace(self, planned=len(files) if isinstance(files, list) else None)
        if event.name == "phase.entered":
            return self._in_phase(str(data["phase"]), event.time)
        # What is mended for the sake of the whole change ends once more.
        if event.name == "file.ended" and self.began_at is not None and self.ended != self.planned:
            is_good = data["status"] in ("approved", "unchanged")
            return replace(self, ended=self.ended + 1, failed=self.failed + (not is_good))
        return self

    def _in_phase(self, phase: str, now: datetime) -> Progress:
        """Files are written, audited and mended in turns, until the tests of the whole change, which may mend again."""
        if phase not in ACTIVITIES:
            return replace(self, began_at=None, are_done=self.began_at is not None or self.are_done)
        if self.began_at is not None or (self.are_done and phase != "executing"):
            return self
        return replace(self, began_at=now, ended_before=self.ended, are_done=False)

    def remaining_s(self, now: datetime) -> float | None:
        """For the files that are left, if they go on as those of this run; None where nothing can be said."""
        ended_now = self.ended - self.ended_before
        if self.began_at is None or self.planned is None or ended_now == 0 or self.planned <= self.ended:
            return None
        return (now - self.began_at).total_seconds() / ended_now * (self.planned - self.ended)

    def text(self, now: datetime) -> str:
        """Such as `3 of 10 files, about 0:42 left`."""
        if self.planned is None:
            return ""
        remaining_s = self.remaining_s(now)
        rest = "" if remaining_s is None else f", about {elapsed(remaining_s)} left"
        return f"{self.ended} of {self.planned} file{'' if self.planned == 1 else 's'}{rest}"

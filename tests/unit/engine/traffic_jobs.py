"""Jobs that do nothing but keep a diary, and a traffic of them."""

from __future__ import annotations

import threading
from typing import Callable, Collection, Mapping, Sequence

from orchestra.clock import CancelToken, Deadline
from orchestra.engine.crew import Crew
from orchestra.engine.file_job import Stage
from orchestra.engine.helm import Helm, Unmanned
from orchestra.engine.modes import Schedule, Traffic
from orchestra.environment import StopSignal
from orchestra.records import FileOutcome, PlannedFile
from tests.unit.fake_clock import FakeClock

LONG_S = 30
Work = Callable[[str, Stage], None]
Check = Callable[[str], None]


class Diary:
    """What happened in which order, and how many were at work at once. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work = {"file": 0, "write": 0, "audit": 0}
        self.most = dict(self._at_work)
        self.lines: list[tuple[str, str]] = []

    def enter(self, lane: str, path: str, what: str) -> None:
        with self._lock:
            self._at_work[lane] += 1
            self.most[lane] = max(self.most[lane], self._at_work[lane])
            self.lines.append((what, path))

    def leave(self, lane: str) -> None:
        with self._lock:
            self._at_work[lane] -= 1

    def note(self, what: str, path: str) -> None:
        with self._lock:
            self.lines.append((what, path))

    def paths(self, what: str) -> list[str]:
        return [path for said, path in self.lines if said == what]


class Job:
    """Goes through `stages` and then ends with `status`; `work` is done in each stage, `check` with each draft."""

    def __init__(
        self, planned: PlannedFile, diary: Diary, stages: Sequence[Stage], work: Work, check: Check,
        status: str = "approved",
    ) -> None:
        self.planned = planned
        self.stage = stages[0]
        self.outcome: FileOutcome | None = None
        self._left = list(stages[1:])
        self._diary = diary
        self._work = work
        self._check = check
        self._status = status

    def run(self, must_rest: Callable[[], bool]) -> None:
        self._diary.enter("file", self.planned.path, "start")
        try:
            while self.outcome is None:
                self._work(self.planned.path, self.stage)
                self._move()
                if must_rest():
                    break
        finally:
            self._diary.leave("file")

    def advance(self, on_answer: Callable[[], None]) -> None:
        lane = "audit" if self.stage is Stage.AUDIT else "write"
        self._diary.enter(lane, self.planned.path, self.stage.value)
        try:
            self._work(self.planned.path, self.stage)
        finally:
            self._diary.leave(lane)
        if self.stage is not Stage.AUDIT:
            on_answer()
            self._check(self.planned.path)
            self._diary.note("checked", self.planned.path)
        self._move()

    def _move(self) -> None:
        if self._left:
            self.stage = self._left.pop(0)
        else:
            self.stage = Stage.ENDED
            self.outcome = FileOutcome(self.planned.path, "create", self._status)


class Road:
    """A traffic on a real crew."""

    def __init__(
        self,
        schedule: Schedule,
        *,
        stages: Sequence[Stage] = (Stage.EXECUTE, Stage.AUDIT),
        work: Work = lambda path, stage: None,
        check: Check = lambda path: None,
        failing: Collection[str] = (),
        helm: Helm = Unmanned(),
    ) -> None:
        self.diary = Diary()
        self._failing = failing
        self.ended: list[str] = []
        self.stop = StopSignal()
        self.cancel = CancelToken()
        self.main_thread = threading.get_ident()
        self.crew = Crew(
            schedule.per_place * schedule.workers + 1, stop=self.stop, cancel=self.cancel,
            deadline=Deadline(FakeClock(), None), helm=helm,
        )
        self._traffic = Traffic(
            self.crew, schedule, make_job=lambda planned: self._job(planned, stages, work, check), on_end=self._on_end
        )

    def run(self, *paths: str, needs: Mapping[str, set[str]] | None = None) -> None:
        files = [PlannedFile(path, "create", "") for path in paths]
        try:
            self._traffic.run(files, {path: (needs or {}).get(path, set()) for path in paths})
        finally:
            self.crew.close()

    def _job(self, planned: PlannedFile, stages: Sequence[Stage], work: Work, check: Check) -> Job:
        assert threading.get_ident() == self.main_thread
        status = "failed" if planned.path in self._failing else "approved"
        status = "failed" if planned.path in self._failing else "approved"
        return Job(planned, self.diary, stages, work, check, status)

    def _on_end(self, outcome: FileOutcome) -> None:
        assert threading.get_ident() == self.main_thread
        self.diary.note("end", outcome.path)
        self.ended.append(outcome.path)

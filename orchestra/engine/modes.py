"""Three schedules over the same file jobs: sequential, parallel, pipeline."""

from __future__ import annotations

import heapq
from concurrent.futures import Future
from functools import partial
from typing import Callable, Iterable, Mapping, Sequence

from orchestra.agents.plan_order import order_of
from orchestra.dataclass import dataclass
from orchestra.engine.crew import Crew
from orchestra.engine.file_job import FileJob, Stage
from orchestra.engine.mending import Hands
from orchestra.errors import LimitReached
from orchestra.records import FileOutcome, Plan, PlannedFile

MODES = ("sequential", "parallel", "pipeline")
_PER_PLACE = 2
"""Of the files in one place of a pipeline's lane: one that is asked for and one whose answer is checked."""


@dataclass(frozen=True)
class Schedule:
    """How many files may be asked for in which lane at once."""

    lanes: Mapping[str, int]
    by_stage: bool
    """Whether a file changes lanes between its stages, or stays in one from draft to approval."""

    @property
    def workers(self) -> int:
        """Who asks at once."""
        return sum(self.lanes.values())

    @property
    def per_place(self) -> int:
        """How many files a place in a lane holds, of which one alone is asked for."""
        return _PER_PLACE if self.by_stage else 1

    def lane_of(self, stage: Stage) -> str:
        if not self.by_stage:
            return "file"
        return "audit" if stage is Stage.AUDIT else "write"


def schedule_for(mode: str, max_concurrency: int) -> Schedule:
    """The schedule of a mode; a pipeline gives half its workers, rounded up, to those who write."""
    if mode == "sequential":
        return Schedule({"file": 1}, by_stage=False)
    if mode == "parallel":
        return Schedule({"file": max_concurrency}, by_stage=False)
    writers = (max_concurrency + 1) // 2
    return Schedule({"write": writers, "audit": max(1, max_concurrency - writers)}, by_stage=True)


class Traffic:
    """Runs jobs on a crew: a file starts when what it depends on has ended, approved or not.

    `make_job` and `on_end` are called in the main thread. In a pause no stage begins; one that runs is carried to
    its end.
    """

    def __init__(
        self,
        crew: Crew,
        schedule: Schedule,
        *,
        make_job: Callable[[PlannedFile], FileJob],
        on_end: Callable[[FileOutcome], None],
    ) -> None:
        self._crew = crew
        self._schedule = schedule
        self._make_job = make_job
        self._on_end = on_end
        self._queues: dict[str, list[int]] = {lane: [] for lane in schedule.lanes}
        self._jobs: dict[int, FileJob] = {}
        self._running: dict[Future[object], _Run] = {}

    def run(self, files: Sequence[PlannedFile], dependencies: Mapping[str, set[str]]) -> None:
        """Carry all files to their ends; of those that may start, the first of `files` goes first.

        Raises LimitReached once what was running has stopped, StateError and Cancelled at once.
        """
        board = _Board(files, dependencies)
        limit: LimitReached | None = None
        self._admit(board.ready())
        while self._running or any(self._queues.values()):
            if limit is None:
                if not self._running:
                    self._crew.sit_out_pause()
                if not self._crew.is_paused:
                    self._start(files)
            if not self._running:
                break
            for future in self._crew.next_done(self._running):
                index = self._running.pop(future).index
                try:
                    future.result()
                except LimitReached as error:
                    limit = limit or error
                    continue
                except BaseException:
                    self._crew.order_stop()
                    raise
                self._after_stage(index, board)
        if limit is not None:
            raise limit

    def _admit(self, indexes: Iterable[int]) -> None:
        for index in indexes:
            self._queue(index, Stage.EXECUTE)

    def _queue(self, index: int, stage: Stage) -> None:
        heapq.heappush(self._queues[self._schedule.lane_of(stage)], index)

    def _start(self, files: Sequence[PlannedFile]) -> None:
        for lane, most in self._schedule.lanes.items():
            runs = [run for run in self._running.values() if run.lane == lane]
            room = min(most - sum(run.is_asking for run in runs), self._schedule.per_place * most - len(runs))
            for _ in range(min(room, len(self._queues[lane]))):
                index = heapq.heappop(self._queues[lane])
                job = self._jobs.get(index) or self._make_job(files[index])
                self._jobs[index] = job
                run = _Run(index, lane)
                self._running[self._crew.start(partial(self._work, job, run))] = run

    def _work(self, job: FileJob, run: _Run) -> None:
        """In a worker thread."""
        if not self._schedule.by_stage:
            job.run(lambda: self._crew.is_paused)
            return

        def on_answer() -> None:
            run.is_asking = False
            self._crew.nudge()

        job.advance(on_answer)

    def _after_stage(self, index: int, board: _Board) -> None:
        job = self._jobs[index]
        if job.outcome is None:
            self._queue(index, job.stage)
            return
        del self._jobs[index]
        self._on_end(job.outcome)
        self._admit(board.ended(index))


class CrewHands(Hands):
    """A crew, which works in its mode at files that change once more. For a worker that the main thread waits for."""

    def __init__(self, crew: Crew, schedule: Schedule, plan: Plan) -> None:
        self._crew = crew
        self._schedule = schedule
        self._plan = plan

    def carry(self, jobs: Mapping[str, FileJob]) -> None:
        order = order_of(self._plan)
        files = [planned for planned in order.files if planned.path in jobs]
        traffic = Traffic(
            self._crew, self._schedule, make_job=lambda planned: jobs[planned.path], on_end=lambda outcome: None
        )
        self._crew.errand(lambda: traffic.run(files, order.dependencies()))

    def sit_out_pause(self) -> None:
        if self._crew.is_paused:
            self._crew.errand(self._crew.sit_out_pause)


class _Run:
    """A job at work."""

    def __init__(self, index: int, lane: str) -> None:
        self.index = index
        self.lane = lane
        self.is_asking = True
        """Whether a model is asked, or may be. Set by its worker."""


class _Board:
    """Which files, by their place in the order, still wait for which."""

    def __init__(self, files: Sequence[PlannedFile], dependencies: Mapping[str, set[str]]) -> None:
        places = {planned.path: index for index, planned in enumerate(files)}
        self._missing = [
            {places[path] for path in dependencies[planned.path] if path in places} for planned in files
        ]
        self._dependents: list[list[int]] = [[] for _ in files]
        for index, needed in enumerate(self._missing):
            for other in needed:
                self._dependents[other].append(index)

    def ready(self) -> list[int]:
        """The files that wait for none."""
        return [index for index, needed in enumerate(self._missing) if not needed]

    def ended(self, index: int) -> list[int]:
        """The files that waited for this one alone."""
        freed = []
        for dependent in self._dependents[index]:
            self._missing[dependent].discard(index)
            if not self._missing[dependent]:
                freed.append(dependent)
        return freed

from __future__ import annotations

import threading

import pytest

from orchestra.engine.file_job import Stage
from orchestra.engine.helm import Unmanned
from orchestra.engine.modes import MODES, CrewHands, Schedule, schedule_for
from orchestra.errors import Cancelled, LimitReached, StateError
from orchestra.records import Plan, PlannedFile
from tests.unit.engine.traffic_jobs import LONG_S, Diary, Job, Road

WRITE, AUDIT, CONSULT = Stage.EXECUTE, Stage.AUDIT, Stage.CONSULT


# Schedules


@pytest.mark.parametrize(
    ("mode", "max_concurrency", "lanes"),
    [
        ("sequential", 8, {"file": 1}), ("parallel", 1, {"file": 1}), ("parallel", 8, {"file": 8}),
        ("pipeline", 1, {"write": 1, "audit": 1}), ("pipeline", 2, {"write": 1, "audit": 1}),
        ("pipeline", 3, {"write": 2, "audit": 1}), ("pipeline", 4, {"write": 2, "audit": 2}),
        ("pipeline", 7, {"write": 4, "audit": 3}),
    ],
)
def test_a_pipeline_gives_half_rounded_up_to_those_who_write(mode: str, max_concurrency: int, lanes: object) -> None:
    schedule = schedule_for(mode, max_concurrency)
    assert schedule.lanes == lanes
    assert schedule.workers == sum(schedule.lanes.values())


@pytest.mark.parametrize("mode", MODES)
def test_every_stage_has_a_lane(mode: str) -> None:
    schedule = schedule_for(mode, 4)
    assert {schedule.lane_of(stage) for stage in (WRITE, AUDIT, CONSULT)} == set(schedule.lanes)


# Sequential


def test_in_sequence_one_file_ends_before_the_next_begins() -> None:
    road = Road(schedule_for("sequential", 8))
    road.run("c", "a", "b")
    assert road.diary.lines == [(what, path) for path in ("c", "a", "b") for what in ("start", "end")]


def test_in_sequence_a_file_waits_for_what_it_depends_on() -> None:
    road = Road(schedule_for("sequential", 8))
    road.run("a", "b", "c", needs={"a": {"c"}, "b": {"a"}})
    assert road.diary.paths("start") == ["c", "a", "b"]


def test_a_dependency_that_is_not_among_the_files_is_done_already() -> None:
    road = Road(schedule_for("sequential", 1))
    road.run("a", needs={"a": {"done before the resume"}})
    assert road.ended == ["a"]


def test_without_files_nothing_happens() -> None:
    road = Road(schedule_for("parallel", 4))
    road.run()
    assert road.diary.lines == []


# Parallel


def test_in_parallel_as_many_as_allowed_are_at_work_and_no_more() -> None:
    together = threading.Barrier(3)
    road = Road(schedule_for("parallel", 3), stages=[WRITE], work=lambda path, stage: together.wait(LONG_S) and None)
    road.run(*(f"f{number}" for number in range(9)))
    assert road.diary.most["file"] == 3
    assert sorted(road.ended) == sorted(f"f{number}" for number in range(9))


def test_in_parallel_a_file_waits_for_its_dependencies_and_nobody_else() -> None:
    """`slow` cannot end before `c` has begun, so `c` must not wait for it."""
    c_began = threading.Event()

    def work(path: str, stage: Stage) -> None:
        if path == "slow":
            assert c_began.wait(LONG_S)
        if path == "c":
            c_began.set()

    road = Road(schedule_for("parallel", 2), stages=[WRITE], work=work)
    road.run("slow", "b", "c", needs={"c": {"b"}})
    assert road.diary.lines.index(("end", "b")) < road.diary.lines.index(("start", "c"))
    assert (road.ended[0], sorted(road.ended)) == ("b", ["b", "c", "slow"])


def test_of_the_files_that_may_start_the_first_of_the_order_goes_first() -> None:
    road = Road(schedule_for("parallel", 1), stages=[WRITE])
    road.run("d", "c", "b", "a", needs={"d": {"a"}, "c": {"a"}})
    assert road.diary.paths("start") == ["b", "a", "d", "c"]


# Pipeline


def test_in_a_pipeline_writers_and_auditors_work_at_the_same_time_each_in_their_lane() -> None:
    """Two writers and one auditor must be at work at once for anybody to go on."""
    meeting = threading.Barrier(3)
    met = threading.Event()

    def work(path: str, stage: Stage) -> None:
        if not met.is_set() and (stage is AUDIT or path != "first"):
            meeting.wait(LONG_S)
            met.set()

    road = Road(Schedule({"write": 2, "audit": 1}, by_stage=True), work=work)
    road.run("first", "second", "third")
    assert road.diary.most == {"file": 0, "write": 2, "audit": 1}
    assert sorted(road.ended) == ["first", "second", "third"]


def test_a_file_that_must_be_mended_goes_back_to_the_writers_lane() -> None:
    road = Road(schedule_for("pipeline", 2), stages=[WRITE, AUDIT, CONSULT, AUDIT])
    road.run("a", "b")
    stages = [what for what, path in road.diary.lines if path == "a"]
    assert stages == ["execute", "checked", "audit", "consult", "checked", "audit", "end"]
    assert road.diary.most == {"file": 0, "write": 1, "audit": 1}


def test_a_file_that_waits_for_its_audit_holds_no_writer() -> None:
    """The auditor is busy until both others are written."""
    written = threading.Semaphore(0)

    def work(path: str, stage: Stage) -> None:
        if stage is WRITE:
            written.release()
        elif path == "a":
            for _ in range(3):
                assert written.acquire(timeout=LONG_S)

    road = Road(schedule_for("pipeline", 2), work=work)
    road.run("a", "b", "c")
    assert road.ended == ["a", "b", "c"]


def test_a_draft_that_is_checked_holds_no_writer() -> None:
    """As by a slow parser: the check of the first ends when the second is asked for."""
    asked = {path: threading.Event() for path in "ab"}

    def check(path: str) -> None:
        if path == "a":
            assert asked["b"].wait(LONG_S)

    road = Road(schedule_for("pipeline", 2), work=lambda path, stage: asked[path].set(), check=check)
    road.run("a", "b")
    assert sorted(road.ended) == ["a", "b"] and road.diary.most == {"file": 0, "write": 1, "audit": 1}


def test_drafts_do_not_pile_up_before_their_checks() -> None:
    """A third is asked for when one of the first two is through."""
    asked = {path: threading.Event() for path in "abc"}

    def check(path: str) -> None:
        assert asked["b"].wait(LONG_S)

    road = Road(schedule_for("pipeline", 2), work=lambda path, stage: asked[path].set(), check=check)
    road.run("a", "b", "c")
    whats = [what for what, path in road.diary.lines if what == "checked" or (what, path) == ("execute", "c")]
    assert whats[0] == "checked" and whats.count("checked") == 3
    assert len(road.ended) == 3 and road.diary.most["write"] == 1


def test_in_a_pipeline_a_file_waits_until_what_it_depends_on_is_audited() -> None:
    road = Road(schedule_for("pipeline", 4))
    road.run("a", "b", needs={"b": {"a"}})
    assert road.diary.lines.index(("end", "a")) < road.diary.lines.index(("execute", "b"))


# What goes wrong


@pytest.mark.parametrize("mode", MODES)
def test_a_file_that_failed_stops_nobody_not_even_those_that_depend_on_it(mode: str) -> None:
    road = Road(schedule_for(mode, 4), failing={"a"})
    road.run("a", "b", "c", needs={"b": {"a"}})
    assert sorted(road.ended) == ["a", "b", "c"]
    assert road.ended.index("a") < road.ended.index("b")


def test_a_limit_lets_those_at_work_finish_and_starts_nobody() -> None:
    limit_was_raised = threading.Event()

    def work(path: str, stage: Stage) -> None:
        if path == "expensive":
            limit_was_raised.set()
            raise LimitReached("no money")
        assert limit_was_raised.wait(LONG_S)

    road = Road(schedule_for("parallel", 2), stages=[WRITE], work=work)
    with pytest.raises(LimitReached, match="no money"):
        road.run("at work", "expensive", "waiting", "waiting too")
    assert road.ended == ["at work"]
    assert road.diary.paths("start") == ["at work", "expensive"] or road.diary.paths("start") == [
        "expensive", "at work"
    ]


def test_the_first_of_several_limits_is_told() -> None:
    both = threading.Barrier(2)

    def work(path: str, stage: Stage) -> None:
        both.wait(LONG_S)
        raise LimitReached("no money")

    road = Road(schedule_for("parallel", 2), stages=[WRITE], work=work)
    with pytest.raises(LimitReached):
        road.run("a", "b", "c")
    assert road.ended == []


def test_in_a_pipeline_a_limit_ends_a_file_between_its_stages() -> None:
    def work(path: str, stage: Stage) -> None:
        if stage is AUDIT:
            raise LimitReached("no money")

    road = Road(schedule_for("pipeline", 2), work=work)
    with pytest.raises(LimitReached):
        road.run("a", "b", "c")
    assert road.ended == []
    assert len(road.diary.paths("audit")) == 1


@pytest.mark.parametrize("error", [StateError("the journal is full"), Cancelled(), KeyError("a defect")])
def test_what_concerns_the_whole_run_stops_the_others_at_once(error: BaseException) -> None:
    unwound = threading.Event()
    road: Road

    def work(path: str, stage: Stage) -> None:
        if path == "bad":
            raise error
        assert road.cancel.wait(LONG_S)
        unwound.set()

    road = Road(schedule_for("parallel", 2), stages=[WRITE], work=work)
    with pytest.raises(type(error)):
        road.run("busy", "bad", "waiting")
    assert unwound.wait(LONG_S)
    assert road.ended == []
    assert "waiting" not in road.diary.paths("start")


def test_a_stop_ends_the_traffic() -> None:
    road: Road

    def work(path: str, stage: Stage) -> None:
        road.stop.request(15)
        assert road.cancel.wait(LONG_S)

    road = Road(schedule_for("parallel", 4), stages=[WRITE], work=work)
    with pytest.raises(Cancelled):
        road.run("a", "b", "c")


# A pause


class Switch(Unmanned):
    """A helm that ends the pause once nobody has been at work for some turns."""

    def __init__(self) -> None:
        self.is_paused = False
        self.at_work = 0
        self.quiet_turns = 0

    def turn(self) -> None:
        self.quiet_turns = self.quiet_turns + 1 if self.at_work == 0 else 0
        if self.quiet_turns >= 3:
            self.is_paused = False


@pytest.mark.parametrize("mode", MODES)
def test_in_a_pause_what_runs_is_carried_to_its_end_and_nothing_new_begins(mode: str) -> None:
    helm, lock, begun_in_pause = Switch(), threading.Lock(), []

    def work(path: str, stage: Stage) -> None:
        with lock:
            if helm.is_paused:
                begun_in_pause.append((path, stage))
            helm.at_work += 1
            if path == "b" and stage is WRITE:
                helm.is_paused = True
            helm.at_work -= 1

    road = Road(schedule_for(mode, 1), work=work, helm=helm)
    road.run("a", "b", "c", "d")
    assert sorted(road.ended) == ["a", "b", "c", "d"]
    # A pipeline's other lane may have begun as the pause was ordered.
    assert len(begun_in_pause) <= (1 if mode == "pipeline" else 0)
    assert helm.quiet_turns >= 3


def test_a_pause_that_ends_lets_idle_workers_begin_though_another_is_still_at_work() -> None:
    helm, is_paused, third_began = Switch(), threading.Event(), threading.Event()

    def work(path: str, stage: Stage) -> None:
        if path == "a" and stage is WRITE:
            helm.is_paused = True
            is_paused.set()
            assert third_began.wait(LONG_S)
        elif path == "b":
            assert is_paused.wait(LONG_S)
        elif path == "c":
            third_began.set()

    road = Road(schedule_for("parallel", 2), stages=[WRITE], work=work, helm=helm)
    road.run("a", "b", "c", needs={"c": {"b"}})
    assert sorted(road.ended) == ["a", "b", "c"]


def test_in_sequence_a_file_that_rested_goes_on_before_the_next_begins() -> None:
    helm = Switch()

    def work(path: str, stage: Stage) -> None:
        helm.is_paused = path == "b" and stage is WRITE

    road = Road(schedule_for("sequential", 1), work=work, helm=helm)
    road.run("b", "c")
    assert road.ended == ["b", "c"]
    assert road.diary.paths("start") == ["b", "b", "c"]


@pytest.mark.parametrize("mode", MODES)
def test_files_that_change_once_more_obey_mode_order_and_pause(mode: str) -> None:
    helm, diary = Switch(), Diary()
    schedule = schedule_for(mode, 4)
    road = Road(schedule, helm=helm)
    plan = Plan("", tuple(PlannedFile(path, "create", "", depends_on=needs) for path, needs in (
        ("c", ("a",)), ("b", ()), ("a", ()), ("d", ()),
    )))
    begun_in_pause: list[str] = []

    def work(path: str, stage: Stage) -> None:
        if helm.is_paused:
            begun_in_pause.append(path)

    def mend() -> None:
        hands = CrewHands(road.crew, schedule, plan)
        helm.is_paused = True
        hands.sit_out_pause()
        assert not helm.is_paused
        helm.is_paused, helm.quiet_turns = True, 0
        jobs = {
            planned.path: Job(planned, diary, [CONSULT, AUDIT], work, lambda path: None)
            for planned in plan.files if planned.path != "d"
        }
        hands.carry(jobs)  # type: ignore[arg-type]

    road.crew.call(mend)
    road.crew.close()
    starts = [path for what, path in diary.lines if what in ("start", "consult")]
    assert sorted(starts) == ["a", "b", "c"] and starts.index("a") < starts.index("c")
    assert begun_in_pause == [] and helm.quiet_turns >= 3


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("error", [StateError("the disk is full"), TypeError("a defect"), LimitReached("the budget")])
def test_what_ends_a_file_that_changes_once_more_ends_the_call(mode: str, error: Exception) -> None:
    schedule = schedule_for(mode, 2)
    road = Road(schedule)
    plan = Plan("", (PlannedFile("a", "create", ""),))

    def work(path: str, stage: Stage) -> None:
        raise error

    job = Job(plan.files[0], Diary(), [CONSULT], work, lambda path: None)
    with pytest.raises(type(error)) as told:
        road.crew.call(lambda: CrewHands(road.crew, schedule, plan).carry({"a": job}))  # type: ignore[dict-item]
    road.crew.close()
    assert told.value is error


def test_a_stop_in_a_pause_is_heard() -> None:
    class Held(Unmanned):
        is_paused = True

        def turn(self) -> None:
            road.stop.request(2)

    road = Road(schedule_for("parallel", 2), helm=Held())
    with pytest.raises(Cancelled):
        road.run("a")
    assert road.diary.lines == []

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from orchestra.clock import iso
from orchestra.metrics.attempts import Fault, Rotation
from orchestra.metrics.session_figures import SessionFigures, Span, session_figures
from orchestra.records import Event, FileOutcome
from orchestra.state.history import History, StepSpan
from tests.unit.fake_clock import START
from tests.unit.metrics.histories import attempt, history, told

LATER = START + timedelta(hours=9)


def figures(one: History) -> SessionFigures:
    return session_figures(one, now=LATER)


def test_a_session_without_anything_has_figures_too() -> None:
    found = figures(history())
    assert (found.shares, found.latencies, found.faults, found.rotations, found.files) == ((), (), (), (), ())
    assert found.savings.cost_usd is None and found.metrics.total_cost_usd is None


def test_cost_and_tokens_are_told_by_role_and_model_in_the_order_of_the_story() -> None:
    found = figures(history(
        attempt(1, "p/a", role="auditor", cost="0.1"), attempt(2, "p/a", cost="0.2"), attempt(3, "p/b"),
        attempt(4, "p/a", cost="0.3", code="TIMEOUT"),
    ))
    told_ = [(one.role, one.model, one.consumed.cost_usd, one.consumed.failures) for one in found.shares]
    assert told_ == [
        ("executor", "p/a", Decimal("0.5"), 1), ("executor", "p/b", None, 0), ("auditor", "p/a", Decimal("0.1"), 0),
    ]
    assert found.shares[1].consumed.unpriced == 1


def test_latency_is_that_of_answers_and_faults_are_counted_apart() -> None:
    found = figures(history(
        attempt(1, "p/a", latency_ms=9000, code="TIMEOUT"), attempt(1, "p/b", latency_ms=10),
        attempt(2, "p/a", code="TIMEOUT"), attempt(2, "p/b", latency_ms=30), attempt(3, "p/a", code="QUOTA"),
    ))
    assert [(one.model, one.distribution.values_ms) for one in found.latencies] == [("p/b", (10, 30))]
    assert found.faults == (Fault("p/a", "TIMEOUT", 2), Fault("p/a", "QUOTA", 1))
    assert found.rotations == (Rotation("executor", "p/a", "p/b", 2),)


def test_a_file_has_its_audits_refusals_tries_and_cost() -> None:
    one = history(
        attempt(1, "p/a", path="a.py", cost="0.1"), attempt(2, "p/a", path="b.py", cost="0.4"),
        events=(
            told("draft.refused", path="a.py"), told("draft.refused", path="a.py"),
            told("recovery.ended", path="a.py", recovered=True, attempts=2),
        ),
    )
    outcome = FileOutcome("a.py", "modify", "approved", 3, recovered=True)
    (file,) = figures(replace(one, outcomes=(outcome,))).files
    assert (file.iterations, file.refused_drafts, file.recovered, file.recovery_attempts) == (3, 2, True, 2)
    assert (file.calls, file.cost_usd) == (1, Decimal("0.1"))


def test_answers_from_the_cache_are_savings_with_what_they_cost_at_first() -> None:
    found = figures(history(events=(
        told("step.completed", from_cache=True, saved_tokens=100, saved_cost=0.25),
        told("step.completed", from_cache=True, saved_tokens=None, saved_cost=None),
    )))
    assert (found.savings.answers, found.savings.tokens, found.savings.cost_usd) == (2, 100, Decimal("0.25"))


def test_the_tests_before_the_first_write_are_a_phase_of_their_own() -> None:
    second = timedelta(seconds=1)
    names = ("init", "planning", "awaiting_approval", "executing", "testing", "completed")
    at = (0, 0, 1, 4, 6, 9)
    one = replace(
        history(events=(
            replace(told("tests.started", baseline=True), time=START + 2 * second),
            replace(told("tests.started", baseline=False), time=START + 6 * second),
        )),
        phases=tuple((name, START + seconds * second) for name, seconds in zip(names, at)),
    )
    assert [(span.name, span.start_ms, span.end_ms) for span in figures(one).phases][1:5] == [
        ("awaiting_approval", 1000, 2000), ("testing", 2000, 4000), ("executing", 4000, 6000), ("testing", 6000, 9000),
    ]


def test_the_timeline_counts_from_the_start_and_a_question_without_an_end_lasts_to_the_sessions() -> None:
    second = timedelta(seconds=1)
    one = replace(
        history(),
        steps=(
            StepSpan(1, "architect", None, "completed", START + second, START + 3 * second),
            StepSpan(2, "executor", "a.py", "running", START + 10 * second, None),
        ),
        phases=(("init", START), ("planning", START), ("executing", START + 5 * second), ("completed", LATER)),
    )
    found = figures(one)
    assert found.spans == (
        Span("architect", None, 1000, 3000), Span("executor", "a.py", 10_000, 60_000, succeeded=False),
    )
    assert [(span.name, span.start_ms) for span in found.phases][:2] == [("planning", 0), ("executing", 5000)]


def test_a_session_that_still_runs_lasts_until_now() -> None:
    assert figures(history(exit_status=None)).metrics.end_time == LATER


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def begun(*seconds: float) -> tuple[Event, ...]:
    return tuple(replace(told("session.started"), time=at(one)) for one in seconds)


def step(number: int, path: str, start: float, end: float) -> StepSpan:
    return StepSpan(number, "executor", path, "completed", at(start), at(end))


NIGHT = 14 * 3600


def test_the_night_between_a_stop_and_the_resume_is_no_part_of_what_a_session_took() -> None:
    one = replace(
        history(events=begun(0, NIGHT), last_activity=iso(at(NIGHT + 3))),
        steps=(step(1, "a.py", 2, 4), step(2, "b.py", NIGHT + 1, NIGHT + 2)),
        phases=(("init", START), ("executing", at(1)), ("interrupted", at(5)), ("completed", at(NIGHT + 3))),
    )
    found = figures(one)
    assert (found.worked_ms, found.paused_ms) == (8000, 1000 * (NIGHT - 5))
    assert [(span.path, span.start_ms, span.end_ms) for span in found.spans] == [
        ("a.py", 2000, 4000), ("b.py", 6000, 7000),
    ]
    assert [(span.name, span.start_ms, span.end_ms) for span in found.phases] == [
        ("init", 0, 1000), ("executing", 1000, 5000), ("resumed", 5000, 8000),
    ]


def test_a_killed_session_paused_from_its_last_sign_of_life() -> None:
    one = replace(
        history(events=begun(0, NIGHT, 2 * NIGHT), last_activity=iso(at(2 * NIGHT + 1))),
        steps=(step(1, "a.py", 2, 4), step(2, "b.py", 3, 2 * NIGHT)),
        phases=(("init", START), ("executing", at(1)), ("completed", at(2 * NIGHT + 1))),
    )
    found = figures(one)
    assert (found.worked_ms, found.paused_ms) == (5000, 1000 * (2 * NIGHT - 4))
    assert [(span.path, span.start_ms, span.end_ms) for span in found.spans][1] == ("b.py", 3000, 4000)


def test_a_call_that_a_kill_cut_off_was_work() -> None:
    asked = attempt(2, "p/a", latency_ms=60_000, hours=100 / 3600)
    one = replace(
        history(asked, events=begun(0, NIGHT), last_activity=iso(at(NIGHT + 1))),
        steps=(step(2, "b.py", NIGHT, NIGHT + 1),), phases=(("executing", at(1)), ("completed", at(NIGHT + 1))),
    )
    assert figures(one).worked_ms == 161_000


def test_a_killed_session_that_nobody_runs_lasts_until_its_last_sign_of_life() -> None:
    one = replace(
        history(exit_status=None, events=begun(0), last_activity=iso(at(1))),
        steps=(StepSpan(1, "executor", "a.py", "running", at(7), None),), phases=(("executing", at(1)),),
    )
    assert session_figures(one, now=None).worked_ms == 7000
    assert session_figures(one, now=at(90)).worked_ms == 90_000


def test_a_clock_set_back_makes_no_time_less_than_nothing() -> None:
    one = replace(
        history(events=begun(0, -NIGHT), last_activity=iso(at(3 - NIGHT))),
        steps=(step(1, "a.py", 1, 2), step(2, "b.py", 1 - NIGHT, 2 - NIGHT)),
    )
    found = figures(one)
    assert (found.worked_ms, found.paused_ms) == (0, 0)
    assert [(span.start_ms, span.end_ms) for span in found.spans] == [(1000, 2000), (0, 0)]


def test_which_starts_are_resumes_is_as_they_say() -> None:
    def first_of(**data: bool) -> int:
        return figures(replace(
            history(events=(replace(told("session.started", **data), time=at(5)),), last_activity=iso(at(8))),
            phases=(("init", START), ("completed", at(8))),
        )).paused_ms

    assert [first_of(), first_of(resumed=False), first_of(resumed=True)] == [0, 0, 5000]

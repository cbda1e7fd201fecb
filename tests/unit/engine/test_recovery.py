"""Tries beyond the audit loop: how many, how long, what the consultant is told, and how they end."""

from __future__ import annotations

from typing import Callable

import pytest

from orchestra.clock import Deadline
from orchestra.engine.recovery import defects_of, time_limit_s
from orchestra.errors import ApiError, LimitReached, TimedOut
from orchestra.records import FileOutcome
from tests.unit.engine.workshop import APPROVED, PROSE, Workshop, needs_work, planned, whole
from tests.unit.fake_clock import FakeClock

Build = Callable[..., Workshop]
CREATE = planned()
MODIFY = planned(action="modify")
PYTHON = planned("a.py")
ONE, TWO, THREE, FOUR = (whole(f"{word}\n") for word in ("one", "two", "three", "four"))


def recovering(shop: Workshop, attempts: int = 2) -> Workshop:
    """With one draft in the audit loop and so many tries after it."""
    shop.max_iterations, shop.max_recovery_attempts = 1, attempts
    return shop


def summary(outcome: FileOutcome) -> tuple[str, int, bool, int]:
    return outcome.status, outcome.iterations, outcome.recovered, outcome.exit_status


def test_a_file_that_the_audit_loop_gave_up_is_recovered(workshop: Build) -> None:
    shop = recovering(workshop(executor=[ONE], auditor=[needs_work("a"), APPROVED], consultant=[TWO]))
    assert summary(shop.run(CREATE)) == ("approved", 2, True, 0)
    assert shop.text() == "two\n"
    (started,) = shop.told("recovery.started")
    (ended,) = shop.told("recovery.ended")
    assert (started.data["attempts"], started.data["defects"]) == (2, ["a"])
    assert (ended.data["recovered"], ended.data["attempts"]) == (True, 1)


def test_a_file_that_the_audit_loop_approves_is_not_called_recovered(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[needs_work("a"), APPROVED], consultant=[TWO])
    shop.max_recovery_attempts = 3
    assert summary(shop.run(CREATE)) == ("approved", 2, False, 0)
    assert shop.told("recovery.started") == []


def test_after_the_last_try_the_file_goes_back_and_what_was_tried_is_told(workshop: Build) -> None:
    shop = recovering(workshop(
        executor=[ONE], auditor=[needs_work("a"), needs_work("b"), needs_work("c")], consultant=[TWO, THREE]
    ))
    shop.put("mine\n")
    assert summary(shop.run(MODIFY)) == ("reverted", 3, False, 1)
    assert shop.text() == "mine\n"
    (ended,) = shop.told("recovery.ended")
    assert ended.data["tried"] == [
        "draft 1 was not approved: a", "draft 2 was not approved: b", "draft 3 was not approved: c",
    ]


def test_without_auto_revert_the_last_valid_draft_stays(workshop: Build) -> None:
    shop = recovering(
        workshop(executor=[ONE], auditor=[needs_work("a"), needs_work("b")], consultant=[TWO, PROSE, PROSE])
    )
    shop.auto_revert = False
    assert summary(shop.run(CREATE)) == ("failed", 2, False, 4)
    assert shop.text() == "two\n"


def test_a_draft_that_is_not_valid_is_mended_and_uses_a_try_up(workshop: Build) -> None:
    shop = recovering(workshop(
        executor=[whole("def f(:\n")], auditor=[APPROVED], consultant=[whole("def f():\n"), whole("def f(): pass\n")]
    ))
    assert summary(shop.run(PYTHON)) == ("approved", 1, True, 0)
    assert shop.text("a.py") == "def f(): pass\n"
    (ended,) = shop.told("recovery.ended")
    assert ended.data["attempts"] == 2


def test_the_consultant_gets_the_defects_and_what_was_tried(workshop: Build) -> None:
    shop = recovering(workshop(
        executor=[ONE], auditor=[needs_work("too short"), needs_work("too long"), APPROVED], consultant=[TWO, THREE]
    ))
    shop.run(CREATE)
    first, second = shop.agents["consultant"].heard
    assert "too short" in first and "What was tried" not in first
    assert "too long" in second
    assert "draft 1 was not approved: too short" in second


def test_a_provider_that_fails_ends_recovery_as_it_ends_everything(workshop: Build) -> None:
    shop = recovering(workshop(executor=[ONE], auditor=[needs_work("a")], consultant=[ApiError("down")]))
    assert summary(shop.run(CREATE)) == ("reverted", 1, False, 4)


def test_a_delete_is_not_recovered(workshop: Build) -> None:
    shop = recovering(workshop(auditor=[needs_work("it is needed")]))
    shop.put("mine\n")
    assert summary(shop.run(planned(action="delete"))) == ("reverted", 1, False, 1)
    assert shop.told("recovery.started") == []


# The time


def test_a_call_that_outlasts_the_time_for_recovery_ends_it(workshop: Build) -> None:
    shop: Workshop

    def take_for_ever() -> str:
        shop.clock.seconds += 10_000
        raise TimedOut("no whole answer")

    shop = recovering(workshop(executor=[ONE], auditor=[needs_work("a")], consultant=[take_for_ever]))
    outcome = shop.run(CREATE)
    assert summary(outcome) == ("reverted", 1, False, 1)
    assert "recovery took longer than 18" in (outcome.error or "")


def test_when_the_time_is_over_no_further_try_is_begun(workshop: Build) -> None:
    shop: Workshop

    def slowly() -> str:
        shop.clock.seconds += 10_000
        return TWO

    shop = recovering(workshop(executor=[ONE], auditor=[needs_work("a"), needs_work("b")], consultant=[slowly]))
    assert summary(shop.run(CREATE)) == ("reverted", 2, False, 1)


def test_a_restart_decides_as_before_though_the_clock_begins_anew(workshop: Build) -> None:
    shop: Workshop

    def slowly() -> str:
        shop.clock.seconds += 10_000
        return TWO

    answers = {"executor": [ONE], "auditor": [needs_work("a"), needs_work("b")], "consultant": [slowly]}
    shop = recovering(workshop(**answers))
    first = shop.run(CREATE)
    shop.restart()
    assert shop.run(CREATE) == first
    assert shop.asked() == {"executor": 1, "auditor": 2, "consultant": 1}


def test_where_the_runs_own_time_is_over_the_tries_are_left_for_a_resume(workshop: Build) -> None:
    shop: Workshop

    def slowly() -> str:
        shop.clock.seconds += 100
        return needs_work("a")

    shop = recovering(workshop(executor=[ONE], auditor=[slowly, APPROVED], consultant=[TWO]))
    shop.deadline = Deadline.after(shop.clock, 60)
    with pytest.raises(LimitReached):
        shop.run(CREATE)
    shop.deadline = Deadline(shop.clock, None)
    shop.restart()
    assert summary(shop.run(CREATE)) == ("approved", 2, True, 0)


def test_the_runs_own_deadline_is_not_passed_by_recovery() -> None:
    clock = FakeClock()
    assert Deadline.after(clock, 60).at_most(200).at_s == 60
    assert Deadline.after(clock, 60).at_most(20).at_s == 20
    assert Deadline.after(clock, None).at_most(20).at_s == 20


def test_a_longer_and_a_more_branching_file_has_more_time_up_to_a_limit() -> None:
    plain, branching = "x = 1\n" * 100, "if x: y = 1\n" * 100
    assert time_limit_s("") < time_limit_s(plain) < time_limit_s(branching) < time_limit_s(branching * 2)
    assert time_limit_s(branching * 1000) == time_limit_s(branching * 2000)


# What can be said without a model


@pytest.mark.parametrize(("path", "text", "original", "fragment"), [
    ("a.py", "def f(:\n", None, "syntax"),
    ("a.json", '{"a": 1', None, ""),
    ("a.txt", "one\n# ... rest of the code unchanged ...\n", "one\ntwo\n", "stands for text that was left out"),
])
def test_a_file_that_is_broken_or_not_whole_is_said_to_be(
    path: str, text: str, original: str | None, fragment: str
) -> None:
    (issue,) = defects_of(path, text, original)
    assert issue.severity == "error" and issue.line is not None
    assert fragment in issue.message


def test_nothing_is_said_against_a_sound_or_an_absent_file() -> None:
    assert defects_of("a.py", "x = 1\n", None) == []
    assert defects_of("a.py", None, "x = 1\n") == []

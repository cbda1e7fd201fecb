from __future__ import annotations

from datetime import timedelta
from functools import reduce
from typing import Any

from orchestra.records import Event
from orchestra.views.progress import Progress
from tests.unit.fake_clock import START

PLANNED = ("plan.ready", {"summary": "", "files": [{}] * 4})
EXECUTING = ("phase.entered", {"phase": "executing"})


def after(*events: tuple[str, dict[str, Any]]) -> Progress:
    """The events come a second apart, the first one at START."""
    told = [Event(name, START + timedelta(seconds=at), data=data) for at, (name, data) in enumerate(events)]
    return reduce(lambda progress, event: progress.after(event), told, Progress())


def ended(status: str) -> tuple[str, dict[str, Any]]:
    return "file.ended", {"path": "a", "status": status}


def test_without_a_plan_nothing_is_said() -> None:
    assert after(EXECUTING, ended("approved")).text(START) == ""


def test_files_count_as_they_end_and_failures_apart() -> None:
    progress = after(PLANNED, EXECUTING, ended("approved"), ended("unchanged"), ended("reverted"))
    assert (progress.planned, progress.ended, progress.failed) == (4, 3, 1)


def test_the_rest_takes_as_long_as_what_is_done_did() -> None:
    progress = after(PLANNED, EXECUTING, ended("approved"))
    assert progress.remaining_s(START + timedelta(seconds=11)) == 30
    assert progress.text(START + timedelta(seconds=11)) == "1 of 4 files, about 0:30 left"


def test_nothing_is_said_of_the_rest_before_a_file_has_ended_or_when_none_is_left() -> None:
    assert after(PLANNED, EXECUTING).text(START) == "0 of 4 files"
    assert after(PLANNED, EXECUTING, *[ended("approved")] * 4).text(START) == "4 of 4 files"


def test_what_an_earlier_run_did_is_counted_but_says_nothing_of_the_speed() -> None:
    resumed = ("session.started", {"task": "t", "mode": "parallel", "planned": 10, "ended": 6})
    assert after(resumed, EXECUTING).text(START) == "6 of 10 files"
    assert after(resumed, EXECUTING, ended("approved")).remaining_s(START + timedelta(seconds=3)) == 6


def test_a_file_that_changes_its_end_in_a_later_phase_is_not_counted_twice() -> None:
    testing = ("phase.entered", {"phase": "testing"})
    assert after(PLANNED, EXECUTING, ended("approved"), testing, ended("reverted")).ended == 1


def phase(name: str) -> tuple[str, dict[str, Any]]:
    return "phase.entered", {"phase": name}


def test_files_that_are_written_audited_and_mended_in_turns_all_count() -> None:
    progress = after(
        PLANNED, phase("executing"), phase("auditing"), ended("approved"), phase("executing"), phase("consulting"),
        phase("auditing"), ended("approved"), phase("executing"),
    )
    assert (progress.ended, progress.began_at) == (2, START + timedelta(seconds=1))
    assert progress.text(START + timedelta(seconds=9)) == "2 of 4 files, about 0:08 left"


def test_a_run_taken_up_amid_audits_counts_what_ends() -> None:
    assert after(PLANNED, phase("auditing"), ended("approved")).ended == 1


def test_the_tests_before_the_first_write_end_nothing() -> None:
    assert after(PLANNED, phase("testing"), phase("auditing"), ended("approved")).ended == 1


def test_what_is_mended_for_failing_tests_or_for_the_whole_change_is_not_counted_twice() -> None:
    whole = after(PLANNED, phase("executing"), *[ended("approved")] * 4, phase("consulting"), ended("approved"))
    assert whole.text(START) == "4 of 4 files"
    mended = (phase("testing"), phase("consulting"), ended("failed"))
    assert after(PLANNED, phase("executing"), ended("approved"), *mended).ended == 1

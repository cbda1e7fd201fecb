from __future__ import annotations

from contextlib import ExitStack

from orchestra.engine.activity import Activity


def test_the_most_advanced_counts_while_it_lasts() -> None:
    told: list[str] = []
    activity = Activity(told.append)
    with activity.of("executing"):
        with activity.of("auditing"), activity.of("recovering"), activity.of("consulting"):
            pass
        assert activity.current() == "executing"
    assert told == ["auditing", "recovering", "consulting", "auditing", "executing"]


def test_of_two_in_the_same_the_first_that_leaves_changes_nothing() -> None:
    told: list[str] = []
    activity = Activity(told.append)
    with activity.of("executing"), ExitStack() as first:
        first.enter_context(activity.of("auditing"))
        with activity.of("auditing"):
            first.close()
            assert activity.current() == "auditing"
    assert told == ["auditing", "executing"]


def test_between_two_stages_nothing_new_is_told() -> None:
    told: list[str] = []
    activity = Activity(told.append)
    for phase in ("executing", "auditing", "auditing", "executing"):
        with activity.of(phase):
            pass
    assert told == ["auditing", "executing"]

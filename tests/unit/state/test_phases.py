from __future__ import annotations

import pytest

from orchestra.state.phases import ACTIVITIES, ENDS, MOVES, IllegalMove, check_move

NAMES = {
    "init", "planning", "awaiting_approval", "executing", "auditing", "consulting", "recovering", "testing",
    "committing", "completed", "partial", "failed", "rejected", "interrupted", "limited",
}


def test_every_phase_is_in_the_table_and_no_other() -> None:
    assert set(MOVES) == NAMES
    assert set().union(*MOVES.values()) <= NAMES


def test_every_phase_can_be_reached() -> None:
    reached, new = {"init"}, {"init"}
    while new:
        new = set().union(*(MOVES[phase] for phase in new)) - reached
        reached |= new
    assert reached == NAMES


@pytest.mark.parametrize("end", ENDS)
def test_nothing_follows_an_end(end: str) -> None:
    for phase in NAMES:
        with pytest.raises(IllegalMove):
            check_move(end, phase)


@pytest.mark.parametrize("phase", sorted(NAMES - set(ENDS)))
def test_whatever_a_session_does_it_can_fail_be_stopped_and_meet_a_limit(phase: str) -> None:
    for end in ("failed", "interrupted", "limited"):
        check_move(phase, end)


@pytest.mark.parametrize("old", ACTIVITIES)
@pytest.mark.parametrize("new", ACTIVITIES)
def test_between_two_things_done_with_files_any_move_is_legal(old: str, new: str) -> None:
    check_move(old, new)


@pytest.mark.parametrize("old, new", [
    ("planning", "executing"), ("executing", "planning"), ("executing", "rejected"), ("testing", "planning"),
    ("committing", "testing"), ("committing", "partial"), ("awaiting_approval", "completed"), ("nowhere", "planning"),
])
def test_a_move_past_what_must_come_between_is_refused(old: str, new: str) -> None:
    with pytest.raises(IllegalMove):
        check_move(old, new)

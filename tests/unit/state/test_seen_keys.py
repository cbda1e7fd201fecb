from __future__ import annotations

from orchestra.state.seen_keys import SeenKeys


def test_no_key_that_has_come_is_taken_for_a_new_one() -> None:
    keys = [f"executor/src/part{number}.py/1" for number in range(20_000)]
    seen = SeenKeys(keys[:10_000])
    mistaken = sum(seen.add(key) for key in keys[10_000:])
    assert all(seen.add(key) for key in keys)
    assert mistaken < 1000


def test_a_key_is_new_once() -> None:
    seen = SeenKeys([])
    assert not seen.add("architect/plan")
    assert seen.add("architect/plan")

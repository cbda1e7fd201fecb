from __future__ import annotations

from pathlib import Path

from orchestra.state.manager import StateManager
from tests.unit.fake_clock import FakeClock


def test_what_is_kept_is_read_by_kind_and_key(journal: StateManager, folder: Path, clock: FakeClock) -> None:
    cache = journal.map_cache
    assert cache.read("facts") == {}
    cache.keep("facts", {"a": b"1", "b": b"2"})
    cache.keep("facts", {"b": b"3"})
    cache.keep("index", {"a": b"4"})
    cache.keep("index", {})
    journal.close()

    again = StateManager.open(folder, clock)
    assert again.map_cache.read("facts") == {"a": b"1", "b": b"3"}
    assert again.map_cache.read("facts", ["b", "none"]) == {"b": b"3"}
    assert again.map_cache.read("index", ["a"]) == {"a": b"4"}
    assert again.map_cache.read("facts", []) == {}
    again.close()


def test_many_keys_are_read_at_once(journal: StateManager) -> None:
    contents = {str(number): b"%d" % number for number in range(1300)}
    journal.map_cache.keep("facts", contents)
    journal.keep("s-20261122-071500-4f2a", "a fact", 1)  # waits for what was written before
    assert journal.map_cache.read("facts", contents) == contents


def test_what_is_not_in_use_stays_for_a_while_and_goes_once_it_is_much(journal: StateManager) -> None:
    cache = journal.map_cache
    cache.keep("facts", {str(number): b"" for number in range(1500)})
    cache.keep("outline", {"x": b""})
    cache.keep_only("facts", map(str, range(300)))
    journal.keep("s-20261122-071500-4f2a", "a fact", 1)
    assert len(cache.read("facts")) == 1500
    cache.keep_only("facts", map(str, range(200)))
    journal.keep("s-20261122-071500-4f2a", "a fact", 2)
    assert sorted(cache.read("facts"), key=int) == [str(number) for number in range(200)]
    assert cache.read("outline") == {"x": b""}

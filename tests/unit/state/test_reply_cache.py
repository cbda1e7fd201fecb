from __future__ import annotations

import hashlib
import os
from decimal import Decimal
from pathlib import Path

import pytest

from orchestra.records import Reply, Usage
from orchestra.state.manager import StateManager
from orchestra.state.reply_cache import ROW_BYTES, LimitedCache
from tests.unit.fake_clock import FakeClock
from tests.unit.state.conftest import SESSION

REPLY = Reply("the whole file", Usage(1200, 340, 100, Decimal("0.00123456789")), "zai", "glm-4.7", 812)
UNKNOWN = Reply("an answer", Usage(), "local", "m", 5)
DAY_S = 86400.0
ROOM = 10**6


def cache(journal: StateManager, ttl_s: float = DAY_S, max_bytes: int = ROOM) -> LimitedCache:
    return journal.reply_cache.limited(ttl_s=ttl_s, max_bytes=max_bytes)


def reply(text: str) -> Reply:
    return Reply(text, Usage(), "local", "m", 5)


def flush(journal: StateManager) -> None:
    """Wait until what was written before is on disk."""
    journal.keep(SESSION, "anything", 1)


def kept(journal: StateManager) -> set[str]:
    flush(journal)
    return {row["key"] for row in journal.reply_cache._store.rows("SELECT key FROM reply_cache")}


@pytest.mark.parametrize("given", [REPLY, UNKNOWN, reply("Größe 尺寸\n")])
def test_gives_an_answer_as_it_was_kept(journal: StateManager, given: Reply) -> None:
    cache(journal).keep("k", given)
    flush(journal)
    assert cache(journal).find("k") == given
    assert cache(journal).find("another") is None


def test_an_answer_outlives_the_journal_that_kept_it(folder: Path, clock: FakeClock, journal: StateManager) -> None:
    cache(journal).keep("k", REPLY)
    journal.close()
    later = StateManager.open(folder, clock)
    assert cache(later).find("k") == REPLY
    later.close()


def test_the_newer_of_two_answers_under_one_key_is_given(journal: StateManager) -> None:
    cache(journal).keep("k", UNKNOWN)
    cache(journal).keep("k", REPLY)
    flush(journal)
    assert cache(journal).find("k") == REPLY
    assert journal.reply_cache.figures().entries == 1


def test_an_answer_is_good_until_its_time_is_over(journal: StateManager, clock: FakeClock) -> None:
    cache(journal).keep("k", REPLY)
    flush(journal)
    clock.seconds = DAY_S - 1
    assert cache(journal).find("k") == REPLY
    clock.seconds = DAY_S
    assert cache(journal).find("k") is None
    assert cache(journal, ttl_s=2 * DAY_S).find("k") == REPLY, "the time is the reader's"


def test_being_used_does_not_make_an_answer_younger(journal: StateManager, clock: FakeClock) -> None:
    cache(journal).keep("k", REPLY)
    clock.seconds = DAY_S / 2
    flush(journal)
    assert cache(journal).find("k") == REPLY
    clock.seconds = DAY_S
    flush(journal)
    assert cache(journal).find("k") is None


def test_answers_that_are_too_old_are_removed_by_the_next_one(journal: StateManager, clock: FakeClock) -> None:
    cache(journal).keep("old", REPLY)
    clock.seconds = DAY_S / 2
    cache(journal).keep("young", REPLY)
    clock.seconds = DAY_S
    cache(journal).keep("new", REPLY)
    assert kept(journal) == {"young", "new"}


@pytest.mark.parametrize("limits", [{"ttl_s": 0.0}, {"max_bytes": 0}])
def test_a_limit_of_zero_keeps_nothing(journal: StateManager, limits: dict[str, float]) -> None:
    cache(journal, **limits).keep("k", REPLY)  # type: ignore[arg-type]
    assert kept(journal) == set()


def test_what_was_used_longest_ago_makes_room(journal: StateManager, clock: FakeClock) -> None:
    room = 3 * (ROW_BYTES + 10)
    for second, key in enumerate("abc"):
        clock.seconds = second
        cache(journal, max_bytes=room).keep(key, reply(key * 10))
    assert kept(journal) == {"a", "b", "c"}
    clock.seconds = 3
    assert cache(journal).find("a") is not None
    clock.seconds = 4
    cache(journal, max_bytes=room).keep("d", reply("d" * 10))
    assert kept(journal) == {"a", "c", "d"}


def test_as_many_go_as_the_new_one_needs(journal: StateManager, clock: FakeClock) -> None:
    room = 3 * (ROW_BYTES + 10)
    for second, key in enumerate("abc"):
        clock.seconds = second
        cache(journal, max_bytes=room).keep(key, reply(key * 10))
    clock.seconds = 3
    cache(journal, max_bytes=room).keep("d", reply("d" * 11))
    assert kept(journal) == {"c", "d"}
    assert journal.reply_cache.figures().size_bytes == 2 * ROW_BYTES + 21


def test_an_answer_larger_than_the_cache_drives_nothing_out(journal: StateManager) -> None:
    room = ROW_BYTES + 10
    cache(journal, max_bytes=room).keep("a", reply("a" * 10))
    cache(journal, max_bytes=room).keep("b", reply("b" * 11))
    assert kept(journal) == {"a"}


def test_sizes_are_bytes_and_not_characters(journal: StateManager) -> None:
    cache(journal).keep("k", reply("尺" * 4))
    flush(journal)
    assert journal.reply_cache.figures().size_bytes == ROW_BYTES + 12


def test_the_figures_count_what_was_given_and_what_it_saved(journal: StateManager, clock: FakeClock) -> None:
    empty = journal.reply_cache.figures()
    assert (empty.entries, empty.size_bytes, empty.hits, empty.saved_usd, empty.oldest) == (0, 0, 0, None, None)
    cache(journal).keep("priced", REPLY)
    clock.seconds = 60
    cache(journal).keep("unpriced", UNKNOWN)
    flush(journal)
    assert journal.reply_cache.figures().saved_usd is None
    for key in ("priced", "priced", "unpriced"):
        cache(journal).find(key)
    flush(journal)
    figures = journal.reply_cache.figures()
    assert (figures.entries, figures.hits, figures.saved_usd) == (2, 3, Decimal("0.00246913578"))
    assert (figures.oldest, figures.newest) == ("2026-11-22T07:15:00.000Z", "2026-11-22T07:16:00.000Z")


def test_an_answer_that_was_of_no_use_is_forgotten_under_every_key(journal: StateManager) -> None:
    for key in ("a", "b"):
        cache(journal).keep(key, REPLY)
    cache(journal).keep("c", UNKNOWN)
    journal.reply_cache.forget(REPLY.text)
    assert kept(journal) == {"c"}


def test_what_a_session_was_told_is_forgotten_and_no_more(journal: StateManager) -> None:
    cache(journal).keep("of the session", REPLY)
    cache(journal).keep("of another", UNKNOWN)
    step = journal.steps.begin(SESSION, "executor/1", role="executor", path="a.py", input_text="a question")
    journal.steps.complete(step, REPLY)
    journal.reply_cache.forget_session(SESSION)
    assert kept(journal) == {"of another"}


def test_clearing_says_what_there_was(journal: StateManager) -> None:
    cache(journal).keep("k", REPLY)
    flush(journal)
    assert journal.reply_cache.clear().entries == 1
    assert kept(journal) == set()
    assert journal.reply_cache.clear().entries == 0


def test_the_size_on_disk_stays_near_the_bound(folder: Path, journal: StateManager) -> None:
    """Texts that do not compress, well beyond the bound in sum."""
    room = 256 * 1024
    for number in range(400):
        text = hashlib.sha256(b"%d" % number).hexdigest() * (number % 50 + 1)
        cache(journal, max_bytes=room).keep(str(number), reply(text))
    flush(journal)
    assert room * 0.9 < journal.reply_cache.figures().size_bytes <= room
    journal.close()
    assert os.path.getsize(folder / "state.db") < 3 * room

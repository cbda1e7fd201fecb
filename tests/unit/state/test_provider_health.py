from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from orchestra.records import ProviderHealth
from orchestra.state.manager import StateManager
from tests.unit.fake_clock import START, FakeClock

URL = "http://127.0.0.1:8080/v1"


def test_nothing_is_known_at_first(journal: StateManager) -> None:
    assert journal.provider_health.all() == []


def test_a_later_run_knows_what_an_earlier_one_learned(folder: Path, clock: FakeClock) -> None:
    learned = [
        ProviderHealth("zai", URL, max_concurrency=4),
        ProviderHealth("zai", URL, model="glm-4.7", cooldown_until=START + timedelta(milliseconds=1500)),
    ]
    first = StateManager.open(folder, clock)
    for one in learned:
        first.provider_health.keep(one)
    first.close()
    second = StateManager.open(folder, clock)
    assert second.provider_health.all() == learned
    second.close()


def test_what_is_learned_anew_replaces_what_was_known_of_the_same(folder: Path, clock: FakeClock) -> None:
    journal = StateManager.open(folder, clock)
    for size in (4, 2):
        journal.provider_health.keep(ProviderHealth("zai", URL, max_concurrency=size))
    journal.provider_health.keep(ProviderHealth("zai", URL + "/other", max_concurrency=8))
    journal.close()
    known = StateManager.open(folder, clock)
    assert [(one.base_url, one.max_concurrency) for one in known.provider_health.all()] == [
        (URL, 2), (URL + "/other", 8)
    ]
    known.close()

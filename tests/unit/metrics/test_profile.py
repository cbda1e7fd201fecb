from __future__ import annotations

from typing import Any

import pytest

from orchestra.metrics.profile import (
    AGAIN, DISK, GIT, IDLE, MODEL, PERSON, TESTS, TURN, VALIDATION, Activity, Cost, Profile, advice, profile_json,
)


def profile(*activities: Activity, agents: tuple[Cost, ...] = (), **told: Any) -> Profile:
    return Profile(10_000, 100, 0, None, 10, 1.0, (), agents, activities, **told)


def activity(name: str, share: float = 0.9, model: str | None = None) -> Activity:
    return Activity(name, model, 10_000 * share, share)


@pytest.mark.parametrize(
    ("name", "word"),
    [(TESTS, "--test-command"), (VALIDATION, "smaller files"), (DISK, "disk"), (GIT, "git gc"), (PERSON, "--yes"),
     (TURN, "max_concurrency"), (AGAIN, "put another one before it")],
)
def test_each_bottleneck_has_its_advice(name: str, word: str) -> None:
    (said,) = advice(profile(activity(name)))
    assert word in said


def test_what_takes_little_is_not_worth_a_word() -> None:
    assert advice(profile(activity(TESTS, 0.2))) == []
    assert advice(profile(Activity(TESTS, None, 400, 0.9))) == []


@pytest.mark.parametrize(
    ("setting", "word"),
    [
        (("sequential", 4, 3, True), "--mode parallel"), (("parallel", 2, 3, True), "--max-concurrency, now 2"),
        (("parallel", 4, 1, False), "cache.enabled"),
    ],
)
def test_waiting_for_models_is_answered_by_mode_concurrency_or_cache(
    setting: tuple[str, int, int, bool], word: str
) -> None:
    mode, max_concurrency, files, caches = setting
    told = {"mode": mode, "max_concurrency": max_concurrency, "files": files, "caches": caches}
    assert any(word in said for said in advice(profile(activity(MODEL, model="p/a"), **told)))


def test_one_file_gains_nothing_by_another_mode() -> None:
    said = advice(profile(activity(MODEL, model="p/a"), mode="sequential", max_concurrency=4, files=1))
    assert len(said) == 1 and "before p/a in its chain" in said[0]


def test_the_role_that_waited_longest_is_named() -> None:
    agents = (Cost("executor", 100, 1, None), Cost("auditor", 900, 1, None))
    assert "(agents.auditor)" in advice(profile(activity(MODEL, model="p/a"), agents=agents))[0]


def test_idling_is_no_bottleneck() -> None:
    found = profile(activity(IDLE, 0.6), activity(MODEL, 0.4, "zai/glm"))
    assert profile_json(found)["bottleneck"] == "waiting for zai/glm"
    assert profile_json(profile(activity(IDLE)))["bottleneck"] is None

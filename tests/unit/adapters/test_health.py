from __future__ import annotations

from datetime import timedelta
from typing import Iterable

import pytest

from orchestra.adapters.adapter import AdapterInfo
from orchestra.adapters.health import Health
from orchestra.adapters.rows import ProviderRow
from orchestra.clock import CancelToken, Deadline
from orchestra.errors import (
    ApiError,
    AuthFailed,
    HostNotAllowed,
    ModelNotFound,
    Overloaded,
    ProviderFault,
    QuotaExhausted,
    RateLimited,
)
from orchestra.records import ProviderHealth
from tests.unit.fake_clock import START, FakeClock

URL = "http://127.0.0.1:8080/v1"
GLM = AdapterInfo("zai/glm", "glm", "zai")
FLASH = AdapterInfo("zai/flash", "flash", "zai")
KIMI = AdapterInfo("moonshot/kimi", "kimi", "moonshot")


class Run:
    """A run's health, and what it gave to be kept."""

    def __init__(
        self, known: Iterable[ProviderHealth] = (), workers: int = 8, clock: FakeClock | None = None, **row: int
    ) -> None:
        self.clock = clock or FakeClock()
        self.kept: list[ProviderHealth] = []
        rows = [ProviderRow("zai", URL, **row), ProviderRow("moonshot", URL)]  # type: ignore[arg-type]
        self.health = Health(
            rows, clock=self.clock, workers=workers, known=known, keep=self.kept.append, jitter=lambda: 0.0
        )

    def call(self, info: AdapterInfo, fault: ProviderFault | None = None) -> None:
        with self.health.turn(info, deadline=Deadline(self.clock, None), cancel=CancelToken()):
            if fault is not None:
                raise fault

    def fails(self, info: AdapterInfo, fault: ProviderFault) -> None:
        with pytest.raises(type(fault)):
            self.call(info, fault)


@pytest.mark.parametrize("fault_class", [AuthFailed, QuotaExhausted, HostNotAllowed])
def test_a_provider_of_no_more_use_is_dropped_with_all_its_models(fault_class: type[ProviderFault]) -> None:
    run = Run()
    run.fails(GLM, fault_class("no more"))
    assert isinstance(run.health.why_dropped(FLASH), fault_class)
    assert run.health.why_dropped(KIMI) is None


def test_a_model_that_is_not_served_is_dropped_alone() -> None:
    run = Run()
    run.fails(GLM, ModelNotFound("gone"))
    assert run.health.why_dropped(GLM) is not None
    assert run.health.why_dropped(FLASH) is None


def test_who_comes_too_late_is_told_what_dropped_the_provider() -> None:
    run = Run()
    run.fails(GLM, AuthFailed("wrong key", hint="check it"))
    with pytest.raises(AuthFailed) as caught:
        run.call(FLASH)
    assert (caught.value.what, caught.value.hint) == ("wrong key", "check it")
    assert caught.value is not run.health.why_dropped(FLASH)


def test_a_fault_that_passes_drops_nobody() -> None:
    run = Run()
    run.fails(GLM, ApiError("once"))
    run.fails(GLM, RateLimited("slow down", retry_after_s=1))
    assert run.health.why_dropped(GLM) is None


def test_a_call_that_failed_leaves_its_place() -> None:
    run = Run(workers=1)
    run.fails(GLM, ApiError("once"))
    run.call(GLM)


def test_what_one_caller_is_told_holds_for_all() -> None:
    run = Run()
    run.fails(GLM, RateLimited("slow down", retry_after_s=4))
    assert (run.health.wait_s(GLM), run.health.wait_s(FLASH), run.health.wait_s(KIMI)) == (4, 4, 0)
    run.call(FLASH)
    assert run.clock.seconds == 4


def test_an_overloaded_provider_is_left_alone_as_long_as_it_asks() -> None:
    run = Run()
    run.fails(GLM, Overloaded("busy", retry_after_s=5))
    assert run.health.wait_s(GLM) == 5
    other = Run()
    other.fails(GLM, Overloaded("busy"))
    assert other.health.wait_s(GLM) == 0


# What is kept for later runs


def test_a_run_in_which_all_went_well_keeps_nothing() -> None:
    run = Run()
    run.call(GLM)
    run.fails(GLM, ApiError("once"))
    assert run.kept == []


def test_a_learned_limit_is_kept_whenever_it_changes() -> None:
    run = Run(workers=1, known=[ProviderHealth("zai", URL, max_concurrency=1)])
    run.call(GLM)
    assert run.kept == []
    run = Run(workers=8, known=[ProviderHealth("zai", URL, max_concurrency=1)])
    run.call(GLM)
    assert run.kept == [ProviderHealth("zai", URL, max_concurrency=2)]
    run.fails(GLM, RateLimited("slow down", retry_after_s=0))
    assert run.kept[1:] == [ProviderHealth("zai", URL, max_concurrency=1)]


def test_a_long_cooldown_is_kept_by_the_time_of_day_and_a_short_one_is_not() -> None:
    run = Run(workers=1)
    run.fails(GLM, RateLimited("slow down", retry_after_s=9))
    assert run.kept == []
    run.clock.seconds = 10
    run.fails(GLM, RateLimited("slow down", retry_after_s=90))
    assert run.kept == [ProviderHealth("zai", URL, model="glm", cooldown_until=START + timedelta(seconds=100))]


def test_a_later_run_goes_on_with_what_was_left_of_a_cooldown() -> None:
    first = Run(workers=1)
    first.fails(GLM, RateLimited("slow down", retry_after_s=90))
    clock = FakeClock()
    clock.seconds = 60
    second = Run(first.kept, clock=clock)
    assert (second.health.wait_s(GLM), second.health.wait_s(FLASH)) == (30, 0)
    clock.seconds = 90
    assert Run(first.kept, clock=clock).health.wait_s(GLM) == 0


def test_a_cooldown_is_kept_for_ten_minutes_at_most() -> None:
    first = Run(workers=1)
    first.fails(GLM, RateLimited("slow down", retry_after_s=86400))
    assert first.health.wait_s(GLM) == 86400
    assert Run(first.kept).health.wait_s(GLM) == 600
    clock = FakeClock()
    clock.seconds = 600
    assert Run(first.kept, clock=clock).health.wait_s(GLM) == 0


def test_a_cooldown_from_before_the_clock_was_set_back_holds_nobody() -> None:
    until = START + timedelta(days=365)
    assert Run([ProviderHealth("zai", URL, model="glm", cooldown_until=until)]).health.wait_s(GLM) == 0


def test_what_was_learned_about_another_server_of_that_name_is_not_meant() -> None:
    elsewhere = [
        ProviderHealth("zai", URL + "/elsewhere", model="glm", cooldown_until=START + timedelta(seconds=90)),
        ProviderHealth("gone", URL, max_concurrency=1),
    ]
    run = Run(elsewhere)
    assert run.health.wait_s(GLM) == 0


def test_a_configured_limit_goes_before_the_number_of_workers() -> None:
    run = Run(workers=1, max_concurrency=4, known=[ProviderHealth("zai", URL, max_concurrency=3)])
    for _ in range(100):
        run.call(GLM)
    assert run.kept == []

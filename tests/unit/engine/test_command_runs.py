from __future__ import annotations

from dataclasses import replace
from typing import Callable

import pytest

from orchestra.engine.command_runs import ChangedByTests, CommandRuns
from orchestra.records import TestRun
from tests.unit.engine.workshop import SESSION, Workshop


def test_what_tests_printed_that_broke_the_seal_is_told_without_secrets(workshop: Callable[..., Workshop]) -> None:
    shop = workshop()

    def run(on_start: Callable[[], None]) -> TestRun:
        error = ChangedByTests("the tests changed .git/config")
        error.run = TestRun("pytest", ("pytest",), 0, 5, True, output="hunter22")
        raise error

    runs = CommandRuns(
        SESSION, shop.journal, shop.emitter(), run,
        without_secrets=lambda found: replace(found, output=found.output.replace("hunter22", "it")),
    )
    with pytest.raises(ChangedByTests) as caught:
        runs.judge("tests/after/0.1")
    assert caught.value.run is not None and caught.value.run.output == "it"

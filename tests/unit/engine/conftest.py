from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator

import pytest

from tests.unit.engine.workshop import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Callable[..., Workshop]]:
    """Builds the test's workshop from each role's answers."""
    built: list[Workshop] = []

    def build(**answers: object) -> Workshop:
        built.append(Workshop(tmp_path, **answers))
        return built[-1]

    yield build
    for each in built:
        each.close()

"""No string whatever is a way out of the tree, whatever lies in it."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest

from tests.properties.path_ground import PIECES, Ground, twin_of

pytest.importorskip("hypothesis")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

names = st.lists(st.sampled_from(PIECES), min_size=1, max_size=2).map("".join)
wild_paths = st.lists(names, min_size=1, max_size=4).map("/".join) | st.text(st.characters(), max_size=30)
seeds = st.integers(0, 1000)


@given(st.lists(wild_paths, min_size=1, max_size=8), seeds)
def test_no_path_leads_out_of_the_tree_whatever_is_planted_there(paths: list[str], seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground(Path(folder), seed)
        for path in paths:
            ground.check(path)


@given(st.lists(wild_paths, min_size=1, max_size=3), seeds)
def test_paths_that_are_one_file_somewhere_are_not_planned_together(paths: list[str], seed: int) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground(Path(folder), seed)
        ground.check_together([*paths, twin_of(chance.choice(paths), chance)])

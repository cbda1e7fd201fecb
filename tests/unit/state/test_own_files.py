from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from orchestra.state.own_files import replace_file


def test_a_place_for_drafts_on_another_file_system_is_left_aside(folder: Path) -> None:
    elsewhere = Path("/dev/shm")
    if not os.access(elsewhere, os.W_OK) or elsewhere.stat().st_dev == folder.stat().st_dev:
        pytest.skip("there is one file system only")
    with tempfile.TemporaryDirectory(dir=elsewhere) as place:
        (folder / "tmp").rmdir()
        (folder / "tmp").symlink_to(place)
        (folder / "plan.md.draft").write_text("left by a killed run, and longer than the text")
        replace_file(folder, folder / "plan.md", "a plan\n")
        assert (folder / "plan.md").read_text() == "a plan\n" and os.listdir(place) == []
        assert not (folder / "plan.md.draft").exists()

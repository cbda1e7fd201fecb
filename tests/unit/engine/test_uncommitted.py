"""The user's files of which git has no copy, while tests run."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestra.engine.uncommitted import MOST_FILES, Kept, Uncommitted, hashes
from orchestra.workspace.seal import stamps


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.fixture
def own(root: Path) -> Uncommitted:
    return Uncommitted(root, root / ".orchestra" / "runs" / "s" / "before-tests")


def put(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def copies(own: Uncommitted) -> dict[str, str]:
    places = sorted(own.folder.rglob("*"))
    return {str(place.relative_to(own.folder)): place.read_text() for place in places if place.is_file()}


def test_a_file_where_another_copy_has_a_folder_gets_the_next_number(root: Path, own: Uncommitted) -> None:
    put(root, "x", "first")
    own.hold(stamps(root, ["x"]), {})
    assert own.keep(["x"], {}) == Kept(["x"], [])
    (root / "x").unlink()
    put(root, "x/y/z", "second")
    own.hold(stamps(root, ["x/y/z"]), {})
    assert own.keep(["x/y/z"], {}) == Kept(["x/y/z"], [])
    put(root, "x/y2", "third")
    own.hold(stamps(root, ["x/y2"]), {})
    assert own.keep(["x/y2"], {}) == Kept(["x/y2"], [])
    (root / "x/y/z").unlink()
    (root / "x/y").rmdir()
    put(root, "x/y", "fourth")
    own.hold(stamps(root, ["x/y"]), {})
    assert own.keep(["x/y"], {}) == Kept(["x/y"], [])
    assert copies(own) == {"1/x": "first", "2/x/y/z": "second", "2/x/y2": "third", "3/x/y": "fourth"}


def test_only_what_has_changed_is_copied_again(root: Path, own: Uncommitted) -> None:
    for path in ("same", "changed", "gone"):
        put(root, path, "one")
    own.hold(stamps(root, ["same", "changed", "gone"]), {})
    before = {place.name: place.stat().st_ino for place in own.folder.rglob("*") if place.is_file()}
    put(root, "changed", "longer")
    (root / "gone").unlink()
    own.hold(stamps(root, ["same", "changed", "gone"]), {})
    after = {place.name: place.stat().st_ino for place in own.folder.rglob("*") if place.is_file()}
    assert copies(own) == {"held/changed": "longer", "held/same": "one"}
    assert before["same"] == after["same"]
    own.close()
    assert [*copies(own)] == ["held/changed", "held/same"], "the tests may run still"
    own.keep([], {})
    own.close()
    assert not own.folder.parent.exists(), "and nothing is left where nothing was needed"


def test_what_tests_had_left_there_is_not_copied(root: Path, own: Uncommitted) -> None:
    put(root, "report.xml", "theirs")
    put(root, "notes", "mine")
    left = hashes(root, ["report.xml"])
    own.hold(stamps(root, ["report.xml", "notes"]), left)
    assert copies(own) == {"held/notes": "mine"}
    assert own.keep(["report.xml"], left) == Kept([], [])


def test_no_more_files_than_a_limit_are_copied_and_the_others_are_named(root: Path, own: Uncommitted) -> None:
    paths = [f"f{number}" for number in range(MOST_FILES + 2)]
    for path in paths:
        put(root, path, "")
    own.hold(stamps(root, paths), {})
    assert len(copies(own)) == MOST_FILES
    assert own.keep([paths[0], paths[-1], "new"], {}) == Kept([paths[0]], [paths[-1]])


def test_half_a_copy_of_a_killed_process_is_none(root: Path, own: Uncommitted) -> None:
    put(root, "notes", "mine")
    put(own.folder, "part", "mi")
    assert own.found() == []
    own.hold(stamps(root, ["notes"]), {})
    assert copies(own) == {"held/notes": "mine"}


KILLED = """
import os, signal, sys
from pathlib import Path
from orchestra.engine.uncommitted import Uncommitted
from orchestra.workspace.seal import stamps
root, folder = map(Path, sys.argv[1:])
Uncommitted(root, folder).hold(stamps(root, ["notes", "same"]), {})
(root / "notes").unlink()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_copies_of_a_killed_process_are_found_by_the_next(root: Path, own: Uncommitted) -> None:
    put(root, "notes", "mine")
    put(root, "same", "mine")
    killed = subprocess.run([sys.executable, "-c", KILLED, root, own.folder], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert own.found() == ["notes"]
    own.close()
    assert copies(own) == {"1/notes": "mine"}
    assert own.found() == [], "it is told once"


def test_the_copies_of_a_killed_process_outlive_one_that_runs_no_tests(root: Path, own: Uncommitted) -> None:
    put(own.folder, "held/notes", "mine")
    own.close()
    assert copies(own) == {"held/notes": "mine"}

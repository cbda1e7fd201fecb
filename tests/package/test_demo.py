from __future__ import annotations

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.package.conftest import Run

EVERY_PYTHON = pytest.mark.parametrize("python", ["3.9", "3.10", "3.11", "3.12", "3.13"], indirect=True)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The current folder, which is all that may be written to."""
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


@pytest.fixture
def kept(archive: Path, bare_run: Run, place: Path) -> Path:
    """A repository that has a session: the sample project after the story."""
    done = bare_run(sys.executable, "-I", "-S", archive, "demo", "--keep", "--json", cwd=place)
    return Path(json.loads(done.stdout)["folder"])


@EVERY_PYTHON
def test_plays_the_whole_story_on_a_bare_python_and_leaves_nothing(
    python: str, archive: Path, bare_run: Run, place: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*")), sorted(archive.parent.iterdir())
    done = bare_run(python, "-I", "-S", archive, "demo", "--json", cwd=place)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["status"] == "completed"
    assert [file["status"] for file in told["files"]] == ["approved"] * 3
    assert {attempt["error_code"] for attempt in told["attempts"]} == {None, "RATE_LIMIT_429"}
    assert told["tests"]["framework"] == "unittest" and told["tests"]["passed"]
    assert (told["commit"] is None) == (shutil.which("git", path=os.defpath) is None)
    assert (sorted(tmp_path.rglob("*")), sorted(archive.parent.iterdir())) == before


def test_writes_to_the_current_folder_where_there_is_no_temporary_one(kept: Path, place: Path) -> None:
    assert kept.parent == place.resolve()
    assert (kept / "inventory" / "report.py").is_file()


def test_is_refused_in_one_line_where_nothing_can_be_written(
    archive: Path, bare_run: Run, unwritable: Path
) -> None:
    done = bare_run(sys.executable, "-I", "-S", archive, "demo", cwd=unwritable)
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr == (
        "orchestra: error [workspace]: there is no folder to write the sample to; %s; "
        "use -C with a writable folder\n" % unwritable
    )


def test_a_full_disk_is_no_defect(archive: Path, place: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(archive), "demo"], cwd=place, env={"TMPDIR": str(place)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
    )
    assert done.returncode == 5
    assert done.stderr.startswith("orchestra: error [workspace]: the demonstration cannot go on; %s" % place.resolve())
    assert list(place.iterdir()) == []


def test_without_git_it_makes_everything_but_the_commit(archive: Path, bare_run: Run, place: Path) -> None:
    done = bare_run(sys.executable, "-I", "-S", archive, "demo", "--keep", cwd=place, PATH=str(place))
    assert done.returncode == 0, done.stderr
    assert "tests     passed (unittest" in done.stdout
    assert "git is not installed, so no commit was made\n" in done.stdout
    (folder,) = place.iterdir()
    assert done.stdout.rstrip().endswith(str(folder.resolve()))
    with closing(sqlite3.connect(str(folder / ".orchestra" / "state.db"))) as journal:
        assert journal.execute("SELECT exit_status FROM sessions").fetchall() == [(0,)]


def test_status_is_told_without_loading_what_it_does_not_need(archive: Path, bare_run: Run, kept: Path) -> None:
    done = bare_run(sys.executable, "-I", "-S", "-X", "importtime", archive, "status", cwd=kept)
    assert (done.returncode, done.stdout[:12]) == (0, "session   s-")
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    rooms = {name.split(".")[1] for name in loaded if name.startswith("orchestra.")}
    assert "state" in rooms
    assert not rooms & {"config", "adapters", "agents", "engine", "demo"}
    assert not loaded & {"requests", "urllib3", "yaml", "ssl", "http.client", "tempfile", "email"}

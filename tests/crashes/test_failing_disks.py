"""A full, a read-only and a vanished disk: a clear error, a whole tree, and a session that goes on once it is well.

The small disks are mounted in a mount namespace of the test's own, which nobody else sees and which ends with it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orchestra.demo.provider import ScriptedProvider
from orchestra.demo.script import Answer, Call
from tests.crashes.killed import IS_LONG, answer, config_of, new_project, started
from tests.flows.project import Project

SPACE = ("unshare", "--mount", "--propagation", "private")
ROOM_KB = [0, 40, 120, 200, 260, 330, 400] if IS_LONG else [0, 120, 200, 330]
ON_A_SMALL_DISK = """
set -u
mount -t tmpfs -o size=64m none "$DISK" || exit 99
cp -a "$SEED/." "$DISK/"
cd "$DISK"
used=$(du -sk . | cut -f1)
$BEFORE
"$PYTHON" -m orchestra --config "$CONFIG" $COMMAND --json > "$OUT/first.json" 2> "$OUT/first.err"
echo $? > "$OUT/first"
"$PYTHON" -m orchestra status --json > "$OUT/status.json" 2> /dev/null
mount -o remount,rw,size=64m "$DISK"
"$PYTHON" -m orchestra --config "$CONFIG" resume --yes --json > "$OUT/second.json" 2> "$OUT/second.err"
second=$?
if [ $second = 2 ]; then
    "$PYTHON" -m orchestra --config "$CONFIG" run "ten files" --yes --commit --json > "$OUT/second.json"
    second=$?
fi
echo $second > "$OUT/second"
cp -a "$DISK" "$OUT/tree"
"""


def can_mount() -> bool:
    probe = [*SPACE, "sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]
    try:
        return subprocess.run(probe, capture_output=True).returncode == 0
    except OSError:
        return False


needs_mounts = pytest.mark.skipif(not can_mount(), reason="this user may not mount a file system of its own")


@pytest.fixture(scope="session")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    project = new_project(tmp_path_factory.mktemp("expected") / "whole")
    with started(project, "run", "ten files", "--yes", "--commit") as running:
        assert running.end().returncode == 0
    return project.tree()


def on_a_small_disk(project: Project, folder: Path, *, before: str, command: str) -> tuple[int, Any, int, Project]:
    """The status and the result of a command there, the status of the resume on a well disk, and what lies there."""
    for name in ("disk", "out"):
        (folder / name).mkdir()
    with ScriptedProvider(answer) as provider:
        variables = {
            **project.variables, "DISK": str(folder / "disk"), "SEED": str(project.root), "OUT": str(folder / "out"),
            "PYTHON": sys.executable, "CONFIG": config_of(project, provider), "COMMAND": command,
        }
        script = ON_A_SMALL_DISK.replace("$BEFORE", before)
        done = subprocess.run(
            [*SPACE, "sh", "-c", script], env=variables, capture_output=True, text=True, timeout=300,
            stdin=subprocess.DEVNULL,
        )
    assert done.returncode == 0, done.stderr
    out = folder / "out"
    left = Project(folder / "left", project.variables)
    left.folder.mkdir()
    shutil.move(str(out / "tree"), str(left.root))
    first = int((out / "first").read_text())
    return first, json.loads((out / "first.json").read_text()), int((out / "second").read_text()), left


@needs_mounts
@pytest.mark.parametrize("room_kb", ROOM_KB)
def test_a_disk_that_fills_up(tmp_path: Path, expected: dict[str, bytes], room_kb: int) -> None:
    project = new_project(tmp_path / "seed")
    status, result, resumed, left = on_a_small_disk(
        project, tmp_path, before=f'mount -o "remount,size=$((used + {room_kb}))k" "$DISK"',
        command="run ten_files --yes --commit",
    )
    assert status in (0, 1, 5, 6, 9), result
    assert (status == 0) is (result["error"] is None)
    assert status == 0 or "\n" not in result["error"]["message"]
    assert resumed == 0 or status == 0
    if status == 6:
        assert "full" in result["error"]["message"] or "No space left" in result["error"]["message"]
        seen = json.loads((tmp_path / "out" / "status.json").read_text())
        is_begun = seen["exit_status"] == 0
        assert seen["exit_status"] in (0, 2), seen["error"]
        assert is_begun or "resume" not in result["error"]["hint"]
    assert left.tree() == expected
    assert left.rows("PRAGMA quick_check") == [{"quick_check": "ok"}]


@needs_mounts
def test_a_disk_that_is_read_only(tmp_path: Path, expected: dict[str, bytes]) -> None:
    project = new_project(tmp_path / "seed")
    status, result, resumed, left = on_a_small_disk(
        project, tmp_path, before='mount -o remount,ro "$DISK"', command="run ten_files --yes --commit",
    )
    assert (status, resumed) == (5, 0)
    assert "\n" not in result["error"]["message"]
    assert left.tree() == expected


@needs_mounts
@pytest.mark.parametrize(("options", "why"), [("ro", "Read-only file system"), ("size=4k", "No space left on device")])
def test_a_disk_that_takes_no_log_is_said_once_and_stops_nothing(
    tmp_path: Path, expected: dict[str, bytes], options: str, why: str
) -> None:
    project = new_project(tmp_path / "seed")
    mount = f'mkdir -p -m 700 "$DISK/.orchestra/logs" && mount -t tmpfs -o {options} none "$DISK/.orchestra/logs"'
    status, result, _, left = on_a_small_disk(
        project, tmp_path, before=mount, command="run ten_files --yes --commit",
    )
    assert (status, result["error"]) == (0, None)
    said = [line for line in (tmp_path / "out" / "first.err").read_text().splitlines() if why in line]
    assert len(said) == 1 and "goes on without a log" in said[0]
    assert left.tree() == expected
    told = left.rows("SELECT level, count(*) AS n FROM events WHERE name = 'log.failed' GROUP BY session_id")
    assert told == [{"level": "warning", "n": 1}] * 2, "of the run, and of that after it"


def test_a_state_folder_that_vanishes_ends_the_run_and_no_file_is_half_written(project: Project) -> None:
    before = project.tree()

    def script(call: Call) -> Answer:
        if call.number == 3:
            os.rename(project.state, project.folder / "aside")
        return answer(call)

    with started(project, "run", "ten files", "--yes", "--json", script=script) as running:
        ended = running.end()
    error = json.loads(ended.out)["error"]
    assert (ended.returncode, error["code"]) == (6, "state")
    assert "has gone" in error["message"]
    assert set(project.tree()) - set(before) <= {"new1.txt"}
    if project.state.exists():
        shutil.rmtree(project.state)
    os.rename(project.folder / "aside", project.state)
    with started(project, "resume", "--yes", "--json") as running:
        assert running.end().returncode == 0
    assert project.read("last.txt") == "the end\n"

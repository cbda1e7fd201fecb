from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from orchestra.errors import ExitStatus, StateError, StateHeld
from orchestra.state.lock import FILE, RepositoryLock, check_lock, may_be_held
from orchestra.state.lock_owner import LockOwner
from tests.unit.fake_clock import START

ROOT = Path(__file__).resolve().parents[3]
HOLDER = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from orchestra.state.lock import RepositoryLock
lock = RepositoryLock(Path(sys.argv[1]), now=datetime(2026, 1, 2, tzinfo=timezone.utc))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_holder_is_refused_and_told_who_the_first_is(folder: Path) -> None:
    lock = RepositoryLock(folder, now=START)
    with pytest.raises(StateHeld) as caught:
        RepositoryLock(folder, now=START)
    lock.release()
    assert caught.value.exit_status is ExitStatus.STATE
    assert f"pid {os.getpid()} on {socket.gethostname()} since 2026-11-22T07:15:00.000Z" in caught.value.what


def test_a_refused_holder_takes_nothing_from_the_first(folder: Path) -> None:
    lock = RepositoryLock(folder, now=START)
    for _ in range(2):
        with pytest.raises(StateHeld, match=f"pid {os.getpid()}"):
            RepositoryLock(folder, now=START)
    lock.release()


def test_a_released_lock_is_free_and_names_nobody(folder: Path) -> None:
    RepositoryLock(folder, now=START).release()
    assert (folder / FILE).read_bytes() == b""
    RepositoryLock(folder, now=START).release()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": 1}', b"\xff\xfe"])
def test_a_holder_that_has_not_said_yet_who_it_is_still_holds(folder: Path, content: bytes) -> None:
    lock = RepositoryLock(folder, now=START)
    (folder / FILE).write_bytes(content)
    with pytest.raises(StateHeld, match="just starting"):
        RepositoryLock(folder, now=START)
    lock.release()


def test_a_living_owner_in_another_process_is_named_and_a_dead_one_taken_over(folder: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with child:
        assert child.stdout is not None and child.stdout.readline() == b"held\n"
        with pytest.raises(StateHeld, match=f"pid {child.pid} on .* since 2026-01-02T00:00:00.000Z"):
            RepositoryLock(folder, now=START)
        child.send_signal(signal.SIGKILL)
        child.wait(30)
    assert f'"pid": {child.pid}' in (folder / FILE).read_text()
    lock = RepositoryLock(folder, now=START)
    assert f'"pid": {os.getpid()}' in (folder / FILE).read_text()
    lock.release()


def test_who_is_refused_is_not_told_of_a_dead_owner(folder: Path) -> None:
    lock = RepositoryLock(folder, now=START)
    (folder / FILE).write_bytes(replace(LockOwner.current(START), process="another boot:1").as_bytes())
    with pytest.raises(StateHeld, match="just starting"):
        RepositoryLock(folder, now=START)
    lock.release()


def test_whether_it_is_held_is_seen_without_taking_it(folder: Path) -> None:
    assert not may_be_held(folder)
    lock = RepositoryLock(folder, now=START)
    assert may_be_held(folder)
    lock.release()
    assert not may_be_held(folder)


def test_a_look_finds_who_would_refuse_a_run_and_refuses_nobody(folder: Path) -> None:
    check_lock(folder, now=START)
    lock = RepositoryLock(folder, now=START)
    with pytest.raises(StateHeld, match=f"pid {os.getpid()} on "):
        check_lock(folder, now=START)
    lock.release()
    # Locked by nobody: to take it would succeed, and leave the file empty.
    owner = LockOwner.current(START)
    (folder / FILE).write_bytes(owner.as_bytes())
    with pytest.raises(StateHeld):
        check_lock(folder, now=START)
    (folder / FILE).write_bytes(replace(owner, host="elsewhere").as_bytes())
    check_lock(folder, now=START)
    assert (folder / FILE).read_bytes() == b""


def test_a_look_meets_a_lock_that_cannot_be_opened(folder: Path) -> None:
    (folder / FILE).symlink_to(folder / "other")
    with pytest.raises(StateError, match="cannot be opened"):
        check_lock(folder, now=START)


def test_a_process_that_was_given_a_dead_owners_number_holds_nothing(folder: Path) -> None:
    owner = LockOwner.current(START)
    (folder / FILE).write_bytes(owner.as_bytes())
    assert may_be_held(folder)
    (folder / FILE).write_bytes(replace(owner, process="another boot:1").as_bytes())
    assert not may_be_held(folder)


def test_a_lock_that_cannot_be_written_is_a_clear_error_and_not_held(folder: Path) -> None:
    refused = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
    limited = f"{refused}; import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n{HOLDER}"
    done = subprocess.run(
        [sys.executable, "-c", limited, str(folder)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "the lock cannot be written" in done.stderr.splitlines()[-1]
    RepositoryLock(folder, now=START).release()


def test_a_child_of_the_holder_does_not_keep_the_lock(folder: Path) -> None:
    lock = RepositoryLock(folder, now=START)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False) as child:
        lock.release()
        RepositoryLock(folder, now=START).release()
        child.communicate(b"\n", timeout=30)


def test_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (folder / FILE).symlink_to(tmp_path / "somewhere")
    with pytest.raises(StateError, match="cannot be opened"):
        RepositoryLock(folder, now=START)
    assert not (tmp_path / "somewhere").exists()


def test_a_file_system_without_locks_is_said_and_not_taken_for_another_run(folder: Path) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    with pytest.raises(StateError, match="cannot be locked") as caught:
        RepositoryLock(folder, now=START, flock=flock)
    assert not isinstance(caught.value, StateHeld)
    RepositoryLock(folder, now=START).release()

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from orchestra.state.lock_owner import LockOwner, start_of
from tests.unit.fake_clock import START

BOOT = "9c5d7f2e-0000-4000-8000-000000000000"


def proc(folder: Path, stat: str) -> Path:
    """A folder like /proc, with one process of the number 7."""
    for made in ("sys/kernel/random", "7", "self"):
        (folder / made).mkdir(parents=True)
    (folder / "sys/kernel/random/boot_id").write_text(BOOT + "\n")
    (folder / "7/stat").write_text(stat)
    (folder / "self/stat").write_text("")
    return folder


def test_an_owner_reads_as_it_was_written_and_says_who_it_is_and_since_when() -> None:
    owner = LockOwner.current(START)
    assert LockOwner.read(owner.as_bytes()) == owner
    assert str(owner) == f"pid {os.getpid()} on {owner.host} since 2026-11-22T07:15:00.000Z"
    assert owner.process is not None


def test_what_an_earlier_version_wrote_is_an_owner_too() -> None:
    owner = LockOwner.read(b'{"pid": 1, "host": "here", "started_at": "2026-11-22T07:15:00.000Z"}')
    assert owner == LockOwner(1, "here", "2026-11-22T07:15:00.000Z", None)


@pytest.mark.parametrize("content", [
    b"", b"{", b"[]", b'"pid"', b"\xff", b'{"pid": 1}', b'{"pid": "1", "host": "h", "started_at": "t"}',
    b'{"pid": -1, "host": "h", "started_at": "t"}', b'{"pid": 1, "host": "h", "started_at": "t", "process": 5}',
])
def test_anything_else_is_none(content: bytes) -> None:
    assert LockOwner.read(content) is None


def test_this_process_lives_and_another_one_of_its_number_does_not() -> None:
    owner = LockOwner.current(START)
    assert owner.may_live()
    assert not replace(owner, process="another").may_live()
    assert replace(owner, process=None).may_live()


def test_a_process_that_has_ended_is_dead_and_one_on_another_host_may_live() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait(60)
    owner = replace(LockOwner.current(START), pid=child.pid, process=None)
    assert not owner.may_live()
    assert replace(owner, host="elsewhere").may_live()
    assert not replace(owner, pid=2**80).may_live()


def test_on_linux_the_start_is_the_boot_and_the_ticks_whatever_the_program_is_called(tmp_path: Path) -> None:
    fields = " ".join(str(number) for number in range(4, 40))
    assert start_of(7, proc(tmp_path, f"7 (a) b (c)) S {fields}\n")) == f"{BOOT}:22"


def test_a_process_that_is_not_there_has_no_start(tmp_path: Path) -> None:
    assert start_of(8, proc(tmp_path, "7 (a) S")) is None
    assert start_of(7, tmp_path) is None, "the line is cut off"


def test_elsewhere_ps_tells_and_says_the_same_each_time(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        first = start_of(child.pid, tmp_path)
        assert first == start_of(child.pid, tmp_path)
        child.communicate(b"\n", timeout=60)
    assert first is None or len(first) > 10
    assert start_of(child.pid, tmp_path) is None

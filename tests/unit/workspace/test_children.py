"""Child processes: their output, their end, their variables."""

from __future__ import annotations

import os
import select
import signal
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from orchestra.clock import CancelToken, Clock, Deadline, SystemClock
from orchestra.errors import Cancelled
from orchestra.workspace.child_output import OutputBuffer
from orchestra.workspace.children import ChildResult, child_variables, run_child


needs_pidfd = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")


class TurnsOverWhen:
    """A clock on which all time passes as soon as a file is there."""

    def __init__(self, sign: Path) -> None:
        self._sign = sign

    def monotonic(self) -> float:
        return 1e9 if self._sign.exists() else 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=timezone.utc)

    def sleep(self, seconds: float, cancel: CancelToken) -> None:
        raise AssertionError("nobody sleeps here")


class CancelledWhen(CancelToken):
    """A stop that is ordered as soon as a file is there."""

    def __init__(self, sign: Path) -> None:
        super().__init__()
        self._sign = sign

    @property
    def is_cancelled(self) -> bool:
        return self._sign.exists()


def run(
    script: str,
    cwd: Path,
    *,
    stdin: bytes = b"",
    merge_streams: bool = False,
    keep_bytes: int | None = None,
    clock: Clock | None = None,
    cancel: CancelToken | None = None,
) -> ChildResult:
    clock = clock or SystemClock()
    return run_child(
        ["/bin/sh", "-c", script],
        cwd=cwd,
        variables={"PATH": os.environ["PATH"]},
        deadline=Deadline.after(clock, 60),
        cancel=cancel or CancelToken(),
        clock=clock,
        stdin=stdin,
        merge_streams=merge_streams,
        keep_bytes=keep_bytes,
    )


def ends(pid: int) -> bool:
    """Whether the process ends; a killed one may need a moment for it."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 10)[0])
    finally:
        os.close(descriptor)


def test_gives_output_and_status(tmp_path: Path) -> None:
    result = run("pwd; echo bad >&2; exit 3", tmp_path)
    assert result.exit_status == 3
    assert result.stdout.decode() == "%s\n" % tmp_path.resolve()
    assert result.stderr == b"bad\n"
    assert result.duration_ms >= 0


def test_streams_can_be_one(tmp_path: Path) -> None:
    result = run("echo a; echo b >&2; echo c", tmp_path, merge_streams=True)
    assert (result.stdout, result.stderr) == (b"a\nb\nc\n", b"")


def test_a_signal_is_a_negative_status(tmp_path: Path) -> None:
    assert run("kill -KILL $$", tmp_path).exit_status == -signal.SIGKILL


def test_moves_more_than_a_pipe_holds_both_ways(tmp_path: Path) -> None:
    content = os.urandom(1_000_000)
    assert run("cat", tmp_path, stdin=content).stdout == content


def test_input_that_nobody_reads_is_no_fault(tmp_path: Path) -> None:
    assert run("exit 0", tmp_path, stdin=b"x" * 1_000_000).exit_status == 0


def test_standard_input_is_empty(tmp_path: Path) -> None:
    assert run("cat; echo done", tmp_path).stdout == b"done\n"


def test_keeps_both_ends_of_a_long_output(tmp_path: Path) -> None:
    result = run("echo first; head -c 300000 /dev/zero | tr '\\0' x; echo last", tmp_path, keep_bytes=100)
    assert result.stdout.startswith(b"first\n") and result.stdout.endswith(b"xlast\n")
    assert b"bytes left out" in result.stdout and len(result.stdout) < 300


def test_the_buffer_counts_what_it_left_out() -> None:
    buffer = OutputBuffer(4)
    for chunk in (b"ab", b"cdefg", b"hi", b"jkl"):
        buffer.add(chunk)
    assert buffer.content() == b"abcd\n[... 4 bytes left out ...]\nijkl"
    small = OutputBuffer(4)
    small.add(b"abcdefgh")
    assert small.content() == b"abcdefgh"


def test_a_command_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    clock = SystemClock()
    with pytest.raises(FileNotFoundError):
        run_child(
            [str(tmp_path / "absent")],
            cwd=tmp_path,
            variables={},
            deadline=Deadline.after(clock, 60),
            cancel=CancelToken(),
            clock=clock,
        )


@needs_pidfd
def test_the_deadline_ends_the_whole_group_and_keeps_what_was_said(tmp_path: Path) -> None:
    script = "sleep 600 & echo $! > child; echo started; mv child ready; wait"
    result = run(script, tmp_path, clock=TurnsOverWhen(tmp_path / "ready"))
    assert result.exit_status is None
    assert result.stdout == b"started\n"
    assert ends(int((tmp_path / "ready").read_text()))


@needs_pidfd
def test_a_child_that_ignores_the_friendly_signal_is_killed(tmp_path: Path) -> None:
    script = "trap '' TERM; sleep 600 & echo $! > child; mv child ready; while :; do wait; done"
    assert run(script, tmp_path, clock=TurnsOverWhen(tmp_path / "ready")).exit_status is None
    assert ends(int((tmp_path / "ready").read_text()))


@needs_pidfd
def test_a_stop_ends_the_whole_group(tmp_path: Path) -> None:
    script = "sleep 600 & echo $! > child; mv child ready; wait"
    with pytest.raises(Cancelled):
        run(script, tmp_path, cancel=CancelledWhen(tmp_path / "ready"))
    assert ends(int((tmp_path / "ready").read_text()))


def test_a_process_left_in_the_background_is_not_waited_for(tmp_path: Path) -> None:
    result = run("sleep 600 & echo $!; exit 4", tmp_path)
    os.kill(int(result.stdout), signal.SIGKILL)
    assert result.exit_status == 4


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /proc")
    before = len(os.listdir("/proc/self/fd"))
    run("cat", tmp_path, stdin=b"x")
    assert len(os.listdir("/proc/self/fd")) == before


def test_provider_keys_do_not_reach_a_child() -> None:
    variables = {
        "OPENAI_API_KEY": "k", "OPENAI_API_KEY_FILE": "f", "ANTHROPIC_AUTH_TOKEN": "k", "OTHER_API_KEY": "k",
        "TEAM_SECRET": "k", "TEAM_SECRET_FILE": "f", "ORCHESTRA_PROVIDERS__X__HEADERS": "{Auth: k}",
        "PATH": "/bin", "PYTHONPATH": "src", "API_KEYS": "no key", "ORCHESTRA_MODE": "sequential", "MAKE_FILE": "x",
    }
    kept = child_variables(variables, {"ANTHROPIC_AUTH_TOKEN", "TEAM_SECRET"})
    assert set(kept) == {"PATH", "PYTHONPATH", "API_KEYS", "ORCHESTRA_MODE", "MAKE_FILE"}


def test_a_child_sees_only_the_variables_it_is_given(tmp_path: Path) -> None:
    clock = SystemClock()
    result = run_child(
        [sys.executable, "-c", "import os; print('HOME' in os.environ, os.environ['GIVEN'])"],
        cwd=tmp_path,
        variables={"GIVEN": "yes"},
        deadline=Deadline.after(clock, 60),
        cancel=CancelToken(),
        clock=clock,
    )
    assert result.stdout == b"False yes\n"

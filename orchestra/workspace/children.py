"""Child processes that can always be ended: bounded output, a deadline, a stop, and no provider keys."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import AbstractSet, Mapping, Sequence

from orchestra.clock import Clock, Deadline, Halt
from orchestra.dataclass import dataclass
from orchestra.workspace.child_output import OutputBuffer

TICK_S = 0.05
"""How often deadline and stop are looked at while a child is silent."""
GRACE_S = 2.0
"""Between the friendly signal and the deadly one at a deadline; at a stop there is less time."""
STOP_GRACE_S = 0.3
KEEPER_GRACE_S = 3.0
"""What a keeper has for ending all that it started (see sandbox.keeper)."""


@dataclass(frozen=True)
class ChildResult:
    """How a child process ended."""

    exit_status: int | None
    """None when it ran out of time; negative for the signal that ended it."""
    stdout: bytes
    stderr: bytes
    """Empty where both streams are one."""
    duration_ms: int
    is_cut: bool = False
    """Whether more was printed than is kept."""


def child_variables(variables: Mapping[str, str], secret_names: AbstractSet[str]) -> dict[str, str]:
    """The variables a child process may have: all but those that carry a model provider's key.

    `secret_names` are the known ones; their `_FILE` forms, everything that ends in `_API_KEY` and the
    program's own settings of providers go with them.
    """
    return {name: value for name, value in variables.items() if not _may_carry_key(name, secret_names)}


def run_child(
    command: Sequence[str],
    *,
    cwd: Path,
    variables: Mapping[str, str],
    deadline: Deadline,
    cancel: Halt,
    clock: Clock,
    stdin: bytes = b"",
    merge_streams: bool = False,
    keep_bytes: int | None = None,
    is_keeper: bool = False,
    ends_group: bool = False,
    pass_fds: Sequence[int] = (),
) -> ChildResult:
    """Run a command in a session of its own and wait for its end; OSError when it cannot be started.

    At the deadline and at a stop its whole process group is ended, with `ends_group` also after a good end; a stop
    raises Cancelled. With `keep_bytes` only so much from the start and from the end of each stream is kept.
    """
    started_s = clock.monotonic()
    process = subprocess.Popen(
        list(command),
        cwd=cwd,
        env=dict(variables),
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merge_streams else subprocess.PIPE,
        start_new_session=True,
        pass_fds=pass_fds,
    )
    conversation = _Conversation(process, stdin, keep_bytes)
    try:
        timed_out = _wait(process, conversation, deadline, cancel)
        if timed_out:
            _end_group(process, conversation, GRACE_S, is_keeper)
        elif ends_group:
            _signal_group(process, signal.SIGKILL)
    except BaseException:
        _end_group(process, conversation, STOP_GRACE_S, is_keeper)
        raise
    finally:
        conversation.close()
    return ChildResult(
        exit_status=None if timed_out else process.returncode,
        stdout=conversation.stdout.content(),
        stderr=conversation.stderr.content(),
        duration_ms=round((clock.monotonic() - started_s) * 1000),
        is_cut=conversation.stdout.is_cut or conversation.stderr.is_cut,
    )


class _Conversation:
    """The pipes of one child, served by the thread that waits for it."""

    def __init__(self, process: subprocess.Popen[bytes], stdin: bytes, keep_bytes: int | None) -> None:
        self.stdout = OutputBuffer(keep_bytes)
        self.stderr = OutputBuffer(keep_bytes)
        self._stdin = process.stdin
        self._unsent = memoryview(stdin)
        self._selector = selectors.DefaultSelector()
        self._pipes = [pipe for pipe in (process.stdin, process.stdout, process.stderr) if pipe is not None]
        for pipe in self._pipes:
            os.set_blocking(pipe.fileno(), False)
        if process.stdin is not None:
            self._selector.register(process.stdin, selectors.EVENT_WRITE)
        for stream, buffer in ((process.stdout, self.stdout), (process.stderr, self.stderr)):
            if stream is not None:
                self._selector.register(stream, selectors.EVENT_READ, buffer)

    @property
    def is_open(self) -> bool:
        """Whether anybody still holds the other end of a pipe."""
        return bool(self._selector.get_map())

    def serve(self, seconds: float) -> bool:
        """Move what can be moved, waiting at most so long for the first byte; whether anything moved."""
        ready = self._selector.select(seconds)
        for key, _ in ready:
            if not (self._send(key.fd) if key.data is None else self._receive(key.fd, key.data)):
                self._selector.unregister(key.fileobj)
                if key.data is None and self._stdin is not None:
                    self._stdin.close()
        return bool(ready)

    def close(self) -> None:
        self._selector.close()
        for pipe in self._pipes:
            with suppress(OSError):
                pipe.close()

    def _send(self, descriptor: int) -> bool:
        with suppress(BlockingIOError):
            try:
                self._unsent = self._unsent[os.write(descriptor, self._unsent[:65536]):]
            except BrokenPipeError:
                return False
        return len(self._unsent) > 0

    def _receive(self, descriptor: int, buffer: OutputBuffer) -> bool:
        try:
            chunk = os.read(descriptor, 65536)
        except BlockingIOError:
            return True
        buffer.add(chunk)
        return bool(chunk)


def _wait(
    process: subprocess.Popen[bytes], conversation: _Conversation, deadline: Deadline, cancel: Halt
) -> bool:
    """Whether it still ran at the deadline."""
    while process.poll() is None:
        cancel.check()
        if deadline.is_over:
            return True
        _pass_a_tick(process, conversation)
    # What a process left in the background holds open is not waited for.
    while conversation.is_open and conversation.serve(0) and not deadline.is_over:
        cancel.check()
    return False


def _pass_a_tick(process: subprocess.Popen[bytes], conversation: _Conversation) -> None:
    if conversation.is_open:
        conversation.serve(TICK_S)
    else:
        with suppress(subprocess.TimeoutExpired):
            process.wait(TICK_S)


def _end_group(
    process: subprocess.Popen[bytes], conversation: _Conversation, grace_s: float, is_keeper: bool
) -> None:
    """End the child and all that still is in its group. The grace is real time: it is another process's."""
    _signal_group(process, signal.SIGTERM)
    _wait_for_end(process, conversation, grace_s)
    if is_keeper and process.poll() is None:
        process.send_signal(signal.SIGUSR1)
        _wait_for_end(process, conversation, KEEPER_GRACE_S)
    _signal_group(process, signal.SIGKILL)
    process.wait()
    # The pipes close when the last of the group is gone; one that left the group may keep them open.
    end_s = time.monotonic() + STOP_GRACE_S
    while conversation.is_open and time.monotonic() < end_s:
        conversation.serve(TICK_S)


def _wait_for_end(process: subprocess.Popen[bytes], conversation: _Conversation, seconds: float) -> None:
    end_s = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end_s:
        _pass_a_tick(process, conversation)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _may_carry_key(name: str, secret_names: AbstractSet[str]) -> bool:
    plain = name[:-len("_FILE")] if name.endswith("_FILE") else name
    return name in secret_names or plain in secret_names or plain.endswith("_API_KEY") or name.startswith(
        "ORCHESTRA_PROVIDERS"
    )

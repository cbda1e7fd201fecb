"""Deadlines that hold: one thread that shuts the socket of every call whose time is up.

A socket's own timeout starts anew with every byte, so a server that drips bytes never meets it.
"""

from __future__ import annotations

import math
import os
import socket
import threading
import time
from contextlib import suppress
from typing import Callable

from orchestra.clock import CancelToken
from orchestra.config.settings import TimeoutSettings
from orchestra.errors import Cancelled, TimedOut

CONNECT = "connect"
FIRST_BYTE = "first_byte"
IDLE = "idle"
TOTAL = "total"
CANCELLED = "cancelled"
LOOK_S = 5.0


class Call:
    """One call in flight. Its own thread moves it through its phases, any thread may end it."""

    def __init__(
        self,
        cancel: CancelToken,
        timeout: TimeoutSettings,
        *,
        total_s: float,
        changed: Callable[[float], None] = lambda expires_at_s: None,
    ) -> None:
        self.cancel = cancel
        self.is_on_used_connection = False
        """Whether the connection was there already: its server may be about to close it."""
        self._seconds = {CONNECT: timeout.connect, FIRST_BYTE: timeout.first_byte, IDLE: timeout.idle}
        self._changed = changed
        self._started_at_s = time.monotonic()
        self._total_at_s = self._started_at_s + total_s
        self._is_cut_short = total_s < timeout.total
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        """Of the socket to shut, and the call's own."""
        self._ended_by: str | None = None
        self._is_finished = False
        self._phase = TOTAL
        self._phase_s = total_s
        self.expires_at_s = self._total_at_s

    def enter(self, phase: str, *, seconds: float | None = None) -> None:
        """A phase begins, or begins anew, and with it the time it may take: `seconds`, else what the settings say."""
        seconds = self._seconds[phase] if seconds is None else seconds
        self._phase, self._phase_s = phase, seconds
        before, self.expires_at_s = self.expires_at_s, min(time.monotonic() + seconds, self._total_at_s)
        if self.expires_at_s < before:
            self._changed(self.expires_at_s)

    def left_s(self) -> float:
        """Seconds left in this phase; a little above 0 at the end, as sockets take 0 for something else."""
        return max(0.001, self.expires_at_s - time.monotonic())

    def hold(self, connected: socket.socket) -> None:
        """Take note of the socket to shut. Raises as `check` does when the call has ended already.

        The call keeps a descriptor of its own: http.client lets go of the socket at "Connection: close", wrapping
        it in TLS closes the plain one, and a closed descriptor's number soon belongs to somebody else.
        """
        # Not connected.dup(), which a TLS socket refuses, and which asks the kernel four times.
        own = os.dup(connected.fileno())
        with self._lock:
            before, self._descriptor = self._descriptor, own
        if before is not None:
            os.close(before)
        self.check()

    def end(self, reason: str) -> None:
        """Shut the socket, which fails whatever the call's thread waits for. The first reason counts."""
        with self._lock:
            if self._is_finished or self._ended_by:
                return
            self._ended_by = reason
            if self._descriptor is not None:
                _shut(self._descriptor)

    def expire(self) -> None:
        """End the call because its time is up."""
        self.end(TOTAL if self.expires_at_s >= self._total_at_s else self._phase)

    def expire_if_due(self) -> None:
        """The same, if it is: a socket's own timeout may notice before the watchdog does."""
        if time.monotonic() >= self.expires_at_s:
            self.expire()

    def let_go(self) -> None:
        """The connection is free for another call, so this one must not shut it any more."""
        with self._lock:
            own, self._descriptor = self._descriptor, None
        if own is not None:
            os.close(own)

    def finish(self) -> None:
        """The call's thread is done with it."""
        with self._lock:
            self._is_finished = True
        self.let_go()

    def check(self) -> None:
        """Raise TimedOut or Cancelled once the call has been ended.

        Asked after good ends too: a stream that lasts until the connection closes ends cleanly when it is shut.
        """
        if self._ended_by == CANCELLED:
            raise Cancelled()
        if self._ended_by == TOTAL:
            what = "no whole answer within %.3g s" % (self._total_at_s - self._started_at_s)
            if self._is_cut_short:
                raise TimedOut(what + ", all that was left of the time given")
            raise TimedOut(what, hint="raise timeout.total of the provider")
        if self._ended_by:
            hint = "raise timeout.%s of the provider" % self._ended_by
            raise TimedOut("%s within %.3g s" % (_MISSED[self._ended_by], self._phase_s), hint=hint)


_MISSED = {CONNECT: "no connection", FIRST_BYTE: "no answer began", IDLE: "nothing more of the answer"}


class Watchdog:
    """Knows every call in flight. Its thread starts with the first call."""

    def __init__(self) -> None:
        self._woken = threading.Condition()
        self._calls: set[Call] = set()
        self._next_at_s = math.inf
        """When the thread looks by itself again: an earlier end must wake it."""
        self._is_used = False
        """Whether a call has begun since it looked."""
        self._thread: threading.Thread | None = None

    def start_call(self, cancel: CancelToken, timeout: TimeoutSettings, *, total_s: float) -> Call:
        """A new call, watched from now on. Raises Cancelled when its token has been cancelled."""
        call = Call(cancel, timeout, total_s=total_s, changed=self._wake)
        with self._woken:
            self._calls.add(call)
            self._is_used = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
            self._wake_before(call.expires_at_s)
        if cancel.is_cancelled:
            self.finish_call(call)
            raise Cancelled()
        return call

    def finish_call(self, call: Call) -> None:
        """The call needs no watching any more."""
        with self._woken:
            self._calls.discard(call)
        call.finish()

    def end_all(self, cancel: CancelToken | None = None) -> None:
        """End every call as cancelled, or only those that listen to `cancel`."""
        with self._woken:
            calls = [call for call in self._calls if cancel is None or call.cancel is cancel]
        for call in calls:
            call.end(CANCELLED)

    def _wake(self, expires_at_s: float) -> None:
        with self._woken:
            self._wake_before(expires_at_s)

    def _wake_before(self, expires_at_s: float) -> None:
        """Needs the lock."""
        if expires_at_s < self._next_at_s:
            self._next_at_s = expires_at_s
            self._woken.notify()

    def _run(self) -> None:
        while True:
            for call in self._wait_for_due():
                call.expire()

    def _wait_for_due(self) -> list[Call]:
        with self._woken:
            while True:
                now = time.monotonic()
                due = [call for call in self._calls if call.expires_at_s <= now]
                if due:
                    # A call that has been ended is watched no more, though its thread may still hold it.
                    self._calls.difference_update(due)
                    return due
                # Where one call follows the other, none need wake the thread: it looks again before any of them ends.
                self._next_at_s = now + LOOK_S if self._is_used else math.inf
                self._next_at_s = min((call.expires_at_s for call in self._calls), default=self._next_at_s)
                self._is_used = False
                left_s = self._next_at_s - now
                self._woken.wait(None if left_s == math.inf else min(left_s, threading.TIMEOUT_MAX))


def _shut(descriptor: int) -> None:
    # By no new descriptor: there may be none to be had.
    connected = socket.socket(fileno=descriptor)
    try:
        # Not connected, or gone already: there is nothing to wait for.
        with suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)
    finally:
        connected.detach()

"""Tells which files changed: by the kernel's notices where there are any, else by looking again and again."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Callable

from orchestra.clock import CancelToken, Clock
from orchestra.found_files import own, start_of
from orchestra.workspace.inotify import Inotify
from orchestra.workspace.snapshot import Snapshot
from orchestra.workspace.watch_scope import WatchScope

SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.4, 5.3
IDLE_SHARE = 0.018
"""Of a core, what looking may cost while nothing happens."""
GATHERING_S = 0.03
"""After a notice, lest a file that is written without end keep a core busy."""
SAFETY_S = 60.0
"""With notices, everything is looked at this often all the same: for what a mapping of memory wrote."""
MOST_READ = 4_000_000
"""Of a file that is looked through."""
# Where others can write without this kernel noticing.
_REMOTE = ("nfs", "cifs", "smb", "9p", "virtiofs", "vboxsf", "ceph", "glusterfs", "afs", "drvfs", "fuse.")


class Watcher:
    """One tree under watch. One thread."""

    def __init__(
        self, root: Path, scope: WatchScope, clock: Clock, cancel: CancelToken, *, only_looks: bool = False,
        mounts: str = "/proc/self/mounts", notices: Callable[[], Inotify] = Inotify,
    ) -> None:
        """`only_looks` keeps from relying on notices."""
        self._root = os.path.realpath(root)
        self._scope = scope
        self._clock = clock
        self._cancel = cancel
        self._snapshot = Snapshot(self._root, scope.folders, now_ns=time.time_ns)
        self._inotify: Inotify | None = None
        self.why_looking = "as asked" if only_looks else _why_not_notices(self._root, mounts)
        """Why no notices are relied on; empty where they are."""
        if not self.why_looking:
            self._listen(notices)
        self._see(None)

    @property
    def files(self) -> int:
        return self._snapshot.count_files()

    def holding(self, is_wanted: Callable[[bytes], bool]) -> tuple[str, ...]:
        """The watched files whose content is wanted, sorted."""
        return self._scope.files(path for path in self._snapshot.paths() if is_wanted(self._content(path)))

    def close(self) -> None:
        if self._inotify is not None:
            self._inotify.close()
            self._inotify = None

    def changes(self, wait_s: float, *, is_settling: bool = False) -> set[str]:
        """The watched files that changed since the last call, waiting at most so long for the first.

        While nothing happens it may look less often than it is called, unless something is to settle.
        """
        if self._inotify is None:
            left_s = max(0.0, self._next_look_s - self._clock.monotonic())
            self._clock.sleep(wait_s if is_settling else min(wait_s, left_s), self._cancel)
            is_due = is_settling or self._clock.monotonic() >= self._next_look_s
            return self._look(None) if is_due else set()
        happened: set[str] | None = set()
        if self._inotify.wait(wait_s):
            self._clock.sleep(GATHERING_S, self._cancel)
            happened = self._inotify.take()
        if happened is None or self._clock.monotonic() >= self._next_look_s:
            return self._look(None)
        return self._look(happened) if happened else set()

    def _content(self, path: str) -> bytes:
        """Nothing where it cannot be read."""
        return start_of(os.path.join(self._root, path), MOST_READ, opener=own) or b""

    def _listen(self, notices: Callable[[], Inotify]) -> None:
        try:
            self._inotify = notices()
        except OSError as error:
            self.why_looking = str(error.strerror or error)

    def _look(self, folders: set[str] | None) -> set[str]:
        changed = self._see(folders)
        if any(self._scope.holds_rules(path) for path in changed):
            self._scope.refresh()
            self._snapshot.sort_again()
            # What comes into view by a change of rules did not change itself.
            self._see(None)
        return set(self._scope.files(changed))

    def _see(self, folders: set[str] | None) -> set[str]:
        """The files that changed, watched or not."""
        began_s = time.thread_time()
        changed = self._snapshot.look(folders)
        while self._notice(fresh := self._snapshot.take_fresh()):
            # What came into a new folder before it was watched.
            changed |= self._snapshot.look(fresh)
        cost_s = time.thread_time() - began_s
        if folders is None:
            pause_s = min(max(cost_s / IDLE_SHARE, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)
            self._next_look_s = self._clock.monotonic() + (pause_s if self._inotify is None else SAFETY_S)
        return changed

    def _notice(self, fresh: set[str]) -> bool:
        """Have the kernel tell of these folders from now on; whether it does."""
        if self._inotify is None or not fresh:
            return False
        try:
            for folder in fresh:
                self._inotify.add(folder, os.path.join(self._root, folder))
        except OSError as error:
            self.close()
            self.why_looking = f"the kernel gives no more watches: {error.strerror}"
            self._next_look_s = self._clock.monotonic()
            return False
        return True


def _why_not_notices(root: str, mounts: str) -> str:
    """Empty where the kernel sees every change below the root."""
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as file:
            rows = [line.split(" ")[1:3] for line in file]
    except OSError:
        return ""
    around = [
        (len(place), kind) for place, kind in rows if root == place or root.startswith(place.rstrip("/") + "/")
    ]
    kind = max(around, default=(0, ""))[1]
    return f"the files lie on {kind}" if kind.startswith(_REMOTE) else ""

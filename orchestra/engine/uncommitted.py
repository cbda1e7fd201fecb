"""Files of the user's that nothing else has a copy of, copied before the project's tests run."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Iterable, Mapping, Sequence, Tuple, Union

from orchestra.dataclass import dataclass
from orchestra.found_files import own, start_of
from orchestra.state.images import content_hash
from orchestra.workspace.listing import is_secret

Stamps = Mapping[str, Union[Tuple[int, int, int], None]]
MOST_FILES = 2000
_MOST_BYTES = 8 << 20
"""Of one file; and eight times that of all."""


@dataclass(frozen=True)
class Kept:
    """What became of the user's files that tests changed or removed."""

    copies: Sequence[str] = ()
    """Paths of which there is one."""
    lost: Sequence[str] = ()
    """Paths of which there is none: too large, too many, or secrets, which must not be copied."""


@dataclass(frozen=True)
class _Known:
    stamp: tuple[int, int, int] | None
    size_bytes: int
    hash: str | None


class Uncommitted:
    """One set of copies for all test runs of a session, where only what has changed is copied again.

    They lie in `held` below the folder while they may be needed, so that a kill leaves them there, and in a numbered
    folder beside it once they are. One run at a time.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder
        self._root = root
        self._held = folder / "held"
        self._stamps: Stamps = {}
        self._known: dict[str, _Known] = {}
        self._needed = False

    def found(self) -> list[str]:
        """What a process that was killed meanwhile had copied, and is not as it was: kept from now on."""
        if self._known or not self._held.is_dir():
            return []
        paths = [os.path.relpath(os.path.join(top, name), self._held)
                 for top, _, names in os.walk(self._held) for name in names]
        for path in paths:
            if _content(self._held / path) == _content(self._root / path):
                self._drop(path)
        return sorted(path for path in paths if os.path.lexists(self._held / path) and self._moved(path))

    def hold(self, stamps: Stamps, left: Mapping[str, str | None]) -> None:
        """Copy those of the files that are not as they were at the last time, nor what `left` says tests made."""
        for path in [path for path, known in self._known.items() if stamps.get(path) != known.stamp]:
            self._forget(path)
        self._stamps, self._needed = stamps, True
        room = 8 * _MOST_BYTES - sum(known.size_bytes for known in self._known.values())
        for path in stamps:
            if len(self._known) >= MOST_FILES:
                return
            if path not in self._known and not is_secret(path):
                with suppress(OSError):
                    room -= self._take(path, min(room, _MOST_BYTES), left.get(path))

    def keep(self, touched: Iterable[str], left: Mapping[str, str | None]) -> Kept:
        """After a run: the copies of these stay, but of what an earlier run of tests had left there."""
        copies, lost = [], []
        for path in touched:
            known = self._known.get(path)
            if known is not None and known.hash == left.get(path):
                self._forget(path)
            elif known is not None and self._moved(path):
                copies.append(path)
            elif self._stamps.get(path) is not None:
                lost.append(path)
        self._needed = False
        return Kept(copies, lost)

    def close(self) -> None:
        """Remove the copies that were not needed; none while tests run that a stop has not waited for."""
        for path in [] if self._needed else [*self._known]:
            self._forget(path)

    def _take(self, path: str, most_bytes: int, left: str | None) -> int:
        """How many bytes that took. Raises OSError."""
        place = self._root / path
        status = os.lstat(place)
        if not stat.S_ISREG(status.st_mode) or status.st_size > most_bytes:
            return 0
        with open(place, "rb", opener=own) as file:
            content = file.read(most_bytes)
        known = _Known(self._stamps[path], len(content), content_hash(content))
        if known.hash != left:
            self._write(path, content, status.st_mode)
        self._known[path] = known
        return len(content)

    def _write(self, path: str, content: bytes, mode: int) -> None:
        """In one instant: half a copy would look like a file that has changed."""
        target, part = self._held / path, self.folder / "part"
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            part.unlink()
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 | mode & 0o100)
            with open(descriptor, "wb") as file:
                file.write(content)
            os.replace(part, target)
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise

    def _moved(self, path: str) -> bool:
        """Whether it lies now in the first folder that has room for it, or has the same already."""
        self._known.pop(path, None)
        copy = _content(self._held / path)
        for number in count(1) if copy is not None else ():
            place = self.folder / str(number) / path
            try:
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                if not os.path.lexists(place):
                    os.replace(self._held / path, place)
                elif _content(place) != copy:
                    continue
            except (FileExistsError, NotADirectoryError):
                continue  # There, a file lies where this needs a folder.
            except OSError:
                return False
            self._drop(path)
            return True
        return False

    def _forget(self, path: str) -> None:
        del self._known[path]
        self._drop(path)

    def _drop(self, path: str) -> None:
        """Without folders that are empty then."""
        place = self._held / path
        with suppress(OSError):
            with suppress(FileNotFoundError):
                os.unlink(place)
            for folder in place.parents:
                os.rmdir(folder)
                if folder == self.folder.parent:
                    return


def hashes(root: Path, paths: Iterable[str]) -> dict[str, str | None]:
    """Of what lies there now and would be copied."""
    found, room = {}, 8 * _MOST_BYTES
    for path in paths:
        with suppress(OSError):
            size = os.lstat(root / path).st_size
            content = _content(root / path) if size <= min(room, _MOST_BYTES) and not is_secret(path) else None
            if content is not None:
                found[path] = content_hash(content)
                room -= size
    return found


def _content(place: Path) -> bytes | None:
    """As much of it as could be that of a copy, and a byte more; None for what is no plain file, or cannot be read."""
    return start_of(place, _MOST_BYTES + 1, opener=own)

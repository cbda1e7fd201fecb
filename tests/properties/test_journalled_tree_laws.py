"""A kill at any point between the journal and the disk changes nothing about where a session ends."""

from __future__ import annotations

import itertools
import os
import sqlite3
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, Optional, Sequence

import pytest

from orchestra.engine.journalled_tree import JournalledTree
from orchestra.records import FileImage
from orchestra.state.images import Images
from orchestra.state.migrations import MIGRATIONS
from orchestra.state.store import Store
from orchestra.state.writer import Writer
from orchestra.workspace.tree import Tree
from tests.unit.fake_clock import FakeClock

pytest.importorskip("hypothesis")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

_NUMBERS = itertools.count()
PATHS = ("a", "deep/b")
Content = Optional[bytes]
Writes = Sequence["tuple[str, Content]"]

contents = st.sampled_from([None, b"", b"one\n", b"two\n"])
writes = st.lists(st.tuples(st.sampled_from(PATHS), contents), max_size=8)


class Killed(BaseException):
    """The process is gone: nothing catches this."""


class Fate:
    """Kills a process after so many steps, a step being one half of a write: before it is done, or just after."""

    def __init__(self, steps: int | None) -> None:
        self._left = steps

    def step(self) -> None:
        if self._left is not None:
            if self._left == 0:
                raise Killed
            self._left -= 1

    def around(self, work: Callable[[], object]) -> None:
        self.step()
        work()
        self.step()


class MortalTree(Tree):
    def __init__(self, root: Path, fate: Fate) -> None:
        # Without the flush: a kill loses nothing of what a kernel has.
        super().__init__(root, write_bytes=lambda descriptor, content: os.write(descriptor, content) and None)
        self._fate = fate

    def write(self, path: str, content: bytes, *, mode: int | None = None) -> tuple[str, ...]:
        self._fate.around(lambda: super(MortalTree, self).write(path, content, mode=mode))
        return ()

    def delete(self, path: str) -> None:
        self._fate.around(lambda: super(MortalTree, self).delete(path))


class MortalImages(Images):
    def __init__(self, images: Images, fate: Fate) -> None:
        super().__init__(images._store, images._clock)
        self._fate = fate

    def save(self, session_id: str, path: str, kind: str, image: FileImage) -> None:
        self._fate.around(lambda: super(MortalImages, self).save(session_id, path, kind, image))


class Folder:
    """A tree and the journal of a session of its own, and the processes that work on it one after another."""

    def __init__(self, root: Path, images: Images, before: dict[str, bytes]) -> None:
        self.root = root
        self.images = images
        self.session_id = f"s-{next(_NUMBERS)}"
        for path, content in before.items():
            Tree(root).write(path, content, mode=0o640)

    def process(self, wanted: Writes, fate: Fate, *, settles: bool) -> bool:
        """Goes through all the writes from the beginning; whether it came to their end."""
        files = JournalledTree(
            MortalTree(self.root, fate), MortalImages(self.images, fate), session_id=self.session_id, dry_run=False
        )
        for path in PATHS:
            files.rewind(path, 0)
        try:
            for path, content in wanted:
                files.write(path, content)
            for path in PATHS if settles else ():
                files.settle(path)
        except Killed:
            return False
        return True

    def end(self) -> tuple[dict[str, FileImage], dict[str, list[FileImage | None]]]:
        """What lies on the disk, and what the journal says lay there one after another."""
        disk = {path: Tree(self.root).read(path) for path in PATHS}
        images = {
            path: [
                self.images.at(self.session_id, path, position)
                for position in range(self.images.count_writes(self.session_id, path) + 1)
            ]
            for path in PATHS
        }
        return disk, images


@pytest.fixture(scope="module")
def images() -> Iterator[Images]:
    """Of a journal in memory: these laws are not about what a disk keeps."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    for step in MIGRATIONS:
        for statement in step:
            connection.execute(statement)
    store = Store(connection, Writer(connection))
    yield Images(store, FakeClock())
    store.close()


@contextmanager
def a_folder(images: Images, before: dict[str, bytes]) -> Iterator[Folder]:
    with tempfile.TemporaryDirectory() as root:
        yield Folder(Path(root), images, before)


def play(
    images: Images, before: dict[str, bytes], wanted: Writes, kills: Sequence[int], *, settles: bool
) -> tuple[object, object]:
    with a_folder(images, before) as folder:
        for steps in kills:
            folder.process(wanted, Fate(steps), settles=settles)
        assert folder.process(wanted, Fate(None), settles=settles)
        return folder.end()


before_images = st.dictionaries(st.sampled_from(PATHS), st.sampled_from([b"", b"one\n", b"mine\n"]))
fates = st.lists(st.integers(0, 12), max_size=4)


@settings(max_examples=60)
@given(before_images, writes, fates, st.booleans())
def test_kills_change_neither_the_disk_nor_the_journal(
    images: Images, before: dict[str, bytes], wanted: Writes, kills: Sequence[int], settles: bool
) -> None:
    assert play(images, before, wanted, kills, settles=settles) == play(images, before, wanted, [], settles=settles)


@settings(max_examples=60)
@given(before_images, writes, writes, fates)
def test_a_job_that_takes_another_way_ends_with_the_last_write_of_that_way(
    images: Images, before: dict[str, bytes], first: Writes, second: Writes, kills: Sequence[int]
) -> None:
    with a_folder(images, before) as folder:
        folder.process(first, Fate(None), settles=False)
        for steps in kills:
            folder.process(second, Fate(steps), settles=True)
        assert folder.process(second, Fate(None), settles=True)
        disk, noted = folder.end()
    wanted = {**{path: before.get(path) for path in PATHS}, **dict(second)}
    assert {path: disk[path].content for path in PATHS} == wanted
    assert all(noted[path][-1] in (None, disk[path]) for path in PATHS)

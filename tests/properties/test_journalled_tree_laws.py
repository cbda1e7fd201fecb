"""A kill at any point between the journal and the disk changes nothing about where a session ends."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional, Sequence

import pytest

from orchestra.engine.journalled_tree import JournalledTree
from orchestra.records import FileImage
from orchestra.state.images import Images
from orchestra.workspace.tree import Tree
from tests.properties.mortality import Fate, Killed, MortalStore, MortalTree, journal_in_memory
from tests.unit.fake_clock import FakeClock

pytest.importorskip("hypothesis")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

SESSION = "s-1"
PATHS = ("a", "deep/b")
Content = Optional[bytes]
Writes = Sequence["tuple[str, Content]"]

contents = st.sampled_from([None, b"", b"one\n", b"two\n"])
writes = st.lists(st.tuples(st.sampled_from(PATHS), contents), max_size=8)


class Folder:
    """A tree and the journal of a session of its own, and the processes that work on it one after another."""

    def __init__(self, root: Path, connection: sqlite3.Connection, before: dict[str, bytes]) -> None:
        self.root = root
        self._connection = connection
        self.images = self._images(Fate(None))
        for path, content in before.items():
            Tree(root).write(path, content, mode=0o640)

    def process(self, wanted: Writes, fate: Fate, *, settles: bool) -> bool:
        """Goes through all the writes from the beginning; whether it came to their end."""
        files = JournalledTree(
            MortalTree(self.root, fate), self._images(fate), session_id=SESSION, dry_run=False
        )
        for path in PATHS:
            files.rewind(path, 0)
        try:
            for path, content in wanted:
                files.write(path, content)
            for path in PATHS if settles else ():
                files.settle(path)
            for path in PATHS:
                files.let_go(path)
        except Killed:
            return False
        return True

    def _images(self, fate: Fate) -> Images:
        return Images(MortalStore(self._connection, fate), FakeClock())

    def end(self) -> tuple[dict[str, FileImage], dict[str, list[FileImage | None]]]:
        """What lies on the disk, and what the journal says lay there one after another."""
        disk = {path: Tree(self.root).read(path) for path in PATHS}
        images = {
            path: [
                self.images.at(SESSION, path, position)
                for position in range(self.images.count_writes(SESSION, path) + 1)
            ]
            for path in PATHS
        }
        return disk, images


@contextmanager
def a_folder(before: dict[str, bytes]) -> Iterator[Folder]:
    with tempfile.TemporaryDirectory() as root, journal_in_memory() as connection:
        yield Folder(Path(root), connection, before)


def play(before: dict[str, bytes], wanted: Writes, kills: Sequence[int], *, settles: bool) -> tuple[object, object]:
    with a_folder(before) as folder:
        for steps in kills:
            folder.process(wanted, Fate(steps), settles=settles)
        assert folder.process(wanted, Fate(None), settles=settles)
        return folder.end()


before_images = st.dictionaries(st.sampled_from(PATHS), st.sampled_from([b"", b"one\n", b"mine\n"]))
fates = st.lists(st.integers(0, 12), max_size=4)


@settings(max_examples=60)
@given(before_images, writes, fates, st.booleans())
def test_kills_change_neither_the_disk_nor_the_journal(
    before: dict[str, bytes], wanted: Writes, kills: Sequence[int], settles: bool
) -> None:
    assert play(before, wanted, kills, settles=settles) == play(before, wanted, [], settles=settles)


@settings(max_examples=60)
@given(before_images, writes, writes, fates)
def test_a_job_that_takes_another_way_ends_with_the_last_write_of_that_way(
    before: dict[str, bytes], first: Writes, second: Writes, kills: Sequence[int]
) -> None:
    with a_folder(before) as folder:
        folder.process(first, Fate(None), settles=False)
        for steps in kills:
            folder.process(second, Fate(steps), settles=True)
        assert folder.process(second, Fate(None), settles=True)
        disk, noted = folder.end()
    wanted = {**{path: before.get(path) for path in PATHS}, **dict(second)}
    assert {path: disk[path].content for path in PATHS} == wanted
    assert all(noted[path][-1] in (None, disk[path]) for path in PATHS)

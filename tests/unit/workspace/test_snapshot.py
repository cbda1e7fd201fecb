"""What differs in a tree from one look to the next."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable

import pytest

from orchestra.workspace.snapshot import Snapshot, differing


def all_folders(paths: object) -> frozenset[str]:
    return frozenset(paths)  # type: ignore[call-overload, no-any-return]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a.py", "src/b.py", "src/deep/c.py", "skipped/d.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n", encoding="utf-8")
    return tmp_path


# A time of their own for each way: long after the tree was made, so that folders' times are relied on, and right then.
@pytest.fixture(params=["settled", "recent"])
def snapshot(tree: Path, request: pytest.FixtureRequest) -> Snapshot:
    def now_ns() -> int:
        return os.stat(tree).st_mtime_ns + (10 ** 12 if request.param == "settled" else 0)

    found = Snapshot(str(tree), lambda paths: {path for path in paths if path != "skipped"}, now_ns=now_ns)
    found.look()
    found.take_fresh()
    return found


def age(place: Path) -> None:
    """Have a time pass that every file system tells."""
    status = place.stat()
    os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))


def rewrite(tree: Path) -> None:
    (tree / "src/b.py").write_text("longer than before\n", encoding="utf-8")


def replace(tree: Path) -> None:
    (tree / "src/b.tmp").write_text("x = 1\n", encoding="utf-8")
    os.rename(tree / "src/b.tmp", tree / "src/b.py")
    age(tree / "src")


def remove(tree: Path) -> None:
    (tree / "src/b.py").unlink()
    age(tree / "src")


def rename(tree: Path) -> None:
    os.rename(tree / "src/b.py", tree / "src/z.py")
    age(tree / "src")


def move_folder(tree: Path) -> None:
    os.rename(tree / "src/deep", tree / "moved")
    age(tree / "src"), age(tree)


def remove_folder(tree: Path) -> None:
    (tree / "src/deep/c.py").unlink()
    (tree / "src/deep").rmdir()
    age(tree / "src")


def swap_folder(tree: Path) -> None:
    os.rename(tree / "src/deep", tree / "skipped/deep")
    (tree / "src/deep").mkdir()
    (tree / "src/deep/e.py").write_text("", encoding="utf-8")
    age(tree / "src")


def link_in_place(tree: Path) -> None:
    (tree / "src/b.py").unlink()
    (tree / "src/b.py").symlink_to(tree / "a.py")
    age(tree / "src")


def add_deep(tree: Path) -> None:
    (tree / "new/er").mkdir(parents=True)
    (tree / "new/er/f.py").write_text("", encoding="utf-8")
    age(tree)


def change_skipped(tree: Path) -> None:
    (tree / "skipped/d.py").write_text("changed and longer", encoding="utf-8")


@pytest.mark.parametrize("edit, changed", [
    (rewrite, {"src/b.py"}), (replace, {"src/b.py"}), (remove, {"src/b.py"}), (rename, {"src/b.py", "src/z.py"}),
    (move_folder, {"src/deep/c.py", "moved/c.py"}), (remove_folder, {"src/deep/c.py"}),
    (swap_folder, {"src/deep/c.py", "src/deep/e.py"}), (link_in_place, {"src/b.py"}), (add_deep, {"new/er/f.py"}),
    (change_skipped, set()),
])
def test_a_change_is_seen_once(
    tree: Path, snapshot: Snapshot, edit: Callable[[Path], None], changed: set[str]
) -> None:
    assert snapshot.look() == set()
    edit(tree)
    assert snapshot.look() == changed
    assert snapshot.look() == set()


def test_only_the_folders_named_are_looked_at(tree: Path, snapshot: Snapshot) -> None:
    rewrite(tree)

    assert snapshot.look(["src/deep"]) == set()
    assert snapshot.look(["src", "never/heard/of"]) == {"src/b.py"}


def test_folders_that_are_new_or_another_are_told_as_fresh(tree: Path, snapshot: Snapshot) -> None:
    add_deep(tree), swap_folder(tree)
    snapshot.look()

    assert snapshot.take_fresh() == {"new", "new/er", "src/deep"}
    assert snapshot.take_fresh() == set()


def test_after_a_change_of_rules_folders_come_and_go(tree: Path) -> None:
    left_out = {"skipped"}
    snapshot = Snapshot(str(tree), lambda paths: set(paths) - left_out, now_ns=lambda: 0)
    snapshot.look()
    left_out.clear()
    left_out.add("src")
    snapshot.sort_again()

    assert snapshot.look() == {"skipped/d.py"}
    rewrite(tree)
    assert snapshot.look() == set()


def test_a_root_that_is_gone_may_come_back(tree: Path, snapshot: Snapshot) -> None:
    os.rename(tree, tree.with_name("away"))
    snapshot.look()
    os.rename(tree.with_name("away"), tree)

    assert {"a.py", "src/b.py"} <= snapshot.look()


def test_stamps_differ_by_time_size_or_inode() -> None:
    old = {"same": (1, 2, 3), "time": (1, 2, 3), "size": (1, 2, 3), "inode": (1, 2, 3), "gone": (1, 2, 3)}
    new = {"same": (1, 2, 3), "time": (2, 2, 3), "size": (1, 3, 3), "inode": (1, 2, 4), "new": (1, 2, 3)}

    assert differing(old, new) == {"time", "size", "inode", "gone", "new"}

"""Changes in a real tree, told by the kernel's notices or found by looking."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from orchestra.clock import CancelToken
from orchestra.workspace.git import Git
from orchestra.workspace.inotify import Inotify
from orchestra.workspace.watch_scope import WatchScope, is_editors_file
from orchestra.workspace.watcher import Watcher
from tests.unit.fake_clock import FakeClock

VARIABLES = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}


class FullKernel(Inotify):
    """Gives one watch and no more."""

    def add(self, folder: str, place: str) -> None:
        if folder:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().add(folder, place)


def no_notices() -> Inotify:
    raise OSError("this system has no inotify")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True, env=VARIABLES)
    write(tmp_path, ".gitignore", "*.log\n/out/\n")
    write(tmp_path, "out/kept.txt", "1\n")
    write(tmp_path, "src/deep/a.py", "1\n")
    added = ["git", "add", "--force", ".gitignore", "src", "out/kept.txt"]
    subprocess.run(added, cwd=tmp_path, check=True, env=VARIABLES)
    return tmp_path


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def watcher_of(root: Path, *wanted: str, only_looks: bool = False, mounts: str = "/nonexistent") -> Watcher:
    scope = WatchScope(root, Git.find(root, VARIABLES), wanted)
    return Watcher(root, scope, FakeClock(), CancelToken(), only_looks=only_looks, mounts=mounts)


@pytest.fixture(params=["notices", "looking"])
def watcher(root: Path, request: pytest.FixtureRequest) -> Iterator[Watcher]:
    found = watcher_of(root, only_looks=request.param == "looking")
    yield found
    found.close()


def seen(watcher: Watcher) -> set[str]:
    """All that changed until now."""
    return watcher.changes(0, is_settling=True)


def test_a_change_is_told_once(root: Path, watcher: Watcher) -> None:
    assert seen(watcher) == set()
    write(root, "src/deep/a.py", "changed\n")
    assert seen(watcher) == {"src/deep/a.py"}
    assert seen(watcher) == set()


def test_new_folders_are_watched_with_what_is_in_them_already_and_later(root: Path, watcher: Watcher) -> None:
    write(root, "new/er/b.py", "1\n")
    assert seen(watcher) == {"new/er/b.py"}
    write(root, "new/er/c.py", "1\n")
    assert seen(watcher) == {"new/er/c.py"}


def test_a_folder_that_takes_another_ones_place_is_watched(root: Path, watcher: Watcher) -> None:
    os.rename(root / "src/deep", root / "src/was")
    write(root, "src/deep/b.py", "1\n")
    assert seen(watcher) == {"src/deep/a.py", "src/was/a.py", "src/deep/b.py"}
    write(root, "src/deep/b.py", "2 and more\n")
    write(root, "src/was/a.py", "2 and more\n")
    assert seen(watcher) == {"src/deep/b.py", "src/was/a.py"}


def test_deletions_are_told(root: Path, watcher: Watcher) -> None:
    (root / "src/deep/a.py").unlink()
    (root / "src/deep").rmdir()

    assert seen(watcher) == {"src/deep/a.py"}


def test_what_is_ignored_is_not_told_but_a_tracked_file_is(root: Path, watcher: Watcher) -> None:
    for path in ("a.log", "out/b.txt", ".git/other", ".orchestra/x", "node_modules/x.js", "__pycache__/a.pyc", ".env"):
        write(root, path, "changed\n")
    write(root, "out/kept.txt", "changed\n")

    assert seen(watcher) == {"out/kept.txt"}


def test_rules_that_change_hold_from_then_on(root: Path, watcher: Watcher) -> None:
    write(root, "data/a.txt", "1\n")
    assert seen(watcher) == {"data/a.txt"}
    write(root, ".orchestraignore", "/data/\n")
    assert seen(watcher) == {".orchestraignore"}
    write(root, "data/a.txt", "2 and more\n")
    assert seen(watcher) == set()
    write(root, ".orchestraignore", "# nothing any more\n")
    assert seen(watcher) == {".orchestraignore"}
    write(root, "data/a.txt", "3 and even more\n")
    assert seen(watcher) == {"data/a.txt"}


def test_rules_of_a_folder_hold_for_it_from_then_on(root: Path, watcher: Watcher) -> None:
    write(root, "data/.orchestraignore", "*.txt\n")
    assert seen(watcher) == {"data/.orchestraignore"}
    write(root, "data/deep/a.txt", "1\n")
    write(root, "a.txt", "1\n")
    assert seen(watcher) == {"a.txt"}
    write(root, "data/deep/.orchestraignore", "!a.txt\n")
    assert seen(watcher) == {"data/deep/.orchestraignore"}
    write(root, "data/deep/a.txt", "2 and more\n")
    assert seen(watcher) == {"data/deep/a.txt"}


def test_links_and_nested_repositories_are_left_alone(root: Path, watcher: Watcher) -> None:
    (root / "link").symlink_to(root / "src")
    (root / "other/.git").mkdir(parents=True)
    write(root, "other/a.py", "1\n")

    assert seen(watcher) == set()


def test_a_folder_that_gives_way_to_a_link_is_told_as_nothing(root: Path, watcher: Watcher) -> None:
    os.rename(root / "src/deep", root / "src/was")
    (root / "src/deep").symlink_to(root / "src/was")

    assert seen(watcher) == {"src/was/a.py"}
    (root / "src/deep").unlink()
    os.rename(root / "src/was", root / "src/deep")
    assert seen(watcher) == {"src/was/a.py", "src/deep/a.py"}


def test_only_wanted_files_are_told(root: Path) -> None:
    watcher = watcher_of(root, "./src/", "*.md")
    for path in ("src/deep/a.py", "docs/a.md", "docs/a.py"):
        write(root, path, "changed\n")

    assert seen(watcher) == {"src/deep/a.py", "docs/a.md"}
    watcher.close()


def test_lost_notices_cost_no_change(root: Path) -> None:
    watcher = watcher_of(root)
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    # By turns, since equal notices in a row count as one.
    for number in range(most // 3):
        os.rename(root / "src/deep/a.py", root / "src/a.py")
        os.rename(root / "src/a.py", root / "src/deep/a.py")
    write(root, "late/b.py", "1\n")

    assert seen(watcher) == {"late/b.py"}
    write(root, "late/b.py", "2 and more\n")
    assert seen(watcher) == {"late/b.py"}
    watcher.close()


def test_without_notices_it_looks_in_turns(root: Path, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/x / ext4 rw 0 0\nserver:/home {tmp_path.parent} nfs4 rw 0 0\n", encoding="utf-8")
    watcher = watcher_of(root, mounts=str(mounts))
    write(root, "src/deep/a.py", "changed\n")

    assert watcher.why_looking == "the files lie on nfs4"
    assert watcher.changes(0.01) == set()
    assert watcher.changes(6) == {"src/deep/a.py"}


def test_when_the_kernel_gives_no_more_watches_it_looks_in_turns(root: Path) -> None:
    scope = WatchScope(root, Git.find(root, VARIABLES))
    watcher = Watcher(root, scope, FakeClock(), CancelToken(), mounts="/nonexistent", notices=FullKernel)
    write(root, "src/deep/a.py", "changed\n")

    assert watcher.why_looking == "the kernel gives no more watches: No space left on device"
    assert seen(watcher) == {"src/deep/a.py"}


def test_a_kernel_without_notices_is_no_hindrance(root: Path) -> None:
    scope = WatchScope(root, Git.find(root, VARIABLES))
    watcher = Watcher(root, scope, FakeClock(), CancelToken(), mounts="/nonexistent", notices=no_notices)
    write(root, "src/deep/a.py", "changed\n")

    assert watcher.why_looking == "this system has no inotify"
    assert seen(watcher) == {"src/deep/a.py"}


@pytest.mark.parametrize("name", [
    ".a.py.swp", ".a.py.swx", "4913", "5036", "a.py~", "#a.py#", ".#a.py", "a.py___jb_tmp___", "a.py___jb_old___",
    "a.py.tmp", ".goutputstream-AB12", ".~lock.a.odt#", ".orchestra-0123456789abcdef.tmp", ".a.py.kate-swp", "a.py.bak",
])
def test_editors_files_are_known(name: str) -> None:
    assert is_editors_file(name)


@pytest.mark.parametrize("name", ["a.py", "4914", "tmp", "swp.py", ".gitignore", "a~b", "49130", "#a", "temp.py"])
def test_other_files_are_none_of_editors(name: str) -> None:
    assert not is_editors_file(name)

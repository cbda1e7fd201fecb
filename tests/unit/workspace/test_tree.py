"""Reading and writing the user's tree."""

from __future__ import annotations

import errno
import os
import stat
import struct
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from orchestra.errors import RefusedPath, WorkspaceError
from orchestra.records import FileImage
from orchestra.workspace.tree import Tree, write_all


def all_names(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def failing(number: int) -> Callable[[int, bytes], None]:
    def write_bytes(descriptor: int, content: bytes) -> None:
        os.write(descriptor, content[:3])
        raise OSError(number, os.strerror(number))

    return write_bytes


@pytest.fixture(params=["with own folder", "without own folder"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    if request.param == "with own folder":
        (root / ".orchestra").mkdir()
    return root


def test_writes_reads_and_deletes(root: Path) -> None:
    tree = Tree(root)
    assert tree.read("a/b/c.txt") == FileImage(None)
    assert tree.write("a/b/c.txt", b"one\n").folders == ("a", "a/b")
    assert tree.read("a/b/c.txt").content == b"one\n"
    assert tree.write("a/b/c.txt", b"two\n").folders == ()
    assert tree.exists("a/b/c.txt")
    tree.delete("a/b/c.txt")
    tree.delete("a/b/c.txt")
    tree.delete("nowhere/c.txt")
    assert not tree.exists("a/b/c.txt")
    assert all_names(root) - {".orchestra", ".orchestra/tmp"} == {"a", "a/b"}


def test_a_write_tells_the_mode_of_what_lies_there_then(root: Path) -> None:
    tree = Tree(root)
    assert tree.write("a/run.sh", b"x", mode=0o750).mode == 0o750
    assert tree.write("a/run.sh", b"y").mode == 0o750
    assert tree.write("new", b"z").mode == stat.S_IMODE((root / "new").stat().st_mode)


def test_a_new_file_gets_what_the_umask_leaves(root: Path) -> None:
    Tree(root).write("new.txt", b"")
    plain = root / "plain.txt"
    plain.write_text("")
    assert stat.S_IMODE((root / "new.txt").stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_keeps_the_mode_of_a_file_and_sets_a_mode_that_is_given(root: Path) -> None:
    script = root / "run.sh"
    script.write_text("")
    script.chmod(0o751)
    tree = Tree(root)
    tree.write("run.sh", b"x")
    assert tree.read("run.sh").mode == 0o751
    tree.write("run.sh", b"y", mode=0o600)
    assert tree.read("run.sh") == FileImage(b"y", 0o600)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep them elsewhere")
def test_keeps_what_lies_beside_the_content_but_no_rights_of_a_program(root: Path) -> None:
    file = root / "a.txt"
    file.write_bytes(b"old")
    file.chmod(0o640)
    # Version 2, and tag, rights and id of: owner, user 1234, group, mask, others.
    entries = [(1, 6, -1), (2, 6, 1234), (4, 0, -1), (16, 6, -1), (32, 0, -1)]
    access = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    kept = {"user.note": b"mine", "system.posix_acl_access": access}
    others = {"security.capability": struct.pack("<5I", 0x2000001, 1 << 10, 0, 0, 0)} if os.geteuid() == 0 else {}
    try:
        for name, value in {**kept, **others}.items():
            os.setxattr(file, name, value)
    except OSError:
        pytest.skip("this file system has none")
    Tree(root).write("a.txt", b"new")

    assert {name: os.getxattr(file, name) for name in os.listxattr(file)} == kept
    assert file.read_bytes() == b"new" and stat.S_IMODE(file.stat().st_mode) == 0o660


def test_content_of_a_private_file_is_never_readable_by_others(root: Path) -> None:
    secret = root / "secret.txt"
    secret.write_text("")
    secret.chmod(0o600)
    seen: list[int] = []

    def write_bytes(descriptor: int, content: bytes) -> None:
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        write_all(descriptor, content)

    Tree(root, write_bytes=write_bytes).write("secret.txt", b"x")
    assert seen == [0o600]


def test_the_old_content_stays_until_the_new_one_is_whole(root: Path) -> None:
    target = root / "a.txt"
    target.write_bytes(b"old")
    during: list[bytes] = []

    def write_bytes(descriptor: int, content: bytes) -> None:
        write_all(descriptor, content)
        during.append(target.read_bytes())

    Tree(root, write_bytes=write_bytes).write("a.txt", b"new")
    assert during == [b"old"]
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize(
    "number, words", [(errno.ENOSPC, "full"), (errno.EIO, "input/output"), (errno.EACCES, "permission"), (99, "")]
)
def test_a_failing_disk_leaves_nothing_behind(root: Path, number: int, words: str) -> None:
    (root / "old.txt").write_bytes(b"old")
    tree = Tree(root, write_bytes=failing(number))
    for path in ("old.txt", "new/deep/file.txt"):
        with pytest.raises(WorkspaceError) as caught:
            tree.write(path, b"content")
        assert words in caught.value.what and path in caught.value.what
        assert caught.value.where == path and caught.value.hint
    assert (root / "old.txt").read_bytes() == b"old"
    assert all_names(root) - {".orchestra", ".orchestra/tmp"} == {"old.txt"}
    assert not list((root / ".orchestra").glob("tmp/*"))


def test_an_interrupt_leaves_nothing_behind(root: Path) -> None:
    def write_bytes(descriptor: int, content: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Tree(root, write_bytes=write_bytes).write("new/file.txt", b"x")
    assert all_names(root) - {".orchestra", ".orchestra/tmp"} == set()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_a_workspace_error(root: Path) -> None:
    (root / "locked").mkdir()
    (root / "locked").chmod(0o555)
    try:
        with pytest.raises(WorkspaceError, match="permission denied"):
            Tree(root).write("locked/a.txt", b"")
    finally:
        (root / "locked").chmod(0o755)


@pytest.mark.skipif(not os.path.isdir("/proc/sys/kernel"), reason="needs /proc")
def test_a_folder_where_nothing_can_be_made_is_a_workspace_error() -> None:
    with pytest.raises(WorkspaceError) as caught:
        Tree(Path("/proc/sys/kernel")).write("orchestra-test.txt", b"")
    assert caught.value.hint


def test_another_file_system_gets_its_temp_file_beside_the_target(tmp_path: Path) -> None:
    (tmp_path / ".orchestra").mkdir()
    (tmp_path / "mounted").mkdir()
    program = (
        "import pathlib, sys; from orchestra.workspace.tree import Tree\n"
        "Tree(pathlib.Path(sys.argv[1])).write('mounted/a.txt', b'x')\n"
        "print(sorted(p.name for p in pathlib.Path(sys.argv[1], 'mounted').iterdir()))"
    )
    script = 'mount -t %s && exec "$0" -c "$1" "$2"'
    # A bind mount is of the same device, so that only the rename tells.
    for mount in ("tmpfs none mounted", "none -o bind %s mounted" % tmp_path):
        namespace = ["unshare", "-rm", "sh", "-c", script % mount, sys.executable, program, str(tmp_path)]
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        try:
            result = subprocess.run(namespace, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip("no unshare here")
        if "unshare:" in result.stderr or "mount:" in result.stderr:
            pytest.skip("nothing can be mounted here")
        assert "'a.txt'" in result.stdout and ".tmp" not in result.stdout, result.stderr
    assert not list((tmp_path / ".orchestra" / "tmp").iterdir())


def test_a_link_swapped_in_for_a_folder_is_not_followed(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.txt").write_bytes(b"outside")
    (root / "src").symlink_to(outside)
    tree = Tree(root)
    acts = (lambda: tree.write("src/a.txt", b"x"), lambda: tree.read("src/a.txt"), lambda: tree.delete("src/a.txt"))
    for act in acts:
        with pytest.raises(RefusedPath, match="symlink"):
            act()
    assert (outside / "a.txt").read_bytes() == b"outside"
    assert all_names(outside) == {"a.txt"}


def test_a_folder_swapped_for_a_link_while_writing_changes_nothing_outside(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "src").mkdir()

    def write_bytes(descriptor: int, content: bytes) -> None:
        write_all(descriptor, content)
        os.rename(root / "src", root / "moved")
        (root / "src").symlink_to(outside)

    Tree(root, write_bytes=write_bytes).write("src/a.txt", b"x")
    assert all_names(outside) == set()
    assert (root / "moved" / "a.txt").read_bytes() == b"x"


def test_a_link_as_the_target_is_refused_and_stays(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_bytes(b"outside")
    (root / "a.txt").symlink_to(outside)
    tree = Tree(root)
    for act in (lambda: tree.write("a.txt", b"x"), lambda: tree.read("a.txt"), lambda: tree.delete("a.txt")):
        with pytest.raises(RefusedPath, match="is a symlink"):
            act()
    assert outside.read_bytes() == b"outside" and (root / "a.txt").is_symlink()


def test_a_named_pipe_is_refused_without_waiting_for_its_other_end(root: Path) -> None:
    os.mkfifo(root / "pipe")
    with pytest.raises(RefusedPath, match="not a regular file"):
        Tree(root).read("pipe")


@pytest.mark.parametrize("path", ["../a", "/etc/passwd", ".git/config", "a/../b", "a//b", "./a", "", ".orchestra/x"])
def test_a_path_that_was_not_checked_is_refused_here_too(root: Path, path: str) -> None:
    tree = Tree(root)
    for act in (lambda: tree.write(path, b"x"), lambda: tree.read(path), lambda: tree.delete(path)):
        with pytest.raises(RefusedPath):
            act()


def test_a_file_where_a_folder_should_be_is_refused(root: Path) -> None:
    (root / "a").write_bytes(b"")
    with pytest.raises(RefusedPath, match="where a folder should be"):
        Tree(root).write("a/b.txt", b"")
    (root / "folder").mkdir()
    with pytest.raises(RefusedPath, match="is a folder"):
        Tree(root).write("folder", b"")


@pytest.mark.parametrize("parts", [[".git"], ["HEAD", "objects/", "refs/"]])
def test_a_folder_that_has_become_another_repository_is_left_alone(root: Path, parts: list[str]) -> None:
    tree = Tree(root)
    tree.write("sub/deep/a.txt", b"one")
    for part in parts:
        (root / "sub" / part).mkdir() if part.endswith("/") else (root / "sub" / part).write_text("")
    for act in (lambda: tree.write("sub/deep/a.txt", b"two"), lambda: tree.delete("sub/deep/a.txt")):
        with pytest.raises(RefusedPath, match="belongs to another repository, 'sub'"):
            act()
    assert tree.read("sub/deep/a.txt").content == b"one"
    (root / "sub" / parts[0]).unlink()
    tree.write("sub/deep/a.txt", b"two")


def test_leftovers_of_an_interrupted_run_are_removed_and_nothing_else(root: Path) -> None:
    leftover = ".orchestra-0123456789abcdef.tmp"
    (root / "src").mkdir()
    for name in ("src/" + leftover, "src/.orchestra-notes.tmp", "src/a.py"):
        (root / name).write_bytes(b"")
    if (root / ".orchestra").exists():
        (root / ".orchestra" / "tmp" / "run-1").mkdir(parents=True)
        (root / ".orchestra" / "tmp" / "run-1" / "report.xml").write_bytes(b"")
        (root / ".orchestra" / "tmp" / leftover).write_bytes(b"")
        (root / ".orchestra" / "plan.md").write_bytes(b"")
    Tree(root).clean_temp(["src/a.py", "absent/b.py"])
    assert all_names(root / "src") == {".orchestra-notes.tmp", "a.py"}
    if (root / ".orchestra").exists():
        assert all_names(root / ".orchestra") == {"tmp", "plan.md"}


LOOKING = """
import sys
from pathlib import Path
from orchestra.workspace.tree import Tree
looks = []
sys.addaudithook(lambda event, arguments: looks.append(event) if event == "os.listdir" else None)
Tree(Path(sys.argv[1])).clean_temp([f"src/{number}.py" for number in range(100)] + ["top.py", "other.py"])
print(len(looks))
"""


def test_each_folder_is_looked_into_once_however_many_files_of_it_are_planned(root: Path) -> None:
    (root / "src").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", LOOKING, str(root)], stdout=subprocess.PIPE, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
    )
    own = (root / ".orchestra").exists()
    assert int(done.stdout) == 2 + own


def test_cleaning_removes_links_and_not_what_they_lead_to(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "folder").mkdir(parents=True)
    (outside / "folder" / "precious").write_bytes(b"")
    left = root / ".orchestra" / "tmp" / "run-1" / "deep"
    left.mkdir(parents=True)
    (left / "link").symlink_to(outside)
    (left.parent / "file-link").symlink_to(outside / "folder" / "precious")
    os.mkfifo(left / "pipe")
    Tree(root).clean_temp()
    assert all_names(outside) == {"folder", "folder/precious"}
    assert list((root / ".orchestra" / "tmp").iterdir()) == []


def test_a_tree_too_deep_to_be_removed_stays_and_stops_nothing(root: Path) -> None:
    (root / ".orchestra" / "tmp").mkdir(parents=True)
    folder = os.open(root / ".orchestra" / "tmp", os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=folder)
        inner = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    Tree(root).clean_temp()
    subprocess.run(["rm", "-rf", str(root / ".orchestra" / "tmp")], check=True)


def test_cleaning_does_not_follow_a_link(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_bytes(b"")
    (root / ".orchestra").mkdir(exist_ok=True)
    (root / ".orchestra" / "tmp").symlink_to(outside)
    Tree(root).clean_temp()
    assert (outside / "precious").exists()

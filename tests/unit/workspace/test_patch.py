"""Patches, applied by git itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from orchestra.records import FileImage
from orchestra.workspace.patch import FileChange, readable_patches, unified_patch

ABSENT = FileImage(None)

CHANGES = {
    "modify": ("a.py", FileImage(b"1\n2\n3\n4\n5\n6\n", 0o644), FileImage(b"1\n2\n3\n4\nV\n6\n", 0o644)),
    "create": ("new/a.py", ABSENT, FileImage(b"x = 1\ny = 2\n", 0o644)),
    "create empty": ("new/__init__.py", ABSENT, FileImage(b"", 0o644)),
    "create executable": ("run.sh", ABSENT, FileImage(b"#!/bin/sh\n", 0o755)),
    "delete": ("old.py", FileImage(b"x = 1\n", 0o644), ABSENT),
    "delete empty": ("old.py", FileImage(b"", 0o644), ABSENT),
    "fill": ("a.py", FileImage(b"", 0o644), FileImage(b"x\n", 0o644)),
    "empty": ("a.py", FileImage(b"x\n", 0o644), FileImage(b"", 0o644)),
    "mode": ("run.sh", FileImage(b"x\n", 0o644), FileImage(b"x\n", 0o755)),
    "mode and text": ("run.sh", FileImage(b"x\n", 0o755), FileImage(b"y\n", 0o644)),
    "newline lost": ("a.py", FileImage(b"a\nb\n", 0o644), FileImage(b"a\nb", 0o644)),
    "newline gained": ("a.py", FileImage(b"a\nb", 0o644), FileImage(b"a\nb\n", 0o644)),
    "no newline twice": ("a.py", FileImage(b"a", 0o644), FileImage(b"b", 0o644)),
    "crlf": ("a.txt", FileImage(b"a\r\nb\r\n", 0o644), FileImage(b"a\r\nc\r\n", 0o644)),
    "cr and form feed": ("a.txt", FileImage(b"a\rb\x0cc\n", 0o644), FileImage(b"a\rx\x0cc\nd\x85e\n", 0o644)),
    "latin-1": ("a.txt", FileImage(b"caf\xe9\n", 0o644), FileImage(b"caf\xe8\n", 0o644)),
    "lines that look like headers": ("a.sql", FileImage(b"-- a\n++ b\n", 0o644), FileImage(b"-- c\n++ d\n", 0o644)),
    "blank in the name": ("a b/c d.txt", FileImage(b"a\n", 0o644), FileImage(b"b\n", 0o644)),
    "new with a blank in the name": ("a b.txt", ABSENT, FileImage(b"b\n", 0o644)),
    "quote in the name": ('a"b.txt', FileImage(b"a\n", 0o644), FileImage(b"b\n", 0o644)),
    "letters in the name": ("\u00fc/\u65e5.txt", FileImage(b"a\n", 0o644), FileImage(b"b\n", 0o644)),
    "binary": ("logo.png", FileImage(b"\0" + bytes(range(256)) * 9, 0o644), FileImage(b"\0\1\2", 0o644)),
    "new binary": ("logo.png", ABSENT, FileImage(bytes(range(256)), 0o644)),
    "deleted binary": ("logo.png", FileImage(b"\0\1", 0o644), ABSENT),
}


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("name", CHANGES)
def test_git_applies_the_patch_forth_and_back(name: str, tmp_path: Path) -> None:
    path, before, after = CHANGES[name]
    put(tmp_path, path, before)
    patch = unified_patch([FileChange(path, before, after)]).encode("utf-8", "surrogateescape")
    apply(tmp_path, patch)
    assert there(tmp_path, path) == after
    apply(tmp_path, patch, "--reverse")
    assert there(tmp_path, path) == before


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_applies_all_changes_as_one_patch(tmp_path: Path) -> None:
    changes = [FileChange("%d/%s" % (number, path), *images) for number, (path, *images) in enumerate(CHANGES.values())]
    for change in changes:
        put(tmp_path, change.path, change.before)
    apply(tmp_path, unified_patch(changes).encode("utf-8", "surrogateescape"))
    assert [there(tmp_path, change.path) for change in changes] == [change.after for change in changes]


def test_nothing_changed_is_an_empty_patch() -> None:
    same = FileImage(b"a\n", 0o644)
    assert unified_patch([FileChange("a", same, same), FileChange("b", ABSENT, ABSENT)]) == ""


def test_reads_as_git_writes_it() -> None:
    change = FileChange("a.py", FileImage(b"a\nb\n", 0o644), FileImage(b"a\nc", 0o644))
    assert unified_patch([change]) == (
        "diff --git a/a.py b/a.py\n"
        "index 422c2b7ab3b3c668038da977e4e93a5fc623169c..817f660e4423f7df2dfc7d4bff0e01b2092a8ce9 100644\n"
        "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n"
    )


def test_what_is_to_be_read_says_of_bytes_only_that_they_changed() -> None:
    same = FileImage(b"a\n", 0o644)
    text = FileChange("a.py", same, FileImage(b"b\n", 0o644))
    logo = FileChange("logo.png", FileImage(b"\0" * 9_000, 0o644), ABSENT)
    patches = readable_patches([logo, text, FileChange("c", same, same)])
    assert patches[0] == unified_patch([text])
    assert len(patches) == 2 and patches[1].splitlines()[1:] == [
        "deleted file mode 100644", patches[1].splitlines()[2], "Binary file of 0 bytes, of 9000 bytes before",
    ]
    other = FileChange("logo.png", FileImage(b"\0" * 8_999 + b"x", 0o644), ABSENT)
    assert readable_patches([other]) != patches[1:]


def put(root: Path, path: str, image: FileImage) -> None:
    if image.content is not None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(image.content)
        (root / path).chmod(image.mode or 0o644)


def there(root: Path, path: str) -> FileImage:
    if not (root / path).exists():
        return ABSENT
    mode = 0o755 if (root / path).stat().st_mode & 0o100 else 0o644
    return FileImage((root / path).read_bytes(), mode)


def apply(root: Path, patch: bytes, *options: str) -> None:
    variables = {"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CEILING_DIRECTORIES": str(root.parent)}
    command = ["git", "apply", "--whitespace=nowarn", *options]
    result = subprocess.run(command, cwd=root, env=variables, input=patch, capture_output=True, check=False)
    assert result.returncode == 0, result.stderr.decode() + patch.decode("utf-8", "replace")

"""Patterns of .orchestraignore, held against what git says of the same ones."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from orchestra.workspace.ignore_rules import FILE, IgnoreRules

PATHS = (
    "a.log", "src/a.log", "src/deep/a.log", "build/x", "src/build/x", "build", "docs/a.md", "docs/b/a.md", "foo/bar/c",
    "foo/x/bar", "foo/bar", "keep.log", "#x", "!x", "a b", "a b ", "x[1].c", "b.c", "ab.c", "1.txt", "z.txt", "\\x",
    "logs/keep/y", "über.txt", "node/a/node/b", "doc/frotz", "a/doc/frotz",
)
RULES = (
    ["*.log"], ["*.log", "!keep.log"], ["build/"], ["/build"], ["build"], ["docs/*.md"], ["docs/**"], ["**/deep"],
    ["foo/**/bar"], ["doc/frotz"], ["\\#x"], ["\\!x"], ["# x", "", "   "], ["a b"], ["a\\ b"], ["[ab].c"], ["[!a].c"],
    ["[0-9].txt"], ["?.txt"], ["logs", "!logs/keep"], ["/*", "!/docs"], ["**"], ["a/**/b"], ["**/node/*"],
    ["x\\[1\\].c"], ["*"], ["/"], ["!a.log"], ["[z-a].c"], ["[", "a.log"], ["a.log  "],
)


@pytest.mark.parametrize("lines", RULES, ids=" ".join)
def test_means_what_git_means(tmp_path: Path, lines: list[str]) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("\n".join(lines) + "\n", encoding="utf-8")
    asked = "".join(f"./{path}\0" for path in PATHS)
    done = subprocess.run(
        ["git", "-c", "core.excludesFile=", "check-ignore", "-z", "--stdin"], cwd=tmp_path, input=asked.encode(),
        stdout=subprocess.PIPE,
    )
    by_git = {path[2:] for path in done.stdout.decode().split("\0") if path}

    assert {path for path in PATHS if IgnoreRules.of(lines).fits(path)} == by_git


def test_a_folder_that_is_meant_covers_what_lies_in_it() -> None:
    rules = IgnoreRules.of(["build/"])

    assert rules.fits("build", is_folder=True) and rules.fits("a/build/x/y")
    assert not rules.fits("build")


def test_no_file_is_no_rule(tmp_path: Path) -> None:
    assert IgnoreRules.in_root(tmp_path) == IgnoreRules(())


def test_a_mark_of_the_byte_order_belongs_to_no_pattern(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xef\xbb\xbfprivate/\r\n")
    assert IgnoreRules.in_root(tmp_path).fits("private/a.py")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_place_of_the_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE)
    assert IgnoreRules.in_root(tmp_path) == IgnoreRules(())

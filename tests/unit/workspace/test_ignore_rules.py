"""Patterns of .orchestraignore, held against what git says of the same ones."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from orchestra.workspace.ignore_rules import FILE, IgnoreRules, TreeRules

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


NESTED = (
    {"": ["*.log"], "src": ["!a.log"]}, {"": ["src/"], "src": ["!*"]}, {"src": ["/a.log", "deep"]},
    {"": ["!a.log"], "src": ["*.log"], "src/deep": ["!a.log"]}, {"docs": ["*", "!b"], "docs/b": ["nothing"]},
    {"foo": ["bar/c", "x/"], "foo/x": ["!bar"]}, {"build": ["*"], "a": ["doc/frotz"], "": ["/a/doc", "!frotz"]},
    {"logs": ["keep/"], "logs/keep": ["!y"]}, {"src": ["**/a.log"]},
    {"": ["src/deep/*"], "src/deep": ["!/a.log"], "foo": ["x"]},
)


@pytest.mark.parametrize("files", NESTED, ids=str)
def test_files_in_folders_mean_what_git_means(tmp_path: Path, files: dict[str, list[str]]) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    for folder, lines in files.items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for name in (".gitignore", FILE):
            (tmp_path / folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    # What is a file here has no folder of its name.
    asked = [path for path in PATHS if not (tmp_path / path).is_dir()]
    done = subprocess.run(
        ["git", "-c", "core.excludesFile=", "check-ignore", "-z", "--stdin"], cwd=tmp_path,
        input="".join(f"./{path}\0" for path in asked).encode(), stdout=subprocess.PIPE,
    )
    by_git = {path[2:] for path in done.stdout.decode().split("\0") if path}

    assert by_git
    assert set(filter(TreeRules(tmp_path).fits, asked)) == by_git


def test_what_is_said_in_a_folder_that_is_left_out_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / FILE).write_text("/a/\n")
    (tmp_path / "a/b" / FILE).write_text("!c.py\n")
    rules = TreeRules(tmp_path)

    assert rules.fits("a", is_folder=True) and rules.fits("a/b/c.py")
    assert not rules.fits("b/c.py")


@pytest.mark.parametrize("path", ["a/" * 1500 + "b.py", "a\0/b.py", "\udc80\ud800/b.py"], ids=["deep", "nul", "odd"])
def test_a_path_that_no_folder_can_have_is_not_meant(tmp_path: Path, path: str) -> None:
    assert not TreeRules(tmp_path).fits(path)


def test_no_file_is_no_rule(tmp_path: Path) -> None:
    assert IgnoreRules.in_folder(str(tmp_path)) == IgnoreRules(())


def test_a_mark_of_the_byte_order_belongs_to_no_pattern(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xef\xbb\xbfprivate/\r\n")
    assert IgnoreRules.in_folder(str(tmp_path)).fits("private/a.py")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_place_of_the_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE)
    assert IgnoreRules.in_folder(str(tmp_path)) == IgnoreRules(())

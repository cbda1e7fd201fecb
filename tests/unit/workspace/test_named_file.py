"""Which file a line names."""

from __future__ import annotations

import pytest

from orchestra.workspace.named_file import is_same_file, names, path_in_info, sole_path


@pytest.mark.parametrize("line", [
    "src/a.py", "`src/a.py`", "**src/a.py**", "**`src/a.py`**:", "### src/a.py", "File: src/a.py", "# src/a.py",
    "// src/a.py", "<!-- src/a.py -->", "1. `src/a.py`", "文件：`src/a.py`", "src/a.py (modified)",
])
def test_a_line_that_is_a_path_however_it_is_dressed(line: str) -> None:
    assert sole_path(line) == "src/a.py"


@pytest.mark.parametrize("line", [
    "", "Here is src/a.py:", "- src/a.py", "Done.", "e.g.", "...", "https://example.org/a.py", "下面是文件src/a.py",
    "x" * 400, "return x", "/", "***",
])
def test_a_line_that_says_something_else(line: str) -> None:
    assert sole_path(line) is None


@pytest.mark.parametrize("info, path", [
    ("python", None), ("python src/a.py", "src/a.py"), ("python:src/a.py", "src/a.py"), ('py title="a.py"', "a.py"),
    ("a.py", "a.py"), ("12:15:src/a.py", "src/a.py"), ("{.python filename=a.py}", "a.py"), ("asp.net", None),
    ("python 3.9", None), ("c++", None), ("", None),
])
def test_the_path_behind_a_fence(info: str, path: str | None) -> None:
    assert path_in_info(info) == path


def test_a_path_is_the_same_without_its_folders_or_with_those_above() -> None:
    for said in ("src/a.py", "./src/a.py", "a.py", "/repo/src/a.py", "src\\a.py", "文件src/a.py"):
        assert is_same_file(said, "src/a.py")
    for said in ("src/b.py", "b/a.py", "aa.py", "tests/src/aa.py"):
        assert not is_same_file(said, "src/a.py")
    assert not is_same_file("docs/README.md", "README.md")


def test_a_name_is_a_word_of_its_own_even_in_chinese() -> None:
    assert names("修改a.py的内容", "a.py")
    assert not names("aa.py", "a.py") and not names("a.pyc", "a.py") and not names("x/a.py", "a.py")

"""Unified diffs as models write them."""

from __future__ import annotations

import pytest

from orchestra.errors import UnfitEdits
from orchestra.workspace.diff_blocks import is_diff, parse_diff
from orchestra.workspace.edits import Edit, apply_edits

OLD = "a\nb\nc\nd\n"


def patched(diff: str, original: str = OLD) -> str:
    (file,) = parse_diff(diff)
    return apply_edits(original, file.edits, noun="hunk").text


def test_reads_files_and_hunks_with_what_they_say_of_their_place() -> None:
    diff = "--- a/x.py\t2026\n+++ b/x.py\n@@ -2,2 +2,1 @@ class A:\n b\n-c\n--- a/y.py\n+++ b/y.py\n@@\n-q\n+r\n"
    one, two = parse_diff(diff)
    assert (one.path, one.edits) == ("x.py", (Edit("b\nc\n", "b\n", "x.py", 2, "class A:"),))
    assert (two.path, two.edits) == ("y.py", (Edit("q\n", "r\n", "y.py"),))


@pytest.mark.parametrize("header", ["@@ -2,2 +2,2 @@", "@@ -99 +1 @@", "@@", "@@ ... @@", "@@ -2,2 +2,2"])
def test_line_numbers_are_not_needed(header: str) -> None:
    assert patched("%s\n b\n-c\n+x\n" % header) == "a\nb\nx\nd\n"


def test_of_several_places_the_line_number_or_the_line_above_decides() -> None:
    original = "def f():\n    x\ndef g():\n    x\n"
    assert patched("@@ -4 +4 @@\n-    x\n+    y\n", original) == "def f():\n    x\ndef g():\n    y\n"
    assert patched("@@ def g():\n-    x\n+    y\n", original) == "def f():\n    x\ndef g():\n    y\n"
    with pytest.raises(UnfitEdits, match="hunk 1 fits more than one place"):
        patched("@@ -3 +3 @@\n-    x\n+    y\n", original)


def test_a_line_that_looks_like_a_header_is_one_of_the_hunk() -> None:
    assert patched("@@\n--- old\n+++ new\n", "-- old\nb\n") == "++ new\nb\n"


def test_blanks_that_were_lost_do_not_matter() -> None:
    assert patched("@@\n b\n\n-c\n+x\n\n", "b\n\nc\n") == "b\n\nx\n"
    assert patched("@@\nb\n-c\n+x\n") == "a\nb\nx\nd\n"


def test_says_nothing_of_the_final_newline() -> None:
    assert patched("@@\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n", "a\nb") == "a\nc"


def test_a_hunk_without_context_cannot_be_placed() -> None:
    with pytest.raises(UnfitEdits, match="hunk 1 has nothing to search for"):
        patched("@@ -1,0 +2 @@\n+x\n")


def test_hunks_that_change_nothing_are_left_out() -> None:
    assert parse_diff("@@\n a\n b\n") == ()


@pytest.mark.parametrize("text, expected", [
    ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n", True),
    ("diff --git a/x b/x\n@@ -1 +1 @@\n", True),
    ("*** Begin Patch\n*** Add File: x\n+a\n", True),
    ("---\ntitle: x\n---\n", False),
    ("x = 1\n@@ -1 +1 @@\n", False),
    ("", False),
])
def test_knows_a_diff_by_its_beginning(text: str, expected: bool) -> None:
    assert is_diff(text) is expected

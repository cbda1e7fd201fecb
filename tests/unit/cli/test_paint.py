from __future__ import annotations

import re

import pytest

from orchestra.cli import paint

RED, GREEN, YELLOW, CYAN, BOLD, NONE = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m", "\x1b[1m", "\x1b[m"
PATCH = "diff --git a/a b/a\nindex 1..2 100644\n--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n--- gone\n+++ come\n stays\n"


def plain(text: str) -> str:
    return re.sub("\x1b\\[[0-9]*m", "", text)


def test_a_patch_has_the_colours_of_git() -> None:
    assert paint.patch(PATCH).splitlines() == [
        f"{BOLD}diff --git a/a b/a{NONE}", "index 1..2 100644", f"{BOLD}--- a/a{NONE}", f"{BOLD}+++ b/a{NONE}",
        f"{CYAN}@@ -1,2 +1,2 @@{NONE}", f"{RED}--- gone{NONE}", f"{GREEN}+++ come{NONE}", " stays",
    ]


def test_the_next_file_of_a_patch_begins_anew() -> None:
    assert paint.patch(PATCH + PATCH) == paint.patch(PATCH) * 2


@pytest.mark.parametrize("text", [PATCH, "", "GIT binary patch\nliteral 3\n", "@@ -1 +1 @@\n\n-a\n\\ No newline\n+b"])
def test_colours_add_nothing_but_colours(text: str) -> None:
    assert plain(paint.patch(text)) == text


@pytest.mark.parametrize(("line", "painted"), [
    ("completed: all of it", f"{GREEN}completed{NONE}: all of it"),
    ("  approved  modify  a.py", f"  {GREEN}approved{NONE}  modify  a.py"),
    ("  reverted  modify  a.py", f"  {RED}reverted{NONE}  modify  a.py"),
    ("  skipped   modify  a.py", f"  {YELLOW}skipped{NONE}   modify  a.py"),
    ("fail  git  none", f"{RED}fail{NONE}  git  none"),
    ("a completed: thing", "a completed: thing"),
    ("failed attempts are told", "failed attempts are told"),
    ("      failed  deep in a text", "      failed  deep in a text"),
])
def test_a_result_tells_in_colour_how_things_went(line: str, painted: str) -> None:
    assert paint.outcomes(f"x\n{line}\ny") == f"x\n{painted}\ny"


@pytest.mark.parametrize(("line", "painted"), [
    ("  0:01  file        a.py approved (1 of 2)", f"  0:01  {GREEN}file{NONE}        a.py approved (1 of 2)"),
    (" 10:01  file        a.py failed: x", f" 10:01  {RED}file{NONE}        a.py failed: x"),
    ("  0:01  file        no/failed/a.py approved", f"  0:01  {GREEN}file{NONE}        no/failed/a.py approved"),
    ("  0:01  review      a.py needs work: x", f"  0:01  {RED}review{NONE}      a.py needs work: x"),
    ("  0:01  tests       3 failing, 1 of them new", f"  0:01  {RED}tests{NONE}       3 failing, 1 of them new"),
    ("  0:01  executor    approved.py: asked", "  0:01  executor    approved.py: asked"),
])
def test_a_line_tells_in_the_colour_of_its_label_how_things_went(line: str, painted: str) -> None:
    assert paint.event(line) == painted


def test_an_error_begins_in_red() -> None:
    assert paint.error("orchestra: error [usage]: what; where") == f"{RED}orchestra: error [usage]:{NONE} what; where"

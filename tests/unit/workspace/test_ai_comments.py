"""Comments that end in AI!, in many languages."""

from __future__ import annotations

import pytest

from orchestra.workspace.ai_comments import find_ai_comments


@pytest.mark.parametrize("path, line", [
    ("a.py", "# do it AI!"), ("a.py", "x = 1  # do it AI!"), ("a.py", "x = '#'  # do it AI!"),
    ("a.py", "## do it, ai!"), ("a.js", "// do it AI!"), ("a.js", "f();// do it AI!"), ("a.ts", "/* do it AI! */"),
    ("a.c", "x; /* do it AI! */ y;"), ("a.java", "/**\n * do it AI!\n */"), ("a.go", "/*\n   do it AI!\n*/"),
    ("a.sql", "-- do it AI!"), ("a.lua", "--[[\ndo it AI!\n]]"), ("a.hs", "{- do it AI! -}"),
    ("a.lisp", ";; do it AI!"), ("a.tex", "% do it AI!"), ("a.html", "<!-- do it AI! -->"),
    ("a.md", "<!--\ndo it AI!\n-->"), ("a.vue", "// do it AI!"), ("a.php", "# do it AI!"),
    ("a.css", "/* do it AI! */"), ("Makefile", "# do it AI!"), ("Dockerfile", "# do it AI!"),
    ("run", "#!/bin/sh\n# do it AI!"), ("run", "#!/usr/bin/env node\n// do it AI!"),
    ("a.unknown", "-- do it AI!"), ("a.py", "# AI! do it"),
    ("a.py", "# AI: do it AI!"), ("a.ml", "(* do it AI! *)"), ("a.sh", "run # do it AI!"), ("a.rs", "/// do it AI!"),
    ("a.vim", '" do it AI!'), ("a.bat", "REM do it AI!"), ("a.vim", "# do it AI!"), ("a.vim", "var x = 1  # do it AI!"),
    ("a.vim", 'call F("x", "y") " do it AI!'), ("a.cmd", "@rem do it AI!"), ("a.bat", "  rEM do it AI!"),
    ("a.bat", ":: do it AI!"), ("a.bat", "if x (rem do it AI!"), ("a.bat", "cls & @REM\tdo it AI!"),
    ("a.bat", "cls && rem do it AI!"), ("a.cmd", "cls& rem do it AI!"),
])
def test_is_found_in_every_style(path: str, line: str) -> None:
    assert [comment.text for comment in find_ai_comments(path, line + "\n")] == ["do it"]


@pytest.mark.parametrize("path, text", [
    ("a.py", "s = 'do it AI!'"), ("a.py", 's = "# do it AI!"'), ("a.py", "# said by an AI"), ("a.py", "# is it, AI?"),
    ("a.py", "do it AI!"), ("a.md", "# A heading AI!"), ("a.txt", "Bonsai!"), ("a.py", "# Bonsai!"),
    ("a.py", "# open-ai!"), ("a.py", "x = 1"), ("a.js", "see('http://x/ AI!')"), ("a.html", "<p>AI!</p>"),
    ("a.py", "# AI!"), ("a.json", '{"a": "AI!"}'), ("a.js", "let u = 'http://do.it AI!'"),
    ("a.c", "/* a */ do it AI!"), ("a.bat", "echo REMOVE it AI!"), ("a.bat", "remove it AI!"),
    ("a.bat", "echo rem it AI!"), ("a.bat", "echo a :: b AI!"),
    ("a.vim", 'let x = "AI! do it"'), ("a.vim", 'let x = "# do it AI!"'),
])
def test_what_is_no_such_comment_is_passed_over(path: str, text: str) -> None:
    assert find_ai_comments(path, text + "\n") == ()


def test_neighbours_that_say_ai_belong_to_it() -> None:
    text = "import x\n# Make it faster, AI\n# ai: but keep the names\n# and test it AI!\nx = 1\n# other\n"
    (comment,) = find_ai_comments("a.py", text)

    assert comment.text == "Make it faster\nbut keep the names\nand test it"
    assert comment.line == 2
    assert comment.quoted == "# Make it faster, AI\n# ai: but keep the names\n# and test it AI!"


def test_plain_comments_beside_it_do_not_belong_to_it() -> None:
    (comment,) = find_ai_comments("a.py", "# What f does.\n# be quick AI!\n# Another thing.\n")

    assert comment.text == "be quick"


def test_a_mark_that_stands_alone_means_the_comment_above() -> None:
    (comment,) = find_ai_comments("a.py", "x = 1\n# Sort these\n# by name\n# AI!\ny = 2\n")

    assert (comment.text, comment.line) == ("Sort these\nby name", 2)


def test_each_comment_is_one_of_its_own() -> None:
    found = find_ai_comments("a.py", "# one AI!\nx = 1\n# two AI!\n")

    assert [comment.text for comment in found] == ["one", "two"]


def test_a_long_text_is_read_in_linear_time() -> None:
    assert find_ai_comments("a.py", "# ai " * 100_000 + "AI!x\n" + "/*" * 100_000) == ()


def test_text_in_a_string_of_several_lines_is_no_comment() -> None:
    quoted = 'x = """\n# say hello AI!\n"""\n'
    assert find_ai_comments("a.py", quoted) == ()
    assert [found.line for found in find_ai_comments("a.py", quoted + "# say hello AI!\n")] == [4]


def test_comments_of_a_file_that_is_being_typed_are_found() -> None:
    assert [found.line for found in find_ai_comments("a.py", "def f(:\n    # mend this AI!\n" + '"""')] == [2]

"""Laws of the check before a file is written: it never fails, it is a function, and no bracket's loss escapes it."""

from __future__ import annotations

import pytest

from orchestra.workspace.languages.lexer import find_unfinished
from orchestra.workspace.languages.names import language_of
from tests.unit.workspace.defects import defects_in

pytest.importorskip("hypothesis")

from hypothesis import assume, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

PATHS = [
    "a." + suffix for suffix in (
        "py json jsonc yaml toml xml ini csv js ts tsx go rs c cpp java cs kt swift scala dart groovy sh zsh rb php lua"
        " ps1 css scss less sql tf hs clj r cmake vue proto graphql"
    ).split()
]
MARKS = [
    "(", ")", "[", "]", "{", "}", "'", '"', "`", "/", "//", "/*", "*/", "<", ">", "</", "<A>", "<<A\n", "A\n",
    "<<~'A'\n",
    "${", "#{", "\\(", "\\", "\n", " ", "#", "#if x\n", "#else\n", "#endif\n", "#define ", "r#\"", "\"#", '"""', "'''",
    "--[[", "]]", "{-", "-}", "$$", "%w(", "?", "if ", "fi", "do ", "done", "end", "def x", "case x in", "esac", "=",
    ";",
    "<?php ", "?>", "<!--", "-->", "@\"", "$\"{", "x", "1", ":", ",", "\u00e9", "\0", "\ud800", "&a;",
    "<!DOCTYPE a [", "- ",
]
OPENERS = {"(": ")", "[": "]", "{": "}"}
LANGUAGES = ["a.js", "a.ts", "a.go", "a.rs", "a.c", "A.java", "A.kt", "a.swift", "a.dart", "A.cs", "a.lua"]
STATEMENTS = ["a;\n", "b + c;\n", "d = \"(\";\n", "/* ] */", "// }\n", "e\n;\n"]


def balanced(depth: int) -> st.SearchStrategy[str]:
    """Programs whose brackets match, with brackets in strings and comments that do not."""
    plain = st.sampled_from(STATEMENTS)
    if depth == 0:
        return plain
    inner = st.lists(balanced(depth - 1), max_size=3).map("".join)
    nested = st.tuples(st.sampled_from(sorted(OPENERS)), inner).map(lambda pair: pair[0] + pair[1] + OPENERS[pair[0]])
    return st.lists(st.one_of(plain, nested), min_size=1, max_size=3).map("".join)


def places_of_brackets(text: str) -> list[int]:
    """Where brackets stand that are code."""
    blank = text
    for dead in ("\"(\"", "/* ] */", "// }\n"):
        blank = blank.replace(dead, "_" * len(dead))
    return [place for place, char in enumerate(blank) if char in "()[]{}"]


@settings(max_examples=1500)
@given(st.sampled_from(PATHS), st.lists(st.sampled_from(MARKS), max_size=60).map("".join))
def test_any_text_is_judged_and_always_the_same(path: str, text: str) -> None:
    defects = defects_in(path, text)
    assert defects == defects_in(path, text)
    lines = text.count("\n") + 1
    for defect in defects:
        assert defect.message and "\n" not in defect.message
        assert defect.line is None or 1 <= defect.line <= lines + 1


@given(st.sampled_from(PATHS), st.text(max_size=200))
def test_no_character_is_too_strange(path: str, text: str) -> None:
    assert isinstance(defects_in(path, text), tuple)


@given(st.sampled_from(LANGUAGES), balanced(4))
def test_balanced_programs_pass(path: str, program: str) -> None:
    language = language_of(path, program)
    assert language is not None
    # Lua's comments and Rust's quotes have a look of their own; here only what all of them share.
    assume(path != "a.lua" or not any(dead in program for dead in ("/*", "//", "[[")))
    assert find_unfinished(program + "x();", language) == ()


@given(st.sampled_from(LANGUAGES), balanced(4), st.data())
def test_the_loss_of_any_bracket_is_found(path: str, program: str, data: st.DataObject) -> None:
    assume(path != "a.lua" or not any(dead in program for dead in ("/*", "//", "[[")))
    places = places_of_brackets(program)
    assume(places)
    place = data.draw(st.sampled_from(places))
    language = language_of(path, program)
    assert language is not None
    assert find_unfinished(program[:place] + program[place + 1:] + "x();", language)

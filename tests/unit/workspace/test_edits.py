"""SEARCH/REPLACE blocks."""

from __future__ import annotations

import pytest

from orchestra.errors import RefusedDraft, UnfitEdits
from orchestra.workspace.edit_blocks import has_edits, parse_edits
from orchestra.workspace.edits import Edit, apply_edits


def block(search: str, replace: str, *, marks: int = 7, tail: str = "") -> str:
    lines = ["<" * marks + " SEARCH" + tail, search, "=" * marks + tail, replace, ">" * marks + " REPLACE" + tail]
    return "\n".join(line for line in lines if line) + "\n"


def edit(search: str, replace: str) -> tuple[Edit, ...]:
    return (Edit(search, replace),)


def test_reads_the_blocks_of_an_answer_in_order() -> None:
    answer = "Two changes:\n```python\n" + block("a", "b") + "```\nand\n" + block("c\nd", "") + "Done."
    assert parse_edits(answer) == (Edit("a\n", "b\n"), Edit("c\nd\n", ""))
    assert has_edits(answer)


@pytest.mark.parametrize("marks", [5, 6, 7, 8, 9])
@pytest.mark.parametrize("tail", ["", "  ", "\r"])
def test_tolerates_other_numbers_of_marks_and_trailing_blanks(marks: int, tail: str) -> None:
    assert parse_edits(block("a", "b", marks=marks, tail=tail)) == (Edit("a\n", "b\n"),)


def test_prose_has_no_edits() -> None:
    assert parse_edits("<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n") == ()
    assert not has_edits("Use SEARCH and REPLACE, like `<<<<<<< SEARCH`.")


@pytest.mark.parametrize("opening", [
    "<<<< SEARCH", "<" * 10 + " SEARCH", "<<<<<<< search", "<<<<<<< ORIGINAL", "<<<<<<<\u00a0SEARCH",
    "> <<<<<<< SEARCH", "- <<<<<<< SEARCH",
    "**<<<<<<< SEARCH**", "`<<<<<<< SEARCH`", "\uff1c" * 7 + " SEARCH", "# <<<<<<< SEARCH",
    "<<<<<<< search block", "<<<<<<< Search a.py", "<<<<<<< SEARCH/REPLACE", "<<<<<<< ORIGINAL a.py", "<<<<<<< SERACH",
    "<<<<<<< BEFORE", "1. <<<<<<< SEARCH", "",
])
@pytest.mark.parametrize("is_first", [True, False])
def test_none_of_the_edits_is_left_out_where_its_mark_is_misspelt(opening: str, is_first: bool) -> None:
    bad = block("c", "d").replace("<<<<<<< SEARCH", opening)
    with pytest.raises(UnfitEdits, match="closes a block that no line <<<<<<< SEARCH opens"):
        parse_edits(bad + "\n" + block("a", "b") if is_first else block("a", "b") + "\n" + bad)


@pytest.mark.parametrize("closing", [
    ">>>> REPLACE", ">" * 10 + " REPLACE", ">>>>>>> replace", ">>>>>>>\u00a0REPLACE", "> >>>>>>> REPLACE",
    "  >>>>>>> REPLACE", "**>>>>>>> REPLACE**", "\uff1e" * 7 + " REPLACE", "# >>>>>>> REPLACE",
    ">>>>>>> UPDATED", "+++++++ REPLACE",
])
def test_none_of_the_edits_is_left_out_where_both_its_marks_are_misspelt(closing: str) -> None:
    with pytest.raises(UnfitEdits, match="closes a block"):
        parse_edits(block("a", "b") + "<<<<<<< ORIGINAL\nc\n=======\nd\n%s\n" % closing)


@pytest.mark.parametrize("end", ["<<<", "<<<<<<<", "<<<<<<< SEA", "<<<<<<< S\n\n"])
def test_an_answer_that_ends_with_half_a_mark_is_cut_off(end: str) -> None:
    with pytest.raises(RefusedDraft, match="cut off"):
        parse_edits(block("a", "b") + end)


@pytest.mark.parametrize("words", [
    "I left `<<<<<<< SEARCH` out of it.", "The conflict was:\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> theirs",
    "Old:", "<search>", ">>> search()", "cat <<< search | sort", ">>> replace()", "`>>>>>>> REPLACE`:", "x >>> replace",
    "<<<<<<< ORIGINAL\na\n=======\nb\n>>>>>>> theirs", "<<<<<<<\na\n=======\nb\n>>>>>>>",
    "<<<OLD", "<<<F", "<<<S>>>", "<<<>>>", "<<<\nand so on",
])
def test_words_between_edits_are_none(words: str) -> None:
    assert parse_edits(words + "\n" + block("a", "b") + words + "\n") == (Edit("a\n", "b\n"),)


@pytest.mark.parametrize(
    "answer, words",
    [
        ("<<<<<<< SEARCH\na\n=======\nb\n", "block 1 is cut off"),
        ("<<<<<<< SEARCH\na\n<<<<<<< SEARCH\n", "block 1 is not closed"),
        ("<<<<<<< SEARCH\na\n>>>>>>> REPLACE\n", "has no ======="),
        (block("a", "b") + "<<<<<<< SEARCH\na\n=======\nb\n=======\nc\n>>>>>>> REPLACE\n", "block 2 has more than one"),
    ],
)
def test_refuses_a_block_that_cannot_be_read(answer: str, words: str) -> None:
    with pytest.raises(RefusedDraft, match=words):
        parse_edits(answer)


def test_a_heading_line_in_the_text_is_told_from_the_divider_by_its_length() -> None:
    assert parse_edits(block("Title\n=====", "Name\n=====")) == (Edit("Title\n=====\n", "Name\n=====\n"),)
    assert parse_edits(block("Heading\n=======", "x", marks=9)) == (Edit("Heading\n=======\n", "x\n"),)


def test_replaces_exact_lines() -> None:
    assert apply_edits("a\nb\nc\n", edit("b\n", "x\ny\n")).text == "a\nx\ny\nc\n"
    assert apply_edits("a\nb\nc\n", edit("b\n", "")).text == "a\nc\n"
    assert apply_edits("a\n", edit("a\n", "")).text == ""


def test_the_final_newline_stays_as_it_was() -> None:
    assert apply_edits("a\nb", edit("b\n", "c\n")).text == "a\nc"
    assert apply_edits("a\nb\n", edit("b\n", "c\n")).text == "a\nc\n"


def test_all_edits_are_looked_for_in_the_original() -> None:
    edits = (Edit("c\n", "a\n"), Edit("a\n", "b\n"))
    assert apply_edits("a\nx\nc\n", edits).text == "b\nx\na\n"


def test_trailing_blanks_and_line_endings_do_not_matter() -> None:
    assert apply_edits("a  \nb\n", edit("a\nb\n", "c\n")).text == "c\n"
    assert apply_edits("a\nb\n", edit("a \nb\t\n", "c\n")).text == "c\n"
    assert apply_edits("a\r\nb\r\n", edit("a\n", "c\nd\n")).text == "c\r\nd\r\nb\r\n"
    assert apply_edits("a\nb\n", edit("a\r\n", "c\r\n")).text == "c\nb\n"


def test_an_exact_place_wins_over_a_similar_one() -> None:
    assert apply_edits("a \na\n", edit("a\n", "b\n")).text == "a \nb\n"


def test_a_search_that_lost_its_indentation_is_found_and_the_replacement_moved() -> None:
    original = "class A:\n    def f(self):\n        return 1\n"
    search, replace = "def f(self):\n    return 1\n", "def f(self):\n\n    return 2\n"
    assert apply_edits(original, edit(search, replace)).text == "class A:\n    def f(self):\n\n        return 2\n"


def test_a_search_with_too_much_indentation_is_found_and_the_replacement_moved_back() -> None:
    assert apply_edits("def f():\n    pass\n", edit("  def f():\n      pass\n", "  def f():\n      return\n")).text == (
        "def f():\n    return\n"
    )
    with pytest.raises(RefusedDraft):
        apply_edits("def f():\n    pass\n", edit("  def f():\n      pass\n", "x = 1\n"))


def test_an_indentation_that_is_not_uniform_is_not_guessed() -> None:
    with pytest.raises(RefusedDraft, match="not in the file"):
        apply_edits("    a\n        b\n", edit("a\nb\n", "c\n"))
    with pytest.raises(RefusedDraft, match="not in the file"):
        apply_edits("\ta\n    b\n", edit("    a\n    b\n", "c\n"))


@pytest.mark.parametrize("original, search, replace, wanted", [
    # Two depths of the search say how many blanks stand for a tab.
    ("\tif a:\n\t\tb\n", "    if a:\n        b\n", "    if a:\n        while c:\n            b\n",
     "\tif a:\n\t\twhile c:\n\t\t\tb\n"),
    ("\tif a:\n\t\tb\n", "if a:\n  b\n", "if a:\n  while c:\n    b\n", "\tif a:\n\t\twhile c:\n\t\t\tb\n"),
    ("  if a:\n    b\n", "\tif a:\n\t\tb\n", "\tif a:\n\n\t\t\tb\nc\n", "  if a:\n\n      b\nc\n"),
    ("x:\n\tf(a,\n\t  b)\n", "    f(a,\n      b)\n", "    f(a,\n      c)\n", "x:\n\tf(a,\n\t  c)\n"),
    # One depth: the replacement's steps must say the same, or the file's.
    ("\tb\n", "    b\n", "    if a:\n        b\n", "\tif a:\n\t\tb\n"),
    ("\tb\n", "    b\n", "    c\n", "\tc\n"),
    ("\tb\n", "b\n", "if a:\n    b\n", "\tif a:\n\t\tb\n"),
    ("a:\n  b:\n    c\n", "\t\tc\n", "\t\td:\n\t\t\tc\n", "a:\n  b:\n    d:\n      c\n"),
    ("a:\n  b:\n    c\n", "c\n", "d:\n\tc\n", "a:\n  b:\n    d:\n      c\n"),
])
def test_a_replacement_is_indented_as_its_file(original: str, search: str, replace: str, wanted: str) -> None:
    edited = apply_edits(original, edit(search, replace))
    assert (edited.text, edited.matches) == (wanted, ("indentation",))


@pytest.mark.parametrize("original, search, replace", [
    # Two blanks for a tab, or four and a whole step too few?
    ("\t\tb\n", "    b\n", "    if a:\n        b\n"),
    ("\ta\n\t\tb\n\t\t\tc\n", "  a\n    b\n       c\n", "  x\n"),
    ("\ta\n\t\tb\n", "    a\n        b\n", "    a\n      b\n"),
    ("\ta\n\t\tb\n", "    a\n        b\n", "\tc\n"),
    ("\ta\n\t\tb\n", "        a\n    b\n", "        c\n"),
    ("    a\n", "\ta\n", "\tif b:\n \ta\n"),
    ("x:\n  y\n        a\n", "\ta\n", "\tif b:\n\t\ta\n"),
])
def test_an_indentation_that_could_be_more_than_one_is_not_guessed(original: str, search: str, replace: str) -> None:
    with pytest.raises(RefusedDraft, match="not in the file"):
        apply_edits(original, edit(search, replace))


@pytest.mark.parametrize(
    "edits, words",
    [
        (edit("", "x\n"), "block 1 has nothing to search for"),
        (edit("\n \n", "x\n"), "block 1 has nothing to search for"),
        (edit("b\n", "x\n"), "block 1 fits more than one place"),
        ((Edit("a\n", "x\n"), Edit("nothing like it\n", "x\n")), "block 2 searches for lines that are not"),
        ((Edit("a\nb\n", "x\n"), Edit("b\nc\n", "y\n")), "block 2 overlaps block 1"),
    ],
)
def test_refuses_all_when_one_cannot_be_made(edits: tuple[Edit, ...], words: str) -> None:
    with pytest.raises(RefusedDraft, match=words):
        apply_edits("a\nb\nc\nb\n", edits)


def test_shows_the_nearest_lines_for_a_search_that_is_missing() -> None:
    with pytest.raises(RefusedDraft) as caught:
        apply_edits("import os\ndef compute(a, b):\n    return a\n", edit("def compute(a, c):\n", "x\n"))
    assert "2: def compute(a, b):" in (caught.value.where or "")


def test_says_where_an_ambiguous_search_fits() -> None:
    with pytest.raises(RefusedDraft) as caught:
        apply_edits("x\ny\nx\n", edit("x\n", "z\n"))
    assert caught.value.where == "at lines 1, 3"


def test_an_edit_that_is_in_place_changes_nothing() -> None:
    replaced = edit("old(a)\n", "new(a)\n")
    once = apply_edits("a\nold(a)\nb\n", replaced).text
    assert apply_edits(once, replaced).text == once
    added = edit("import os\n", "import os\nimport sys\n")
    once = apply_edits("import os\n\nx = 1\n", added).text
    assert apply_edits(once, added).text == once


@pytest.mark.parametrize("line", ["}", "pass", "return None", "    return result", "else:", "import os", "});"])
def test_a_line_of_any_file_is_no_proof_that_an_edit_is_in_place(line: str) -> None:
    with pytest.raises(RefusedDraft):
        apply_edits("a\n%s\n" % line, edit("gone\n", line + "\n"))


def test_the_same_block_twice_counts_once() -> None:
    assert parse_edits(block("a", "b") + block("a", "b")) == (Edit("a\n", "b\n"),)


@pytest.mark.parametrize("original, search, how", [
    ("a\n", "a\n", "exact"), ("a\r\nb\n", "a\n", "line endings"), ("a \n", "a\n", "trailing blanks"),
    ("  a\n", "a\n", "indentation"), ("z = 1\n", "a\n", "exact"),
])
def test_says_how_an_edit_fits(original: str, search: str, how: str) -> None:
    assert apply_edits(original, edit(search, "z = 1\n")).matches == (how,)


def test_a_line_keeps_the_ending_of_those_that_it_replaces() -> None:
    assert apply_edits("a\r\nb\nc\r\n", edit("a\n", "x\ny\n")).text == "x\r\ny\r\nb\nc\r\n"
    assert apply_edits("a\r\nb\nc\r\n", edit("b\n", "x\r\n")).text == "a\r\nx\nc\r\n"


def test_every_block_that_does_not_fit_is_shown_beside_what_is_there() -> None:
    edits = (Edit("def f(a):\n", "z\n"), Edit("b = 1\n", "z\n"), Edit("c\n", "z\n"))
    with pytest.raises(UnfitEdits, match=r"block 1 .* \(and 2 more cannot be made either\)") as caught:
        apply_edits("def f(b):\nb = 1\nx\nb = 1\n", edits)
    assert "1: def f(b):\n2: b = 1" in caught.value.shown
    assert "block 2 fits more than one place; at lines 2, 4" in caught.value.shown
    assert "block 3 searches" in caught.value.shown


def test_the_nearest_place_is_where_most_lines_stand() -> None:
    original = "".join("line %d\n" % number for number in range(1, 30))
    with pytest.raises(UnfitEdits) as caught:
        apply_edits(original, edit("line 12\nline 13\nline 99\n", "x\n"))
    assert caught.value.where == "nearest is line 12: line 12"
    assert "11: line 11\n12: line 12\n13: line 13\n14: line 14\n15: line 15" in caught.value.shown


def test_too_many_edits_are_no_edits() -> None:
    with pytest.raises(UnfitEdits, match="more than 500"):
        apply_edits("a\n", tuple(Edit("a%d\n" % number, "b\n") for number in range(501)))


def test_blocks_of_another_number_of_marks_may_stand_within() -> None:
    inner = block("a", "b", marks=7)
    outer = "<<<<<<<<< SEARCH\n%s=========\n%s>>>>>>>>> REPLACE\n" % (inner, inner.replace("a", "c"))
    assert parse_edits(outer) == (Edit(inner, inner.replace("a", "c")),)


def test_a_marker_line_may_name_the_file() -> None:
    (found,) = parse_edits(block("a", "b").replace(" SEARCH", " SEARCH src/a.py"))
    assert (found, found.path) == (Edit("a\n", "b\n"), "src/a.py")


def test_the_lines_above_a_block_may_name_its_file_and_that_of_the_blocks_that_follow() -> None:
    answer = "**src/a.py**\n```python\n" + block("a", "b") + block("c", "d") + "```\n\nsrc/b.py\n" + block("e", "f")
    assert [found.path for found in parse_edits(answer)] == ["src/a.py", "src/a.py", "src/b.py"]


def test_the_file_decides_where_a_block_is_divided() -> None:
    answer = block("Title\n=======\nText", "Name\n=======\nText")
    assert parse_edits(answer, "Title\n=======\nText\n") == (Edit("Title\n=======\nText\n", "Name\n=======\nText\n"),)
    with pytest.raises(RefusedDraft, match="more than one ======="):
        parse_edits(answer, "nothing like it\n")


def test_the_indentation_of_the_marks_is_that_of_the_block() -> None:
    answer = "".join("   %s\n" % line for line in block("a\n  b", "c").splitlines())
    assert parse_edits(answer) == (Edit("a\n  b\n", "c\n"),)

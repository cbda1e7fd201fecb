"""Drafts: the one block that is the file, edits, and what must not be written."""

from __future__ import annotations

import pytest

from orchestra.agents.draft_reply import gist, read_draft
from orchestra.agents.replies import NeedFiles
from orchestra.errors import RefusedDraft, UnreadableReply
from orchestra.records import Draft

EDIT = "<<<<<<< SEARCH\nb = 2\n=======\nb = 3\n>>>>>>> REPLACE"
ORIGINAL = "a = 1\nb = 2\n"
EDITED = "a = 1\nb = 3\n"


def block(text: str, info: str = "python", fence: str = "```") -> str:
    return "%s%s\n%s\n%s" % (fence, info, text, fence)


def draft(text: str, path: str = "src/a.py", original: str | None = None, task: str = "") -> str:
    found = read_draft(text, path, original, task=task)
    assert isinstance(found, Draft)
    assert found.path == path
    return found.text


def why_unreadable(text: str, path: str = "src/a.py", original: str | None = None) -> str:
    with pytest.raises(UnreadableReply) as caught:
        read_draft(text, path, original)
    return caught.value.what


def why_refused(text: str, path: str = "src/a.py", original: str | None = None) -> str:
    with pytest.raises(RefusedDraft) as caught:
        read_draft(text, path, original)
    return caught.value.what


@pytest.mark.parametrize("text", [
    block("a = 1\nb = 2"),
    "好的，这是文件：\n" + block("a = 1\nb = 2") + "\n请检查。",
    ("\ufeff<think>\n" + block("no") + "\n</think>\n" + block("a = 1\nb = 2")).replace("\n", "\r\n"),
    block("\ufeffa = 1\nb = 2", ""),
    block("a = 1\nb = 2", "", "~~~"),
    block("a = 1\nb = 2") + "\nThen run:\n" + block("pytest src/a.py", "bash"),
    "First a sketch in `src/b.py`:\n" + block("no") + "\n\n**src/a.py**\n\n" + block("a = 1\nb = 2"),
    block("no", "python src/b.py") + "\n" + block("a = 1\nb = 2", "python:src/a.py"),
    block("x") + "\n" + block("a = 1\nb = 2", 'python title="a.py"'),
])
def test_finds_the_file_however_it_is_wrapped(text: str) -> None:
    assert draft(text) == ORIGINAL


@pytest.mark.parametrize("text", [
    block('{"path": "src/a.py", "content": "a = 1\\nb = 2\\n"}', "json"),
    block('{"content": "a = 1\\r\\nb = 2\\r\\n", "file": "src/a.py"}', ""),
    block("# filepath: src/a.py\na = 1\nb = 2"),
    block("# filepath: /home/me/project/src/a.py\na = 1\nb = 2"),
    block("# filepath: src\\a.py%s-->\na = 1\nb = 2" % (" " * 100_000)),
])
def test_takes_the_file_out_of_what_names_its_path(text: str) -> None:
    assert draft(text) == "a = 1\nb = 2\n"


@pytest.mark.parametrize("path, text, original", [
    ("src/a.json", '{"path": "src/a.json", "content": "a"}\n', None),
    ("src/a.py", '{"path": "src/b.py", "content": "a"}\n', None),
    ("src/a.py", '{"path": "src/a.py", "content": "a", "mode": 1}\n', None),
    ("src/a.py", "{1: 2}\n", None),
    ("src/a.py", "# filepath: src/a.py\na = 2\n", "# filepath: src/a.py\na = 1\n"),
    ("src/a.py", "# filepath: src/b.py\na = 1\n", None),
    ("src/a.py", "# src/a.py\na = 1\n", None),
])
def test_what_may_be_of_the_file_stays(path: str, text: str, original: str | None) -> None:
    assert draft(block(text.rstrip("\n")), path, original) == text


def test_takes_the_block_that_is_clearly_the_file() -> None:
    long_text = "x = 1\n" * 40
    assert draft(block("x = 1") + "\nso:\n" + block(long_text.rstrip("\n"))) == long_text


def test_asks_for_exactly_one_block_where_it_cannot_tell() -> None:
    assert "The answer has 2 fenced blocks; give the whole file in exactly one" in why_unreadable(
        block("a = 1") + "\nor\n" + block("a = 2")
    )


MAIN = "def main(a):\n    if a:\n" + "".join(f"        a.add({each})\n" for each in range(20)) + "    return a"
MAIN_NOW = MAIN.replace("a.add(7)", "a.add(77)")
HEAD, TAIL = "import os\n\nos.umask(63)\n\n\n", "\n\n\ndef last(a):\n    return a"


@pytest.mark.parametrize("original, new", [
    (HEAD + MAIN, MAIN_NOW), (MAIN + TAIL, MAIN_NOW), (HEAD + MAIN + TAIL, MAIN_NOW), (HEAD + MAIN, MAIN + "  # done"),
    (HEAD + MAIN, MAIN + "\n\n\ndef more():\n    pass"), (MAIN + TAIL, "# first\n" + MAIN),
])
def test_a_long_section_and_what_is_to_stand_for_it_are_no_file(original: str, new: str) -> None:
    answer = "Replace\n" + block(MAIN) + "\nwith\n" + block(new)
    assert "2 fenced blocks" in why_unreadable(answer, original=original + "\n")


@pytest.mark.parametrize("new", [
    HEAD + MAIN_NOW + TAIL, "# first\n" + HEAD + MAIN_NOW + TAIL, HEAD + MAIN_NOW + TAIL + "\n\n\nlast(1)",
])
def test_a_section_before_the_whole_file_is_a_part_of_it(new: str) -> None:
    answer = "Before:\n" + block(MAIN) + "\nAll:\n" + block(new)
    assert draft(answer, original=HEAD + MAIN + TAIL + "\n") == new + "\n"


def test_prose_is_no_file() -> None:
    assert "no fenced block and no edits" in why_unreadable("a = 1\nb = 2\n")
    assert why_unreadable(" \n") == "The answer is empty."


def test_an_open_fence_means_cut_off() -> None:
    assert "cut off" in why_unreadable("```python\na = 1\nb =")


def test_an_empty_new_file_may_be() -> None:
    assert draft("```python\n```", "src/__init__.py") == ""


def test_a_file_is_not_emptied() -> None:
    assert "The draft is empty" in why_refused("```python\n\n```", original=ORIGINAL)


def test_an_unchanged_file_is_fine() -> None:
    assert draft(block("a = 1\nb = 2"), original=ORIGINAL) == ORIGINAL


@pytest.mark.parametrize("text", [
    EDIT, block(EDIT), block(EDIT, "src/a.py"), "Sure:\n\n" + EDIT.replace("\n", "\r\n") + "\n\nDone.",
])
def test_applies_edits_in_or_out_of_a_fence(text: str) -> None:
    assert draft(text, original=ORIGINAL) == EDITED


def test_applies_several_edits_with_prose_between() -> None:
    other = "<<<<<<< SEARCH\na = 1\n=======\na = 0\n>>>>>>> REPLACE"
    assert draft("One:\n" + block(EDIT) + "\nTwo:\n" + block(other), original=ORIGINAL) == "a = 0\nb = 3\n"


def test_edits_that_do_not_fit_are_refused() -> None:
    why_refused(EDIT.replace("b = 2", "c = 2"), original=ORIGINAL)


def test_edits_of_a_file_that_does_not_exist_are_unreadable() -> None:
    assert "does not exist yet" in why_unreadable(EDIT)
    assert "does not exist yet" in why_unreadable(block(EDIT))


def test_a_file_about_edits_is_not_taken_for_edits() -> None:
    original = "TEXT = '''\n" + EDIT + "\n'''\n"
    changed = original.replace("b = 3", "b = 4")
    assert draft(block(changed.rstrip("\n")), original=original) == changed
    assert draft(block(original.rstrip("\n"))) == original


ABOUT = "".join("line %d\n" % number for number in range(9))


def test_a_file_that_becomes_one_about_edits_is_taken_whole() -> None:
    changed = ABOUT + EDIT + "\n"
    assert draft(block(changed.rstrip("\n"), ""), "a.txt", original=ABOUT) == changed


def test_remarks_before_edits_that_do_not_fit_are_no_file() -> None:
    answer = block("one\ntwo\nthree\nfour\nfive\n" + EDIT, "")
    assert "searches for lines that are not in the file" in why_refused(answer, "a.txt", original=ABOUT)
    about_edits = ABOUT + EDIT + "\n"
    answer = block("# the ninth line\n" + EDIT.replace("b = 2", "line 8").replace("b = 3", "line nine"), "")
    assert draft(answer, "a.txt", original=about_edits) == about_edits.replace("line 8", "line nine")


def test_a_markdown_file_that_holds_a_diff_is_a_file() -> None:
    text = "# Title\n\n```\nx\n```\n\n```diff\n-a\n+b\n```\n"
    assert draft(block(text.rstrip("\n"), "markdown"), "README.md", original="# Title\n") == text


def test_reads_files_asked_for() -> None:
    asked = '{"need_files": ["src/b.py"]}'
    for text in (asked, block(asked, "json"), "I must see it first.\n" + block(asked, "json")):
        assert read_draft(text, "src/a.py", ORIGINAL) == NeedFiles(("src/b.py",))


def test_files_are_asked_for_only_by_the_sole_key_of_the_sole_block() -> None:
    asked = '{"need_files": ["src/b.py"]}'
    assert draft(block(asked, "json") + "\n" + block("a = 1\nb = 2", "src/a.py")) == ORIGINAL
    assert draft(block("x = 2", "python") + "\n" + block(asked, "json")) == "x = 2\n"
    edits = block("<<<<<<< SEARCH\na = 1\n=======\na = 2\n>>>>>>> REPLACE")
    assert draft(edits + "\n" + block(asked), original=ORIGINAL) == ORIGINAL.replace("1", "2")
    assert "no fenced block" in why_unreadable(block(asked) + "\n" + block(asked))
    assert "only key" in why_unreadable(block('{"need_files": ["b"], "why": "x"}', "json"))
    assert "at least one text" in why_unreadable(block('{"need_files": []}', "json"))
    assert "comma before a closing bracket" in why_unreadable(block('{"need_files": ["b",]}', "json"))


def test_a_json_file_that_holds_the_key_is_a_file() -> None:
    asked = '{"need_files": ["src/b.py"]}'
    assert draft(block(asked, "json"), "reply.json", '{"need_files": []}\n') == asked + "\n"
    assert read_draft(block(asked, "json"), "package.json", '{"name": "x"}\n') == NeedFiles(("src/b.py",))


def test_a_new_json_file_holds_the_key_only_where_the_task_speaks_of_it() -> None:
    asked = block('{"need_files": ["src/b.py"]}', "json")
    assert read_draft(asked, "new.json", None) == NeedFiles(("src/b.py",))
    assert read_draft(asked, "new.json", None, task="list the files") == NeedFiles(("src/b.py",))
    assert isinstance(read_draft(asked, "new.json", None, task="a reply with need_files"), Draft)


@pytest.mark.parametrize("above", ["# src/a.py\n", "# File: src/a.py\n\n", "/* src\\a.py */\n", "\n\n"])
def test_what_stands_above_a_file_that_is_there_does_not_get_into_it(above: str) -> None:
    assert draft(block(above + "a = 2\nb = 2"), original=ORIGINAL) == "a = 2\nb = 2\n"
    assert draft(block(above + "a = 2\nb = 2"), original=above + ORIGINAL) == above + "a = 2\nb = 2\n"
    assert draft(block(above + "a = 2\nb = 2")) == above + "a = 2\nb = 2\n", "a new one may have it"


@pytest.mark.parametrize("own", ["#!/bin/sh\n", "# What it does, and why.\n", "#include <stdio.h>\n", "// @ts-check\n"])
def test_nor_above_a_line_that_names_no_file(own: str) -> None:
    assert draft(block("# src/a.py\n" + own + "b = 2"), original=own + ORIGINAL) == own + "b = 2\n"


@pytest.mark.parametrize("path, first, of_original, task", [
    ("a.py", "# Copied from https://example.com/x/a.py", "", ""),
    ("a.py", "# See also tests/unit/a.py", "", ""),
    ("a.py", "# /work/p/a.py", "", ""),
    ("my a.py", "# my a.py", "", ""),
    ("bin/x", "#!/bin/x", "", ""),
    ("a.py", "# a.py", "# old.py\n", ""),
    ("src/a.py", "# File: src/a.py", "# src/a.py\n", ""),
    ("a.css", "/* a.css */", "/* other */\n", ""),
    ("a.py", "# a.py", "", "Put a comment with its name into each module"),
    ("a.py", "# a.py", "", "Name the file at its top"),
    ("a.py", "# a.py", "", "Schreibe in die erste Zeile, wie die Datei heißt"),
    ("a.py", "# a.py", "", "在文件第一行写上文件名"),
    ("a.py", "# filepath: a.py", "", "Begin it with `# filepath: a.py`"),
])
def test_a_first_line_that_may_be_meant_stays(path: str, first: str, of_original: str, task: str) -> None:
    assert draft(block(first + "\nnew"), path, of_original + "old\n", task) == first + "\nnew\n"


def test_a_title_that_is_the_name_of_the_file_stays() -> None:
    assert draft(block("# NOTES.md\nnew", "markdown"), "NOTES.md", "old\n") == "# NOTES.md\nnew\n"


def test_words_of_other_tops_ask_for_no_first_line() -> None:
    assert draft(block("# a.py\nnew"), "a.py", "old\n", "Stop at the top-level function") == "new\n"


README = "# Title\n\n```bash\nmake\n```\n\nOutput:\n\n```\nok\n```\n\nEnd.\n"


@pytest.mark.parametrize("text", [
    block(README.rstrip("\n"), "markdown", "````"),
    block(README.rstrip("\n"), "", "~~~~"),
    block(README.rstrip("\n"), "markdown"),
    "Here it is:\n" + block(README.rstrip("\n"), "md") + "\nEnjoy.",
    block(README.rstrip("\n"), "README.md"),
    block(README.rstrip("\n"), "{.markdown}", "````"),
    block(README.rstrip("\n"), "markdown (whole file)"),
    block(README.rstrip("\n"), "markdown", "````") + "\nThen:\n" + block("make", "bash"),
])
def test_fences_inside_markdown_belong_to_the_file(text: str) -> None:
    assert draft(text, "README.md") == README


def test_markdown_beside_another_block_is_found() -> None:
    assert draft(block("# T", "markdown") + "\nThen:\n" + block("make", "bash"), "README.md") == "# T\n"


def test_markdown_without_a_fence_of_its_own_is_unreadable() -> None:
    assert "not in a fence of its own" in why_unreadable("# Title\n\n```bash\nmake\n```\n", "README.md")


@pytest.mark.parametrize("kept", [3, 5, 9])
def test_markdown_that_is_cut_off_is_unreadable(kept: int) -> None:
    text = "\n".join(block(README.rstrip("\n"), "markdown").split("\n")[:kept])
    assert "cut off" in why_unreadable(text, "README.md")


@pytest.mark.parametrize("remark", [
    "# ... rest of the code unchanged",
    "# ... rest of the code unchanged ...",
    "    // ... existing code ...",
    "/* … remaining methods … */",
    "<!-- ... rest of the file ... -->",
    "... rest of the code unchanged",
    "[... other functions omitted ...]",
    "# (rest of the file remains the same)",
    "# rest of the code remains unchanged",
    "-- The rest of the file stays the same",
    "# Existing code remains",
    "// Rest of your code here",
    "# ... keep existing code ...",
    "# ... (unchanged)",
    "# ... 其余代码保持不变 ...",
    "// 其余代码不变",
    "# …省略…",
    "# rest unchanged",
    "// The rest is unchanged.",
    "/* rest of styles unchanged */",
    "-- rest of the query unchanged",
    "# unchanged code omitted for brevity",
    "# the remaining functions are the same as before",
    "// Your existing code here",
    "// ... more code ...",
    "# TODO: keep the rest as is",
    "REM ... rest of the script unchanged",
    ":: rest unchanged",
    "\" rest of the file unchanged",
    "! rest of the code unchanged",
    "{- rest unchanged -}",
    "<%# rest unchanged %>",
    "//! rest unchanged",
    "dnl rest unchanged",
])
def test_a_remark_for_what_was_left_out_is_refused(remark: str) -> None:
    assert "Line 2 of the draft" in why_refused(block("a = 1\n" + remark + "\nb = 2"), original="a = 1\n")


@pytest.mark.parametrize("line", [
    "...",
    "    ...",
    "# ...",
    "# the rest of the name is the suffix",
    "# copy the rest of the line ...",
    "# The rest of the file is parsed later.",
    "# Other methods",
    "# existing imports",
    "rest = the_rest_of_the_code_unchanged",
    "value = [...]  # unchanged",
    "def f(*args): ...",
    "'# ... rest of the code unchanged'",
    "# unchanged files are skipped",
    "# keeps existing code paths",
    "# the rest is for the caller to do",
    "# keep the rest",
    "# unchanged code is not compiled again",
    "REM the rest of the disk is scanned",
    "! the rest of the array is zero",
    "# the remaining lines are the same as those of the header",
    "# the rest of the query remains in the buffer until it is flushed",
    "# one more time ...",
    "# ... more of them follow",
    "# the rest " + "#" * 100 + " x",
    "# the rest " + "-" * 100 + " x",
    "# " * 50 + "the rest x",
    "...and the rest of the world waits for the remaining ships to arrive, which nobody there " + "had expected " * 12,
])
def test_an_innocent_line_is_kept(line: str) -> None:
    assert line in draft(block("a = 1\n" + line))


def test_a_remark_that_the_file_had_before_is_kept() -> None:
    original = "a = 1\n# ... rest of the code unchanged\n"
    assert draft(block("a = 2\n    # ... rest of the code unchanged"), original=original).startswith("a = 2")


def test_a_remark_in_an_edit_is_refused() -> None:
    why_refused(EDIT.replace("b = 3", "# ... existing code ...\nb = 3"), original=ORIGINAL)


def test_half_a_surrogate_pair_is_refused() -> None:
    assert "surrogate" in why_refused(block("a = '\ud83d'"))


@pytest.mark.parametrize(("text", "word"), [("a = '\\0'", "NUL"), ("a = '\ufffd'", "U+FFFD")])
def test_a_character_that_was_lost_is_refused_unless_the_file_had_it(text: str, word: str) -> None:
    text = text.replace("\\0", "\0")
    assert "Line 2 of the draft has" in why_refused(block("b = 1\n" + text), original=ORIGINAL)
    assert word in why_refused(block("b = 1\n" + text), original=ORIGINAL)
    assert draft(block("b = 1\n" + text), original=text + "\n") == "b = 1\n" + text + "\n"


@pytest.mark.parametrize("text", [
    block("a = 5\nb = 3") + "\n" + EDIT, EDIT + "\n" + block("a = 5\nb = 2", "python src/a.py"),
])
def test_edits_and_another_whole_file_are_ambiguous(text: str) -> None:
    assert "edits and a whole file" in why_unreadable(text, original=ORIGINAL)


@pytest.mark.parametrize("text", [
    block("@@ -1,2 +1,2 @@\n-a = 1\n+a = 5\n b = 2", "diff"), block("-a = 1\n+a = 5", "diff"),
    block("-b = 2\n+b = 4", "diff"), block("-b = 3\n+b = 4", "diff"), block(" a = 1\n+c = 3", "diff src/a.py"),
    block("-b = 2\n+b = 3", "diff") + "\n" + block("-a = 1\n+a = 5", "diff"),
    block("- expected 3\n+ actual 33", "diff") + "\n" + block("-a = 1\n+a = 5", "diff"),
    "\n".join([block("-b = 2\n+b = 3", "diff")] * 21),
    "`b.py`\n" + block("--- a/src/a.py\n+++ b/src/a.py\n@@ -1 +1 @@\n-a = 1\n+a = 5", "diff"),
    block("--- a/src/a.py\n+++ b/src/a.py\n@@ -1 +1 @@\n-a = 1\n+a = 5", ""),
])
def test_edits_and_a_diff_of_something_else_are_ambiguous(text: str) -> None:
    assert "edits and a diff of something else" in why_unreadable(text + "\n" + EDIT, original=ORIGINAL)
    assert "edits and a diff of something else" in why_unreadable(EDIT + "\n" + text, original=ORIGINAL)


@pytest.mark.parametrize("beside", [
    block("@@ -2 +2 @@\n-b = 2\n+b = 3", "diff"), block("--- a/b.py\n+++ b/b.py\n@@ -1 +1 @@\n-x = 1\n+x = 2", "diff"),
    block(" a = 1\n-b = 2\n+b = 3", "diff"), block("a = 1\nb = 3", "diff"), block("-a = 9\n+a = 8", "diff"),
    block(" a = 1\n-b = 2\n+b = 3\n ...", "diff"), "It printed:\n" + block("- expected 3\n+ actual 33", "diff"),
    block("-a = 1\n+a = 5", "diff tests/b.py"), "In `tests/b.py`:\n" + block("-a = 1\n+a = 5", "diff"),
    block("a = 1\nb = 3"), block("a = 1\nb = 2"), block("b = 2"), block("pytest\nls", "bash"),
    block("a = 7\nb = 8", "python tests/b.py"), "`tests/b.py`\n" + block("a = 7\nb = 8"),
])
def test_edits_beside_what_they_make_or_find_or_another_file_are_made(beside: str) -> None:
    assert draft(beside + "\n\n" + EDIT, original=ORIGINAL) == EDITED


@pytest.mark.parametrize("shown", [
    ["-a = 1\n+a = 5\n b = 2"], [" a = 1\n-b = 2\n+b = 3"], ["-a = 1\n+a = 5"],
    ["-a = 1\n+a = 5\n b = 2", "-b = 2\n+b = 3"], [" a = 1\n-b = 2\n+b = 3\n ...", "- a = 1\n+ a = 5"],
])
def test_a_diff_beside_two_edits_may_show_each_alone(shown: list[str]) -> None:
    both = EDIT + "\n" + EDIT.replace("b = 3", "a = 5").replace("b = 2", "a = 1") + "\n"
    assert draft(both + "\n".join(block(text, "diff") for text in shown), original=ORIGINAL) == "a = 5\nb = 3\n"


@pytest.mark.parametrize("fence", ["", "```\n", "````markdown\n"])
@pytest.mark.parametrize("search", ["Use it.", "```diff\n-a = 1\n+a = 2\n```"])
def test_a_fence_within_an_edit_is_no_block_beside_it(fence: str, search: str) -> None:
    shown = "Use it:\n\n```diff\n-One.\n+Two.\n```\n\n```\nOne.\n```"
    edit = EDIT.replace("b = 2", search).replace("b = 3", shown) + "\n" + fence.split("m")[0]
    original = "One.\n%s\n" % search
    assert draft(fence + edit, path="README.md", original=original) == "One.\n%s\n" % shown


ONE_EDIT = "<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n"
ONE_DIFF = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"


@pytest.mark.parametrize("one, other", [
    ("```\nx = 2\n```\n", "Sure!\n\n````python\nx = 2\n````\nRun it:\n```sh\npython a.py\n```\n"),
    (ONE_EDIT, "I change x.\n```python\na.py\n" + ONE_EDIT + "```\nDone."),
    ("```diff\n" + ONE_DIFF + "```\n", "Look:\n```\n" + ONE_DIFF + "```\n"),
])
def test_answers_that_say_the_same_of_the_file_have_one_gist(one: str, other: str) -> None:
    assert gist(one, "a.py") == gist(other, "a.py")


@pytest.mark.parametrize("one, other", [
    ("```\nx = 2\n```\n", "```\nx = 3\n```\n"),
    (ONE_EDIT, ONE_EDIT.replace("x = 2", "x = 3")),
    (ONE_EDIT, ONE_EDIT + ONE_EDIT.replace("x", "y")),
    ("```diff\n" + ONE_DIFF + "```\n", "```diff\n" + ONE_DIFF.replace("x = 2", "x = 3") + "```\n"),
    ("no", "nothing"),
    ("```\na\n```\n```\nb\n```\n", "```\na\n```\n```\nc\n```\n"),
    ('{"need_files": ["b.py"]}', 'See:\n```json\n{"need_files": ["b.py"]}\n```\n'),
])
def test_answers_that_say_something_else_have_another_gist(one: str, other: str) -> None:
    assert gist(one, "a.py") != gist(other, "a.py")

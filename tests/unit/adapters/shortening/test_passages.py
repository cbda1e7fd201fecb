from __future__ import annotations

import pytest

from orchestra.adapters.fences import without_marks
from orchestra.adapters.shortening.passages import Kind, Passage, split
from orchestra.agents.quoting import ShownFile, fenced, show_files

PYTHON = "import os\n\ndef f():\n    return 1\n"


def _kinds(text: str) -> list[tuple[Kind, str]]:
    return [(passage.kind, passage.text) for passage in split(text)]


@pytest.mark.parametrize("text", [
    "", "\n", "one", "one\r\ntwo\r\n", "```\n", "```\n```", "``` \ncode", "=== a.py\n```python\nx\n```\n\nafter",
    "~~~\n```\n~~~\n", "````md\n```\nx\n```\n````\n", "\n\n=== \n=== a\n=== b\n", "`" * 50, "a\n   ```\nb\n\t```\n",
])
def test_the_passages_joined_are_the_text(text: str) -> None:
    assert "".join(passage.text for passage in split(text)) == text


def test_a_shown_file_is_code_between_frames_and_carries_its_path() -> None:
    passages = split("Look.\n\n" + show_files([ShownFile("src/a.py", PYTHON)]) + "\n\nThanks.\n")
    assert [(passage.kind, without_marks(passage.text)) for passage in passages] == [
        (Kind.PROSE, "Look.\n\n"), (Kind.FRAME, "=== src/a.py\n"), (Kind.FRAME, "<data>\n"), (Kind.CODE, PYTHON),
        (Kind.FRAME, "</data>\n"), (Kind.PROSE, "\nThanks.\n"),
    ]
    assert passages[3].path == "src/a.py"


def test_parts_of_a_file_are_of_its_kind_and_keep_the_lines_that_tell_them_apart() -> None:
    passages = split(show_files([ShownFile("a.csv", "one,two\n" * 40, ((1, 9), (20, 40)))]))
    frames = [passage.text for passage in passages if passage.kind is Kind.FRAME and passage.text.startswith("===")]
    assert frames == ["=== a.csv (lines 1-9 of 40)\n", "=== a.csv (lines 20-40 of 40)\n"]
    parts = [passage for passage in passages if passage.text.startswith("one")]
    assert [(part.path, part.kind) for part in parts] == [("a.csv", Kind.LINES)] * 2


@pytest.mark.parametrize("path, kind", [
    ("a.py", Kind.CODE), ("Makefile", Kind.CODE), ("bin/run", Kind.CODE), ("a.json", Kind.CODE),
    ("README", Kind.PROSE), ("docs/LICENSE", Kind.PROSE), ("notes.MD", Kind.PROSE), ("a.rst", Kind.PROSE),
    ("data.csv", Kind.LINES), ("fix.patch", Kind.LINES), ("run.log", Kind.LINES),
])
def test_a_path_says_what_a_file_is(path: str, kind: Kind) -> None:
    assert split(show_files([ShownFile(path, "one two\n")]))[2].kind is kind


@pytest.mark.parametrize("info, text, kind", [
    ("python", "x\n", Kind.CODE), ("diff", "+x\n", Kind.LINES), ("text", "x\n", Kind.PROSE),
    ("", PYTHON, Kind.CODE), ("", "FAILED test_a\nE  assert\n", Kind.LINES), ("", "Words.\n```\nx\n```\n", Kind.PROSE),
])
def test_without_a_path_the_fence_or_the_first_line_says_it(info: str, text: str, kind: Kind) -> None:
    passages = split("`````%s\n%s`````\n" % (info, text))
    assert passages[1].kind is kind


def test_a_path_does_not_hold_beyond_other_words() -> None:
    passages = split("=== notes.md\nThe command:\n```\nimport os\n```\n")
    assert [(passage.kind, passage.path) for passage in passages if passage.text == "import os\n"] == [(Kind.CODE, "")]


def test_a_shorter_or_another_fence_closes_nothing() -> None:
    code = "import os\n```\n~~~~\n"
    kinds = [(Kind.FRAME, "````python\n"), (Kind.CODE, code), (Kind.FRAME, "````")]
    assert _kinds("````python\n" + code + "````") == kinds


def test_only_the_like_of_a_mark_closes_it() -> None:
    code = "import os\n```\n</data-0123456789abcdef>\n<data-0123456789abcdef>\n"
    opening, quoted, closing = split(fenced(code))
    assert (opening.kind, closing.kind, quoted) == (Kind.FRAME, Kind.FRAME, Passage(Kind.CODE, code))


def test_a_fence_that_says_a_language_or_is_indented_like_code_closes_nothing() -> None:
    code = "def f():\n    ```\n```python\n"
    assert _kinds("```python\n" + code + "```\n") == [
        (Kind.FRAME, "```python\n"), (Kind.CODE, code), (Kind.FRAME, "```\n")
    ]


def test_a_fence_in_a_list_is_closed_at_its_own_indentation() -> None:
    assert _kinds("- so:\n      ```sh\n      ls\n      ```\n- then\n") == [
        (Kind.PROSE, "- so:\n"), (Kind.FRAME, "      ```sh\n"), (Kind.CODE, "      ls\n"),
        (Kind.FRAME, "      ```\n"), (Kind.PROSE, "- then\n"),
    ]


def test_a_fence_that_is_never_closed_quotes_the_rest() -> None:
    assert _kinds("Look:\n```python\nx = 1\n") == [
        (Kind.PROSE, "Look:\n"), (Kind.FRAME, "```python\n"), (Kind.CODE, "x = 1\n")
    ]


def test_prose_that_is_quoted_has_passages_of_its_own() -> None:
    document = "# Title\n\n```python\nx = 1\n```\n"
    kinds = _kinds(show_files([ShownFile("a.md", document)]))
    assert (Kind.CODE, "x = 1\n") in kinds and (Kind.PROSE, "# Title\n\n") in kinds


def test_carriage_returns_do_not_hide_a_fence() -> None:
    assert _kinds("```python\r\nx = 1\r\n```\r\nafter\r\n") == [
        (Kind.FRAME, "```python\r\n"), (Kind.CODE, "x = 1\r\n"), (Kind.FRAME, "```\r\n"), (Kind.PROSE, "after\r\n")
    ]


def test_so_many_frames_as_nobody_quotes_are_lines() -> None:
    passages = split("=== a\n" * 20_000)
    assert len(passages) < 6000
    assert passages[-1].kind is Kind.LINES


@pytest.mark.parametrize("line", [" " * 200 + "```", "```" + "x" * 400, "=== " + "x" * 400])
def test_a_line_of_endless_length_is_no_frame(line: str) -> None:
    assert Kind.FRAME not in [passage.kind for passage in split(line + "\n")]


def test_a_passage_takes_no_text_that_is_not_shorter_or_costs_more() -> None:
    passage = Passage(Kind.PROSE, "aaaaaaaaaaaa")
    assert passage.with_text("aaaaaaaaaaaa") is passage
    assert passage.with_text("a-1;b-2;") is passage
    assert passage.with_text("aa").text == "aa"

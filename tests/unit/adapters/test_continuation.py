from __future__ import annotations

import pytest

from orchestra.adapters.continuation import GO_ON, going_on, joined
from tests.unit.adapters.doubles import QUESTION


def test_goes_on_with_the_answer_so_far_as_the_models_own_turn() -> None:
    request = going_on(QUESTION, "half")
    assert request.messages[:1] == QUESTION.messages
    assert [(turn.role, turn.text) for turn in request.messages[1:]] == [("assistant", "half"), ("user", GO_ON)]
    assert all(segment.protected for turn in request.messages[1:] for segment in turn.segments)


def test_the_rest_of_an_answer_never_comes_from_the_cache() -> None:
    assert QUESTION.cacheable and not going_on(QUESTION, "half").cacheable


@pytest.mark.parametrize("first, second, whole", [
    ("def f():\n    return va", "lue + 1\n", "def f():\n    return value + 1\n"),
    ("one\n", "two\n", "one\ntwo\n"),
    ("one", "\ntwo", "one\ntwo"),
    ("", "all of it", "all of it"),
    ("all of it", "", "all of it"),
])
def test_parts_that_fit_together_are_put_together_as_they_are(first: str, second: str, whole: str) -> None:
    assert joined(first, second) == whole


@pytest.mark.parametrize("first, second, whole", [
    # From the beginning of the line that was cut.
    ("def f():\n    return va", "    return value + 1\n", "def f():\n    return value + 1\n"),
    ("x = ", "x = 5", "x = 5"),
    # From a few lines before.
    (
        "alpha = 1\nbeta = 22222\ngamma = 333\n", "beta = 22222\ngamma = 333\nd = 4\n",
        "alpha = 1\nbeta = 22222\ngamma = 333\nd = 4\n",
    ),
    (
        "alpha = 1\nbeta = 22222\ngamma = 333\n", "a = 22222\ngamma = 333\nd = 4\n",
        "alpha = 1\nbeta = 22222\ngamma = 333\nd = 4\n",
    ),
    # From the middle of the line.
    ("The answer is forty-two, as ever", "forty-two, as everybody", "The answer is forty-two, as everybody"),
    ("x = call(some_argument, other", "some_argument, other_thing)", "x = call(some_argument, other_thing)"),
    ('{"name": "value", "path":"src/ap', '"path":"src/app.py"}', '{"name": "value", "path":"src/app.py"}'),
])
def test_what_the_second_part_repeats_is_left_out(first: str, second: str, whole: str) -> None:
    assert joined(first, second) == whole


@pytest.mark.parametrize("first, second", [
    # Lines of dashes, in the middle and in marks of edits.
    ("```\nTitle\n=====", "=====\n\ntext\n```\n"),
    ("```\n| a | b |\n|---", "|---|\n| 1 | 2 |\n```\n"),
    ("```\n# ------------", "------------ end\n```\n"),
    ("<<<<<<< SEARCH\na\n===", "====\nb\n>>>>>>> REPLACE\n"),
    ("<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n\n<<<", "<<<< SEARCH\nc\n=======\nd\n>>>>>>> REPLACE\n"),
    # Patterns.
    ("```\n1, 2, ", "1, 2, 1, 2\n```\n"),
    ("```\nhaha ", "haha haha\n```\n"),
    ("```\naaaaa", "aaaaa\n```\n"),
    ("```\nx = [0, 0, 0, 0, 0, 0, ", "0, 0, 0, 0, 0, 0, 0]\n```\n"),
    ("```\nthe same again\n" + "the same again\n" * 3, "the same again\n" * 3 + "```\n"),
    ("```\n(\"auditor\", \"a.py\"), (\"auditor\"", ", \"a.py\"), (\"auditor\", None)\n```\n"),
    ("```\nx = '                ", "                '\n```\n"),
    # What begins within a word.
    ("```\nmy_total_of_all_items", "total_of_all_items = 3\n```\n"),
])
def test_a_text_that_may_go_on_in_the_same_way_is_neither_cut_nor_joined(first: str, second: str) -> None:
    assert joined(first, second, is_end=True) is None


_ANEW = "Two plus two is a classic problem of arithmetic, debated for centuries"


def test_an_answer_that_begins_anew_and_comes_to_its_end_is_the_answer() -> None:
    assert joined(_ANEW + ". In", _ANEW + ".\n", is_end=True) == _ANEW + ".\n"
    fenced = "```python\n# A module about many things, of which this is one.\n"
    assert joined(fenced + "a = 1\nb =", fenced + "a = 1\nb = 2\n```\n", is_end=True) == fenced + "a = 1\nb = 2\n```\n"


def test_of_an_answer_that_begins_anew_and_is_cut_off_again_the_longer_part_counts() -> None:
    assert joined(_ANEW + ". In", _ANEW[:60]) == _ANEW + ". In"
    assert joined(_ANEW, _ANEW + ". In") == _ANEW + ". In"


def test_a_beginning_that_stands_in_the_answer_more_than_once_does_not_begin_anew() -> None:
    row = "    a row that stands in this table many times,\n"
    assert joined(row * 3 + "    [],\n", row * 2, is_end=True) == row * 3 + "    [],\n" + row * 2


@pytest.mark.parametrize("first, second", [
    ("[1, [2", "2, 3]]"),
    ("f(g(x", "x))"),
    # A line may well stand twice in a file.
    ("    pass\n", "    pass\n\n"),
    ("    [0, 0, 0, 0, 0, 0],\n", "    [0, 0, 0, 0, 0, 0],\n]\n"),
])
def test_what_looks_alike_by_chance_is_kept(first: str, second: str) -> None:
    assert joined(first, second) == first + second


def test_of_a_text_that_repeats_itself_as_little_as_possible_is_lost() -> None:
    row = "    (0, 0, 0),\n"
    assert joined(row * 9 + "    (0, 0", row * 3) == row * 9 + "    (0, 0" + row[9:] + row * 2


def test_a_passage_whose_beginning_looks_like_the_cut_line_is_left_out_as_a_whole() -> None:
    first = "def f1():\n    return 1\n\ndef f2():\n    return 2\n\ndef f3():\n    return 3\n\ndef f"
    second = "def f2():\n    return 2\n\ndef f3():\n    return 3\n\ndef f4():\n    return 4\n"
    assert joined(first, second) == first + "4():\n    return 4\n"


def test_records_that_are_all_alike_are_not_lost() -> None:
    record = "{\n    zero: 0,\n},\n"
    assert joined(record * 9 + "{\n    ze", record * 3) == record * 9 + "{\n    ze" + record[8:] + record * 2


def test_a_block_that_is_opened_anew_is_one_block() -> None:
    assert joined("```python\na = 1\n", "```python\nb = 2\n```\n") == "```python\na = 1\nb = 2\n```\n"
    assert joined("````\na = 1\n", "\n```py\nb = 2\n````\n") == "````\na = 1\nb = 2\n````\n"


def test_a_block_that_is_opened_after_the_first_was_closed_is_another_block() -> None:
    assert joined("```json\n{}\n```\n", "```python\nb = 2\n```\n") == "```json\n{}\n```\n```python\nb = 2\n```\n"


def test_a_fence_that_closes_the_block_stays() -> None:
    assert joined("```python\na = 1\n", "```\nDone.\n") == "```python\na = 1\n```\nDone.\n"


def test_a_fence_inside_of_a_longer_one_does_not_close_it() -> None:
    assert joined("````md\n```\nx\n", "```md\ny\n````\n") == "````md\n```\nx\ny\n````\n"


_CODE = "```python\ndef f():\n    total = compute(1)\n    return to"
_REST = "tal\n\n\ndef g():\n    return 2\n```\n"
_MARKDOWN = "````\n# T\n\nsome text that goes"
_EDIT = "<<<<<<< SEARCH\nold\n=======\nsome text that goes"


@pytest.mark.parametrize("first, second", [
    # A block that is opened anew in the middle of a line, or before which the answer would not come out even.
    (_CODE, "```\n" + _REST),
    (_CODE, "\n```\n" + _REST),
    (_MARKDOWN, "````\n on\n````\n"),
    (_MARKDOWN, "```\n on\n````\n"),
    ("```\nrow 29\n", "```\nrow 30\n```\n"),
    (_EDIT, "```\n on\n>>>>>>> REPLACE\n```\n"),
    (_EDIT + "\n", "```\nand on\n>>>>>>> REPLACE\n```\n"),
    # Words to the reader.
    (_CODE, "Here is the rest of the file:\n\n" + _REST),
    (_CODE, "Sure!\n\n" + _REST),
    (_CODE, "Sure, continuing:\n\n```python\n" + _REST),
    (_CODE, "# Continuing from where we left off\n" + _REST),
    (_MARKDOWN, "Continuing from where I stopped:\n on\n````\n"),
    (_MARKDOWN, "\n\n**Continuation:**\n\n on\n````\n"),
    (_MARKDOWN + "\n", "Here's the remaining text.\n\nand on\n````\n"),
    (_MARKDOWN, "以下是剩余部分：\n on\n````\n"),
    (_EDIT, "I'll continue where I left off.\n on\n>>>>>>> REPLACE\n"),
    # A word that is cut in two by a line end.
    (_CODE, "\n" + _REST),
    # The last line once more.
    ("```\nrow 27\nrow 28\nrow 29\n", "row 28\nrow 29\nrow 30\n```\n"),
    ("```\nrow 28\nrow 29\n", "row 29\nrow 30\n```\n"),
    ("```\na = 1\nprint(\"total is\", total)\n", "(\"total is\", total)\nb = 2\n```\n"),
    ("```\na = 1\nprint(\"total is\", total)\n", "print(\"total is\", total)\nb = 2\n```\n"),
])
def test_what_may_be_no_part_of_the_file_is_not_joined(first: str, second: str) -> None:
    assert joined(first, second, is_end=True) is None


@pytest.mark.parametrize("first, second", [
    # Fences of a Markdown file, and the end of a block.
    ("````md\ntext\n", "```\nmake\n```\n````\n"),
    ("````md\ntext", "\n```\nmake\n```\n````\n"),
    ("```md\ntext\n", "```sh\nmake\n```\n\nmore\n```\n"),
    ("````md\n```\nmake\n", "```\nmore\n````\n"),
    ("```python\na = 1", "\n```\nDone.\n"),
    ("```python\na = 1\n", "```\n\n```sh\nmake\n```\n"),
    (_EDIT + "\n", "```\nmake\n```\n>>>>>>> REPLACE\n"),
    # Lines like any others.
    ("```python\nimport os", "\nimport sys\n```\n"),
    ("```python\nfor a in b:\n    if not a:\n", "        continue\n```\n"),
    ("```python\n\n", "OK, WARN = \"ok\", \"warn\"\n```\n"),
    ("```yaml\n", "continue-on-error: true\n```\n"),
    ("```md\nHere is a list", ":\n\n- one\n```\n"),
    ("```md\nThere is more", ". The rest follows.\n```\n"),
    ("```html\n<div>\n</div>\n", "</div>\n```\n"),
    ("```\nif a:\n        return total(a)\n", "    return total(a)\n```\n"),
    ("```\n    if a:\n        one(a)\n        return two(b)\n", "    one(a)\n    return two(b)\n```\n"),
    ("```\n{ one }\n},\n", "{\n},\n```\n"),
    ("```\none 1\ntwo 2\none 1\ntwo 2\n", "one 1\ntwo 2\n```\n"),
    ("```\nsame old line\nsame old line\n", "same old line\n```\n"),
    # No part of a file at all.
    ("The answer is", " as follows.\nHere is the rest of the file:\n"),
])
def test_what_can_be_part_of_the_file_is_joined_as_it_is(first: str, second: str) -> None:
    assert joined(first, second, is_end=True) == first + second


@pytest.mark.parametrize("info", ["json", ""])
def test_in_json_words_and_fences_are_left_out_where_the_rest_begins(info: str) -> None:
    first = "```%s\n{\"summary\": \"so" % info
    assert joined(first, "Here is the rest:\n\n```\nme\"}\n```\n", is_end=True) == first + "me\"}\n```\n"
    assert joined(first + "me\"}\n", "```\nDone.\n", is_end=True) == first + "me\"}\n```\nDone.\n"

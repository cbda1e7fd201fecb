"""Parts of files that are too long, as a model is shown them."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestra.adapters.fences import without_marks
from orchestra.adapters.tokens import estimate_tokens
from orchestra.agents.quoting import ShownFile, show_files
from orchestra.engine.briefing import fitting_files
from orchestra.engine.excerpts import MOST_TOKENS, parts_of
from orchestra.engine.showing import MOST_CHARACTERS, Showing, excerpt_for, within
from orchestra.observe.placeholders import Placeholders
from orchestra.workspace.repo_map.choice import GIVEN, Chosen
from orchestra.workspace.tree import Tree

LONG = "import os\n\n\n" + "".join(
    f"def step_{number}():\n" + "    go_on()\n" * 20 + f"    return {number}\n\n\n" for number in range(900)
)
TASK = "step_432() must return 5"
EXCERPT = excerpt_for(TASK, str)


def said(file: ShownFile | None) -> str:
    assert file is not None
    return without_marks(show_files([file]))


def test_parts_stand_each_in_a_fence_under_the_numbers_of_its_lines() -> None:
    assert len(LONG) > MOST_CHARACTERS
    assert said(EXCERPT(ShownFile("src/a.py", LONG), 10_000, False)) == (
        "=== src/a.py (lines 1-1 of 21603)\n<data>\nimport os\n</data>\n\n"
        "=== src/a.py (lines 10372-10393 of 21603)\n<data>\ndef step_432():\n"
        + "    go_on()\n" * 20 + "    return 432\n</data>\n\n"
        'These are parts of src/a.py; `need_files` shows others: "src/a.py:FROM-TO".'
    )


def test_a_part_takes_at_most_its_bound_and_lines_that_are_asked_for_all_that_is_left() -> None:
    many = " ".join(f"step_{number}()" for number in range(0, 900, 3))
    file = ShownFile("a.py", LONG)
    for tokens in (0, 100, 400, 1000, 5000):
        part = parts_of(file, tokens, about=many, hide=str, always=True)
        assert part is None or estimate_tokens(show_files([part])) <= min(tokens, MOST_TOKENS)
        assert (part is None) is (tokens < 400)
    asked = parts_of(ShownFile("a.py", LONG, ((100, 15_000),)), 20_000, about=many, hide=str, always=True)
    assert asked is not None and MOST_TOKENS < estimate_tokens(show_files([asked])) <= 20_000
    assert asked.lines[0][0] == 95


def test_lines_beyond_the_end_give_what_has_to_do_with_the_task() -> None:
    assert "def step_432():" in said(EXCERPT(ShownFile("a.py", LONG, ((90_000, 90_001),)), 10_000, True))


def test_no_part_holds_a_part_of_a_secret() -> None:
    key = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" * 40 + "-----END PRIVATE KEY-----\n"
    text = LONG + 'KEY = """' + key + '"""\n'
    hide = Placeholders(b"k", ()).hide
    line = text.count("\n") - 15
    for lines in ((line, line), (line - 20, line + 30)):
        shown = parts_of(ShownFile("a.py", text, (lines,)), 9000, about="", hide=hide, always=True)
        assert "MIIEvQ" not in said(shown) and "__ORCHESTRA_SECRET_" in said(shown)


MINIFIED = "/*! licence */\n" + "".join(
    f"function f{number}(a,b){{return a+b*{number}}}" for number in range(20_000)
) + "\n"


def test_of_lines_that_are_too_long_what_stands_around_the_names_of_the_task_is_shown_as_cut() -> None:
    shown = parts_of(ShownFile("a.min.js", MINIFIED), 5000, about="f777() and f19000() add", hide=str, always=False)
    words = said(shown)
    assert words.startswith("=== a.min.js (parts of lines that are too long to be shown)\n<data>\n[")
    assert "function f777(a,b){return a+b*777}" in words and "function f19000(" in words and "f9000(" not in words
    assert words.count(" characters are left out]\n") == 3 and estimate_tokens(words) < 1000


def test_of_lines_that_are_too_long_nothing_is_shown_without_a_name_unless_it_must() -> None:
    assert parts_of(ShownFile("a.min.js", MINIFIED), 5000, about="nothing() of it", hide=str, always=False) is None
    always = said(parts_of(ShownFile("a.min.js", MINIFIED), 5000, about="nothing()", hide=str, always=True))
    asked = said(parts_of(ShownFile("a.min.js", MINIFIED, ((2, 2),)), 5000, about="", hide=str, always=False))
    assert always == asked and "/*! licence */\nfunction f0(" in always
    assert parts_of(ShownFile("a.min.js", MINIFIED), 200, about="f777()", hide=str, always=True) is None


def test_lines_that_are_asked_for_are_shown_though_others_of_the_file_are_too_long() -> None:
    book = '"source": [\n' * 9 + '"image/png": "%s"\n' % ("iVBORw0K" * 40_000) + '"print(777)",\n' * 90
    shown = parts_of(ShownFile("a.ipynb", book, ((40, 45),)), 5000, about="print()", hide=str, always=False)
    assert shown is not None and shown.lines == ((35, 50),)


def test_a_window_ends_in_no_word() -> None:
    before, after = "a" * 90 + " (" + "b" * 250, "+" + "c" * 280 + "," + "d" * 90
    text = "x" * 4000 + " " + before + " named_here" + after + " " + "y" * 4000
    words = said(parts_of(ShownFile("a.txt", text), 5000, about="named_here()", hide=str, always=False))
    assert "]\n" + before in words and after + "\n[" in words


def test_a_file_that_fits_is_shown_whole_whatever_lines_are_asked_for() -> None:
    short = ShownFile("b.py", "x = 1\n", ((1, 1),))
    fitting, others, left = within([short], 1000, EXCERPT)
    assert (fitting, others) == ([ShownFile("b.py", "x = 1\n")], []) and left < 1000


def test_what_is_left_is_counted_with_the_parts() -> None:
    (part,), others, left = within([ShownFile("a.py", LONG)], 10_000, EXCERPT)
    assert others == [] and left == 10_000 - estimate_tokens(show_files([part]))
    assert within([ShownFile("a.py", LONG)], 50, EXCERPT) == (
        [], [("a.py", f"it is too long to be shown ({len(LONG)} characters)")], 50
    )


@pytest.fixture
def showing(tmp_path: Path) -> Showing:
    (tmp_path / "a.py").write_text(LONG)
    (tmp_path / "b.py").write_text("x = 1\n" * 500)
    return Showing(tmp_path, None, Tree(tmp_path))


def test_the_architect_sees_parts_of_a_chosen_file_that_is_too_long(showing: Showing) -> None:
    chosen = [Chosen("a.py", "named"), Chosen("b.py", "next")]
    fitting, others = fitting_files(showing.show_long, chosen, 24_000, excerpt=EXCERPT)
    assert [(file.path, bool(file.lines)) for file in fitting] == [("a.py", True), ("b.py", False)] and others == []
    nothing = excerpt_for("Mend the sky", str)
    fitting, others = fitting_files(showing.show_long, chosen, 24_000, excerpt=nothing)
    assert [file.path for file in fitting] == ["b.py"] and "too long" in others[0][1]


def test_where_room_is_short_no_file_takes_all_of_it_from_the_next(tmp_path: Path) -> None:
    for name, count in (("a.py", 90), ("b.py", 90), ("c.py", 4)):
        (tmp_path / name).write_text(LONG[:LONG.index(f"def step_{count}()")] + "def step_432():\n    return 4\n")
    (tmp_path / "d.py").write_text("x = 1\n" * 900)
    showing = Showing(tmp_path, None, Tree(tmp_path))
    chosen = [Chosen(name, "named") for name in ("a.py", "b.py", "c.py")]
    fitting, others = fitting_files(showing.show_long, chosen, 9_000, excerpt=EXCERPT)
    assert [(file.path, bool(file.lines)) for file in fitting] == [("a.py", True), ("b.py", True), ("c.py", False)]
    assert others == [] and all("def step_432():" in said(file) for file in fitting)
    whole, _ = fitting_files(showing.show_long, chosen, 90_000, excerpt=EXCERPT)
    assert not any(file.lines for file in whole), "where there is room for all, each is whole"


def test_a_file_without_parts_to_be_shown_is_whole_where_it_fits(tmp_path: Path) -> None:
    for name, count in (("a.py", 700), ("b.py", 400), ("c.py", 400)):
        (tmp_path / name).write_text("x = 1\n" * count)
    showing = Showing(tmp_path, None, Tree(tmp_path))
    chosen = [Chosen(name, "named") for name in ("a.py", "b.py", "c.py")]
    fitting, others = fitting_files(showing.show_long, chosen, 8_000, excerpt=excerpt_for("Mend the sky", str))
    assert ([file.path for file in fitting], [path for path, _ in others]) == (["a.py", "b.py"], ["c.py"])


def test_of_a_given_file_parts_are_shown_whatever_the_task_says(showing: Showing) -> None:
    fitting, _ = fitting_files(showing.show_long, [Chosen("a.py", GIVEN)], 0, excerpt=excerpt_for("the sky", str))
    assert [file.lines for file in fitting] == [((1, 1),)]


def test_who_shows_files_whole_shows_none_that_is_too_long(showing: Showing) -> None:
    assert showing.show(["a.py"]) == ([], [("a.py", f"it is too long to be shown ({len(LONG)} characters)")])

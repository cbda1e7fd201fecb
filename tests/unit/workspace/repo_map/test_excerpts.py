"""Which lines of a long file are chosen for a task, or where they are asked for."""

from __future__ import annotations

import pytest

from orchestra.workspace.repo_map.excerpts import Page, Room, asked_for, excerpt
from orchestra.workspace.repo_map.grammar import grammar_of

PART = 10


def words_in(text: str) -> int:
    return len(text.split())


def java(methods: int = 400, *, length: int = 12) -> str:
    """A class with many methods, each with a comment before it; the numbers stand for what tells them apart."""
    each = "".join(
        f"\n    /**\n     * Does thing {number}.\n     */\n    @Tried\n"
        f"    public static int doThing{number}(int a) {{\n"
        + "        a = a + 1;\n" * length + f"        return a + {number};\n    }}\n"
        for number in range(methods)
    )
    return (
        "/*\n * A licence.\n */\npackage org.things;\n\nimport java.util.List;\nimport java.util.Map;\n\n/**\n"
        + " * Many things.\n" * 9 + " */\npublic class Things {\n" + each + "}\n"
    )


def chosen(path: str, text: str, about: str, *, most: int = 400, always: bool = False) -> list[str]:
    """The parts as text."""
    page = Page(path, text, grammar_of(path, text[:100]))
    spans = excerpt(page, about, Room(page.lines, most, PART, words_in), always=always)
    return ["\n".join(page.lines[first - 1:last]) for first, last in spans]


def test_what_a_task_names_is_shown_as_a_whole_behind_what_the_file_brings_in() -> None:
    parts = chosen("Things.java", java(), "Things.doThing217 counts wrongly")
    assert parts[0] == "import java.util.List;\nimport java.util.Map;"
    assert "public class Things {" in parts[1]
    assert parts[2].startswith("    /**\n     * Does thing 217.") and parts[2].endswith("return a + 217;\n    }")
    assert len(parts) == 3


def test_it_is_the_same_each_time_in_order_and_within_its_bound() -> None:
    text = java()
    about = "doThing300 is to call doThing7, doThing8 and doThing120; doThing5 and doThing399 stay"
    page = Page("Things.java", text, grammar_of("Things.java", ""))
    for most in (60, 80, 150, 400, 1000):
        spans = excerpt(page, about, Room(page.lines, most, PART, words_in))
        assert spans == excerpt(page, about, Room(page.lines, most, PART, words_in))
        assert all(before[1] + 1 < after[0] for before, after in zip(spans, spans[1:]))
        assert all(1 <= first <= last <= len(page.lines) for first, last in spans)
        shown = sum(words_in("\n".join(page.lines[first - 1:last])) + PART for first, last in spans)
        assert shown <= most and spans


def test_of_a_file_that_has_nothing_to_do_with_the_task_nothing_is_shown_unless_it_must() -> None:
    text = java()
    assert chosen("Things.java", text, "Mend the colour of the sky") == []
    assert chosen("Things.java", text, "Mend the colour of the sky", always=True)[0].endswith("import java.util.Map;")


def test_a_declaration_that_is_too_long_is_shown_where_it_begins_and_where_the_tasks_words_stand_in_it() -> None:
    body = "".join(f"    step({number})\n" for number in range(900)) + "    weigh_kettle()\n" + "    step(0)\n" * 300
    text = f"import os\n\n\ndef boil(pot):\n{body}\n\ndef other():\n    weigh(kettle)\n"
    parts = chosen("a.py", text, "`boil` forgets the kettle", most=150)
    assert parts[0].startswith("import os") and "def boil(pot):\n    step(0)" in parts[0]
    assert "weigh_kettle()" in parts[1] and "step(890)" not in "".join(parts)


def test_a_method_is_shown_with_the_line_of_its_class() -> None:
    filler = "".join(f"    def f{number}(self):\n        return {number}\n\n" for number in range(300))
    text = "import os\n\n\nclass First:\n" + filler + "\nclass Second:\n" + filler + (
        "    def take_all(self):\n        return 1\n\n" + filler + "\nX = 1\n"
    )
    parts = chosen("a.py", text, "take_all() is slow")
    assert "class Second:" in parts and "class First:" not in "".join(parts)
    assert "    def take_all(self):\n        return 1" in parts


@pytest.mark.parametrize(("about", "line"), [
    ("a.py:700 is wrong", 700), ('  File "src/a.py", line 812, in step', 812), ("see a.py#L33", 33),
    ("other_a.txt line 5", None), ("a.py:99999", None), ("a.py:0", None),
])
def test_a_line_that_is_named_by_its_number_is_shown(about: str, line: int | None) -> None:
    text = "import os\n" + "".join(f"x[{number}] = 1\n" for number in range(2, 1000))
    said = "\n".join(chosen("src/a.py", text, about, most=100))
    assert (f"x[{line}] = 1" in said) if line else said == ""


def test_a_word_that_few_declarations_have_is_enough() -> None:
    text = "class Admin:\n" + "".join(
        f"    def get_{name}(self):\n        admin = 1\n        return admin\n\n"
        for name in ("search", *(f"thing_{n}" for n in range(60)))
    )
    (part,) = chosen("a.py", text, "The admin's search is wrong", most=40)
    assert "def get_search(self):" in part


def test_what_declares_nothing_is_searched_for_the_words() -> None:
    rows = [f"row {number} of many" for number in range(3000)]
    rows[1500] = "the kettles of the northern harbour"
    parts = chosen("notes.txt", "\n".join(rows) + "\n", "Move the kettle to the harbour", most=200)
    assert rows[1500] in parts[-1] and "row 1496 of many" in parts[-1] and "row 1400 of many" not in parts[-1]


def test_a_document_is_shown_by_its_sections() -> None:
    text = "# Book\n\n" + "".join(f"## Chapter {number}\n\nWords of it.\n\n" for number in range(500))
    text += "## Kettle care\n\nBoil it.\n\n# End\n"
    assert any("## Kettle care\n\nBoil it." in part for part in chosen("book.md", text, "Say more on kettle care"))


def test_a_line_that_is_longer_than_the_room_is_never_shown() -> None:
    assert chosen("a.min.js", "kettle harbour " * 5000, "the kettle of the harbour", always=True) == []


@pytest.mark.parametrize("text", ["", "\n", "x", "\n" * 50, "\t\n  \n", "def f(\n" * 300, "}\n" * 400, "\r" * 100])
@pytest.mark.parametrize("path", ["a.py", "a.java", "a.c", "a.md", "a.rb", "a.sql", "a.txt"])
def test_any_text_has_an_excerpt_or_none(path: str, text: str) -> None:
    page = Page(path, text, grammar_of(path, ""))
    for first, last in excerpt(page, "f of `x`", Room(page.lines, 50, PART, words_in), always=True):
        assert 1 <= first <= last <= len(page.lines)


def lines_of(*asked: tuple[int, int], most: int = 10_000) -> list[tuple[int, int]]:
    page = Page("a.txt", "word\n" * 1000, None)
    return list(asked_for(page, asked, Room(page.lines, most, PART, words_in)))


def test_lines_that_are_asked_for_are_shown_with_some_around_them() -> None:
    assert lines_of((100, 120)) == [(95, 125)]
    assert lines_of((1, 1), (999, 5000)) == [(1, 6), (994, 1000)]
    assert lines_of((100, 120), (122, 140), (150, 151)) == [(95, 156)]
    assert lines_of((2000, 2100)) == []


def test_of_lines_that_are_too_many_the_first_are_shown() -> None:
    (first, last), = lines_of((1, 1000), most=200)
    assert first == 1 and 100 < last <= 190
    assert lines_of((1, 1000), most=5) == []


def test_of_many_parts_that_are_asked_for_the_first_are_shown() -> None:
    assert lines_of(*((number, number) for number in range(1, 1000, 30)))[-1] == (566, 576)
    assert [last < 200 for _, last in lines_of((1, 1000), (500, 501), most=200)] == [True]

"""What files that a change leaves alone still say of what it takes away."""

from __future__ import annotations

from orchestra.workspace.repo_map.left_behind import MOST_FILES, MOST_OF_A_LINE, Named, lines_naming, taken_away

STORE = "class Store:\n    def put(self, key):\n        pass\n\n    def take(self):\n        pass\n"


def test_names_that_are_declared_no_more_and_files_that_are_gone_are_taken_away() -> None:
    moved = "def helper_of_all():\n    pass\n"
    assert taken_away([("a/store.py", STORE, STORE.replace("put", "save"))]) == {"put"}
    assert taken_away([("a/old.py", moved, None), ("a/new.py", None, moved)]) == {"old.py"}
    assert taken_away([("a/same.py", STORE, STORE), ("notes.txt", "put\n", "save\n")]) == frozenset()


def test_what_a_comment_said_is_not_taken_away() -> None:
    code = "function f() {\n}\n"
    comment = "/**\n * for (const x of y) {\n * Options (optional): see\n */\n"
    assert taken_away([("a.js", comment + code, code)]) == frozenset()


def test_lines_that_name_them_are_found_with_their_places() -> None:
    files = [
        ("tests/t.py", "def test():\n    s.put(1)\n    output = computed.puts\n"),
        ("docs/a.md", "See a/old.py.\nInput.\n"),
    ]
    assert lines_naming(frozenset(("put", "old.py")), files) == [
        Named("docs/a.md", 1, "See a/old.py."), Named("tests/t.py", 2, "s.put(1)"),
    ]
    assert lines_naming(frozenset(), files) == []


def test_a_name_that_another_file_declares_or_that_many_use_is_left_out() -> None:
    used = [("x.py", "s.put(1)\n")]
    assert lines_naming(frozenset(("put",)), [*used, ("other.py", "def put():\n    pass\n")]) == []
    many = [(f"x{number}.py", "s.put(1)\n") for number in range(MOST_FILES + 1)]
    assert lines_naming(frozenset(("put",)), many) == []
    assert len(lines_naming(frozenset(("put",)), many[1:])) == MOST_FILES


def test_secrets_are_hidden_in_the_whole_text_of_a_file() -> None:
    files = [("x.py", "key = (\n's.put')\n")]
    hidden = lines_naming(frozenset(("put",)), files, lambda text: text.replace("(\n's", "(\n'#"))
    assert [each.text for each in hidden] == ["'#.put')"]


def test_of_a_long_line_the_part_is_shown_in_which_the_name_stands() -> None:
    (line,) = lines_naming(frozenset(("put",)), [("a.md", "  | " + "x " * 300 + "put | " + "y " * 300)])
    assert line.text.count("x") == 50 and " put | " in line.text and len(line.text) <= MOST_OF_A_LINE

from __future__ import annotations

import pytest

from orchestra.views.cell_text import clip, fold, harmless, padded, told_apart, width_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"), ("a\tb", "a    b"), ("a\x1b[31mb", "a?[31mb"), ("a\nb\r", "a?b?"), ("\x9b2J", "?2J"),
        ("e\u0301", "é"), ("x\u0301\u0301\u0301", "x"), ("a\u202eb", "a?b"), ("a\u200db", "a?b"), ("\ud800", "?"),
        ("\u2028", "?"), ("\u1112\u1161\u11ab", "한"), ("a\u1161", "a?"), ("\U0001f1e9\U0001f1ea", "??"),
        ("\ufeff", "?"), ("说明", "说明"), ("\ue000", "?"), ("❤\ufe0f", "❤"),
    ],
)
def test_what_steers_a_terminal_or_has_no_width_is_no_more(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_wide_characters_take_two_cells() -> None:
    assert [width_of(text) for text in ("ab", "说明", "aﾊ", "🎉")] == [2, 4, 2, 2]


@pytest.mark.parametrize(
    ("text", "width", "end", "start"),
    [
        ("abcdef", 6, "abcdef", "abcdef"), ("abcdef", 4, "abc~", "~def"), ("abcdef", 1, "~", "~"),
        ("abcdef", 0, "", ""), ("说明书", 5, "说明~", "~明书"), ("说明书", 4, "说~", "~书"), ("说", 1, "~", "~"),
    ],
)
def test_what_does_not_fit_is_cut_at_its_end_or_at_its_start(text: str, width: int, end: str, start: str) -> None:
    assert (clip(text, width), clip(text, width, keeps_end=True)) == (end, start)


def test_padding_fills_cells_and_not_characters() -> None:
    assert padded("说", 4) == "说  "
    assert padded("说明书", 4) == "说~ "


def test_folding_loses_nothing_and_keeps_every_line() -> None:
    assert fold(["abcdef", "", "说明书"], 4) == [["abcd", "ef"], [""], ["说明", "书"]]


def test_a_screen_too_narrow_for_a_wide_character_still_ends() -> None:
    assert fold(["说明"], 1) == [["说", "明"]]


def test_a_path_that_does_not_fit_shows_its_end() -> None:
    assert told_apart(["a.py", "src/deep/inside/b.py"], 9) == {"a.py": "a.py", "src/deep/inside/b.py": "~ide/b.py"}


@pytest.mark.parametrize(("paths", "width", "names"), [
    (["deep/in/a/src/deep/in/a/b.py", "deep/in/a/b.py"], 9, ["~src~b.py", "~n/a/b.py"]),
    (["src/x/init.py", "src/y/init.py"], 9, ["~x~nit.py", "~y~nit.py"]),
    (["src/x/init.py", "src/y/init.py"], 12, ["~c/x/init.py", "~c/y/init.py"]),
    (["long/folder/module_07_of_it.py", "long/folder/module_12_of_it.py"], 9, ["~07~it.py", "~12~it.py"]),
    (["src/module_03_it.py", "src/module_04_it.py", "src/module_12_it.py", "t/module_03_it.py"], 9,
     ["~3_it.py", "~4_it.py", "~12_it.py", "~t/m~t.py"]),
    (["a/b/x1_of_it.py", "a/b/x2_of_it.py", "a/c/x1_of_it.py", "a/c/x2_of_it.py"], 9,
     ["~b~1~t.py", "~b~2~t.py", "~c~1~t.py", "~c~2~t.py"]),
    (["lib/\u65e5/initial.py", "lib/\u672c/initial.py"], 10, ["~\u65e5~ial.py", "~\u672c~ial.py"]),
    (["b/b/initial.py", "a/b/b/initial.py"], 9, ["~itial.py", "~a/~al.py"]),
])
def test_paths_that_would_end_alike_show_what_sets_them_apart(paths: list[str], width: int, names: list[str]) -> None:
    shown = told_apart(paths, width)
    assert all(width_of(name) <= width for name in shown.values())
    assert [shown[path] for path in paths] == names


@pytest.mark.parametrize("width", range(9, 16))
def test_two_pairs_are_four_names(width: int) -> None:
    paths = ["a/b/x1_of_it.py", "a/b/x2_of_it.py", "a/c/x1_of_it.py", "a/c/x2_of_it.py"]
    assert len({*told_apart(paths, width).values()}) == 4


@pytest.mark.parametrize("width", range(0, 8))
def test_paths_in_hardly_any_room_still_fit(width: int) -> None:
    paths = ["src/x/init.py", "src/y/init.py", "src/\u65e5/init.py", "c"]
    assert all(width_of(name) <= width for name in told_apart(paths, width).values())

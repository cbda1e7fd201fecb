from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestra.engine.showing import MOST_BYTES, MOST_CHARACTERS, MOST_FILES, Showing
from orchestra.records import FileImage
from orchestra.workspace.tree import Tree


@pytest.fixture
def showing(tmp_path: Path) -> Showing:
    for path, content in {
        "README.md": b"a project\n", "src/a.py": b"x = 1\n", ".env": b"KEY=hunter22\n", "picture": b"\x00\x01",
        "long.txt": b"x" * (MOST_CHARACTERS + 1), "latin.txt": b"caf\xe9\n", "empty": b"",
        ".orchestra/plan.md": b"# Plan\n", "credentials.json": b"{}",
    }.items():
        file = tmp_path / path
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    (tmp_path / "link").symlink_to("README.md")
    return Showing(tmp_path, None, Tree(tmp_path))


def test_the_listing_has_names_and_sizes_and_nothing_that_is_secret(showing: Showing) -> None:
    assert showing.listing() == [
        ("README.md", 10), ("empty", 0), ("latin.txt", 5), ("long.txt", MOST_CHARACTERS + 1), ("picture", 2),
        ("src/a.py", 6),
    ]


def test_a_name_that_is_no_text_is_not_listed(showing: Showing, tmp_path: Path) -> None:
    before = showing.listing()
    with open(os.fsencode(tmp_path) + b"/caf\xe9.py", "wb"):
        pass
    assert showing.listing() == before


def test_a_path_that_holds_a_secret_is_neither_listed_nor_shown(showing: Showing, tmp_path: Path) -> None:
    before = showing.listing()
    folder = "ghp_" + "a1B2" * 9
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "q.py").write_text("x = 1\n")
    assert showing.listing() == before
    assert showing.show([f"{folder}/q.py"])[0] == []


def test_who_surveys_the_texts_learns_which_are_of_files_of_secrets(showing: Showing) -> None:
    texts = dict(showing.survey())
    assert texts["KEY=hunter22\n"] and not texts["x = 1\n"]


def test_of_the_texts_none_is_one_that_has_another_name_elsewhere(showing: Showing, tmp_path: Path) -> None:
    os.link(tmp_path / ".env", tmp_path / "notes.txt")
    assert {path for path, _ in showing.texts(but=["empty"])} == {"README.md", "latin.txt", "long.txt", "src/a.py"}


def test_files_are_shown_as_text_in_the_order_asked_for_and_once(showing: Showing) -> None:
    shown, not_shown = showing.show(["src/a.py", "README.md", "src/a.py", "latin.txt", "empty"])
    assert [(file.path, file.text) for file in shown] == [
        ("src/a.py", "x = 1\n"), ("README.md", "a project\n"), ("latin.txt", "caf\u00e9\n"), ("empty", "")
    ]
    assert not_shown == []


@pytest.mark.parametrize(
    "path",
    [".env", "credentials.json", "../outside", "/etc/passwd", ".orchestra/plan.md", ".git/config", "absent.py", "link",
     "picture", "long.txt", "src", ""],
)
def test_what_may_not_be_shown_is_said_with_the_reason(showing: Showing, path: str) -> None:
    shown, not_shown = showing.show([path])
    assert shown == []
    assert [named for named, _ in not_shown] == [path]
    assert not_shown[0][1]
    assert "hunter22" not in not_shown[0][1]


def test_only_so_many_files_are_shown_at_once(showing: Showing, tmp_path: Path) -> None:
    names = [f"f{number:02}.txt" for number in range(MOST_FILES + 3)]
    for name in names:
        (tmp_path / name).write_text("x")
    shown, not_shown = showing.show(names)
    assert [file.path for file in shown] == names[:MOST_FILES]
    assert [path for path, _ in not_shown] == names[MOST_FILES:]


def test_nothing_asked_for_is_nothing_shown(showing: Showing) -> None:
    assert showing.show([]) == ([], [])


def test_a_file_that_is_too_long_in_any_encoding_is_not_even_read(showing: Showing, tmp_path: Path) -> None:
    with open(tmp_path / "endless", "wb") as file:
        file.truncate(1 << 40)  # takes no room on the disk, but would in memory
    assert showing.show(["endless"]) == ([], [("endless", f"it is too long to be shown ({1 << 40} bytes)")])
    assert MOST_BYTES == len("\U0001f600".encode("utf-8")) * MOST_CHARACTERS


def test_a_file_with_another_name_elsewhere_is_not_shown(showing: Showing, tmp_path: Path) -> None:
    os.link(tmp_path / "README.md", tmp_path / "notes.txt")
    for path in ("README.md", "notes.txt"):
        assert showing.show([path]) == (
            [], [(path, "it has another name elsewhere (a hard link), so it is not shown")]
        )


def test_what_the_session_has_written_is_shown_as_it_was_before(showing: Showing, tmp_path: Path) -> None:
    images = {"src/a.py": FileImage(b"x = 0\n"), "new.py": FileImage(None), "gone.py": FileImage(b"here\n")}
    (tmp_path / "new.py").write_text("made\n")
    session = Showing(tmp_path, None, Tree(tmp_path), before=images.get)
    shown, not_shown = session.show(["src/a.py", "new.py", "gone.py", "README.md"])
    assert [(file.path, file.text) for file in shown] == [
        ("src/a.py", "x = 0\n"), ("gone.py", "here\n"), ("README.md", "a project\n")
    ]
    assert [path for path, _ in not_shown] == ["new.py"]


@pytest.fixture
def deep(tmp_path: Path) -> Showing:
    for path, size in {
        "pkg/a/Reader.java": 9, "pkg/a/Writer.java": 8, "pkg/b/Writer.java": 7, "pkg/b/.env": 9, "big/x.txt": 40_000,
        "big/y.txt": 40_000, "odd:12": 3, "app/[id]/page.ts": 5,
    }.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size)
    return Showing(tmp_path, None, Tree(tmp_path))


@pytest.mark.parametrize(("asked", "paths"), [
    ("pkg/a/", ["pkg/a/Reader.java", "pkg/a/Writer.java"]), ("pkg/b", ["pkg/b/Writer.java"]),
    ("pkg/*/Writer.java", ["pkg/a/Writer.java", "pkg/b/Writer.java"]), ("**/Reader.java", ["pkg/a/Reader.java"]),
    ("pkg/**/*.java", ["pkg/a/Reader.java", "pkg/a/Writer.java", "pkg/b/Writer.java"]),
    ("pkg/a/Reader.java:10-80", ["pkg/a/Reader.java"]), ("pkg/a/Reader.java#L1-L20", ["pkg/a/Reader.java"]),
    ("pkg/a/Reader.java (lines 3-9)", ["pkg/a/Reader.java"]), ("/pkg/a/Reader.java", ["pkg/a/Reader.java"]),
    ("ROOT/pkg/a/Reader.java", ["pkg/a/Reader.java"]), ("Pkg/A/reader.java", ["pkg/a/Reader.java"]),
    ("Reader.java", ["pkg/a/Reader.java"]), ("pkg\\a\\Reader.java", ["pkg/a/Reader.java"]), ("odd:12", ["odd:12"]),
    ("`pkg/a/Reader.java`", ["pkg/a/Reader.java"]), ("app/[id]/page.ts", ["app/[id]/page.ts"]),
])
def test_what_a_model_asks_for_is_understood_as_people_do(
    deep: Showing, tmp_path: Path, asked: str, paths: list[str]
) -> None:
    shown, not_shown = deep.asked([asked.replace("ROOT", str(tmp_path))])
    assert ([file.path for file in shown], not_shown) == (paths, [])


@pytest.mark.parametrize(("asked", "lines"), [
    (["Reader.java:10-80"], [(10, 80)]), (["Reader.java:10"], [(10, 10)]), (["Reader.java#L7-L20"], [(7, 20)]),
    (["Reader.java (lines 3 to 9)"], [(3, 9)]), (["Reader.java:12:5"], [(12, 12)]), (["Reader.java:5:12"], [(5, 12)]),
    (["Reader.java:80-10"], [(10, 80)]), (["Reader.java:1-5,90-99"], [(1, 5), (90, 99)]),
    (["Reader.java@L4"], [(4, 4)]), (["a/Reader.java:50-60", "Reader.java:1-9"], [(1, 9), (50, 60)]),
    (["Reader.java:50-60", "a/Reader.java"], []), (["Reader.java"], []),
])
def test_the_lines_that_are_asked_for_go_along_with_the_file(
    deep: Showing, asked: list[str], lines: list[tuple[int, int]]
) -> None:
    shown, not_shown = deep.asked(asked)
    assert {file.path: list(file.lines) for file in shown}["pkg/a/Reader.java"] == lines and not_shown == []


def test_who_asks_for_lines_and_for_the_file_as_it_is_called_is_shown_the_file(deep: Showing) -> None:
    shown, _ = deep.asked(["pkg/a/Reader.java:1-2", "pkg/a/Reader.java"])
    assert [(file.path, file.lines) for file in shown] == [("pkg/a/Reader.java", ())]


def test_who_asks_is_given_also_a_file_that_is_too_long(showing: Showing) -> None:
    shown, not_shown = showing.asked(["long.txt:5-9", "src/a.py"])
    assert [(file.path, file.lines) for file in shown] == [("src/a.py", ()), ("long.txt", ((5, 9),))]
    assert len(shown[1].text) > MOST_CHARACTERS and not_shown == []


@pytest.mark.parametrize(("asked", "said"), [
    ("big", "is a folder of 2 files, too many or too long to be shown at once; ask for those that you need: "
            "big/x.txt (40000 bytes), big/y.txt (40000 bytes)"),
    ("Writer.java", "there is no such file; 2 end so: pkg/a/Writer.java, pkg/b/Writer.java"),
    ("*.rs", "no file fits this pattern"), ("pkg/b/.env", "there is no such file, or it may not be shown"),
    ("nope.py", "there is no such file, or it may not be shown"),
])
def test_what_cannot_be_shown_is_told_with_what_may_be_meant(deep: Showing, asked: str, said: str) -> None:
    assert deep.asked([asked]) == ([], [(asked, said)])


def test_of_a_folder_with_many_small_files_the_names_are_told(deep: Showing, tmp_path: Path) -> None:
    (tmp_path / "many").mkdir()
    for number in range(300):
        (tmp_path / "many" / f"{number:03}").write_text("x")
    shown, ((path, said),) = deep.asked(["many"])
    assert (shown, path) == ([], "many")
    assert said.startswith("is a folder of 300 files, too many or too long") and said.endswith(" and 220 more")


def test_a_pattern_that_some_pythons_cannot_read_fits_nothing(deep: Showing) -> None:
    assert deep.asked(["app/[user-id]/page.tsx"]) == ([], [("app/[user-id]/page.tsx", "no file fits this pattern")])


def test_a_folder_is_as_it_was_before_the_session(tmp_path: Path) -> None:
    images = {"src/new.py": FileImage(None), "src/gone.py": FileImage(b"here\n")}
    (tmp_path / "src").mkdir()
    for name in ("new.py", "old.py"):
        (tmp_path / "src" / name).write_text("x\n")
    showing = Showing(tmp_path, None, Tree(tmp_path), before=images.get, noted=lambda: images)
    shown, not_shown = showing.asked(["src"])
    assert ([file.path for file in shown], not_shown) == (["src/gone.py", "src/old.py"], [])


def test_nothing_outside_the_root_is_meant(deep: Showing) -> None:
    assert deep.asked(["../pkg/a/Reader.java", "/etc/passwd", "~/.ssh/id_rsa"])[0] == []


@pytest.mark.parametrize("asked", ["*a" * 5000, " " * 100_000 + "x", ":1" * 50_000, "x/" * 50_000])
def test_what_is_no_path_is_not_looked_for(deep: Showing, asked: str) -> None:
    shown, not_shown = deep.asked([asked, "Reader.java"])
    assert ([file.path for file in shown], len(not_shown)) == (["pkg/a/Reader.java"], 1)


def test_of_many_paths_that_are_not_there_the_first_are_looked_for(deep: Showing) -> None:
    asked = [f"nope{number}.py" for number in range(200)]
    shown, not_shown = deep.asked([*asked, "Reader.java"])
    assert (shown, [path for path, _ in not_shown]) == ([], [*asked, "Reader.java"])

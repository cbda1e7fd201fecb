"""Laws of paths, texts and edits."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from orchestra.errors import RefusedDraft, RefusedPath, WorkspaceError
from orchestra.workspace.edit_blocks import parse_edits
from orchestra.workspace.edits import Edit, apply_edits
from orchestra.workspace.path_names import normalise
from orchestra.workspace.paths import check_path
from orchestra.workspace.text import NEW_FILE, decode, encode
from orchestra.workspace.tree import Tree

pytest.importorskip("hypothesis")

from hypothesis import assume, given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

PIECES = ["a", "b.py", "..", ".", "", ".git", ".GIT", "git~1", ".orchestra", "~", " ", "link", "deep", "\u200c", ":"]
wild_paths = st.one_of(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("/".join),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join),
    st.text(max_size=40),
)
words = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\0"), max_size=12)
lines = st.lists(words, min_size=1, max_size=12)


@given(wild_paths)
def test_a_normalised_path_is_its_own_normal_form(path: str) -> None:
    try:
        normal = normalise(path)
    except RefusedPath:
        return
    assert normalise(normal) == normal


@given(wild_paths)
def test_no_path_that_passes_leads_out_or_into_private_folders(path: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        (root / "deep").mkdir(parents=True)
        (root / "link").symlink_to("..")
        (root / "deep" / "link").symlink_to("../../outside")
        try:
            checked = check_path(root, path)
        except RefusedPath:
            return
        real = os.path.realpath(root / checked)
        assert real.startswith(os.path.realpath(root) + os.sep)
        assert not {".git", ".orchestra"} & {part.casefold() for part in checked.split("/")}


@given(wild_paths)
def test_nothing_is_ever_written_outside_the_root(path: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        (root / "deep").mkdir(parents=True)
        (root / ".git").mkdir()
        (root / "link").symlink_to("..")
        (root / "deep" / "link").symlink_to("../../outside")
        try:
            Tree(root).write(path, b"x")
        except WorkspaceError:
            assert sorted(p.name for p in root.rglob("*")) == [".git", "deep", "link", "link"]
        assert [p.name for p in Path(folder).iterdir()] == ["root"]
        assert not list((root / ".git").iterdir())


@given(st.binary(max_size=60) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace")))
def test_what_is_read_is_written_back_the_same(content: bytes) -> None:
    try:
        read = decode(content)
    except WorkspaceError:
        return
    crlf, cr, lf = read.text.count("\r\n"), content.count(b"\r"), content.count(b"\n")
    assume(crlf == 0 and (cr == 0 or lf == 0 or content.count(b"\r\n") == cr == lf))
    assert encode(read) == content


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=60))
def test_a_new_file_reads_as_its_draft_with_one_final_newline(text: str) -> None:
    assume(not text.startswith("\ufeff"))
    assert decode(NEW_FILE.render(text)).text in (text, text + "\n")


@given(lines, st.data())
def test_an_edit_of_a_unique_range_makes_exactly_that_change(original: list[str], data: st.DataObject) -> None:
    unique = ["%d %s" % (number, line) for number, line in enumerate(original)]
    start = data.draw(st.integers(0, len(unique) - 1))
    end = data.draw(st.integers(start + 1, len(unique)))
    new = ["new %s" % line for line in data.draw(st.lists(words, max_size=4))]
    edit = Edit("\n".join(unique[start:end]) + "\n", "".join(line + "\n" for line in new))
    expected = "".join(line + "\n" for line in unique[:start] + new + unique[end:])
    assert apply_edits("".join(line + "\n" for line in unique), (edit,)).text == expected


nesting = st.lists(st.integers(0, 4), min_size=1, max_size=8)


def nested(depths: list[int], unit: str, *, base: int = 0, word: str = "line") -> list[str]:
    return ["%s%s %d" % (unit * (base + depth), word, number) for number, depth in enumerate(depths)]


@given(nesting, nesting, st.integers(1, 8), st.integers(0, 2), st.integers(0, 2), st.booleans())
def test_an_edit_in_other_blanks_is_made_in_those_of_the_file_or_not_at_all(
    old: list[int], new: list[int], step: int, base: int, said: int, has_tabs: bool
) -> None:
    """A model that writes blanks for tabs, or tabs for blanks, and as many of them for each."""
    assume(said == base or len(set(old)) > 1)
    own, foreign = ("\t", " " * step) if has_tabs else (" " * step, "\t")
    around = ["if x:", own + "y = 1"]
    original = [*around, *nested(old, own, base=base), "end"]
    edit = Edit(*("".join(line + "\n" for line in part) for part in (
        nested(old, foreign, base=said), nested(new, foreign, base=said, word="new"))))
    try:
        edited = apply_edits("".join(line + "\n" for line in original), (edit,))
    except RefusedDraft:
        assert len(set(old)) == 1, "two depths say how many blanks stand for a tab"
        return
    if edited.matches == ("indentation",):
        assert edited.text.split("\n")[:-1] == [*around, *nested(new, own, base=base, word="new"), "end"]
    else:
        assert base == 0 and not any(old), "only lines that are not indented are the same in both"


@given(st.text("ab \n", max_size=30), st.lists(st.tuples(st.text("ab \n", max_size=6), st.text("abc\n", max_size=6))))
def test_one_edit_that_cannot_be_made_refuses_all(original: str, pairs: list[tuple[str, str]]) -> None:
    edits = tuple(Edit(search, replace) for search, replace in pairs)
    with pytest.raises(RefusedDraft, match="block"):
        apply_edits(original, (*edits, Edit("nowhere\n", "x\n")))


@given(st.lists(st.tuples(lines, lines), min_size=1, max_size=4))
def test_parsing_gives_back_what_was_rendered(pairs: list[tuple[list[str], list[str]]]) -> None:
    plain = [(["-" + line for line in search], ["-" + line for line in replace]) for search, replace in pairs]
    edits = [Edit("".join(s + "\n" for s in search), "".join(r + "\n" for r in replace)) for search, replace in plain]
    rendered = "".join("<<<<<<< SEARCH\n%s=======\n%s>>>>>>> REPLACE\n" % (e.search, e.replace) for e in edits)
    assert parse_edits(rendered) == tuple(dict.fromkeys(edits))

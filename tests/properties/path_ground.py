"""A small tree full of ways out, what must never happen in it, and paths of the kind that try."""

from __future__ import annotations

import os
import random
import unicodedata
from pathlib import Path
from typing import Sequence

from orchestra.errors import RefusedPath, WorkspaceError
from orchestra.workspace.collisions import check_distinct
from orchestra.workspace.path_names import normalise
from orchestra.workspace.paths import check_path, check_plan_paths
from orchestra.workspace.tree import Tree

SENTINEL = b"what lies outside"
PIECES = (
    "a", "b.py", "deep", "src", "link", "out.txt", "up", "inner", "pipe", "..", ".", "", "...", "~", "-", ":", "*",
    "\\", " ", "\t", "\n", "\0", "\x7f", "\x9b", "C:", "\u212a:", ".git", ".GIT", ".git.", ".git ", "git~1", "GI7EBA~1",
    ".git::$DATA", ".orchestra", ".Orchestra", "orches~1", "config", "hooks", "state.db", "con", "nul.txt", "COM\u00b9",
    "\u200c", "\u200d", "\u200b", "\u202e", "\ufeff", "\ufe0f", "\u034f", "\u00ad", "\uff0e", "\u2024", "\u2044",
    "\u2215", "\uff0f", "e\u0301", "\u00e9", "\u0130", "\u0131", "\u017f", "\u00df", "\ud800", "\U000e0041",
    "n" * 250, "\u20ac" * 80, "%2e%2e", "$(x)", "'", '"',
)
PLANTED = (
    "src", "deep", "inner", "a", "b.py", "link", "out.txt", "up", "pipe", "src/a", "src/link", "deep/up", "inner/b.py",
    "e\u0301", "con",
)
_KINDS = ("file", "folder", "link out", "link to a folder", "dangling", "link in", "pipe", "git", "hard", "nothing")


class Ground:
    """A root with things planted at random, and a folder beside it."""

    def __init__(self, folder: Path, seed: int) -> None:
        chance = random.Random(seed)
        self.root, self.beside = folder / "root", folder / "beside"
        for made in (self.root / ".git" / "hooks", self.root / ".orchestra" / "tmp", self.beside / "deep"):
            made.mkdir(parents=True)
        for name in ("out.txt", "a", "deep/b.py"):
            (self.beside / name).write_bytes(SENTINEL)
        (self.root / ".git" / "config").write_bytes(SENTINEL)
        (self.root / ".orchestra" / "state.db").write_bytes(SENTINEL)
        for name in PLANTED:
            self._plant(name, chance.choice(_KINDS))
        self.tree = Tree(self.root, write_bytes=lambda descriptor, content: os.write(descriptor, content) and None)
        self._before = self._seen()

    def check(self, path: str) -> bool:
        """Whether the path may be written; AssertionError where anything came of it that must not."""
        accepted = self._is_accepted(path)
        self._try_reading(path)
        self._try_writing(accepted or path)
        assert self._seen() == self._before, ascii(path)
        return accepted is not None

    def check_together(self, paths: Sequence[str]) -> bool:
        """Whether they may stand in one plan; AssertionError where two of them are one file."""
        try:
            checked = check_plan_paths(self.root, paths)
            check_distinct(self.root, checked, folds=lambda folder: True)
        except RefusedPath:
            return False
        folded = {_folded(path) for path in checked}
        assert len(folded) == len(paths), ascii(paths)
        for path in folded:
            parts = path.split("/")
            assert not any("/".join(parts[:depth]) in folded for depth in range(1, len(parts))), ascii(paths)
        return True

    def _is_accepted(self, path: str) -> str | None:
        try:
            normal = normalise(path)
        except RefusedPath:
            for for_writing in (True, False):
                try:
                    check_path(self.root, path, for_writing=for_writing)
                except RefusedPath:
                    continue
                raise AssertionError("checked, though it has no normal form: %a" % path)
            return None
        assert normalise(normal) == normal, ascii(path)
        assert not {".git", ".orchestra"} & {_stripped(part) for part in normal.split("/")}, ascii(path)
        try:
            checked = check_path(self.root, path)
        except RefusedPath:
            return None
        assert check_path(self.root, checked) == checked, ascii(path)
        real = os.path.realpath(self.root / checked)
        assert real == os.path.join(os.path.realpath(self.root), checked), ascii(path)
        return checked

    def _try_reading(self, path: str) -> None:
        try:
            found = self.tree.read(path).content
        except WorkspaceError:
            return
        # A hard link has no other name for who reads it: those are told by `check_path` and by `Showing`.
        assert found != SENTINEL or os.lstat(self.root / path).st_nlink > 1, ascii(path)

    def _try_writing(self, path: str) -> None:
        try:
            old = self.tree.read(path)
            made = self.tree.write(path, b"written").folders
        except WorkspaceError:
            return
        place = self.root / path
        assert os.path.realpath(place).startswith(os.path.realpath(self.root) + os.sep), ascii(path)
        assert place.read_bytes() == b"written", ascii(path)
        self.tree.delete(path)
        assert not os.path.lexists(place), ascii(path)
        if old.content is not None:
            was_linked = old.content == SENTINEL
            os.link(self.beside / "a", place) if was_linked else self.tree.write(path, old.content, mode=old.mode)
        self.tree.remove_empty_folders(made)

    def _plant(self, name: str, kind: str) -> None:
        place = self.root / name
        if kind == "nothing" or not place.parent.is_dir() or place.parent.is_symlink():
            return
        if kind == "folder":
            place.mkdir()
        elif kind == "file":
            place.write_bytes(b"mine")
        elif kind == "pipe":
            os.mkfifo(place)
        elif kind == "git":
            (place / ".git").mkdir(parents=True)
        elif kind == "hard":
            os.link(self.beside / "a", place)
        else:
            targets = {"link out": self.beside / "out.txt", "link to a folder": self.beside,
                       "dangling": self.beside / "new", "link in": self.root / ".git"}
            place.symlink_to(targets[kind])

    def _seen(self) -> list[tuple[str, int, bytes]]:
        """Every name below both folders with its kind and content."""
        found = []
        for top in (self.root, self.beside):
            for folder, folders, files in os.walk(top):
                for name in (*folders, *files):
                    path = os.path.join(folder, name)
                    status = os.lstat(path)
                    content = b""
                    if os.path.isfile(path) and not os.path.islink(path):
                        with open(path, "rb") as file:
                            content = file.read()
                    found.append((path, status.st_mode, content))
        return sorted(found)


def wild_path(chance: random.Random) -> str:
    """A path put together of pieces that mean something somewhere, and sometimes of any characters."""
    if chance.random() < 0.1:
        ends = [chance.choice((0x80, 0x3000, 0x110000)) for _ in range(chance.randrange(12))]
        return "".join(chr(chance.randrange(end)) for end in ends)
    parts = []
    for _ in range(chance.randrange(1, 5)):
        parts.append("".join(chance.choice(PIECES) for _ in range(1 if chance.random() < 0.7 else 2)))
    return "/".join(parts)


def twin_of(path: str, chance: random.Random) -> str:
    """Another spelling that some file system, or a reader, takes for the same path."""
    turns = (
        str.upper, str.swapcase, str.casefold, lambda text: "./" + text, lambda text: text.replace("/", "//"),
        lambda text: unicodedata.normalize("NFD", text), lambda text: text + "\ufe0f", lambda text: text + "/x",
        lambda text: "\u200d".join(text[:2]) + text[2:], lambda text: text,
    )
    return chance.choice(turns)(path)


def _stripped(name: str) -> str:
    """What HFS+, NTFS and a folding ext4 together leave of a name, written down apart from the program."""
    text = "".join(char for char in name if unicodedata.category(char) != "Cf" and char not in "\u034f\ufe0f")
    return unicodedata.normalize("NFKC", text).casefold().partition(":")[0].rstrip(" .")


def _folded(path: str) -> str:
    text = "".join(char for char in path if unicodedata.category(char) != "Cf" and char not in "\u034f\ufe0f")
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())

"""Which files of the repository a model may see."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from orchestra.adapters.tokens import estimate_tokens
from orchestra.agents.quoting import ShownFile, show_files
from orchestra.errors import OrchestraError
from orchestra.observe.secret_shapes import holds_secret
from orchestra.records import FileImage
from orchestra.regex import regex
from orchestra.workspace.git import Git
from orchestra.workspace.instructions import instruction_links
from orchestra.workspace.listing import ignored_paths, is_secret, list_files, secret_files
from orchestra.workspace.paths import check_path
from orchestra.workspace.text import decode
from orchestra.workspace.tree import Tree

MOST_CHARACTERS = 200_000
MOST_BYTES = 4 * MOST_CHARACTERS
"""No longer file is read at all: a text of so many bytes has too many characters in every encoding."""
MOST_FILES = 20
MOST_ASKED = 100
"""More paths than that may be too many for one command line; then everything is listed."""
MOST_SURVEYED_BYTES = 32 * 2**20
WORDS = regex(r"(?:[A-Z]?[a-z._/-])+")
"""Most names: no secret is one, whatever word is in it."""
_TOO_LONG = "it is too long to be shown (%d characters)"

Excerpt = Callable[[ShownFile, int, bool], "ShownFile | None"]
"""Parts of a file that take at most so many tokens; None where it has none to be shown, though they are always wanted
where that is True.
"""


class Showing:
    """Lists and shows files: never secret, ignored or binary ones, nothing outside the root.

    What the session has written is shown as it was before: else a question would depend on who was faster, and on
    where a kill came.
    """

    def __init__(
        self, root: Path, git: Git | None, tree: Tree, *, hidden: Path | None = None,
        before: Callable[[str], FileImage | None] = lambda path: None,
        noted: Callable[[], Iterable[str]] = lambda: (),
    ) -> None:
        """`hidden` is a file that counts as absent: a cassette must not change what is recorded on it.

        `before` gives what lay at a path before the session, where that is `noted`.
        """
        self._before = before
        self._noted = noted
        self._hidden = None if hidden is None else hidden.resolve()
        self._root = root
        self._git = git
        self._tree = tree

    def listing(self) -> list[tuple[str, int]]:
        """Path and size in bytes of every file that may be shown."""
        return self._listing(())

    def _listing(self, only: Sequence[str]) -> list[tuple[str, int]]:
        files = list_files(self._root, self._git, only=only)
        named = [(file.path, file.size_bytes) for file in files if not self._is_withheld(file.path)]
        folders, names = zip(*(path.rpartition("/")[::2] for path, _ in named)) if named else ((), ())
        odd = [name for name in dict.fromkeys(folders + names) if not WORDS.fullmatch(name)]
        # Shown with a stand-in, a path that holds one would be no path.
        if not holds_secret("\n".join(odd)):
            return named
        return [(path, size) for path, size in named if not holds_secret(path)]

    def show(self, paths: Sequence[str]) -> tuple[list[ShownFile], list[tuple[str, str]]]:
        """The files that may be shown, and the others with the reason."""
        return self._show(paths, MOST_CHARACTERS)

    def show_long(self, paths: Sequence[str]) -> tuple[list[ShownFile], list[tuple[str, str]]]:
        """As `show`, also files of which only parts may be shown."""
        return self._show(paths, MOST_BYTES)

    def _show(self, paths: Sequence[str], most: int) -> tuple[list[ShownFile], list[tuple[str, str]]]:
        shown: list[ShownFile] = []
        not_shown: list[tuple[str, str]] = []
        listed = self._listed_of(paths)
        for path in dict.fromkeys(paths):
            try:
                shown.append(self._file(path, listed, most, room=len(shown) < MOST_FILES))
            except OrchestraError as error:
                not_shown.append((path, error.what))
        return shown, not_shown

    def asked(self, paths: Sequence[str]) -> tuple[list[ShownFile], list[tuple[str, str]]]:
        """As `show_long`, for what a model asks: also folders, patterns, and paths that are not quite right."""
        # Few answers ask so.
        from orchestra.engine.asked_for import show_meant

        return show_meant(paths, self.show_long, self._listing_before, os.fspath(self._root))

    def _listing_before(self) -> list[tuple[str, int]]:
        """As `listing`, before the session."""
        # In this order: what is written meanwhile is noted before that.
        sizes = dict(self.listing())
        for path in self._noted():
            image = self._before(path)
            if image is None or image.content is None:
                sizes.pop(path, None)
            elif path in sizes or self._was_listed(path):
                sizes[path] = len(image.content)
        return sorted(sizes.items())

    def _listed_of(self, paths: Sequence[str]) -> Mapping[str, int]:
        """Of these paths those that are listed: every prompt asks, and a large repository is long to list."""
        asked = []
        for path in dict.fromkeys(paths):
            with suppress(OrchestraError):
                asked.append(check_path(self._root, path, for_writing=False))
        return dict(self._listing(asked if len(asked) <= MOST_ASKED else ())) if asked else {}

    def instruction_links(self, listed: Sequence[str]) -> Sequence[str]:
        """Those links beside the listed files from which instructions might be hoped for."""
        links = instruction_links(self._root, listed)
        ignored = ignored_paths(self._root, self._git, links) if links else ()
        return [path for path in links if path not in ignored]

    def survey(self) -> Iterator[tuple[str, bool]]:
        """The texts of the repository up to a bound, also of files that nobody may see: for who must know what to hide.

        With each goes whether its file is one of secrets.
        """
        return ((text, is_secret(path)) for path, text in self._read_all(self._surveyed()))

    def _surveyed(self) -> Iterator[tuple[str, int]]:
        files = list_files(self._root, self._git)
        for path in secret_files(self._root, [file.path for file in files]):
            with suppress(OSError):
                yield path, (self._root / path).lstat().st_size
        for file in files:
            yield file.path, file.size_bytes

    def texts(self, *, but: Collection[str]) -> Iterator[tuple[str, str]]:
        """Path and text of every file that may be shown, up to a bound, without some."""
        left_out = frozenset(but)
        return self._read_all(
            (path, size) for path, size in self.listing() if path not in left_out and not self._is_linked(path)
        )

    def _read_all(self, sized: Iterable[tuple[str, int]]) -> Iterator[tuple[str, str]]:
        """Path and text of these, by path and size, as far as they can be read and there is room."""
        left = MOST_SURVEYED_BYTES
        for path, size in sized:
            if size <= min(MOST_BYTES, left):
                left -= size
                with suppress(OrchestraError):
                    found = self._tree.read(path)
                    yield path, "" if found.content is None else decode(found.content, path=path).text

    def _was_listed(self, path: str) -> bool:
        """Whether a file that the session has deleted might be shown while it was there."""
        # A name that is no text no model could say, and no journal keep.
        may_be_named = path.isprintable() and not self._is_withheld(path) and not holds_secret(path)
        return may_be_named and not ignored_paths(self._root, self._git, [path])

    def _is_withheld(self, path: str) -> bool:
        return is_secret(path) or self._hidden is not None and self._root.resolve() / path == self._hidden

    def _is_linked(self, path: str) -> bool:
        """Whether it has another name, which may lie anywhere, where nobody meant it to be shown."""
        try:
            return (self._root / path).lstat().st_nlink > 1
        except FileNotFoundError:
            return False

    def _file(self, path: str, listed: Mapping[str, int], most: int, *, room: bool) -> ShownFile:
        path = check_path(self._root, path, for_writing=False)
        if path in listed and self._is_linked(path):
            raise OrchestraError("it has another name elsewhere (a hard link), so it is not shown")
        if listed.get(path, 0) > MOST_BYTES:
            raise OrchestraError(f"it is too long to be shown ({listed[path]} bytes)")
        found = self._tree.read(path)
        # Asked for afterwards: an image is noted before the file is written.
        noted = self._before(path)
        if noted is None:
            is_there = path in listed
        else:
            is_there = noted.content is not None and (path in listed or self._was_listed(path))
            found = noted
        if not is_there:
            raise OrchestraError("there is no such file, or it may not be shown")
        if not room:
            raise OrchestraError(f"only {MOST_FILES} files are shown at once")
        text = "" if found.content is None else decode(found.content, path=path).text
        if len(text) > most:
            raise OrchestraError(_TOO_LONG % len(text))
        return ShownFile(path, text)


def no_excerpt(file: ShownFile, tokens: int, always: bool) -> None:
    """Nothing is shown in parts."""


def excerpt_for(about: str, hide: Callable[[str], str]) -> Excerpt:
    """What of a file has to do with a text, or the lines that are asked for; `hide` takes out the secrets."""

    def excerpt(file: ShownFile, tokens: int, always: bool) -> ShownFile | None:
        # Few files are so long.
        from orchestra.engine.excerpts import parts_of

        return parts_of(file, tokens, about=about, hide=hide, always=always)

    return excerpt


def within(
    files: Sequence[ShownFile], tokens: int, excerpt: Excerpt, *, always: bool = False, shares: Sequence[int] = (),
) -> tuple[list[ShownFile], list[tuple[str, str]], int]:
    """Those of the files that fit one after the other, the others with the reason, and how many tokens are left.

    A file that does not fit as a whole is shown in parts where it has an excerpt; so is one that takes more
    than its share, of which the last is that of all others.
    """
    fitting: list[ShownFile] = []
    others: list[tuple[str, str]] = []
    for nth, file in enumerate(files):
        needed = estimate_tokens(show_files([replace(file, lines=())]))
        is_long = len(file.text) > MOST_CHARACTERS
        most = min(tokens, shares[min(nth, len(shares) - 1)]) if shares else tokens
        shown = excerpt(file, tokens, always) if is_long or needed > most else replace(file, lines=())
        if shown is None and not is_long and needed <= tokens:
            shown = replace(file, lines=())
        if shown is None:
            no_room = f"it has {needed} tokens, and there is room for {tokens}"
            others.append((file.path, _TOO_LONG % len(file.text) if is_long else no_room))
        else:
            fitting.append(shown)
            tokens -= estimate_tokens(show_files([shown])) if shown.lines or shown.is_cut else needed
    return fitting, others, tokens

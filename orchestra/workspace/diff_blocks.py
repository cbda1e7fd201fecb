"""Unified diffs as models write them: with wrong line numbers, without any, or in the form of `*** Update File:`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Sequence

from orchestra.regex import regex
from orchestra.workspace.edits import Edit

_LONGEST_HEADER = 1000
_HUNK = regex(r"@@(?:[ \t]*-(\d{1,9})(?:,\d+)?[ \t]+\+\d+(?:,\d+)?[ \t]*@@)?(.*?)(?:[ \t]*@@)?")
_OLD_FILE = regex(r"(?:--- |\*\*\* (?:Update|Add|Delete) File:)[ \t]*(.+?)(?:\t.*)?")
_NEW_FILE = regex(r"\+\+\+ [ \t]*(.+?)(?:\t.*)?")
_ENVELOPE = regex(
    r"\*\*\* (?:Begin Patch|End Patch|End of File)|diff --git .*|index [0-9a-f]+\.\..*|new file mode \d+|(?:old|new) "
    r"mode \d+|Index: .*|={20,}|\\ ?No newline at end of file"
)
_STARTS = ("diff --git ", "--- ", "@@", "*** Begin Patch", "*** Update File", "*** Add File")
_BEGINS_HUNK = ("@@", "*** Add File", "*** Update File")
_NOWHERE = "/dev/null"


@dataclass(frozen=True)
class FileDiff:
    """The hunks for one file."""

    path: str | None
    """The file as the diff names it, without `a/` or `b/`; None where it names none."""
    edits: tuple[Edit, ...]

    @property
    def only_adds(self) -> bool:
        """Whether nothing of an older file is spoken of, as in the diff of a new file."""
        return bool(self.edits) and all(not edit.search for edit in self.edits)


@dataclass
class _Growing:
    """A file's diff that is being read."""

    path: str | None = None
    edits: list[Edit] = field(default_factory=list)
    hunk: tuple[int | None, str] | None = None
    is_headed: bool = False
    """Whether a hunk may begin here without a line `@@`, as behind the file's name."""
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)

    def end_hunk(self) -> None:
        # Blank lines at its end are as often the answer's as the file's, and needed by neither.
        while self.old and self.new and not self.old[-1] and not self.new[-1]:
            self.old.pop()
            self.new.pop()
        if self.hunk is not None and self.old != self.new:
            self.edits.append(Edit(_joined(self.old), _joined(self.new), self.path, *self.hunk))
        self.hunk, self.is_headed, self.old, self.new = None, False, [], []


def is_diff(text: str) -> bool:
    """Whether a text starts as a diff and has a hunk."""
    lines = [line for line in text.split("\n", 40)[:40] if line.strip() and len(line) <= _LONGEST_HEADER]
    if not lines or not lines[0].startswith(_STARTS):
        return False
    is_named = lines[0].startswith("--- ") and lines[1:2] and lines[1].startswith("+++ ")
    return bool(is_named) or any(line.startswith(_BEGINS_HUNK) for line in lines)


def parse_diff(text: str) -> tuple[FileDiff, ...]:
    """The diff's files in order; hunks that change nothing are left out.

    A text without any header is one hunk.
    """
    lines = text.split("\n")
    # What ends the last line is not a line of the last hunk.
    while lines and not lines[-1]:
        lines.pop()
    has_header = any(line.startswith(_STARTS) for line in lines)
    files: list[_Growing] = [_Growing(hunk=None if has_header else (None, ""))]
    for number, line in enumerate(lines):
        _read(files, line, lines[number + 1:number + 3])
    files[-1].end_hunk()
    return tuple(FileDiff(file.path, tuple(file.edits)) for file in files if file.edits)


def _read(files: list[_Growing], line: str, following: Sequence[str]) -> None:
    file = files[-1]
    # Within a hunk, two such lines may be text that goes and text that comes.
    is_headed = bool(following) and following[0].startswith("+++ ") and (
        file.hunk is None or following[-1].startswith("@@")
    )
    header = line if len(line) <= _LONGEST_HEADER else ""
    old_file = _OLD_FILE.fullmatch(header)
    if old_file and (header.startswith("***") or is_headed):
        file.end_hunk()
        path = _path(old_file[1])
        hunk_of_new = (None, "") if header.startswith("*** Add") else None
        files.append(_Growing(path, hunk=hunk_of_new, is_headed=header.startswith("*** Update")))
    elif file.hunk is None and (new_file := _NEW_FILE.fullmatch(header)):
        file.path, file.is_headed = _path(new_file[1]) or file.path, True
    elif _ENVELOPE.fullmatch(header):
        if not header.startswith("\\"):
            file.end_hunk()
    elif hunk := (_HUNK.fullmatch(header) if header.startswith("@@") else None):
        file.end_hunk()
        file.hunk = (int(hunk[1]) if hunk[1] else None, hunk[2].strip(" \t."))
    elif file.hunk is not None or (file.is_headed and line[:1] in ("+", "-", " ")):
        file.hunk = file.hunk or (None, "")
        _add_line(file, line)


def _add_line(file: _Growing, line: str) -> None:
    mark, rest = line[:1], line[1:]
    if mark == "+":
        file.new.append(rest)
    elif mark == "-":
        file.old.append(rest)
    else:
        # A context line whose blank in front was forgotten is still looked for in the file.
        context = rest if mark == " " else line
        file.old.append(context)
        file.new.append(context)


def _path(said: str) -> str | None:
    path = said.strip().strip('"')
    if path == _NOWHERE:
        return None
    return path[2:] if path.startswith(("a/", "b/")) else path


def _joined(lines: Sequence[str]) -> str:
    return "".join(line + "\n" for line in lines)

"""Changes of files as a patch that `git apply` takes, made without git."""

from __future__ import annotations

import base64
import difflib
import hashlib
import zlib
from itertools import islice
from typing import Iterable, Iterator

from orchestra.dataclass import dataclass
from orchestra.records import FileImage

_ABSENT = "0" * 40


@dataclass(frozen=True)
class FileChange:
    """One file before and after."""

    path: str
    before: FileImage
    after: FileImage


def unified_patch(changes: Iterable[FileChange]) -> str:
    """The changes in git's format, sorted by path; empty where nothing changed.

    Bytes that are not UTF-8 come as surrogate escapes: write the patch with `errors="surrogateescape"`.
    """
    ordered = sorted(changes, key=lambda change: change.path)
    return "".join(line for change in ordered for line in _file_patch(change))


def readable_patches(changes: Iterable[FileChange]) -> list[str]:
    """Of each changed file its patch, sorted by path; of one that is no text only that it changed."""
    ordered = sorted(changes, key=lambda change: change.path)
    patches = ("".join(_file_patch(change, is_read=True)) for change in ordered)
    return [patch for patch in patches if patch]


def _file_patch(change: FileChange, *, is_read: bool = False) -> Iterator[str]:
    before, after = change.before, change.after
    old_mode, new_mode = _git_mode(before), _git_mode(after)
    if before.content == after.content and old_mode == new_mode:
        return
    yield "diff --git %s %s\n" % (_name("a/", change.path), _name("b/", change.path))
    if before.content is None:
        yield "new file mode %s\n" % new_mode
    elif after.content is None:
        yield "deleted file mode %s\n" % old_mode
    elif old_mode != new_mode:
        yield "old mode %s\nnew mode %s\n" % (old_mode, new_mode)
    if before.content != after.content:
        suffix = " " + old_mode if old_mode == new_mode else ""
        yield "index %s..%s%s\n" % (_blob_id(before.content), _blob_id(after.content), suffix)
        yield from _content_patch(change.path, before.content, after.content, is_read)


def _content_patch(path: str, before: bytes | None, after: bytes | None, is_read: bool) -> Iterator[str]:
    old, new = before or b"", after or b""
    is_binary = b"\0" in old or b"\0" in new
    if is_binary and is_read:
        yield "Binary file of %d bytes, of %d bytes before\n" % (len(new), len(old))
    elif is_binary:
        yield "GIT binary patch\n"
        yield from _literal(new)
        yield from _literal(old)
    elif old != new:
        yield "--- %s\n" % ("/dev/null" if before is None else _header_name("a/", path))
        yield "+++ %s\n" % ("/dev/null" if after is None else _header_name("b/", path))
        for part in _hunks(_lines(old), _lines(new)):
            yield part if part.endswith("\n") else part + "\n\\ No newline at end of file\n"


def _hunks(old: list[str], new: list[str]) -> Iterator[str]:
    if old and new:
        yield from islice(difflib.unified_diff(old, new, lineterm="\n"), 2, None)
        return
    # Where all of it is new, or gone, there is nothing to compare, which takes most of a patch's time.
    yield "@@ -%s +%s @@\n" % (_extent(len(old)), _extent(len(new)))
    sign = "-" if old else "+"
    yield sign + sign.join(old or new)


def _extent(count: int) -> str:
    return "0,0" if count == 0 else "1" if count == 1 else "1,%d" % count


def _literal(content: bytes) -> Iterator[str]:
    """One half of a binary patch: 52 bytes a line, each led by their number as a letter (git, diff.c)."""
    yield "literal %d\n" % len(content)
    packed = zlib.compress(content, 9)
    for start in range(0, len(packed), 52):
        chunk = packed[start:start + 52]
        size = len(chunk)
        letter = chr(ord("A") + size - 1) if size <= 26 else chr(ord("a") + size - 27)
        yield letter + base64.b85encode(chunk, pad=True).decode("ascii") + "\n"
    yield "\n"


def _lines(content: bytes) -> list[str]:
    parts = content.decode("utf-8", "surrogateescape").split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _git_mode(image: FileImage) -> str:
    """Git knows only whether the owner may execute a file."""
    return "100755" if image.mode is not None and image.mode & 0o100 else "100644"


def _blob_id(content: bytes | None) -> str:
    if content is None:
        return _ABSENT
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _name(prefix: str, path: str) -> str:
    name = prefix + path
    if '"' in name or "\\" in name or not name.isprintable():
        return '"%s"' % "".join(_escaped(char) for char in name)
    return name


def _header_name(prefix: str, path: str) -> str:
    # GNU patch cuts an unquoted name at a blank unless a tab follows it.
    name = _name(prefix, path)
    return name + "\t" if " " in name and not name.startswith('"') else name


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    return "".join("\\%03o" % byte for byte in char.encode("utf-8", "surrogateescape"))

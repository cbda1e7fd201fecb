"""What may be a path in a plan, judged by its letters alone; the disk is looked at in `paths`."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from orchestra.errors import RefusedPath

MAX_COMPONENT_BYTES = 255
MAX_PATH_BYTES = 4096
PRIVATE_FOLDERS = (".git", ".orchestra")
HINT = "name a file inside the repository, relative to its root, such as src/app.py"

_DRIVE = re.compile(r"[A-Za-z]:")
_SHORT_NAME = re.compile(r"(git|orches)~[0-9]+")
# They reorder or break a line of text, so a name with them reads as another name.
_MISLEADING = frozenset("\u2028\u2029\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@lru_cache(maxsize=4096)
def normalise(path: str) -> str:
    """The path in its one spelling: NFC, forward slashes, no empty or `.` components. Raises RefusedPath.

    Normalising twice changes nothing.
    """
    _check_letters(path)
    parts = [part for part in unicodedata.normalize("NFC", path).split("/") if part not in ("", ".")]
    if not parts:
        raise refused(path, "names no file")
    if path.endswith(("/", "/.")):
        raise refused(path, "names a folder, not a file")
    for part in parts:
        _check_component(path, part)
    whole = "/".join(parts)
    if len(whole.encode("utf-8")) > MAX_PATH_BYTES:
        raise refused(path, "is longer than %d bytes" % MAX_PATH_BYTES)
    return whole


def names_private_folder(component: str) -> bool:
    """Whether some file system would take the name for `.git` or `.orchestra`.

    HFS+ ignores invisible characters and case, NTFS drops trailing dots and blanks, cuts at a colon
    and has short names such as GIT~1 (git's own checks in path.c and utf8.c).
    """
    visible = "".join(char for char in component if unicodedata.category(char) != "Cf")
    folded = unicodedata.normalize("NFKC", visible).casefold().split(":")[0].strip(" ").rstrip(" .")
    return folded in PRIVATE_FOLDERS or bool(_SHORT_NAME.fullmatch(folded))


def refused(path: str, why: str, *, hint: str = HINT) -> RefusedPath:
    """The error for a path that must not be touched."""
    return RefusedPath("the path %s %s" % (quoted(path), why), hint=hint)


def quoted(path: str) -> str:
    """The path as it may be printed: long ones cut, odd characters escaped."""
    shown = path if len(path) <= 120 else path[:80] + "..." + path[-30:]
    return "'%s'" % "".join(char if char.isprintable() else ascii(char)[1:-1] for char in shown)


def _check_letters(path: str) -> None:
    if not path or not path.strip():
        raise refused(path, "is empty")
    if path.startswith("/"):
        raise refused(path, "is absolute")
    if _DRIVE.match(path):
        raise refused(path, "starts with a drive letter")
    if path.startswith("~"):
        raise refused(path, "starts with ~, which means a home folder")
    if "\\" in path:
        raise refused(path, "has a backslash", hint="write folders with forward slashes")
    for char in path:
        if unicodedata.category(char) in ("Cc", "Cs") or char in _MISLEADING:
            raise refused(path, "has a control character")


def _check_component(path: str, part: str) -> None:
    if part == "..":
        raise refused(path, "has .. in it")
    if names_private_folder(part):
        raise refused(path, "leads into %s" % quoted(part), hint="the folders .git and .orchestra are never written")
    if part != part.strip():
        raise refused(path, "has a blank at the start or end of a name")
    if part.endswith("."):
        raise refused(path, "has a name that ends with a dot")
    if len(part.encode("utf-8")) > MAX_COMPONENT_BYTES:
        raise refused(path, "has a name longer than %d bytes" % MAX_COMPONENT_BYTES)

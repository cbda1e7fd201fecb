"""What may be a path in a plan, judged by its letters alone; the disk is looked at in `paths`."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from orchestra.errors import RefusedPath
from orchestra.regex import regex

MAX_COMPONENT_BYTES = 255
MAX_PATH_BYTES = 4096
PRIVATE_FOLDERS = (".git", ".orchestra")
HINT = "name a file inside the repository, relative to its root, such as src/app.py"

_DRIVE = regex(r"[A-Za-z]:")
_SHORT_NAME = regex(r"(git|gi[0-9a-f]{4}|orches|or[0-9a-f]{4})~[0-9]+")
# Of Unicode's Default_Ignorable_Code_Point what is not Cf: a Linux folder that folds case passes over it too.
_IGNORABLE = regex(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
# They steer a terminal, reorder or break a line of text, or are not seen: a name with them reads as another name.
_MISLEADING = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
# Of what cannot be seen only these belong to words: Persian, Indic scripts and emoji are written with them.
_JOINERS = frozenset("\u200c\u200d")


@lru_cache(maxsize=4096)
def normalise(path: str) -> str:
    """The path in its one spelling: NFC, forward slashes, no empty or `.` components. Raises RefusedPath.

    Normalising twice changes nothing.
    """
    path = unicodedata.normalize("NFC", path)
    _check_letters(path)
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not parts:
        raise refused(path, "names no file")
    if path.endswith(("/", "/.")):
        raise refused(path, "names a folder, not a file")
    for part in parts:
        _check_component(path, part)
    whole = "/".join(parts)
    _check_start(whole)
    if len(whole.encode("utf-8")) > MAX_PATH_BYTES:
        raise refused(path, "is longer than %d bytes" % MAX_PATH_BYTES)
    return whole


def names_private_folder(component: str) -> bool:
    """Whether some file system would take the name for `.git` or `.orchestra`.

    HFS+ and a folding Linux ignore invisible characters and case, NTFS drops trailing dots and blanks, cuts at a
    colon and has short names such as GIT~1 (git's own checks in path.c and utf8.c, Linux's fs/unicode).
    """
    folded = unicodedata.normalize("NFKC", visible(component)).casefold().split(":")[0].strip(" ").rstrip(" .")
    return folded in PRIVATE_FOLDERS or bool(_SHORT_NAME.fullmatch(folded))


def visible(text: str) -> str:
    """The text without the characters that some file systems pass over, and that no reader sees."""
    return _IGNORABLE.sub("", "".join(char for char in text if unicodedata.category(char) != "Cf"))


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
    _check_start(path)
    if "\\" in path:
        raise refused(path, "has a backslash", hint="write folders with forward slashes")
    if "\ufffd" in path:
        raise refused(path, "has a character that was lost on the way, as half of a surrogate pair is")
    for char in path:
        if unicodedata.category(char) in _MISLEADING and char not in _JOINERS:
            raise refused(path, "has a control character or an invisible one")


def _check_start(path: str) -> None:
    if _DRIVE.match(path):
        raise refused(path, "starts with a drive letter")
    if path.startswith("~"):
        raise refused(path, "starts with ~, which means a home folder")


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

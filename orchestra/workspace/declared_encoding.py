"""A draft as bytes that its language reads back, where the file itself says in which encoding it is."""

from __future__ import annotations

import codecs
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Pattern

from orchestra.errors import RefusedDraft
from orchestra.regex import regex
from orchestra.workspace.languages.interpreters import suffix_of
from orchestra.workspace.text import NEW_FILE, UTF8_BOM, FileText

_PYTHON = frozenset((".py", ".pyw", ".pyi"))
# PEP 263: in a comment on the first line, or on the second below a blank one or a comment.
_CODING_LINE = regex(r"(?a)(?:[ \t\f]*(?:#[^\n]*)?\n)??[ \t\f]*#[^\n]*?coding[:=][ \t]*([-\w.]+)")
_XML_HEADER = regex(r"(?a)<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([-\w.:]+)[\"']")
_LATIN_1 = regex(r"(?:latin|iso-8859|iso-latin)-1(?:-.*)?")
_UTF_16 = ("utf-16", "utf-16-le", "utf-16-be")
_HINT = "declare an encoding that holds the text, such as utf-8, or keep the line that declares it as it was"


def encoded(path: str, text: str, old: FileText | None) -> bytes:
    """The bytes of a draft in the form of the old file, but in the encoding that it declares where that is a new one.

    Raises RefusedDraft for an encoding that is not known or cannot hold the text, and where the file would begin with
    the mark of another one. What was at odds before may stay so.
    """
    file = FileText("", NEW_FILE) if old is None else old
    pattern = _pattern_of(path, text)
    if pattern is None:
        return file.with_text(text)
    declared = _declared(pattern, text)
    is_kept = old is not None and declared == _declared(pattern, old.text)
    if not is_kept:
        encoding = _codec(declared)
        if encoding is None:
            raise RefusedDraft("the file declares an encoding that is not known, %s" % declared, hint=_HINT)
        file = replace(file, form=replace(file.form, encoding=_to_write(encoding, file.form.encoding)))
    content = file.with_text(text)
    if not _is_readable(text, declared, file.form.encoding, pattern):
        if not is_kept or old is None or _is_readable(old.text, declared, old.form.encoding, pattern):
            raise RefusedDraft(
                "the file would be written as %s, but be read as %s" % (file.form.encoding, declared), hint=_HINT
            )
    return content


def _pattern_of(path: str, text: str) -> Pattern[str] | None:
    from orchestra.workspace.languages.xml import is_xml

    if suffix_of(path, text) in _PYTHON:
        return _CODING_LINE
    return _XML_HEADER if is_xml(PurePosixPath(path), text) else None


def _declared(pattern: Pattern[str], text: str) -> str:
    """What the file says, in one spelling; both languages take UTF-8 where it says nothing."""
    found = pattern.match(text)
    name = found[1].lower().replace("_", "-") if found else "utf-8"
    if name.startswith("utf-8-"):
        # An editor's way to name line endings.
        return "utf-8"
    return "latin-1" if _LATIN_1.fullmatch(name) else name


def _codec(name: str) -> str | None:
    """Python's name of an encoding of text; None where it has none."""
    try:
        "".encode(name)
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return None


def _to_write(encoding: str, before: str) -> str:
    """The encoding of a form: with the byte order mark that the file has had, or that it must have."""
    if encoding in _UTF_16:
        return before if before in _UTF_16 else "utf-16-le"
    return UTF8_BOM if encoding == "utf-8" and before == UTF8_BOM else encoding


def _is_readable(text: str, declared: str, encoding: str, pattern: Pattern[str]) -> bool:
    """Whether bytes in that encoding are read as the text where the file declares another, or the same."""
    if encoding in _UTF_16:
        return pattern is _XML_HEADER and (declared in _UTF_16 or not pattern.match(text))
    codec = _codec(declared)
    if codec is None or encoding == UTF8_BOM:
        return codec == "utf-8"
    try:
        return text.encode(codec) == text.encode(encoding)
    except ValueError:
        return False

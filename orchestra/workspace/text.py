"""Files as text, and text back into the form that its file had."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from orchestra.errors import RefusedDraft, WorkspaceError

UTF8_BOM = "utf-8-sig"

_BOMS = ((codecs.BOM_UTF8, UTF8_BOM), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PREFIXES = {encoding: bom for bom, encoding in _BOMS}
_BINARY = re.compile(rb"[\x00-\x06\x0e-\x1a\x7f]")


@dataclass(frozen=True)
class TextForm:
    """How a file holds its text: encoding, line ending, final newline."""

    encoding: str = "utf-8"
    """A Python codec; `utf-8-sig`, `utf-16-le` and `utf-16-be` start the file with their byte order mark."""
    newline: str = "\n"
    final_newline: bool = True

    def render(self, text: str) -> bytes:
        """The bytes of a file of this form. Raises RefusedDraft for a character that the encoding cannot hold."""
        lines = text.replace("\r\n", "\n")
        if self.final_newline and lines and not lines.endswith("\n"):
            lines += "\n"
        if not self.final_newline and lines.endswith("\n"):
            lines = lines[:-1]
        _check_characters(lines, self.encoding)
        body = lines.replace("\n", self.newline)
        return _PREFIXES.get(self.encoding, b"") + body.encode(_bare(self.encoding))


@dataclass(frozen=True)
class FileText:
    """The text of a file, lines ended by LF, and the form to bring it back into."""

    text: str
    form: TextForm


NEW_FILE = TextForm()


def decode(content: bytes, *, path: str = "the file") -> FileText:
    """The text of a file. Raises WorkspaceError for a binary one.

    Of mixed line endings the most frequent counts for the form; a single CR in other files is an ordinary character.
    """
    encoding, body = _encoding_of(content)
    try:
        text = body.decode(_bare(encoding))
    except UnicodeDecodeError:
        if encoding != "utf-8":
            raise _binary(path) from None
        encoding, text = "latin-1", body.decode("latin-1")
    if "\0" in text or (encoding == "latin-1" and _BINARY.search(body)):
        raise _binary(path)
    newline = _newline_of(text)
    unified = text.replace("\r\n", "\n")
    if newline == "\r":
        unified = unified.replace("\r", "\n")
    return FileText(unified, TextForm(encoding, newline, not unified or unified.endswith("\n")))


def encode(file_text: FileText) -> bytes:
    """The bytes of a file; what `decode` was given, where its line endings were of one kind."""
    return file_text.form.render(file_text.text)


def _encoding_of(content: bytes) -> tuple[str, bytes]:
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return encoding, content[len(bom):]
    return "utf-8", content


def _bare(encoding: str) -> str:
    return "utf-8" if encoding == UTF8_BOM else encoding


def _newline_of(text: str) -> str:
    crlf = text.count("\r\n")
    counts = {"\n": text.count("\n") - crlf, "\r\n": crlf, "\r": text.count("\r") - crlf}
    return max(counts, key=lambda newline: counts[newline])


def _check_characters(text: str, encoding: str) -> None:
    if "\0" in text:
        raise RefusedDraft("the draft has a NUL character", hint="write it as an escape sequence")
    try:
        text.encode(_bare(encoding))
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise RefusedDraft(
            "the character U+%04X cannot be written in the file's encoding, %s" % (ord(text[error.start]), encoding),
            where="line %d" % line,
            hint="use an escape sequence or another character",
        ) from None


def _binary(path: str) -> WorkspaceError:
    return WorkspaceError("the file is not text", where=path, hint="leave binary files out of the plan")

"""Files as text, and text back into the form that its file had."""

from __future__ import annotations

import codecs
import difflib
from typing import Iterator, Sequence

from orchestra.dataclass import dataclass
from orchestra.errors import RefusedDraft, WorkspaceError
from orchestra.regex import regex

UTF8_BOM = "utf-8-sig"

_BOMS = ((codecs.BOM_UTF8, UTF8_BOM), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PREFIXES = {encoding: bom for bom, encoding in _BOMS}
_BINARY = regex(rb"[\x00-\x06\x0e-\x1a\x7f]")
_BEYOND_LATIN_1 = regex(rb"[\x80-\x9f]")
_BYTE_ENCODINGS = ("cp1252", "latin-1")
_ENDINGS = {"\n": regex("\r\n|\n"), "\r\n": regex("\r\n|\n"), "\r": regex("\r\n|\r|\n")}


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
    endings: tuple[str, ...] = ()
    """Of each line, where they are of several kinds; empty where the form says it all."""

    def with_text(self, text: str) -> bytes:
        """The bytes of the file with another text: lines that stay the same keep theirs, endings and all.

        `text` has its lines ended by LF. Raises RefusedDraft as `TextForm.render` does.
        """
        if not self.endings:
            return self.form.render(text)
        lines = text.split("\n")
        endings = [ending or self.form.newline for ending in self._endings_of(lines)]
        endings[-1] = ""
        if not lines[-1] and len(lines) > 1 and not self.form.final_newline:
            lines.pop()
            endings[-2:] = [""]
        elif lines[-1] and self.form.final_newline:
            endings[-1] = self.form.newline
        _check_characters(text, self.form.encoding)
        body = "".join(line + ending for line, ending in zip(lines, endings))
        return _PREFIXES.get(self.form.encoding, b"") + body.encode(_bare(self.form.encoding))

    def _endings_of(self, lines: Sequence[str]) -> Iterator[str]:
        """The ending of each line that stays, and of one in the place of another that one's."""
        old_lines = self.text.split("\n")
        kept = {new: old for old, new in _kept_lines(old_lines, lines)}
        taken = set(kept.values())
        old = -1
        for number in range(len(lines)):
            old = kept.get(number, old + 1 if old + 1 not in taken else old)
            yield self.endings[old] if number in kept or (old not in taken and old < len(old_lines)) else ""


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
        encoding, text = _decode_bytes(body)
    if "\0" in text or (encoding in _BYTE_ENCODINGS and _BINARY.search(body)):
        raise _binary(path)
    newline = _newline_of(text)
    found = tuple(_ENDINGS[newline].findall(text))
    unified = _ENDINGS[newline].sub("\n", text)
    # With a CR right before an ending, the text alone could not tell where the line ends.
    is_mixed = any(ending != newline for ending in found) or "\r\n" in unified
    form = TextForm(encoding, newline, not unified or unified.endswith("\n"))
    return FileText(unified, form, (*found, "") if is_mixed else ())


def encode(file_text: FileText) -> bytes:
    """The bytes of a file: what `decode` was given."""
    return file_text.with_text(file_text.text)


def _decode_bytes(body: bytes) -> tuple[str, str]:
    """Text that is not UTF-8, each byte a character: Windows' where it has quotes and dashes of that kind."""
    if _BEYOND_LATIN_1.search(body):
        try:
            return "cp1252", body.decode("cp1252")
        except UnicodeDecodeError:
            # Five bytes mean nothing there.
            pass
    return "latin-1", body.decode("latin-1")


def _kept_lines(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The numbers of the lines that are in both texts, in order: those around the change, then those within it."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        yield start, start
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
        yield len(old) - end, len(new) - end
    inner = difflib.SequenceMatcher(None, old[start:len(old) - end], new[start:len(new) - end])
    for match in inner.get_matching_blocks():
        for at in range(match.size):
            yield start + match.a + at, start + match.b + at


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

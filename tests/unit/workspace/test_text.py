"""Bytes to text and back into the same form."""

from __future__ import annotations

import codecs

import pytest

from orchestra.errors import RefusedDraft, WorkspaceError
from orchestra.workspace.text import NEW_FILE, TextForm, decode, encode


@pytest.mark.parametrize(
    "content, text, form",
    [
        (b"a\nb\n", "a\nb\n", TextForm()),
        (b"a\nb", "a\nb", TextForm(final_newline=False)),
        (b"", "", TextForm()),
        (b"a\r\nb\r\n", "a\nb\n", TextForm(newline="\r\n")),
        (b"a\rb\r", "a\nb\n", TextForm(newline="\r")),
        (b"say\rso\nb\n", "say\rso\nb\n", TextForm()),
        (codecs.BOM_UTF8 + "\u00e4\n".encode(), "\u00e4\n", TextForm("utf-8-sig")),
        (codecs.BOM_UTF16_LE + "\u00e4\r\n".encode("utf-16-le"), "\u00e4\n", TextForm("utf-16-le", "\r\n")),
        (codecs.BOM_UTF16_BE + "\u00e4".encode("utf-16-be"), "\u00e4", TextForm("utf-16-be", final_newline=False)),
        (b"caf\xe9\n", "caf\u00e9\n", TextForm("latin-1")),
        (b"\x1b[0m\x0c\n", "\x1b[0m\x0c\n", TextForm()),
        ("a\u2028b\x85c\n".encode(), "a\u2028b\x85c\n", TextForm()),
    ],
)
def test_reads_a_form_and_writes_it_back(content: bytes, text: str, form: TextForm) -> None:
    read = decode(content)
    assert (read.text, read.form) == (text, form)
    assert encode(read) == content


@pytest.mark.parametrize(
    "content",
    [
        b"\x7fELF\x00\x01",
        b"a\0b",
        "ab".encode("utf-16-le"),
        codecs.BOM_UTF32_LE + "ab".encode("utf-32-le"),
        codecs.BOM_UTF16_LE + b"\x00",
        codecs.BOM_UTF16_LE + b"\x00\xd8",
        b"\x89PNG\r\n\x1a\n\xff",
        codecs.BOM_UTF8 + b"\xff",
    ],
)
def test_refuses_what_is_not_text(content: bytes) -> None:
    with pytest.raises(WorkspaceError, match="not text") as caught:
        decode(content, path="logo.png")
    assert caught.value.where == "logo.png"


def test_the_most_frequent_line_ending_counts() -> None:
    assert decode(b"a\r\nb\r\nc\n").form.newline == "\r\n"
    assert decode(b"a\nb\nc\r\n").form.newline == "\n"


def test_the_final_newline_stays_as_it_was() -> None:
    assert TextForm(final_newline=False).render("a\nb\n") == b"a\nb"
    assert TextForm(final_newline=True).render("a\nb") == b"a\nb\n"
    assert TextForm(newline="\r\n").render("a\nb") == b"a\r\nb\r\n"
    assert TextForm().render("") == b""


def test_line_endings_of_the_draft_do_not_matter() -> None:
    assert TextForm(newline="\r\n").render("a\r\nb\n") == b"a\r\nb\r\n"
    assert NEW_FILE.render("a\r\nb") == b"a\nb\n"


@pytest.mark.parametrize(
    "encoding, text, words",
    [("latin-1", "ok\n\u20ac", "U\\+20AC"), ("utf-8", "a\ud800", "U\\+D800"), ("utf-8", "a\0b", "NUL")],
)
def test_refuses_a_character_that_the_file_cannot_hold(encoding: str, text: str, words: str) -> None:
    with pytest.raises(RefusedDraft, match=words):
        TextForm(encoding).render(text)


def test_names_the_line_of_the_character() -> None:
    with pytest.raises(RefusedDraft) as caught:
        TextForm("latin-1").render("one\ntwo\nthree \u2713\n")
    assert caught.value.where == "line 3"

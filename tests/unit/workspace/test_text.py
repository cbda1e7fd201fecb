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
        (b"\x84caf\xe9\x93\n", "\u201ecaf\u00e9\u201c\n", TextForm("cp1252")),
        (b"\x81\xe9\n", "\x81\u00e9\n", TextForm("latin-1")),
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


@pytest.mark.parametrize("content", [
    b"a\r\nb\nc\r\n", b"a\r\r\nb\r\n", b"a\rb\r\nc\r", b"a\nb\r\nc", b"\r\n\n\r",
    codecs.BOM_UTF16_LE + "a\r\nb\n".encode("utf-16-le"),
])
def test_mixed_line_endings_are_written_back_as_they_were(content: bytes) -> None:
    assert encode(decode(content)) == content


def test_a_line_keeps_its_ending_and_a_new_one_gets_that_of_the_line_it_replaces() -> None:
    file = decode(b"one\r\ntwo\nthree\r\nfour\nfive\n")
    assert file.with_text("one\n2\nthree\nfour\nfive\n") == b"one\r\n2\nthree\r\nfour\nfive\n"
    assert file.with_text("one\ntwo\n3\nfour\nfive\n") == b"one\r\ntwo\n3\r\nfour\nfive\n"
    assert file.with_text("zero\none\ntwo\nthree\nfour\nfive\n") == b"zero\none\r\ntwo\nthree\r\nfour\nfive\n"
    assert file.with_text("four\nfive\n") == b"four\nfive\n"


def test_a_mixed_file_keeps_its_final_newline_or_has_none() -> None:
    assert decode(b"a\r\nb\n").with_text("a\nx") == b"a\r\nx\n"
    assert decode(b"a\r\nb\nc").with_text("a\nb\nx\n") == b"a\r\nb\nx"
    assert decode(b"a\r\nb\n").with_text("") == b""

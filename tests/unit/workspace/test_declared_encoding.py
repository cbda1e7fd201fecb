"""A draft's bytes, where the file says in which encoding it is."""

from __future__ import annotations

import pytest

from orchestra.errors import RefusedDraft
from orchestra.workspace.declared_encoding import encoded
from orchestra.workspace.text import decode

LATIN = "# -*- coding: latin-1 -*-\nx = 'é'\n"
XML = '<?xml version="1.0" encoding="iso-8859-1"?>\n<a>é</a>\n'


def write(path: str, text: str, before: bytes | None = None) -> bytes:
    return encoded(path, text, None if before is None else decode(before))


def test_the_encoding_of_the_file_is_kept_where_it_still_says_so() -> None:
    assert write("a.py", LATIN.replace("é", "ü"), LATIN.encode("latin-1")) == LATIN.replace("é", "ü").encode("latin-1")
    other = LATIN.replace("latin-1", "iso-8859-1")
    assert write("a.py", other, LATIN.encode("latin-1")) == other.encode("latin-1")
    assert write("a.xml", XML.replace("é", "ü"), XML.encode("latin-1")) == XML.replace("é", "ü").encode("latin-1")
    assert write("a.txt", "ü\n", "é\n".encode("latin-1")) == b"\xfc\n"


@pytest.mark.parametrize("path, text, before", [
    ("a.py", LATIN.replace("latin-1", "utf-8"), LATIN),
    ("a.py", "x = 'ü'\n", LATIN),
    ("a.py", "#!/usr/bin/python\n# vim: set fileencoding=utf-8-unix :\nx = 'ü'\n", LATIN),
    ("a.xml", XML.replace("iso-8859-1", "UTF-8"), XML),
    ("a.xml", "<a>ü</a>\n", XML),
])
def test_a_draft_that_declares_another_encoding_is_written_in_that(path: str, text: str, before: str) -> None:
    assert write(path, text, before.encode("latin-1")) == text.encode("utf-8")


@pytest.mark.parametrize("path, text", [("a.py", LATIN), ("a.xml", XML)])
def test_a_new_file_is_written_as_it_says(path: str, text: str) -> None:
    assert write(path, text) == text.encode("latin-1")
    assert write(path, text, b"") == text.encode("latin-1")


def test_what_python_is_given_it_compiles() -> None:
    for text in (LATIN, LATIN.replace("latin-1", "utf-8"), "\n" + LATIN, "x = 'ü'\n" + LATIN, "# a\n# b\n" + LATIN):
        compile(write("a.py", text, LATIN.encode("latin-1")), "a.py", "exec")


@pytest.mark.parametrize("text, word", [
    ("# coding: nosuch\nx = 1\n", "not known, nosuch"),
    ("# coding: rot13\nx = 1\n", "not known, rot13"),
    ("# coding: undefined\nx = 1\n", "not known, undefined"),
    ("# coding: utf-16\nx = 1\n", "be read as utf-16"),
    ("# coding: ascii\nx = 'ü'\n", "cannot be written in the file's encoding, ascii"),
    ("# coding: latin-1\nx = '€'\n", "cannot be written"),
])
def test_what_its_language_would_not_read_is_refused(text: str, word: str) -> None:
    for before in (None, b"x = 1\n", b"\xef\xbb\xbfx = 1\n"):
        with pytest.raises(RefusedDraft) as caught:
            write("a.py", text, before)
        assert word in caught.value.what and caught.value.hint


def test_the_byte_order_mark_of_a_file_counts() -> None:
    marked = b"\xef\xbb\xbfx = 1\n"
    assert write("a.py", "# coding: utf-8\nx = 2\n", marked) == b"\xef\xbb\xbf# coding: utf-8\nx = 2\n"
    assert write("a.py", "# coding: latin-1\nx = 'ü'\n", marked) == "# coding: latin-1\nx = 'ü'\n".encode("latin-1")
    wide = '<?xml version="1.0" encoding="utf-16"?>\n<a/>\n'
    assert write("a.xml", wide) == b"\xff\xfe" + wide.encode("utf-16-le")
    assert write("a.xml", wide.replace("<a", "<b"), write("a.xml", wide)).startswith(b"\xff\xfe")
    assert write("a.xml", "<b/>\n", b"\xff\xfe" + "<a/>\n".encode("utf-16-le")).startswith(b"\xff\xfe")
    assert write("a.xml", XML, write("a.xml", wide)) == XML.encode("latin-1")


def test_what_was_at_odds_before_may_stay_so() -> None:
    before = b"<?xml version='1.0' encoding='us-ascii'?>\n<a>\xc3\xa9</a>\n"
    text = decode(before).text.replace("a>", "b>")
    assert write("a.xml", text, before) == text.encode("utf-8")
    unknown = b"# coding: nosuch\nx = 1\n"
    assert write("a.py", "# coding: nosuch\nx = 2\n", unknown) == b"# coding: nosuch\nx = 2\n"


def test_a_kept_encoding_that_no_longer_reads_the_text_is_refused() -> None:
    before = b"# coding: ascii\nx = 1\n"
    with pytest.raises(RefusedDraft, match="be read as ascii"):
        write("a.py", "# coding: ascii\nx = 'ü'\n", before)

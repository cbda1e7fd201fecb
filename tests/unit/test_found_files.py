from __future__ import annotations

import os
from pathlib import Path
from typing import Callable

import pytest

from orchestra.found_files import key_text, own, plain, read_json


def test_a_plain_file_is_read_through_a_link_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    (tmp_path / "link").symlink_to("file")
    with open(tmp_path / "link", opener=plain) as stream:
        assert stream.read() == "text"
    with pytest.raises(OSError):
        open(tmp_path / "link", opener=own)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
@pytest.mark.parametrize("opener", [plain, own])
def test_what_is_no_plain_file_is_an_error_at_once(
    tmp_path: Path, make: Callable[[Path], None], opener: Callable[[str, int], int]
) -> None:
    make(tmp_path / "odd")
    with pytest.raises(OSError, match="not a plain file"):
        open(tmp_path / "odd", "rb", opener=opener)


def test_a_new_file_is_made_for_writing(tmp_path: Path) -> None:
    with open(tmp_path / "new", "w", opener=own) as stream:
        stream.write("text")
    assert (tmp_path / "new").read_text() == "text"


@pytest.mark.parametrize("content", ["[" * 100_000, b"[" * 100_000, "{", b"\xff", "[1] 2"])
def test_what_is_no_json_is_a_value_error(content: str | bytes) -> None:
    with pytest.raises(ValueError):
        read_json(content)


def test_json_is_read_from_text_and_bytes() -> None:
    assert read_json('{"a": 1}') == read_json(b'{"a": 1}') == {"a": 1}


def test_a_key_is_read_from_a_file_and_from_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("the key\n")
    assert key_text(str(tmp_path / "key")) == "the key\n"
    reading, writing = os.pipe()
    os.write(writing, b"the key")
    os.close(writing)
    assert key_text(f"/dev/fd/{reading}") == "the key"
    os.close(reading)


def test_what_no_key_file_is_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="nothing comes from it"):
        key_text(str(tmp_path / "pipe"), patience_s=0.01)
    with pytest.raises(OSError, match="larger than any key"):
        key_text("/dev/zero")
    with pytest.raises(OSError):
        key_text(str(tmp_path))

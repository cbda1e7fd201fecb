from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

from orchestra.cli.given_text import text_of_file, text_of_stream
from orchestra.clock import CancelToken
from orchestra.errors import Cancelled

LONG = "\u00fcber\r\nsecond\n" * 20_000


def test_a_file_is_read_whole_and_its_lines_end_alike(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbf" + LONG.encode())
    assert text_of_file(tmp_path / "file", CancelToken()) == LONG.replace("\r\n", "\n")


def test_a_pipe_is_waited_for_until_its_writer_is_through(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(LONG.encode(),), daemon=True)
    writer.start()
    assert text_of_file(tmp_path / "pipe", CancelToken()) == LONG.replace("\r\n", "\n")
    writer.join(30)


def test_a_folder_or_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"caf\xe9")
    with pytest.raises(IsADirectoryError):
        text_of_file(tmp_path, CancelToken())
    with pytest.raises(UnicodeDecodeError):
        text_of_file(tmp_path / "file", CancelToken())


def test_a_stream_is_read_as_it_says_itself() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"caf\xe9\r\n\x81\n")
    os.close(writing)
    with open(reading, encoding="latin-1") as stream:
        assert text_of_stream(stream, CancelToken()) == "caf\xe9\n\x81\n"
    assert text_of_stream(io.StringIO("without a descriptor"), CancelToken()) == "without a descriptor"


def test_a_halt_ends_the_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    cancel = CancelToken()
    stopping = threading.Timer(0.0, cancel.cancel)
    stopping.start()
    with pytest.raises(Cancelled):
        text_of_file(tmp_path / "pipe", cancel)
    stopping.join(30)

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestra.config.files import ConfigFile, parse_file, read_file
from orchestra.errors import ConfigError


def test_a_file_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert read_file(tmp_path / "absent.yaml") is None
    (tmp_path / "file").write_text("")
    assert read_file(tmp_path / "file" / "below.yaml") is None


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_file(tmp_path / "absent.yaml", named_by="flag --config")
    assert "absent.yaml" in caught.value.what
    assert caught.value.where == "flag --config"


def test_a_pipe_in_place_of_a_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="not a file"):
        read_file(tmp_path / "pipe")


@pytest.mark.parametrize("named_by", [None, "flag --config"])
def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path, named_by: str | None) -> None:
    with pytest.raises(ConfigError, match="directory"):
        read_file(tmp_path, named_by=named_by)


def test_takes_one_mebibyte_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b"#" * (1 << 20))
    read = read_file(path)
    assert read is not None and len(read.content) == 1 << 20
    path.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        read_file(path)


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert parse_file(ConfigFile(Path("/f"), b"\xef\xbb\xbfmode: parallel")).values == {"mode": "parallel"}


def test_what_is_not_utf_8_is_refused_with_its_line() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_file(ConfigFile(Path("/f"), b"a: 1\nb: \xe9\n"))
    assert "UTF-8" in caught.value.what
    assert caught.value.where == "/f:2"


@pytest.mark.parametrize(("content", "found"), [(b"\n- a\n", "a list"), (b"\nmode\n", 'text "mode"')])
def test_the_top_must_be_a_mapping(content: bytes, found: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_file(ConfigFile(Path("/f"), content))
    assert caught.value.what == "expected a mapping of keys to values, found " + found
    assert caught.value.where == "/f:2"

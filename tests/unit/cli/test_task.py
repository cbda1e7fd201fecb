from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import TextIO

import pytest

from orchestra.cli.arguments import GlobalOptions
from orchestra.cli.context import Context
from orchestra.cli.output import Output
from orchestra.cli.task import add_task, read_task
from orchestra.environment import Environment
from orchestra.errors import UsageError
from orchestra.records import Task


class Untouchable(io.StringIO):
    def read(self, size: int | None = -1) -> str:
        raise AssertionError("standard input was read without need")


def task(folder: Path, *words: str, after: tuple[str, ...] = (), stdin: TextIO | None = None) -> Task:
    env = Environment(stdin or Untouchable(), io.StringIO(), io.StringIO(), {}, folder)
    parser = argparse.ArgumentParser()
    add_task(parser)
    output = Output(env, as_json=False, as_json_stream=False)
    return read_task(parser.parse_args(words), Context(env, GlobalOptions(), output, after))


def test_words_are_a_task_and_standard_input_is_not_touched(tmp_path: Path) -> None:
    assert task(tmp_path, "add", "a flag") == Task("add a flag", "words")


def test_words_behind_two_dashes_belong_to_it(tmp_path: Path) -> None:
    assert task(tmp_path, "add", after=("--verbose", "-")) == Task("add --verbose -", "words")


def test_a_dash_reads_standard_input_whole(tmp_path: Path) -> None:
    assert task(tmp_path, "-", stdin=io.StringIO("first\n\nsecond\n")) == Task("first\n\nsecond", "stdin")


def test_a_dash_behind_two_dashes_is_a_word(tmp_path: Path) -> None:
    assert task(tmp_path, after=("-",)) == Task("-", "words")


def test_a_file_is_read_from_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "task.txt").write_text("\u00fcber\n", encoding="utf-8")
    assert task(tmp_path, "--task-file", "task.txt") == Task("\u00fcber", "task.txt")


def test_the_mark_that_an_editor_begins_a_file_with_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "task.txt").write_text("\ufefftask\n", encoding="utf-8")
    assert task(tmp_path, "--task-file", "task.txt").text == "task"
    assert task(tmp_path, "-", stdin=io.StringIO("\ufefftask\n")).text == "task"


@pytest.mark.parametrize("words", [[], [""], ["  ", "\n"], ["\0"]])
def test_an_empty_task_is_an_error(tmp_path: Path, words: list[str]) -> None:
    with pytest.raises(UsageError, match="empty"):
        task(tmp_path, *words)


def test_an_empty_standard_input_is_an_empty_task(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="empty"):
        task(tmp_path, "-", stdin=io.StringIO(" \n"))


def test_two_tasks_are_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "task.txt").write_text("a task")
    with pytest.raises(UsageError, match="twice"):
        task(tmp_path, "another", "--task-file", "task.txt")


@pytest.mark.parametrize("name", ["absent.txt", "folder", "binary"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError) as caught:
        task(tmp_path, "--task-file", name)
    assert caught.value.where == name


def test_bytes_of_the_command_line_that_are_no_text_cannot_break_the_journal(tmp_path: Path) -> None:
    assert task(tmp_path, "caf\udce9").text == "caf?"

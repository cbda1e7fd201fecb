from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterable

import pytest

from orchestra.errors import Cancelled
from orchestra.observe.log import older_path
from orchestra.observe.log_reading import follow_log, read_log


def numbers(lines: Iterable[Any]) -> list[Any]:
    return [None if line.event is None else line.event["n"] for line in lines]


def append(path: Path, text: str) -> None:
    with open(path, "ab") as stream:
        stream.write(text.encode("utf-8"))


def line(number: int) -> str:
    return f'{{"n": {number}}}\n'


class Writer:
    """Does one thing at each pause of the reader, and is over after the last."""

    def __init__(self, *works: Callable[[], object]) -> None:
        self._works = list(works)

    def pause(self) -> None:
        self._works.pop(0)()

    def is_over(self) -> bool:
        return not self._works


def followed(path: Path, *works: Callable[[], object]) -> list[Any]:
    writer = Writer(*works)
    return numbers(follow_log(path, is_over=writer.is_over, pause=writer.pause))


def test_without_a_log_there_is_nothing_to_read(tmp_path: Path) -> None:
    assert read_log(tmp_path / "log") == []


def test_the_older_file_comes_first(tmp_path: Path) -> None:
    append(older_path(tmp_path / "log"), line(1))
    append(tmp_path / "log", line(2))
    assert numbers(read_log(tmp_path / "log")) == [1, 2]


@pytest.mark.parametrize("damaged", ["{\n", "\xff\n", "[1]\n", "nonsense\n"])
def test_a_damaged_line_is_told_and_hides_no_other(tmp_path: Path, damaged: str) -> None:
    append(tmp_path / "log", line(1) + damaged + "\n" + line(2))
    assert numbers(read_log(tmp_path / "log")) == [1, None, 2]


def test_a_line_that_is_still_being_written_is_left_out(tmp_path: Path) -> None:
    append(tmp_path / "log", line(1) + '{"n": 2')
    assert numbers(read_log(tmp_path / "log")) == [1]


def test_what_is_written_meanwhile_is_followed_though_it_comes_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "log"
    assert followed(
        path,
        lambda: append(path, line(1)), lambda: append(path, '{"n"'), lambda: append(path, ": 2}\n" + line(3)),
    ) == [1, 2, 3]


def test_a_change_of_files_loses_and_repeats_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, line(1))

    def change() -> None:
        append(path, line(2))
        path.rename(older_path(path))
        append(path, line(3))

    assert followed(path, change, lambda: append(path, line(4))) == [1, 2, 3, 4]


def test_what_came_before_the_end_is_told_after_it(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, line(1))

    def is_over() -> bool:
        append(path, line(2))
        return True

    assert numbers(follow_log(path, is_over=is_over, pause=lambda: None)) == [1, 2]


def test_a_pause_that_is_stopped_ends_the_reading(tmp_path: Path) -> None:
    def stop() -> None:
        raise Cancelled()

    append(tmp_path / "log", line(1))
    lines = follow_log(tmp_path / "log", is_over=lambda: False, pause=stop)
    assert numbers([next(lines)]) == [1]
    with pytest.raises(Cancelled):
        next(lines)

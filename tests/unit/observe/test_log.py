from __future__ import annotations

import errno
import io
import json
import os
import shutil
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from orchestra.observe.log import LogFile, as_json, older_path
from orchestra.records import Event
from tests.unit.fake_clock import START

needs_full_device = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")


def event(level: str = "info", **data: object) -> Event:
    return Event("file.ended", START, level, "s-1", None, data)


def test_each_event_is_one_line_of_json(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log.jsonl")
    log(event(text="two\nlines \u20ac"))
    log(event(text="second"))
    log.close()
    lines = (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0]) == {
        "time": "2026-11-22T07:15:00.000Z", "level": "info", "event": "file.ended", "session": "s-1",
        "text": "two\nlines \u20ac",
    }
    assert len(lines) == 2


def test_a_log_is_nobody_elses_to_read(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log.jsonl")
    log(event())
    log.close()
    assert stat.S_IMODE((tmp_path / "log.jsonl").stat().st_mode) == 0o600


def test_a_line_is_there_as_soon_as_the_event_was(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log.jsonl")
    log(event())
    assert (tmp_path / "log.jsonl").read_text().endswith("}\n")
    log.close()


def test_a_log_without_an_event_makes_no_file(tmp_path: Path) -> None:
    LogFile(tmp_path / "log.jsonl").close()
    assert list(tmp_path.iterdir()) == []


def test_a_log_goes_on_where_it_stopped(tmp_path: Path) -> None:
    for _ in range(2):
        log = LogFile(tmp_path / "log.jsonl")
        log(event())
        log.close()
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 2


def test_a_log_that_cannot_be_opened_stops_nothing(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "no folder" / "log.jsonl")
    log(event())
    log(event())
    log.close()


@needs_full_device
def test_a_log_on_a_full_disk_stops_nothing_and_is_told_once() -> None:
    told: list[int | None] = []
    log = LogFile(
        Path("/dev/full"), on_failure=lambda error: told.append(error.errno),
        open_=lambda path: open(path, "a+b", buffering=0),
    )
    log(event())
    log(event())
    log.close()
    assert told == [errno.ENOSPC]


class Sick(io.BytesIO):
    """A file on a disk with room for so many bytes, whose writes fail after that."""

    def __init__(self, room_bytes: int, number: int) -> None:
        super().__init__()
        self.room_bytes = room_bytes
        self.number = number

    def write(self, data: Any) -> int:
        if not self.room_bytes:
            raise OSError(self.number, os.strerror(self.number))
        taken = super().write(bytes(data)[:self.room_bytes])
        self.room_bytes -= taken
        return taken


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("room_bytes", [0, 1, 150])
def test_a_disk_that_fails_under_the_log_is_told_once_and_never_tried_again(number: int, room_bytes: int) -> None:
    told: list[int | None] = []
    disk = Sick(room_bytes, number)
    log = LogFile(Path("log"), on_failure=lambda error: told.append(error.errno), open_=lambda path: disk)
    for _ in range(3):
        log(event())
    assert (told, disk.closed) == ([number], True)
    log.close()
    assert told == [number]


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EROFS])
def test_a_disk_on_which_no_log_can_be_opened_is_told_once(number: int) -> None:
    told: list[int | None] = []
    opened: list[Path] = []

    def open_(path: Path) -> io.BytesIO:
        opened.append(path)
        raise OSError(number, os.strerror(number))

    log = LogFile(Path("log"), on_failure=lambda error: told.append(error.errno), open_=open_)
    log(event())
    log(event())
    log.close()
    assert (told, len(opened)) == ([number], 1)


def test_a_line_of_which_the_disk_takes_a_part_at_a_time_is_whole(tmp_path: Path) -> None:
    class Slow(io.FileIO):
        def write(self, data: Any) -> int:
            return super().write(bytes(data)[:7])

    path = tmp_path / "log.jsonl"
    log = LogFile(path, open_=lambda path: Slow(path, "a+"))  # type: ignore[arg-type,return-value]
    log(event(text="x" * 100))
    log.close()
    assert json.loads(path.read_text())["text"] == "x" * 100


def test_who_is_told_of_a_failure_may_tell_of_it_in_turn(tmp_path: Path) -> None:
    told: list[OSError] = []

    def tell(error: OSError) -> None:
        told.append(error)
        log(event())

    log = LogFile(tmp_path / "no folder" / "log.jsonl", on_failure=tell)
    log(event())
    assert len(told) == 1


def test_half_of_a_surrogate_pair_does_not_break_the_log(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log.jsonl")
    log(event(text="\ud800"))
    log.close()
    assert json.loads((tmp_path / "log.jsonl").read_text(encoding="utf-8"))["text"] == "\ud800"


def test_an_event_after_the_close_does_not_open_the_log_again(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log.jsonl")
    log(event())
    log.close()
    (tmp_path / "log.jsonl").unlink()
    log(event())
    assert list(tmp_path.iterdir()) == []


def test_lines_of_many_threads_do_not_mix(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log.jsonl")
    threads = [
        threading.Thread(target=lambda: [log(event(text="x" * 3000)) for _ in range(50)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    log.close()
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["x" * 3000] * 400


def test_a_step_is_named_as_text_and_its_agent_by_its_role() -> None:
    found = as_json(Event("step.started", START, "info", "s-1", 12, {"role": "auditor", "attempt": 2}))
    assert (found["step"], found["agent"], found["role"], found["attempt"]) == ("12", "auditor", "auditor", 2)


def test_a_log_that_has_grown_too_large_becomes_the_older_one_and_the_one_before_goes(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = LogFile(path, max_bytes=1000)
    for number in range(40):
        log(event(number=number, text="x" * 60))
    log.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["log.jsonl", "log.jsonl.1"]
    assert all(file.stat().st_size <= 1000 for file in tmp_path.iterdir())
    lines = (older_path(path).read_text() + path.read_text()).splitlines()
    numbers = [json.loads(line)["number"] for line in lines]
    assert numbers == list(range(numbers[0], 40)) and numbers[0] > 0


def test_the_size_counts_what_an_earlier_process_wrote(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"x" * 950 + b"\n")
    log = LogFile(path, max_bytes=1000)
    log(event(text="x" * 60))
    log.close()
    assert older_path(path).stat().st_size == 951
    assert len(path.read_text().splitlines()) == 1


def test_one_line_that_is_too_long_is_written_all_the_same(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log.jsonl", max_bytes=100)
    log(event(text="x" * 500))
    log.close()
    assert len(json.loads((tmp_path / "log.jsonl").read_text())["text"]) == 500


def test_a_line_that_a_kill_cut_off_does_not_take_the_next_one_with_it(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"event": "file.en')
    log = LogFile(path)
    log(event(text="whole"))
    log.close()
    assert json.loads(path.read_text().splitlines()[1])["text"] == "whole"


def test_a_log_whose_folder_is_removed_is_begun_anew_and_that_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "log.jsonl"
    path.parent.mkdir()
    told: list[str] = []
    log = LogFile(path, on_loss=lambda: told.append("lost"))
    log(event(text="first"))
    for text in ("second", "third"):
        shutil.rmtree(path.parent)
        log(event(text=text))
        log(event(text=text))
        assert [json.loads(line)["text"] for line in path.read_text().splitlines()] == [text, text]
    log.close()
    assert told == ["lost"]
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_log_whose_place_is_gone_for_good_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state" / "logs" / "log.jsonl"
    path.parent.mkdir(parents=True)
    told: list[object] = []
    log = LogFile(path, on_failure=lambda error: told.append(error.errno), on_loss=lambda: told.append("lost"))
    log(event())
    shutil.rmtree(tmp_path / "state")
    log(event())
    log(event())
    log.close()
    assert told == [errno.ENOENT]

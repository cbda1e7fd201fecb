from __future__ import annotations

from pathlib import Path

import pytest

from orchestra.errors import PlanError, StateError
from orchestra.state.plan_text import FILE, read_plan_text, write_plan_text


def test_a_plan_is_read_as_it_was_written(folder: Path) -> None:
    write_plan_text(folder, "# Plan\n\nTask: \u00fcber\n")
    assert read_plan_text(folder) == "# Plan\n\nTask: \u00fcber\n"
    assert (folder / FILE).read_bytes() == "# Plan\n\nTask: \u00fcber\n".encode("utf-8")


def test_there_is_none_before_the_first(folder: Path) -> None:
    assert read_plan_text(folder) is None


def test_a_new_plan_replaces_the_old_one_and_leaves_nothing_beside_it(folder: Path) -> None:
    write_plan_text(folder, "a long plan\n" * 100)
    write_plan_text(folder, "short\n")
    assert read_plan_text(folder) == "short\n"
    assert list((folder / "tmp").iterdir()) == []


def test_a_plan_that_is_no_text_is_an_error(folder: Path) -> None:
    (folder / FILE).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PlanError, match="it is not UTF-8") as caught:
        read_plan_text(folder)
    assert "UTF-8" in (caught.value.hint or "")


def test_a_plan_that_is_no_file_is_an_error(folder: Path) -> None:
    (folder / FILE).mkdir()
    with pytest.raises(StateError, match="cannot be read"):
        read_plan_text(folder)


def test_a_plan_that_cannot_be_kept_is_an_error_and_leaves_no_draft(folder: Path) -> None:
    (folder / FILE).mkdir()
    with pytest.raises(StateError, match="cannot be kept"):
        write_plan_text(folder, "a plan\n")
    assert list((folder / "tmp").iterdir()) == []


def test_a_place_for_drafts_that_is_gone_is_an_error(folder: Path) -> None:
    (folder / "tmp").rmdir()
    with pytest.raises(StateError, match="cannot be kept"):
        write_plan_text(folder, "a plan\n")

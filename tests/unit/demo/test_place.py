from __future__ import annotations

from pathlib import Path

import pytest

from orchestra.demo.place import new_folder
from orchestra.errors import ExitStatus, WorkspaceError


def test_lies_where_the_environment_wants_temporary_files(tmp_path: Path) -> None:
    wanted = tmp_path / "temporary"
    wanted.mkdir()
    assert new_folder(tmp_path, {"TMPDIR": str(wanted)}).parent == wanted.resolve()


def test_a_relative_place_is_one_below_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    assert new_folder(tmp_path, {"TMPDIR": "temporary"}).parent == (tmp_path / "temporary").resolve()


def test_lies_in_the_current_folder_where_that_place_is_not_there(tmp_path: Path) -> None:
    assert new_folder(tmp_path, {"TMPDIR": str(tmp_path / "absent")}).parent == tmp_path.resolve()


def test_two_are_never_the_same(tmp_path: Path) -> None:
    variables = {"TMPDIR": str(tmp_path)}
    assert new_folder(tmp_path, variables) != new_folder(tmp_path, variables)


def test_where_nothing_can_be_written_the_hint_names_a_way_out(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(WorkspaceError) as caught:
        new_folder(file, {"TMPDIR": str(tmp_path / "absent")})
    assert caught.value.exit_status == ExitStatus.WORKSPACE
    assert caught.value.hint == "use -C with a writable folder"

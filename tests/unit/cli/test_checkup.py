from __future__ import annotations

from pathlib import Path

from orchestra.cli.checkup.finding import FAIL, OK, WARN, Finding, finding_json, lines_of
from orchestra.cli.checkup.program import check_program, check_python
from orchestra.errors import StateError


def test_a_python_newer_than_the_tested_ones_is_a_warning() -> None:
    assert check_python((3, 13, 9), "/usr/bin/python3").state == OK
    newer = check_python((3, 14, 0), "/usr/bin/python3")
    assert newer.state == WARN and "3.14.0" in newer.text and "3.13" in str(newer.hint)


def test_the_archive_is_told_from_a_folder(tmp_path: Path) -> None:
    archive = tmp_path / "orchestra.pyz"
    archive.write_bytes(b"PK")
    inside = check_program(str(archive / "orchestra" / "__init__.py"))
    assert (inside.details["kind"], inside.details["path"]) == ("archive", str(archive))
    here = check_program()
    assert here.details["kind"] == "folder" and here.state == OK


def test_an_error_becomes_a_finding_with_its_hint() -> None:
    error = StateError("the journal is damaged", where="state.db", hint="move it away")
    assert finding_json(Finding.of_error("state", error)) == {
        "name": "state", "state": FAIL, "text": "the journal is damaged; state.db", "hint": "move it away"
    }


def test_the_hint_of_what_is_well_is_not_printed() -> None:
    assert lines_of([Finding("a", OK, "fine", "no need"), Finding("bb", WARN, "so so", "do this")]) == [
        "ok    a   fine", "warn  bb  so so", "        do this"
    ]

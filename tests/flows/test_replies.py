"""Answers as models give them, each a file with what must come of it beside.

`NAME.reply` is the answer, `NAME.outcome` says what it is an answer to and how it ends, `NAME.expected` is the file
afterwards, where it is accepted. `originals/` are the files as they were.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestra.errors import ExitStatus
from orchestra.records import PlannedFile
from tests.unit.engine.workshop import APPROVED, Workshop

FOLDER = Path(__file__).with_name("replies")
NAMES = sorted(file.stem for file in FOLDER.glob("*.reply"))


def outcome_of(name: str) -> dict[str, str]:
    lines = (FOLDER / f"{name}.outcome").read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines)


def test_there_are_many() -> None:
    assert len(NAMES) >= 40
    assert {file.stem for file in FOLDER.glob("*.outcome")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_ends_as_it_must(name: str, tmp_path: Path) -> None:
    case = outcome_of(name)
    original = (FOLDER / "originals" / case["original"]).read_bytes() if "original" in case else None
    answer = (FOLDER / f"{name}.reply").read_bytes().decode("utf-8")
    # Asked again, a model says the same again; the first draft is the last.
    shop = Workshop(tmp_path, executor=[answer, answer], auditor=[APPROVED])
    shop.max_iterations = 1
    target = tmp_path / case["path"]
    target.parent.mkdir(parents=True, exist_ok=True)
    if original is not None:
        target.write_bytes(original)
    file = PlannedFile(case["path"], "create" if original is None else "modify", case["order"])
    outcome = shop.run(file)
    shop.close()
    found = target.read_bytes() if target.exists() else None
    if "refused" in case:
        assert outcome.status == ("reverted" if outcome.exit_status == ExitStatus.JUDGED_BAD else "failed")
        assert case["refused"] in (outcome.error or "")
        assert found == original
        assert not shop.told("file.written")
    else:
        assert outcome.error is None
        read = shop.told("draft.read")[0].data
        assert (read["form"], read["matches"]) == (case["form"], counted(case.get("matches", "")))
        assert found == (FOLDER / f"{name}.expected").read_bytes()


def counted(matches: str) -> dict[str, int]:
    found = matches.split(", ") if matches else []
    return {match: found.count(match) for match in found}

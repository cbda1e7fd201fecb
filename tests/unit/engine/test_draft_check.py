"""What an auditor is told of the checks of a draft, and that a restart tells the same."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any, Callable

import pytest

from orchestra.adapters.fences import without_marks
from orchestra.agents.shrinking import Explanation
from orchestra.engine.draft_check import check_draft, noted
from orchestra.engine.file_job import FileJob, JobContext
from orchestra.errors import RefusedDraft
from orchestra.records import Draft, Issue, Plan, PlannedFile
from orchestra.workspace.languages.defect import LEXER, Defect, Verdict
from orchestra.workspace.syntax import SyntaxCheck, check_syntax
from tests.unit.engine.workshop import APPROVED, PATH, SESSION, Workshop, needs_work, planned, whole

Build = Callable[..., Workshop]
HERE = "Python %d.%d" % sys.version_info[:2]
HEADING = "What checks without a model have said of it; they find few defects, so judge for yourself:\n"
WHOLE = "completeness: no line was found that stands for text left out"
PYTHON = planned("a.py")


def found(draft: Draft, old: str | None = None, check: SyntaxCheck = check_syntax) -> tuple[str, ...]:
    return check_draft(draft, old, check=check, explanation=Explanation("", lambda: ""))


def told(shop: Workshop, turn: int = 0) -> list[str]:
    """What the auditor is told of the checks, an item each."""
    text = without_marks(shop.agents["auditor"].heard[turn])
    return text.partition(HEADING)[2].partition("\n</data>")[0].partition("<data>\n")[2].split("\n")


@pytest.mark.parametrize("path, text, said", [
    ("a.py", "x = 1\n", f"no defect found by {HERE}"),
    ("a.json", "{}", "no defect found by the check for its format"),
    ("a.xml", "<a/>", "no defect found by the check for its format"),
    ("a.go", "package a\n", f"no defect found by {LEXER}"),
    ("a.html", "<p>", f"no defect found by {LEXER}"),
    ("notes", "x", "not checked, since nothing on this machine knows such files"),
])
def test_it_is_said_who_found_nothing(path: str, text: str, said: str) -> None:
    assert found(Draft(path, text)) == (f"syntax: {said}", WHOLE)


def test_an_objection_that_the_file_met_with_before_is_said_to_be_one() -> None:
    def check(path: str, text: str) -> Verdict:
        return Verdict((Defect(2, "what is this"),), "Python 3.9")

    syntax, completeness = found(Draft("a.py", "new\n"), "old\n", check)
    assert syntax == (
        "syntax: Python 3.9 objects, and objected to the file before the change too (line 2: what is this)"
    )
    assert completeness == f"{WHOLE}; nothing was found lost of the file that neither plan nor findings speak of"
    with pytest.raises(RefusedDraft, match="line 2: what is this"):
        found(Draft("a.py", "new\n"), None, check)


def test_edits_that_fit_loosely_are_counted() -> None:
    draft = Draft("a.txt", "x\n", "edits", ("exact", "indentation", "indentation", "trailing blanks"))
    assert found(draft)[2:] == (
        "edits: 2 of 4 matched but for indentation; 1 of 4 matched but for trailing blanks",
    )
    assert found(replace(draft, matches=("exact",)))[2:] == ()


def test_the_auditor_is_told_of_every_draft_what_was_found_of_it(workshop: Build) -> None:
    shop = workshop(
        executor=[whole("x = 1\n")], consultant=[whole("x = 2\n")], auditor=[needs_work("no"), APPROVED],
    )
    assert shop.run(PYTHON).status == "approved"
    assert [told(shop, turn) for turn in range(2)] == [[f"- syntax: no defect found by {HERE}", f"- {WHOLE}"]] * 2


def test_the_auditor_is_told_that_nothing_changes(workshop: Build) -> None:
    shop = workshop(executor=[whole("old\n")], auditor=[APPROVED])
    shop.put("old\n")
    assert shop.run(planned(action="modify")).status == "unchanged"
    assert told(shop)[-1] == "- change: none, the file is as it was before the session"


def test_who_judges_what_was_mended_is_told_what_for(workshop: Build) -> None:
    shop = workshop(executor=[whole("one\n")], consultant=[whole("two\n")], auditor=[APPROVED, APPROVED])
    shop.run(planned())
    job = FileJob.mending(
        shop.context(Plan("a plan", (planned(),))), planned(), start=1, key_prefix="fix0.1/", iterations=1,
        findings=[Issue("error", "t.py::test_a fails:\nassert 1 == 2"), Issue("error", "mind it")],
    )
    job.run()
    assert told(shop, 1)[-2:] == [
        "- why it changes once more: the file was approved before, and then found wanting: t.py::test_a fails:",
        "  assert 1 == 2; mind it",
    ]


def test_a_restart_tells_the_auditor_the_same_whatever_checks_by_then(workshop: Build) -> None:
    shop = workshop(executor=[whole("x = 1\n")], auditor=[KeyboardInterrupt(), APPROVED])

    def job(means: str) -> FileJob:
        context = _with_noted(shop, Verdict((), means), PYTHON)
        return FileJob(context, PYTHON)

    with pytest.raises(KeyboardInterrupt):
        job("Python 3.9").run()
    shop.resume()
    job("a newer one").run()
    first, second = shop.agents["auditor"].heard
    assert first == second and "by Python 3.9" in first


def _with_noted(shop: Workshop, verdict: Verdict, file: PlannedFile) -> JobContext:
    check = noted(
        lambda path, text: verdict, hide=lambda text: text,
        recall=lambda name: shop.journal.recall(SESSION, name),
        keep=lambda name, value: shop.journal.keep_later(SESSION, name, value),
    )
    return replace(shop.context(Plan("a plan", (file,))), check=check)


def test_what_was_found_is_kept_without_secrets_and_by_the_text() -> None:
    kept: dict[str, Any] = {}
    said: list[str] = []

    def check(path: str, text: str) -> Verdict:
        said.append(text)
        return Verdict((Defect(None, f"near hunter22 and \ud800 in {text}"),), "node")

    look = noted(check, recall=kept.get, keep=kept.__setitem__, hide=lambda text: text.replace("hunter22", "***"))
    once = look(PATH, "a")
    assert once == look(PATH, "a") == Verdict((Defect(None, "near *** and \\ud800 in a"),), "node")
    assert look(PATH, "b") != once and look("other", "a") == once
    assert said == ["a", "b", "a"]


def test_marks_of_direction_that_a_draft_brings_are_told() -> None:
    old = "a = 1\nb = '\u2067old'\n"
    said = found(Draft(PATH, old + "c = '\u202e2'\nd = '\u2066'\n"), old)
    assert said[-1].startswith("hidden characters: new marks of direction") and said[-1].endswith("; line 3, 4")
    assert not any("hidden" in line for line in found(Draft(PATH, old + "c = 2\n"), old))

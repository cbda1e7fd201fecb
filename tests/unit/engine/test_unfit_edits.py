"""Edits that do not fit: what the consultant is told, and when the whole file is asked for; losses nobody ordered."""

from __future__ import annotations

from typing import Callable

import pytest

from orchestra.errors import Truncated
from orchestra.records import PlannedFile
from tests.unit.engine.workshop import APPROVED, PATH, Workshop, needs_work, planned, whole

Build = Callable[..., Workshop]
MODIFY = planned(PATH, "modify")
MISS = "<<<<<<< SEARCH\nnine\n=======\n9\n>>>>>>> REPLACE\n"
HIT = "<<<<<<< SEARCH\n  two\n=======\n  2\n>>>>>>> REPLACE\n"
EXACT = HIT.replace("  ", "")
BEFORE = "one\ntwo\nthree\n"
WHOLE_WANTED = "answer with the whole file this time"


def test_the_consultant_is_shown_the_nearest_lines_with_their_numbers(workshop: Build) -> None:
    shop = workshop(executor=[MISS.replace("nine", "two\nthre")], consultant=[HIT], auditor=[APPROVED])
    shop.put(BEFORE)
    assert shop.run(MODIFY).status == "approved"
    assert "1: one\n  2: two\n  3: three" in shop.agents["consultant"].heard[0]


def test_after_two_misses_the_whole_file_is_asked_for(workshop: Build) -> None:
    shop = workshop(executor=[MISS], consultant=[MISS, whole("one\n2\nthree\n")], auditor=[APPROVED])
    shop.put(BEFORE)
    assert shop.run(MODIFY).status == "approved"
    assert [WHOLE_WANTED in text for text in shop.agents["consultant"].heard] == [False, True]
    assert shop.images() == [BEFORE, "one\n2\nthree\n"]


def test_a_restarted_job_asks_for_the_same_form(workshop: Build) -> None:
    shop = workshop(executor=[MISS], consultant=[MISS, whole("one\n2\nthree\n")], auditor=[APPROVED])
    shop.put(BEFORE)
    job = shop.job(MODIFY)
    job.advance()
    job.advance()
    shop.restart()
    assert shop.run(MODIFY).status == "approved"
    assert shop.asked() == {"executor": 1, "consultant": 2, "auditor": 1}
    assert [WHOLE_WANTED in text for text in shop.agents["consultant"].heard] == [False, True]


def test_edits_are_asked_for_again_where_the_whole_file_was_cut_off(workshop: Build) -> None:
    cut = Truncated("the answer stopped at the output cap")
    shop = workshop(executor=[MISS], consultant=[MISS, cut, HIT], auditor=[APPROVED])
    shop.max_iterations = 4
    shop.put(BEFORE)
    assert shop.run(MODIFY).status == "approved"
    assert [WHOLE_WANTED in text for text in shop.agents["consultant"].heard] == [False, True, False]


def test_how_edits_fit_is_told(workshop: Build) -> None:
    shop = workshop(executor=[HIT], auditor=[APPROVED])
    shop.put(BEFORE)
    shop.run(MODIFY)
    assert [dict(event.data) for event in shop.told("draft.read")] == [
        {"path": PATH, "draft": 1, "form": "edits", "matches": {"indentation": 1}}
    ]


@pytest.mark.parametrize(("before", "answer", "how"), [
    (BEFORE, EXACT, "exact"),
    (BEFORE.replace("\n", "\r\n"), EXACT, "line endings"),
    (BEFORE, EXACT.replace("\n", "\r\n"), "line endings"),
    (BEFORE.replace("\n", "\r\n"), EXACT.replace("\n", "\r\n"), "exact"),
    (BEFORE.replace("\n", "\r\n"), HIT, "indentation"),
])
def test_edits_with_other_line_endings_than_the_file_fit_but_for_these(
    workshop: Build, before: str, answer: str, how: str
) -> None:
    shop = workshop(executor=[answer], auditor=[APPROVED])
    shop.put(before)
    shop.run(MODIFY)
    (event,) = shop.told("draft.read")
    assert event.data["matches"] == {how: 1}
    assert shop.images()[-1] == before.replace("two", "2")


def test_a_file_that_has_lost_what_nobody_ordered_never_reaches_the_disk(workshop: Build) -> None:
    file = PlannedFile("a.py", "modify", "Return 3 from f.")
    before = "def f():\n    return 1\n\n\ndef g():\n    return 2\n"
    good = before.replace("1", "3")
    shop = workshop(executor=[whole("def f():\n    return 3\n")], consultant=[whole(good)], auditor=[APPROVED])
    shop.put(before, "a.py")
    assert shop.run(file).status == "approved"
    assert "no longer has `g`" in shop.agents["consultant"].heard[0]
    assert shop.images("a.py") == [before, good]


def test_a_refusal_does_not_explain_the_loss_that_it_names(workshop: Build) -> None:
    file = PlannedFile("a.py", "modify", "Return 3 from f.")
    lost = whole("def f():\n    return 3\n")
    shop = workshop(executor=[lost], consultant=[lost, lost])
    shop.put("def f():\n    return 1\n\n\ndef g():\n    return 2\n", "a.py")
    assert (shop.run(file).status, shop.asked()) == ("reverted", {"executor": 1, "consultant": 2})


def test_what_the_auditor_demands_explains_a_loss(workshop: Build) -> None:
    file = PlannedFile("a.py", "modify", "Return 3 from f.")
    before = "def f():\n    return 1\n\n\ndef g():\n    return 2\n"
    shop = workshop(
        executor=[whole(before.replace("1", "3"))], auditor=[needs_work("g is dead code"), APPROVED],
        consultant=[whole("def f():\n    return 3\n")],
    )
    shop.put(before, "a.py")
    assert shop.run(file).status == "approved"
    assert shop.text("a.py") == "def f():\n    return 3\n"

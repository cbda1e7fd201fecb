from __future__ import annotations

import json
from typing import Callable, Sequence

import pytest

from orchestra.agents.templates import load
from orchestra.engine.change_review import ChangeNotApproved, ChangeNotJudged, ChangeReview
from orchestra.engine.mending import Mending
from orchestra.engine.resume import UNJUDGED_CHANGE
from orchestra.errors import ApiError, ContentFiltered, LimitReached
from orchestra.records import FileOutcome, Plan
from tests.unit.engine.workshop import APPROVED, PROSE, SESSION, Answer, Workshop, needs_work, planned, whole

Build = Callable[..., Workshop]
PLAN = Plan("a plan", (planned("a.txt"), planned("b.txt"), planned("gone.txt", "delete")))

REJECTED = '```json\n{"verdict": "rejected", "issues": []}\n```'
NO_PATH = needs_work("wrong")


def objects(path: str, message: str = "b.txt calls it otherwise", severity: str = "error") -> str:
    issue = {"path": path, "severity": severity, "message": message}
    return "```json\n%s\n```" % json.dumps({"verdict": "needs_work", "issues": [issue]})


class Bench:
    """A workshop whose files are written and approved."""

    def __init__(self, shop: Workshop, *, most_fixes: int = 2, generation: int = 0, **statuses: str) -> None:
        self.shop = shop
        self.most_fixes = most_fixes
        self.generation = generation
        ends = {"a": "approved", "b": "approved", **statuses}
        self.objection: ChangeNotApproved | None = None
        self.outcomes = {
            **{f"{name}.txt": FileOutcome(f"{name}.txt", "create", status, 1) for name, status in ends.items()},
            "gone.txt": FileOutcome("gone.txt", "delete", "unchanged", 0),
        }
        files = shop.files()
        for path in ("a.txt", "b.txt"):
            files.write(path, f"the text of {path}\n".encode())

    def judge(self) -> list[str]:
        """The status of each file afterwards."""
        shop = self.shop
        review = ChangeReview(
            shop.asker(), Mending(SESSION, PLAN, shop.journal, shop.context(PLAN)), self.most_fixes,
            self.generation, custom_prompts={"auditor": "Be strict."}, load_template=load,
        )
        self.objection = review.judge(self.outcomes)
        return [outcome.status for outcome in self.outcomes.values()][:2]

    @property
    def questions(self) -> Sequence[str]:
        return self.shop.agents["auditor"].heard


def bench(workshop: Build, auditor: Sequence[Answer], consultant: Sequence[Answer] = (), **more: object) -> Bench:
    return Bench(workshop(auditor=auditor, consultant=consultant), **more)  # type: ignore[arg-type]


def test_the_auditor_is_shown_the_change_of_all_files_and_no_single_one(workshop: Build) -> None:
    there = bench(workshop, [APPROVED])
    assert there.judge() == ["approved", "approved"]
    (question,) = there.questions
    assert "+the text of a.txt" in question and "+the text of b.txt" in question
    assert "the task" in there.shop.agents["auditor"].requests[0].system
    assert not any(line.startswith("File: ") for line in question.splitlines())
    (told,) = there.shop.told("change.reviewed")
    assert (told.level, told.data["approved"], told.data["issues"]) == ("info", True, [])


@pytest.mark.parametrize("statuses", [{"b": "failed"}, {"b": "unchanged"}, {"b": "skipped"}])
def test_what_is_no_whole_or_one_file_is_not_judged(workshop: Build, statuses: dict[str, str]) -> None:
    there = bench(workshop, [], **statuses)
    there.judge()
    assert there.questions == []


def test_a_finding_is_mended_and_the_whole_judged_again(workshop: Build) -> None:
    there = bench(workshop, [objects("a.txt"), APPROVED, APPROVED], [whole("mended\n")])
    assert there.judge() == ["approved", "approved"]
    assert there.shop.files().current("a.txt").content == b"mended\n"
    assert "b.txt calls it otherwise" in there.shop.agents["consultant"].heard[0]
    assert "+mended" in there.questions[2] and "+the text of b.txt" in there.questions[2]
    assert there.outcomes["a.txt"].iterations == 2


def test_a_finding_that_stands_after_the_last_round_fails_its_file_and_takes_nothing_back(workshop: Build) -> None:
    there = bench(workshop, [objects("a.txt"), APPROVED, objects("a.txt")], [whole("mended\n")], most_fixes=1)
    assert there.judge() == ["failed", "approved"]
    outcome = there.outcomes["a.txt"]
    assert (outcome.exit_status, outcome.error_code) == (1, "not-approved-by-auditor")
    assert "b.txt calls it otherwise" in (outcome.error or "")
    assert there.shop.files().current("a.txt").content == b"mended\n"


def test_what_could_not_be_mended_is_tried_once_more_and_not_judged_again(workshop: Build) -> None:
    there = bench(
        workshop, [objects("a.txt"), needs_work("no, not so"), APPROVED, APPROVED], [whole("bad\n"), whole("good\n")]
    )
    assert there.judge() == ["approved", "approved"]
    assert there.shop.files().current("a.txt").content == b"good\n"
    first, second = there.shop.agents["consultant"].heard
    assert "tried before" not in first
    assert "tried before" in second and "no, not so" in second and "b.txt calls it otherwise" in second
    assert there.outcomes["a.txt"].iterations == 3


def test_what_could_not_be_mended_by_any_fix_is_left_as_it_was(workshop: Build) -> None:
    there = bench(workshop, [objects("a.txt"), needs_work("no")], [whole("worse\n")], most_fixes=1)
    assert there.judge() == ["failed", "approved"]
    assert there.shop.files().current("a.txt").content == b"the text of a.txt\n"
    assert there.outcomes["a.txt"].iterations == 2


def test_of_findings_of_several_kinds_the_errors_count(workshop: Build) -> None:
    issues = [
        {"path": "a.txt", "severity": "warning", "message": "unclear"},
        {"path": "b.txt", "severity": "error", "message": "wrong"},
    ]
    review = "```json\n%s\n```" % json.dumps({"verdict": "needs_work", "issues": issues})
    assert bench(workshop, [review], most_fixes=0).judge() == ["approved", "failed"]


def test_a_verdict_for_less_than_an_error_is_one_too(workshop: Build) -> None:
    there = bench(workshop, [objects("a.txt", severity="warning")], most_fixes=0)
    assert there.judge() == ["failed", "approved"]


def test_a_finding_about_a_file_that_is_not_planned_is_held_against_the_change_alone(workshop: Build) -> None:
    there = bench(workshop, [objects("other.txt")])
    assert there.judge() == ["approved", "approved"]
    assert there.objection is not None and not isinstance(there.objection, ChangeNotJudged)
    assert there.objection.exit_status == 1
    assert "'other.txt': b.txt calls it otherwise" in there.objection.what
    assert "other.txt" in (there.objection.hint or "")
    assert there.shop.asked() == {"auditor": 1}
    (told,) = there.shop.told("change.reviewed")
    assert (told.level, told.data["issues"][0]["path"]) == ("warning", "other.txt")


@pytest.mark.parametrize("severity, is_held_against_it", [("error", True), ("warning", False), ("info", False)])
def test_planned_files_are_mended_whatever_is_said_of_others(
    workshop: Build, severity: str, is_held_against_it: bool
) -> None:
    issues = [
        {"path": "other.txt", "severity": severity, "message": "left behind"},
        {"path": "a.txt", "severity": "error", "message": "wrong"},
    ]
    review = "```json\n%s\n```" % json.dumps({"verdict": "needs_work", "issues": issues})
    last = objects("other.txt", "left behind") if is_held_against_it else APPROVED
    there = bench(workshop, [review, APPROVED, last], [whole("mended\n")])
    assert there.judge() == ["approved", "approved"]
    assert there.shop.files().current("a.txt").content == b"mended\n"
    assert (there.objection is not None) is is_held_against_it


def test_a_planned_file_that_stayed_as_it_was_can_be_what_must_change(workshop: Build) -> None:
    there = bench(workshop, [objects("gone.txt")], most_fixes=0)
    there.judge()
    assert (there.outcomes["gone.txt"].status, there.objection) == ("failed", None)


@pytest.mark.parametrize("path", ["./b.txt", "b/b.txt", "a/b.txt"])
def test_a_path_is_known_however_it_is_spelled(workshop: Build, path: str) -> None:
    assert bench(workshop, [objects(path)], most_fixes=0).judge() == ["approved", "failed"]


@pytest.mark.parametrize("answers", [
    [ApiError("down")], [ContentFiltered("refused")], [PROSE, PROSE], [REJECTED, REJECTED], [NO_PATH, NO_PATH],
])
def test_a_review_that_cannot_be_had_or_read_is_no_approval(workshop: Build, answers: list[Answer]) -> None:
    there = bench(workshop, answers)
    assert there.judge() == ["approved", "approved"]
    assert isinstance(there.objection, ChangeNotJudged) and there.objection.exit_status == 1
    assert "review of the whole change could not be" in there.objection.what
    assert "orchestra resume" in (there.objection.hint or "")
    assert there.shop.journal.recall(SESSION, UNJUDGED_CHANGE)
    assert len(there.shop.told("change.not_reviewed")) == 1


def test_a_limit_concerns_the_whole_run(workshop: Build) -> None:
    with pytest.raises(LimitReached):
        bench(workshop, [LimitReached("no money")]).judge()


def test_nothing_is_asked_twice_after_a_kill(workshop: Build) -> None:
    there = bench(workshop, [objects("a.txt"), APPROVED, APPROVED], [whole("mended\n")])
    first = there.judge()
    there.shop.restart()
    assert there.judge() == first
    assert there.shop.asked() == {"auditor": 3, "consultant": 1}
    assert there.shop.files().current("a.txt").content == b"mended\n"


def test_a_file_that_was_mended_before_a_stop_is_judged_as_it_is_then(workshop: Build) -> None:
    auditor: list[Answer] = [objects("a.txt"), APPROVED, LimitReached("no money"), APPROVED]
    there = bench(workshop, auditor, [whole("mended\n")], most_fixes=1)
    with pytest.raises(LimitReached):
        there.judge()
    there.shop.restart()
    assert there.judge() == ["approved", "approved"]
    assert there.objection is None
    assert there.shop.asked() == {"auditor": 4, "consultant": 1}
    assert "+mended" in there.questions[-1]

"""Recovery mode, from the command line's side."""

from __future__ import annotations

import pytest

from tests.flows.project import Project
from tests.flows.team import APPROVED, edit, finding, plan_of, planned, team, whole

RUN = ("run", "task", "--yes", "--json")
THREE_TRIES = {"max_recovery_attempts": 3}
PLAN = plan_of(planned("a.txt", "modify"), planned("b.txt"))
DRAFTS = {"a.txt": edit("old\n", "1\n"), "b.txt": whole("b\n")}


@pytest.fixture(autouse=True)
def old(project: Project) -> None:
    project.commit("a.txt", "old\n")


def never_good(tries: int, *, then: str | None = None) -> list[str]:
    """Reviews of a.txt: three of the audit loop, then those of the tries."""
    return [finding(f"bad {number}") for number in range(1, 3 + tries + 1)] + ([then] if then else [])


def mends(count: int) -> list[str]:
    return [edit(f"{number}\n", f"{number + 1}\n") for number in range(1, count + 1)]


def test_a_file_is_recovered_and_said_to_be(project: Project) -> None:
    reviews = {"a.txt": never_good(1, then=APPROVED), "b.txt": APPROVED}
    ran = project.run(*RUN, script=team(PLAN, DRAFTS, reviews, {"a.txt": mends(4)}), settings=THREE_TRIES)

    assert (ran.status, ran.files["a.txt"]["status"]) == (0, "approved")
    assert (ran.files["a.txt"]["recovered"], ran.files["b.txt"]["recovered"]) == (True, False)
    assert ran.files["a.txt"]["iterations"] == 5
    assert "a.txt: up to 3 more tries" in ran.err and "a.txt recovered after 2 tries" in ran.err
    assert project.read("a.txt") == "5\n"
    assert project.rows("SELECT recovered FROM file_outcomes WHERE path = 'a.txt'") == [{"recovered": 1}]


def test_only_the_file_that_cannot_be_recovered_goes_back(project: Project) -> None:
    reviews = {"a.txt": never_good(3), "b.txt": APPROVED}
    ran = project.run(*RUN, script=team(PLAN, DRAFTS, reviews, {"a.txt": mends(5)}), settings=THREE_TRIES)

    assert (ran.status, ran.json["status"]) == (9, "partial")
    assert (ran.files["a.txt"]["status"], ran.files["b.txt"]["status"]) == ("reverted", "approved")
    assert (project.read("a.txt"), project.read("b.txt")) == ("old\n", "b\n")
    (event,) = project.rows("SELECT data FROM events WHERE name = 'recovery.ended'")
    assert all(f"bad {number}" in event["data"] for number in range(1, 7)), "all that was tried is in the journal"


@pytest.mark.parametrize("mode", ["parallel", "pipeline"])
def test_files_are_recovered_and_put_back_beside_others_that_depend_on_them(project: Project, mode: str) -> None:
    names = ["good.txt", "bad.txt", "late.txt"]
    plan = plan_of(*map(planned, names), planned("on_bad.txt", depends_on=["bad.txt"]),
                   planned("on_late.txt", depends_on=["late.txt"]))
    drafts = {path: whole("0\n") for path in [*names, "on_bad.txt", "on_late.txt"]}
    reviews = {**dict.fromkeys(drafts, APPROVED), "bad.txt": finding("never"), "late.txt": never_good(1, then=APPROVED)}
    mended = [edit(f"{number}\n", f"{number + 1}\n") for number in range(5)]
    script = team(plan, drafts, reviews, {"bad.txt": mended, "late.txt": mended[:4]})
    ran = project.run(*RUN, "--mode", mode, "--max-concurrency", "3", script=script, settings=THREE_TRIES)

    assert ran.status == 9
    assert {path: (file["status"], file["recovered"]) for path, file in ran.files.items()} == {
        "good.txt": ("approved", False), "bad.txt": ("reverted", False), "late.txt": ("approved", True),
        "on_bad.txt": ("approved", False), "on_late.txt": ("approved", False),
    }
    assert not project.has("bad.txt") and project.read("late.txt") == "4\n"
    assert ran.asked.index(("executor", "on_bad.txt")) > ran.asked.index(("consultant", "bad.txt")) + 4


@pytest.mark.parametrize("auto_revert, status", [(True, "reverted"), (False, "failed")])
def test_a_file_without_one_fit_draft_counts_as_put_back(project: Project, auto_revert: bool, status: str) -> None:
    elided = whole("# ... rest of the code unchanged\n")
    script = team(PLAN, {**DRAFTS, "a.txt": elided}, APPROVED, {"a.txt": [elided] * 3})
    settings = {"max_recovery_attempts": 1, "auto_revert": auto_revert}
    ran = project.run(*RUN, script=script, settings=settings)

    assert (ran.status, ran.files["a.txt"]["status"], ran.files["a.txt"]["iterations"]) == (9, status, 0)
    assert project.read("a.txt") == "old\n"
    row = project.rows("SELECT status, exit_status FROM file_outcomes WHERE path = 'a.txt'")
    assert row == [{"status": status, "exit_status": 1}]


def test_three_tries_are_the_default_and_none_can_be_had(project: Project) -> None:
    default = project.run("config", "show", "--json").json["config"]["max_recovery_attempts"]
    reviews = {"a.txt": never_good(0), "b.txt": APPROVED}
    ran = project.run(*RUN, script=team(PLAN, DRAFTS, reviews, {"a.txt": mends(2)}))

    assert (default, ran.status, ran.files["a.txt"]["iterations"]) == (3, 9, 3)


def test_a_draft_that_was_refused_to_the_end_is_recovered_too(project: Project) -> None:
    elided = whole("# ... rest of the code unchanged\n")
    mend = {"a.txt": [elided, elided, edit("old\n", "new\n")]}
    ran = project.run(
        *RUN, script=team(PLAN, {**DRAFTS, "a.txt": elided}, APPROVED, mend), settings=THREE_TRIES,
    )

    assert (ran.status, ran.files["a.txt"]["recovered"], project.read("a.txt")) == (0, True, "new\n")
